"""Accounts, as System Managers see them."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import Message, Reason, RoleName


class AccountRequest(Message):
    """A System Manager (or, for the first two managers, the CLI) adds a person."""

    user_name: str = Field(min_length=1, max_length=64)
    printed_name: str = Field(min_length=1, max_length=200)
    roles: list[RoleName] = Field(min_length=1, max_length=20)
    reason: Reason


class AccountView(Message):
    """An account without anything secret."""

    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    is_active: bool
    must_change_password: bool
    created_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None = None


class AccountCreated(Message):
    """The new account and its temporary password, shown this one time."""

    account: AccountView
    temporary_password: str
    temporary_password_ends_at: AwareDatetime


class PersonView(Message):
    """Somebody who works here, as everybody may know: name, roles, whether the account is active."""

    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    is_active: bool
