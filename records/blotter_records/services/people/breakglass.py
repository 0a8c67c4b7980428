"""Break-glass: a System Manager's account opened from the server's shell, when nobody else can (11.300(c)).

Whoever can run the command owns the machine already; it gives no right that was not there. It leaves a critical entry
and a notification that no rule can make less serious, with the names of two people and the system user.
"""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.accounts import AccountCreated, BreakglassRequest
from blotter_records.domain import names
from blotter_records.domain.reasons import Reason, checked_reason
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict, Invalid, NotFound
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.people.changing import change_account, end_sessions, lock_account
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.people.finding import account_of_name, administers, found
from blotter_records.services.people.showing import account_view
from blotter_records.vocabulary import AccountStatus, Alarm, Event, ServiceIdentity, Severity


class Breakglass:
    """Opens a System Manager's account."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations

    def open(self, actor: Actor, request: BreakglassRequest) -> AccountCreated:
        """Give a System Manager a temporary password, free the account and record who was there.

        Raises
        ------
        Refused
            ``refused.service`` unless the command line asks.
        NotFound, Conflict, Invalid
            ``not_found.account``; ``conflict.account``: no System Manager; ``breakglass.people``, ``reason.*``.
        """
        with self._gate.serving(actor, Event.BREAKGLASS_OPEN, "system", services={ServiceIdentity.CLI}):
            return self._open(actor, request)

    def _open(self, actor: Actor, request: BreakglassRequest) -> AccountCreated:
        people = _two_people(request)
        reason = _reason(request, actor)
        password = self._randomness.temporary_password()
        now = self._clock.now()
        with self._ledger.begin() as work:
            configuration = self._configurations.current(work)
        policies = configuration.policies
        ends_at = now + policies.temporary_password_valid
        hashed = self._credentials.hashed(password, policies)
        with self._ledger.begin() as work:
            named = account_of_name(work, request.user_name)
            if named is None:
                raise NotFound("not_found.account", f"There is no account {request.user_name}.")
            lock_account(work, named.record_id)
            before = found(work, named.record_id)
            content = Account.from_json(before.content)
            if not administers(configuration, content):
                raise Conflict("conflict.account", f"{content.user_name} is no System Manager.")
            by = " and ".join(people)
            told = f"BREAK-GLASS: {by} opened the account of {content.printed_name} ({content.user_name}) on the server"
            after = replace(
                content,
                status=AccountStatus.ACTIVE.value,
                active_since=now.isoformat(),
                expires_on=None,
                identity={
                    "method": "break-glass on the server, by two people",
                    "document": reason.text[:200],
                    "note": f"system user {actor.os_user or 'unknown'}",
                    "verified_by": actor.name(),
                    "verified_by_name": by,
                    "at": now.isoformat(),
                    "signature": None,
                },
                identity_due=False,
                identity_due_because="",
                identity_due_by=[],
                compromised_at="",
            )
            made = change_account(work, actor, None, Event.BREAKGLASS_OPEN, before, after, reason=reason, summary=told)
            work.put_secret(content.account, hashed, is_temporary=True, ends_at=ends_at, entry_id=made.entry.id)
            work.unlock(content.account, made.entry.id)
            held = work.held_totp(content.account)
            if held is not None:
                work.put_totp(content.account, "", "removed", made.entry.id)
            end_sessions(work, actor, content, "break-glass")
            raise_alarm(
                work,
                actor,
                Alarm.BREAKGLASS,
                Severity.CRITICAL,
                f"{told} (system user {actor.os_user or 'unknown'}): {reason.text}",
                about=f"entry-{made.entry.id}",
                facts={"account": content.account, "people": list(people), "entry": made.entry.id},
                recipients=[content.email],
            )
            view = account_view(work, made, configuration, now)
            work.commit()
        return AccountCreated(account=view, temporary_password=password, temporary_password_ends_at=ends_at)


def _two_people(request: BreakglassRequest) -> tuple[str, str]:
    first, second = (names.checked_printed_name(one) for one in (request.first_person, request.second_person))
    if names.folded(first) == names.folded(second):
        raise Invalid("breakglass.people", "Break-glass needs two people, who are named.")
    return first, second


def _reason(request: BreakglassRequest, actor: Actor) -> Reason:
    return checked_reason(request.reason, minimum=actor.configuration.policies.reason_min_chars)
