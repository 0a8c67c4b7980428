"""Sessions: the present one, its end, and services (11.10(d), 11.200(a)(1))."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.sessions import SessionView
from blotter_records.domain import accounts as rules
from blotter_records.domain import authority
from blotter_records.domain.records import Account
from blotter_records.errors import Unauthenticated
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import Context, NewEntry, TrailFilter
from blotter_records.ports.ledger import Ledger, SignedIn, StoredSecret, StoredSession, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.configuration.manifest import asks
from blotter_records.services.people.credentials import must_change
from blotter_records.services.people.finding import found
from blotter_records.services.people.own_standing import own_standing
from blotter_records.services.people.showing import last_failed
from blotter_records.services.people.standing import actor_of, end_session, token_digest
from blotter_records.vocabulary import Action, Event, RecordKind, ServiceIdentity

#: Services that may call from outside of the records service.
_CALLING = frozenset({ServiceIdentity.HUB, ServiceIdentity.CLI, ServiceIdentity.INSTRUMENT})
#: Sessions of which it is remembered what was before them.
_MOST_OPENINGS = 1_000


class _Before(NamedTuple):
    """What was before a session: the last good sign-in, how many failed since, and when one last failed."""

    last_sign_in_at: datetime | None
    failed_since: int
    last_failed_at: datetime | None


class Sessions:
    """Finds and ends sessions; a session keeps the configuration with which it was opened."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        gate: Gate,
        configurations: Configurations,
        service_secrets: dict[str, str],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations
        self._service_secrets = service_secrets
        self._openings: dict[str, _Before] = {}
        self._lock = threading.Lock()

    def actor(self, token: str, *, address: str | None = None, context: Context | None = None) -> Actor:
        """Return who holds a token. Raises ``Unauthenticated`` when nobody does or the session has ended.

        Roles, activity and password state are read anew at each call, so a change holds at once (11.10(d)).
        """
        with self._ledger.begin() as work:
            signed = work.signed_in(token_sha256=token_digest(token))
            if signed is None:
                raise Unauthenticated("unauthenticated.token", "You are not signed in.", "Sign in.")
            if signed.session.ended_at is not None:
                raise _gone()
            return self._living(work, signed, address=address, context=context)

    def actor_in(self, account: str, session: str, *, address: str, context: Context) -> Actor:
        """Return who is in a session, for the signing page, which has no token. Raises ``Unauthenticated``."""
        with self._ledger.begin() as work:
            signed = work.signed_in(session=session)
            if signed is None or signed.session.account != account or signed.session.ended_at is not None:
                raise _gone()
            return self._living(work, signed, address=address, context=context)

    def _living(self, work: UnitOfWork, signed: SignedIn, *, address: str | None, context: Context | None) -> Actor:
        """Return the actor of a session that has not ended, or end it and raise."""
        stored, now = signed.session, self._clock.told(signed.now)
        account = Account.from_json(signed.account.content)
        actor = replace(
            actor_of(account, self._configurations.at(work, stored.configuration)),
            session=stored.session,
            address=address or stored.address,
            signed_in_from=stored.address,
            context=context or Context(),
        )
        ended = self._ended(work, stored, actor, account, now)
        if ended is not None:
            work.commit()
            raise ended
        return self._standing(work, actor, account, signed.secret, now)

    def with_standing(self, work: UnitOfWork, actor: Actor, account: Account, now: datetime) -> Actor:
        """Return an actor with what has to be done first, and the roles whose training does not hold."""
        return self._standing(work, actor, account, next(iter(work.secrets(account.account)), None), now)

    @staticmethod
    def _standing(
        work: UnitOfWork, actor: Actor, account: Account, secret: StoredSecret | None, now: datetime
    ) -> Actor:
        policies = actor.configuration.policies
        asks = any(policies.asks_code(what, *actor.addresses()) for what in ("session", "signature"))
        return replace(
            actor,
            must_change_password=secret is None or must_change(secret, now, policies),
            must_enrol_totp=asks and work.held_totp(account.account) is None,
            lapsed=rules.lapsed_roles(account, rules.today(now, policies), policies),
        )

    def end_overdue(self) -> int:
        """End every session whose time is over, or whose account cannot be used any more; return how many."""
        now, ended = self._clock.now(), 0
        with self._ledger.begin() as work:
            for signed in work.all_signed_in():
                stored, account = signed.session, Account.from_json(signed.account.content)
                configuration = self._configurations.at(work, stored.configuration)
                actor = replace(actor_of(account, configuration), session=stored.session, address=stored.address)
                ended += self._ended(work, stored, actor, account, now) is not None
            work.commit()
        return ended

    def _ended(
        self, work: UnitOfWork, stored: StoredSession, actor: Actor, account: Account, now: datetime
    ) -> Unauthenticated | None:
        """End a session whose time is over or whose account cannot be used any more; return the error, or None."""
        policies = actor.configuration.policies
        why_not = rules.why_not_usable(account, rules.today(now, policies))
        if why_not:
            cause = "deactivated" if not account.is_active else why_not
            end_session(work, stored, account, actor, cause, Event.SESSION_TERMINATED)
            return Unauthenticated("unauthenticated.inactive", "This account cannot be used.", "Ask a System Manager.")
        if now >= stored.last_input_at + policies.session_idle:
            end_session(work, stored, account, actor, "idle", Event.SESSION_IDLE_END)
            return Unauthenticated(
                "unauthenticated.idle", "Your session ended because there was no input.", "Sign in again."
            )
        if now >= stored.opened_at + policies.session_max:
            end_session(work, stored, account, actor, "longest time", Event.SESSION_TERMINATED)
            return Unauthenticated("unauthenticated.ended", "Your session reached its longest time.", "Sign in again.")
        return None

    def lock_out(self, work: UnitOfWork, actor: Actor) -> None:
        """End a person's session because too many passwords were wrong; within the caller's unit of work."""
        stored = next((one for one in work.sessions_of(actor.person()) if one.session == actor.session), None)
        if stored is not None:
            owner = Account.from_json(found(work, actor.person()).content)
            end_session(work, stored, owner, actor, "too many wrong passwords", Event.SESSION_TERMINATED)

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
        if self._service_secrets.get(name) != given or name not in _CALLING:
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
        """Return the present session of a person. Raises ``Refused('refused.service')``."""
        with self._gate.serving(actor, Action.SESSION_VIEW, "system"):
            return self._view(actor, actor.person())

    def _view(self, actor: Actor, account: str) -> SessionView:
        with self._ledger.begin() as work:
            stored = next((one for one in work.sessions_of(account) if one.session == actor.session), None)
            if stored is None:
                raise _gone()
            before = self._before(work, stored)
            own = own_standing(work, actor, since=before.last_sign_in_at, now=self._clock.now())
        policies = actor.configuration.policies
        allowed = authority.allowed_actions(actor.configuration, actor.standing())
        ends_at = stored.opened_at + policies.session_max
        return SessionView(
            session=stored.session,
            account=account,
            user_name=actor.user_name or "",
            printed_name=actor.printed_name or "",
            roles=list(actor.roles),
            actions=allowed,
            configuration=actor.configuration.revision,
            zone=policies.zone,
            reason_codes=policies.reason_codes,
            asks=asks(actor.configuration, allowed),
            must_change_password=actor.must_change_password,
            must_enrol_totp=actor.must_enrol_totp,
            statement=policies.statement,
            lapsed_roles=sorted(actor.lapsed),
            widgets=actor.configuration.widgets(actor.roles, [*SPECIFICATIONS]),
            **own,
            opened_at=stored.opened_at,
            idle_ends_at=min(stored.last_input_at + policies.session_idle, ends_at),
            ends_at=ends_at,
            last_sign_in_at=before.last_sign_in_at,
            failed_sign_ins_since=before.failed_since,
            last_failed_at=before.last_failed_at,
        )

    def _before(self, work: UnitOfWork, stored: StoredSession) -> _Before:
        """Return what was before a session; asked once, it stays as it was."""
        known = self._openings.get(stored.session)
        if known is None:
            login = work.entries(TrailFilter(streams=[f"session:{stored.session}"], actions=[Event.SESSION_LOGIN]))
            told = login[0].body.get("new") or {} if login else {}
            last = _time(told.get("last_sign_in_at"))
            known = _Before(
                last,
                _failed_between(work, stored.account, last, stored.opened_at),
                last_failed(work, stored.account, stored.opened_at),
            )
            if login:
                with self._lock:
                    self._openings[stored.session] = known
                    while len(self._openings) > _MOST_OPENINGS:
                        del self._openings[next(iter(self._openings))]
        return known

    def heartbeat(self, actor: Actor) -> SessionView:
        """Note that the person gave input just now. Raises ``Refused('refused.service')``: services give none."""
        with self._gate.serving(actor, Action.SESSION_VIEW, "system"), self._ledger.begin() as work:
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


def _gone() -> Unauthenticated:
    return Unauthenticated("unauthenticated.ended", "Your session has ended.", "Sign in again.")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _failed_between(work: UnitOfWork, account: str, since: datetime | None, until: datetime) -> int:
    """Count the failed sign-ins between the last good one and this one."""
    failed = work.entries(
        TrailFilter(streams=[f"account:{account}"], actions=[Event.SESSION_LOGIN_FAILED], limit=10_000)
    )
    return sum(1 for entry in failed if (since is None or entry.written.at > since) and entry.written.at <= until)
