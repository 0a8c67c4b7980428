"""Sessions: sign-in, the present session, sign-out, and the own password (11.10(d), 11.200(a)(1), 11.300)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from blotter_records.contract.sessions import SessionOpened, SessionView
from blotter_records.domain import authority, passwords
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account
from blotter_records.errors import Refused, Unauthenticated
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.ledger import (
    Context,
    Ledger,
    NewEntry,
    Revision,
    StoredSession,
    TrailFilter,
    UnitOfWork,
)
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.credentials import Checked, Credentials
from blotter_records.vocabulary import Action, Event, Outcome, RecordKind, Role, ServiceIdentity

_NEUTRAL = "User name or password is wrong, or the account cannot be used."
_NEUTRAL_HELP = "After several failures an account is locked for a while. A System Manager can see why."


def token_digest(token: str) -> str:
    """Return the only form in which a session token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Opens, finds and ends sessions; one for each account at a time."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        credentials: Credentials,
        service_secrets: dict[str, str],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials
        self._service_secrets = service_secrets

    @property
    def _policies(self) -> Policies:
        return self._gate.policies

    # Signing in

    def open(self, actor: Actor, user_name: str, password: str, address: str) -> SessionOpened:
        """Sign a person in, for the hub.

        1. Find the account by its folded name. 2. Check the password, in the same time for every outcome.
        3. End the account's older sessions. 4. Write session and entry in one commit.

        Raises
        ------
        Unauthenticated
            ``unauthenticated.credentials``, the same for every cause; the cause is in the trail.
        Refused
            ``refused.service`` unless the hub asks.
        """
        if actor.service is not ServiceIdentity.HUB:
            raise Refused("refused.service", "Only the hub's sign-in page opens sessions.")
        token = self._randomness.token()
        with self._credentials.turn(), self._ledger.begin() as work:
            stored = _account_of_name(work, user_name)
            account = Account.from_json(stored.content) if stored else None
            checked = self._credentials.check(
                work,
                account.account if account else None,
                password,
                is_active=account.is_active if account else False,
                is_sign_in=True,
            )
            if account is None or checked.secret is None:
                self._note_failure(work, account, checked, user_name, address)
                work.commit()
                raise Unauthenticated("unauthenticated.credentials", _NEUTRAL, _NEUTRAL_HELP)
            opened = self._write_session(work, account, checked, token=token, address=address)
            work.commit()
        return SessionOpened(token=token, view=self.view(opened))

    def _note_failure(
        self, work: UnitOfWork, account: Account | None, checked: Checked, typed: str, address: str
    ) -> None:
        locks = " The account is now locked for a while." if checked.locks_now else ""
        # A name that nobody has is often a password typed into the wrong field: it is never written down.
        who = account.user_name if account else "an unknown user name"
        work.note(
            NewEntry(
                stream=f"account:{account.account}" if account else "system",
                action=Event.SESSION_LOGIN_FAILED,
                subject=replace(_actor(account).subject() if account else Actor().subject(), address=address),
                outcome=Outcome.FAILED,
                record_kind=RecordKind.ACCOUNT if account else None,
                record_id=account.account if account else None,
                new={
                    "why": checked.why_not,
                    "locked_now": checked.locks_now,
                    "typed_sha256": None if account else _name_mark(typed, self._service_secrets),
                },
                summary=f"Sign-in failed for {who} from {address}: {checked.why_not}.{locks}",
            )
        )

    def _write_session(
        self, work: UnitOfWork, account: Account, checked: Checked, *, token: str, address: str
    ) -> Actor:
        assert checked.secret is not None
        must = self._credentials.must_change(checked.secret, checked.at)
        last = checked.before.last_sign_in_at if checked.before else None
        work.lock(f"sessions:{account.account}")
        session = work.next_id(RecordKind.SESSION)
        actor = replace(_actor(account), session=session, address=address, must_change_password=must)
        for older in work.sessions_of(account.account):
            self._end(work, older, replace(actor, session=older.session), "replaced", Event.SESSION_TERMINATED)
        if must and not checked.secret.is_temporary:
            work.note(_password_entry(actor, None, f"account:{account.account}", expired=True))
        work.open_session(session, account.account, token_digest(token), address)
        work.note(
            NewEntry(
                stream=f"session:{session}",
                action=Event.SESSION_LOGIN,
                subject=actor.subject(),
                record_kind=RecordKind.SESSION,
                record_id=session,
                new={"account": account.account, "must_change_password": must, "last_sign_in_at": _text(last)},
                summary=f"{account.printed_name} signed in from {address}",
            )
        )
        return actor

    # The present session

    def actor(self, token: str, *, address: str | None = None, context: Context | None = None) -> Actor:
        """Return who holds a token. Raises ``Unauthenticated`` when nobody does or the session has ended.

        Roles, activity and password state are read anew at each call, so a change holds at once (11.10(d)).
        """
        now = self._clock.now()
        with self._ledger.begin() as work:
            stored = work.session_by_token(token_digest(token))
            if stored is None:
                raise Unauthenticated("unauthenticated.token", "You are not signed in.", "Sign in.")
            if stored.ended_at is not None:
                raise Unauthenticated("unauthenticated.ended", "Your session has ended.", "Sign in again.")
            return self._living(work, stored, now, address=address, context=context)

    def actor_in(self, account: str, session: str, *, address: str, context: Context) -> Actor:
        """Return who is in a session, for the signing page, which has no token. Raises ``Unauthenticated``."""
        now = self._clock.now()
        with self._ledger.begin() as work:
            stored = next((one for one in work.sessions_of(account) if one.session == session), None)
            if stored is None:
                raise Unauthenticated("unauthenticated.ended", "Your session has ended.", "Sign in again.")
            return self._living(work, stored, now, address=address, context=context)

    def _living(
        self, work: UnitOfWork, stored: StoredSession, now: datetime, *, address: str | None, context: Context | None
    ) -> Actor:
        """Return the actor of a session that has not ended, or end it and raise."""
        found = work.latest(f"account:{stored.account}")
        assert found is not None
        account = Account.from_json(found.content)
        actor = replace(
            _actor(account),
            session=stored.session,
            address=address or stored.address,
            context=context or Context(),
        )
        ended = self._ended(work, stored, actor, now, is_active=account.is_active)
        if ended is not None:
            work.commit()
            raise ended
        secret = next(iter(work.secrets(account.account)), None)
        must = secret is None or self._credentials.must_change(secret, now)
        return replace(actor, must_change_password=must)

    def _ended(
        self, work: UnitOfWork, stored: StoredSession, actor: Actor, now: datetime, *, is_active: bool
    ) -> Unauthenticated | None:
        """End a session whose time is over or whose owner was deactivated; return the error, or None."""
        if not is_active:
            self._end(work, stored, actor, "deactivated", Event.SESSION_TERMINATED)
            return Unauthenticated("unauthenticated.inactive", "This account cannot be used.", "Ask a System Manager.")
        if now >= stored.last_input_at + self._policies.session_idle:
            self._end(work, stored, actor, "idle", Event.SESSION_IDLE_END)
            return Unauthenticated(
                "unauthenticated.idle", "Your session ended because there was no input.", "Sign in again."
            )
        if now >= stored.opened_at + self._policies.session_max:
            self._end(work, stored, actor, "longest time", Event.SESSION_TERMINATED)
            return Unauthenticated("unauthenticated.ended", "Your session reached its longest time.", "Sign in again.")
        return None

    def _end(self, work: UnitOfWork, stored: StoredSession, actor: Actor, cause: str, event: Event) -> None:
        if not work.end_session(stored.session, cause):
            return
        work.note(
            NewEntry(
                stream=f"session:{stored.session}",
                action=event,
                subject=actor.subject(),
                context=actor.context,
                record_kind=RecordKind.SESSION,
                record_id=stored.session,
                new={"cause": cause},
                summary=f"Session of {actor.name()} ended: {cause}",
            )
        )

    def lock_out(self, work: UnitOfWork, actor: Actor) -> None:
        """End a person's session because too many passwords were wrong; within the caller's unit of work."""
        stored = next((one for one in work.sessions_of(actor.person()) if one.session == actor.session), None)
        if stored is not None:
            self._end(work, stored, actor, "too many wrong passwords", Event.SESSION_TERMINATED)

    def service(self, name: str, secret: str, process: str | None = None) -> Actor:
        """Return a service identity. Raises ``Unauthenticated``."""
        given = hashlib.sha256(secret.encode()).hexdigest()
        if self._service_secrets.get(name) != given or name not in {ServiceIdentity.HUB, ServiceIdentity.CLI}:
            raise Unauthenticated("unauthenticated.service", "This service is not known.")
        return Actor(service=ServiceIdentity(name), process=process)

    def view(self, actor: Actor) -> SessionView:
        """Return the present session of a person."""
        account = actor.person()
        with self._ledger.begin() as work:
            stored = next((one for one in work.sessions_of(account) if one.session == actor.session), None)
            if stored is None:
                raise Unauthenticated("unauthenticated.ended", "Your session has ended.", "Sign in again.")
            login = work.entries(TrailFilter(streams=[f"session:{stored.session}"], actions=[Event.SESSION_LOGIN]))
            told = login[0].body.get("new") or {} if login else {}
            last = _time(told.get("last_sign_in_at"))
            failed = _failed_between(work, account, last, stored.opened_at)
        ends_at = stored.opened_at + self._policies.session_max
        return SessionView(
            session=stored.session,
            account=account,
            user_name=actor.user_name or "",
            printed_name=actor.printed_name or "",
            roles=list(actor.roles),
            actions=authority.allowed_actions(actor.roles, self._policies),
            must_change_password=actor.must_change_password,
            opened_at=stored.opened_at,
            idle_ends_at=min(stored.last_input_at + self._policies.session_idle, ends_at),
            ends_at=ends_at,
            last_sign_in_at=last,
            failed_sign_ins_since=failed,
        )

    def heartbeat(self, actor: Actor) -> SessionView:
        """Note that the person gave input just now."""
        with self._ledger.begin() as work:
            work.touch_session(actor.session or "")
            work.commit()
        return self.view(actor)

    def end(self, actor: Actor) -> None:
        """Sign out."""
        stream = f"session:{actor.session}"
        with self._gate.acting(actor, Action.SESSION_END, stream) as role, self._ledger.begin() as work:
            if work.end_session(actor.session or "", "signed out"):
                work.note(
                    NewEntry(
                        stream=stream,
                        action=Action.SESSION_END,
                        subject=actor.subject(role),
                        context=actor.context,
                        record_kind=RecordKind.SESSION,
                        record_id=actor.session,
                        summary=f"{actor.name()} signed out",
                    )
                )
            work.commit()

    def change_password(self, actor: Actor, current: str, new: str) -> SessionView:
        """Change the own password.

        Raises
        ------
        Unauthenticated
            ``unauthenticated.credentials`` if the current one is wrong; it counts like a failed sign-in.
        Invalid
            ``password.*`` if the new one breaks a rule.
        """
        stream = f"account:{actor.person()}"
        with self._gate.acting(actor, Action.PASSWORD_CHANGE, stream) as role:
            passwords.check_new_password(
                new,
                user_name=actor.user_name or "",
                printed_name=actor.printed_name or "",
                policies=self._policies,
            )
            hashed = self._credentials.hashed(new)
            with self._credentials.turn(), self._ledger.begin() as work:
                self._check_current(work, actor, current)
                history = [secret.hashed for secret in work.secrets(actor.person())]
                passwords.check_history(new, history, remembered=self._policies.password_history)
                entry = work.note(_password_entry(actor, role, stream))
                work.put_secret(actor.person(), hashed, is_temporary=False, ends_at=None, entry_id=entry.id)
                work.touch_session(actor.session or "")
                work.commit()
        return self.view(replace(actor, must_change_password=False))

    def _check_current(self, work: UnitOfWork, actor: Actor, current: str) -> None:
        checked = self._credentials.check(work, actor.person(), current, is_active=True, is_change=True)
        if checked.is_good:
            return
        account = work.latest(f"account:{actor.person()}")
        assert account is not None
        self._note_failure(work, Account.from_json(account.content), checked, "", actor.address or "")
        work.commit()
        raise Unauthenticated("unauthenticated.credentials", "The present password is wrong.", _NEUTRAL_HELP)


def _password_entry(actor: Actor, role: Role | None, stream: str, *, expired: bool = False) -> NewEntry:
    return NewEntry(
        stream=stream,
        action=Event.PASSWORD_EXPIRED if expired else Action.PASSWORD_CHANGE,
        subject=actor.subject(role),
        context=actor.context,
        record_kind=RecordKind.ACCOUNT,
        record_id=actor.account,
        summary=f"The password of {actor.name()} has expired"
        if expired
        else f"{actor.name()} changed the own password",
    )


def _actor(account: Account) -> Actor:
    return Actor(
        account=account.account,
        user_name=account.user_name,
        printed_name=account.printed_name,
        roles=tuple(Role(role) for role in account.roles),
    )


def _account_of_name(work: UnitOfWork, user_name: str) -> Revision | None:
    account = work.record_of_name(RecordKind.ACCOUNT, passwords.folded(user_name))
    return work.latest(f"account:{account}") if account else None


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _failed_between(work: UnitOfWork, account: str, since: datetime | None, until: datetime) -> int:
    """Count the failed sign-ins between the last good one and this one."""
    failed = work.entries(
        TrailFilter(streams=[f"account:{account}"], actions=[Event.SESSION_LOGIN_FAILED], limit=10_000)
    )
    return sum(1 for entry in failed if (since is None or entry.written.at > since) and entry.written.at <= until)


def _name_mark(typed: str, secrets: dict[str, str]) -> str:
    """Return a mark by which tries of the same unknown name can be told apart, without the name."""
    key = secrets.get(ServiceIdentity.HUB, "")
    return hashlib.sha256(f"{key}:{passwords.folded(typed)}".encode()).hexdigest()[:16]
