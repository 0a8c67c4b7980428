"""Sessions: the present one, signing out, and the own password (11.10(d), 11.200(a)(1), 11.300)."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import datetime

from blotter_records.contract.sessions import SessionView
from blotter_records.domain import authority, passwords
from blotter_records.domain.records import Account
from blotter_records.errors import Unauthenticated
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import Context, NewEntry, TrailFilter
from blotter_records.ports.ledger import Ledger, SignedIn, StoredSession, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.credentials import Credentials, must_change
from blotter_records.services.people.standing import (
    NEUTRAL_HELP,
    actor_of,
    end_session,
    note_failure,
    password_entry,
    token_digest,
)
from blotter_records.vocabulary import Action, Event, RecordKind, ServiceIdentity

#: Sessions of which it is remembered what was before them.
_MOST_OPENINGS = 1_000


class Sessions:
    """Finds and ends sessions; a session keeps the configuration with which it was opened."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
        service_secrets: dict[str, str],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations
        self._service_secrets = service_secrets
        self._openings: dict[str, tuple[datetime | None, int]] = {}
        self._lock = threading.Lock()

    def actor(self, token: str, *, address: str | None = None, context: Context | None = None) -> Actor:
        """Return who holds a token. Raises ``Unauthenticated`` when nobody does or the session has ended.

        Roles, activity and password state are read anew at each call, so a change holds at once (11.10(d)).
        """
        with self._ledger.begin() as work:
            found = work.signed_in(token_sha256=token_digest(token))
            if found is None:
                raise Unauthenticated("unauthenticated.token", "You are not signed in.", "Sign in.")
            if found.session.ended_at is not None:
                raise _ended()
            return self._living(work, found, address=address, context=context)

    def actor_in(self, account: str, session: str, *, address: str, context: Context) -> Actor:
        """Return who is in a session, for the signing page, which has no token. Raises ``Unauthenticated``."""
        with self._ledger.begin() as work:
            found = work.signed_in(session=session)
            if found is None or found.session.account != account or found.session.ended_at is not None:
                raise _ended()
            return self._living(work, found, address=address, context=context)

    def _living(self, work: UnitOfWork, found: SignedIn, *, address: str | None, context: Context | None) -> Actor:
        """Return the actor of a session that has not ended, or end it and raise."""
        stored, secret, now = found.session, found.secret, self._clock.told(found.now)
        account = Account.from_json(found.account.content)
        actor = replace(
            actor_of(account, self._configurations.at(work, stored.configuration)),
            session=stored.session,
            address=address or stored.address,
            context=context or Context(),
        )
        ended = self._end(work, stored, actor, now, is_active=account.is_active)
        if ended is not None:
            work.commit()
            raise ended
        must = secret is None or must_change(secret, now, actor.configuration.policies)
        return replace(actor, must_change_password=must)

    def _end(
        self, work: UnitOfWork, stored: StoredSession, actor: Actor, now: datetime, *, is_active: bool
    ) -> Unauthenticated | None:
        """End a session whose time is over or whose owner was deactivated; return the error, or None."""
        if not is_active:
            end_session(work, stored, actor, "deactivated", Event.SESSION_TERMINATED)
            return Unauthenticated("unauthenticated.inactive", "This account cannot be used.", "Ask a System Manager.")
        policies = actor.configuration.policies
        if now >= stored.last_input_at + policies.session_idle:
            end_session(work, stored, actor, "idle", Event.SESSION_IDLE_END)
            return Unauthenticated(
                "unauthenticated.idle", "Your session ended because there was no input.", "Sign in again."
            )
        if now >= stored.opened_at + policies.session_max:
            end_session(work, stored, actor, "longest time", Event.SESSION_TERMINATED)
            return Unauthenticated("unauthenticated.ended", "Your session reached its longest time.", "Sign in again.")
        return None

    def lock_out(self, work: UnitOfWork, actor: Actor) -> None:
        """End a person's session because too many passwords were wrong; within the caller's unit of work."""
        stored = next((one for one in work.sessions_of(actor.person()) if one.session == actor.session), None)
        if stored is not None:
            end_session(work, stored, actor, "too many wrong passwords", Event.SESSION_TERMINATED)

    def service(
        self,
        name: str,
        secret: str,
        *,
        process: str | None = None,
        os_user: str | None = None,
        initiator: str | None = None,
    ) -> Actor:
        """Return a service identity, with what it says of its process. Raises ``Unauthenticated``."""
        given = hashlib.sha256(secret.encode()).hexdigest()
        if self._service_secrets.get(name) != given or name not in {ServiceIdentity.HUB, ServiceIdentity.CLI}:
            raise Unauthenticated("unauthenticated.service", "This service is not known.")
        with self._ledger.begin() as work:
            configuration = self._configurations.current(work)
        return Actor(
            service=ServiceIdentity(name),
            process=process,
            os_user=os_user,
            initiator=initiator,
            configuration=configuration,
        )

    def view(self, actor: Actor) -> SessionView:
        """Return the present session of a person."""
        account = actor.person()
        with self._ledger.begin() as work:
            stored = next((one for one in work.sessions_of(account) if one.session == actor.session), None)
            if stored is None:
                raise _ended()
            last, failed = self._before(work, stored)
        policies = actor.configuration.policies
        ends_at = stored.opened_at + policies.session_max
        return SessionView(
            session=stored.session,
            account=account,
            user_name=actor.user_name or "",
            printed_name=actor.printed_name or "",
            roles=list(actor.roles),
            actions=authority.allowed_actions(actor.configuration, actor.standing()),
            configuration=actor.configuration.revision,
            zone=policies.zone,
            reason_codes=policies.reason_codes,
            must_change_password=actor.must_change_password,
            opened_at=stored.opened_at,
            idle_ends_at=min(stored.last_input_at + policies.session_idle, ends_at),
            ends_at=ends_at,
            last_sign_in_at=last,
            failed_sign_ins_since=failed,
        )

    def _before(self, work: UnitOfWork, stored: StoredSession) -> tuple[datetime | None, int]:
        """Return the last good sign-in before a session and how many failed since; asked once, it stays as it was."""
        known = self._openings.get(stored.session)
        if known is None:
            login = work.entries(TrailFilter(streams=[f"session:{stored.session}"], actions=[Event.SESSION_LOGIN]))
            told = login[0].body.get("new") or {} if login else {}
            last = _time(told.get("last_sign_in_at"))
            known = last, _failed_between(work, stored.account, last, stored.opened_at)
            if login:
                with self._lock:
                    self._openings[stored.session] = known
                    while len(self._openings) > _MOST_OPENINGS:
                        del self._openings[next(iter(self._openings))]
        return known

    def heartbeat(self, actor: Actor) -> SessionView:
        """Note that the person gave input just now."""
        with self._ledger.begin() as work:
            work.touch_session(actor.session or "")
            work.commit()
        return self.view(actor)

    def end(self, actor: Actor) -> None:
        """Sign out."""
        stream = f"session:{actor.session}"
        with self._gate.acting(actor, Action.SESSION_END, stream) as acting, self._ledger.begin() as work:
            if work.end_session(actor.session or "", "signed out"):
                work.note(
                    NewEntry(
                        stream=stream,
                        action=Action.SESSION_END,
                        subject=actor.subject(acting.role),
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
        policies = actor.configuration.policies
        with self._gate.acting(actor, Action.PASSWORD_CHANGE, stream) as acting:
            passwords.check_new_password(
                new,
                user_name=actor.user_name or "",
                printed_name=actor.printed_name or "",
                policies=policies,
            )
            hashed = self._credentials.hashed(new, policies)
            with self._credentials.turn(), self._ledger.begin() as work:
                self._check_current(work, actor, current)
                history = [secret.hashed for secret in work.secrets(actor.person())]
                passwords.check_history(new, history, remembered=policies.password_history)
                entry = work.note(password_entry(actor, acting.role, stream))
                work.put_secret(actor.person(), hashed, is_temporary=False, ends_at=None, entry_id=entry.id)
                work.touch_session(actor.session or "")
                work.commit()
        return self.view(replace(actor, must_change_password=False))

    def _check_current(self, work: UnitOfWork, actor: Actor, current: str) -> None:
        checked = self._credentials.check(
            work, actor.person(), current, self._configurations.current(work).policies, is_active=True, is_change=True
        )
        if checked.is_good:
            return
        account = work.latest(f"account:{actor.person()}")
        assert account is not None
        note_failure(
            work, actor_of(Account.from_json(account.content), actor.configuration), checked, actor.address or ""
        )
        work.commit()
        raise Unauthenticated("unauthenticated.credentials", "The present password is wrong.", NEUTRAL_HELP)


def _ended() -> Unauthenticated:
    return Unauthenticated("unauthenticated.ended", "Your session has ended.", "Sign in again.")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _failed_between(work: UnitOfWork, account: str, since: datetime | None, until: datetime) -> int:
    """Count the failed sign-ins between the last good one and this one."""
    failed = work.entries(
        TrailFilter(streams=[f"account:{account}"], actions=[Event.SESSION_LOGIN_FAILED], limit=10_000)
    )
    return sum(1 for entry in failed if (since is None or entry.written.at > since) and entry.written.at <= until)
