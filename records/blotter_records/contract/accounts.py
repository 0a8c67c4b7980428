"""Accounts, as System Managers see them."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Message, Reason
from blotter_records.vocabulary import Role


class AccountRequest(Message):
    """A System Manager (or, for the first two managers, the CLI) adds a person."""

    user_name: str = Field(min_length=1, max_length=64)
    printed_name: str = Field(min_length=1, max_length=200)
    roles: list[Role] = Field(min_length=1)
    reason: Reason


class AccountView(Message):
    """An account without anything secret."""

    account: str
    user_name: str
    printed_name: str
    roles: list[Role]
    is_active: bool
    must_change_password: bool
    created_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None = None


class AccountCreated(Message):
    """The new account and its temporary password, shown this one time."""

    account: AccountView
    temporary_password: str
    temporary_password_ends_at: AwareDatetime
