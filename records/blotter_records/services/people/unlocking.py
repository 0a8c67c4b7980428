"""Unlocking an account whose password was wrong too often (11.300(d))."""

from __future__ import annotations

from blotter_records.contract.accounts import AccountView
from blotter_records.domain.records import Account
from blotter_records.errors import Conflict
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.changing import check_other
from blotter_records.services.people.finding import found, standing_of
from blotter_records.services.people.showing import account_view
from blotter_records.vocabulary import Action, RecordKind


class Unlocking:
    """Unlocks accounts."""

    def __init__(self, ledger: Ledger, clock: Clock, *, gate: Gate, configurations: Configurations) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations

    def unlock(self, actor: Actor, account: str, reason: str, reason_code: str = "") -> AccountView:
        """Unlock an account: the failures until now no longer count.

        Raises
        ------
        NotFound, Conflict, Refused, Invalid
            ``not_found.account``; ``conflict.account``: it is not locked, or a report of compromise locked it, which
            only another password ends; ``refused.independence``; ``reason.*``.
        """
        stream = f"account:{account}"
        with self._gate.acting(actor, Action.USER_UNLOCK, stream) as acting, self._ledger.begin() as work:
            work.lock(f"attempts:{account}")
            revision = found(work, account)
            check_other(actor, account)
            content = Account.from_json(revision.content)
            configuration, now = self._configurations.current(work), self._clock.now()
            standing = standing_of(work, content, configuration, now)
            if content.compromised_at:
                raise Conflict(
                    "conflict.account", "The owner reported that others may know the password.", "Reset the password."
                )
            if not standing.is_locked(now):
                raise Conflict("conflict.account", "The account is not locked.")
            given = acting.reason(reason, reason_code)
            entry = work.note(
                NewEntry(
                    stream=stream,
                    action=Action.USER_UNLOCK,
                    subject=actor.subject(acting.role),
                    context=actor.context,
                    record_kind=RecordKind.ACCOUNT,
                    record_id=account,
                    old={"failed_attempts": standing.failures.count},
                    new={"failed_attempts": 0},
                    reason=given.text,
                    reason_code=given.code,
                    summary=f"{actor.name()} unlocked {content.printed_name} ({content.user_name})",
                )
            )
            work.unlock(account, entry.id)
            view = account_view(work, revision, configuration, now)
            work.commit()
        return view
