"""Sign-in, sessions and passwords."""

from __future__ import annotations

from pydantic import AwareDatetime, Field, SecretStr

from blotter_records.contract.base import Message
from blotter_records.vocabulary import Action, ReasonRule


class SessionRequest(Message):
    """Asks for a session; only the hub may send it. ``client_address`` is what the hub's proxy saw."""

    user_name: str = Field(max_length=256)
    password: SecretStr = Field(max_length=1024)
    client_address: str = Field(max_length=64)
    code: SecretStr = Field(SecretStr(""), max_length=16, description="one-time code, where the policy asks for it")


class ActionAsks(Message):
    """What an action asks of the person besides doing it, by the configuration that holds for the session."""

    reason: ReasonRule
    is_signed: bool = Field(description="a comment can be given with it")
    needs_comment: bool = Field(description="a comment has to be given")


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
    asks: dict[Action, ActionAsks] = Field({}, description="of these actions, those that ask why or are signed")
    must_change_password: bool
    must_enrol_totp: bool = Field(False, description="a second factor has to be enrolled before anything else")
    has_totp: bool = False
    statement: str = Field("", description="the accountability statement that holds for the session")
    statement_due: bool = Field(False, description="it has to be accepted before anything else can be signed")
    identity_due: bool = Field(False, description="nothing can be signed until identity is verified again")
    lapsed_roles: list[str] = Field([], description="roles whose actions are refused until training is renewed")
    password_ends_at: AwareDatetime | None = None
    password_warning: bool = Field(False, description="the password ends within the days of the policy")
    changes: list[str] = Field([], description="what others did to the account since the last sign-in")
    widgets: list[str] = Field([], description="widgets that the roles may use")
    opened_at: AwareDatetime
    idle_ends_at: AwareDatetime
    ends_at: AwareDatetime
    last_sign_in_at: AwareDatetime | None = None
    last_failed_at: AwareDatetime | None = Field(None, description="last failed sign-in before this session")
    failed_sign_ins_since: int = Field(0, description="failed sign-ins of this account since the last good one")


class SessionOpened(Message):
    """A new session; the token is shown to the hub once and stored by the service only as a hash."""

    token: str
    view: SessionView


class EndedSession(Message):
    """A session that has ended, and why."""

    session: str
    account: str
    user_name: str
    cause: str
    ended_at: AwareDatetime


class EndedSessions(Message):
    """Sessions that ended: ask again with ``after`` = ``as_of``. One may be told twice, none is left out."""

    as_of: AwareDatetime
    sessions: list[EndedSession]


class SignInRules(Message):
    """What the hub's sign-in page has to know before anybody is signed in."""

    asks_for_code: bool = Field(description="a one-time code may be asked for at this address")


class PasswordChange(Message):
    """A person changes his or her own password."""

    current_password: SecretStr = Field(max_length=1024)
    new_password: SecretStr = Field(max_length=1024)
