"""Trainings on record, by role; where none holds any more, the role's actions are refused (11.10(i))."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from blotter_records.contract.accounts import AccountView, TrainingRequest
from blotter_records.domain import accounts as rules
from blotter_records.domain.records import Account
from blotter_records.errors import Invalid
from blotter_records.ports.clock import Clock
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.changing import change_account, check_other
from blotter_records.services.people.finding import found
from blotter_records.services.people.showing import account_view
from blotter_records.vocabulary import Action


class Trainings:
    """Records trainings."""

    def __init__(self, ledger: Ledger, clock: Clock, *, gate: Gate, configurations: Configurations) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations

    def record(self, actor: Actor, account: str, request: TrainingRequest) -> AccountView:
        """Record a training that a person has had for a role; earlier ones stay.

        Raises
        ------
        NotFound, Refused, Invalid
            ``not_found.account``; ``refused.independence``; ``training.role``, ``training.dates``, ``reason.*``.
        """
        stream = f"account:{account}"
        with self._gate.acting(actor, Action.USER_TRAINING_RECORD, stream) as acting, self._ledger.begin() as work:
            given = acting.reason(request.reason, request.reason_code)
            work.lock("accounts")
            before = found(work, account)
            check_other(actor, account)
            configuration, now = self._configurations.current(work), self._clock.now()
            self._check(request, rules.today(now, configuration.policies), configuration.roles)
            content = Account.from_json(before.content)
            training = {
                "role": request.role,
                "title": request.title,
                "document": request.document,
                "done_on": request.done_on.isoformat(),
                "expires_on": request.expires_on.isoformat() if request.expires_on else None,
                "recorded_by": actor.person(),
                "recorded_by_name": actor.name(),
            }
            until = f" until {training['expires_on']}" if training["expires_on"] else ""
            made = change_account(
                work,
                actor,
                acting.role,
                Action.USER_TRAINING_RECORD,
                before,
                replace(content, trainings=[*content.trainings, training]),
                reason=given,
                summary=f"Training of {content.user_name} for {configuration.label(request.role)}: {request.title}, "
                f"{training['done_on']}{until}",
            )
            view = account_view(work, made, configuration, now)
            work.commit()
        return view

    @staticmethod
    def _check(request: TrainingRequest, today: date, known: Collection[str]) -> None:
        if request.role not in known:
            raise Invalid("training.role", f"There is no role {request.role}.")
        if request.done_on > today or (request.expires_on is not None and request.expires_on < request.done_on):
            raise Invalid("training.dates", "A training has been done, and ends after that.")
