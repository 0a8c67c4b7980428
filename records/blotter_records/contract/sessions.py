"""Sign-in, sessions and passwords."""

from __future__ import annotations

from pydantic import AwareDatetime, Field, SecretStr

from blotter_records.contract.base import Message
from blotter_records.vocabulary import Action


class SessionRequest(Message):
    """Asks for a session; only the hub may send it. ``client_address`` is what the hub's proxy saw."""

    user_name: str = Field(max_length=256)
    password: SecretStr = Field(max_length=1024)
    client_address: str = Field(max_length=64)


class SessionView(Message):
    """Who is signed in, in which session, and until when."""

    session: str
    account: str
    user_name: str
    printed_name: str
    roles: list[str]
    actions: list[Action] = Field(description="what these roles allow, whatever the record's status")
    configuration: int = Field(description="revision of the configuration that holds for the session")
    zone: str = Field(description="the laboratory's time zone (IANA)")
    reason_codes: list[str] = Field(description="the list from which a reason is chosen: code, colon, what it means")
    must_change_password: bool
    opened_at: AwareDatetime
    idle_ends_at: AwareDatetime
    ends_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None = None
    failed_sign_ins_since: int = Field(0, description="failed sign-ins of this account since the last good one")


class SessionOpened(Message):
    """A new session; the token is shown to the hub once and stored by the service only as a hash."""

    token: str
    view: SessionView


class PasswordChange(Message):
    """A person changes his or her own password."""

    current_password: SecretStr = Field(max_length=1024)
    new_password: SecretStr = Field(max_length=1024)
