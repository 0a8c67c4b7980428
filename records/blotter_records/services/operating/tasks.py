"""What is due: gathers dates from the trail and the records for ``domain.tasks``."""

from __future__ import annotations

from datetime import datetime

from blotter_records.contract.reviews import TaskView
from blotter_records.domain import tasks as rules
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.tasks import Dates, Person, Task
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.people.access_reviews import newest_signed
from blotter_records.services.people.credentials import password_ends_at
from blotter_records.services.people.finding import every
from blotter_records.vocabulary import Action, Event, Outcome, RecordKind


class Tasks:
    """Lists what is due."""

    def __init__(self, ledger: Ledger, clock: Clock, *, gate: Gate, configurations: Configurations) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._configurations = configurations

    def list(self, actor: Actor) -> list[TaskView]:
        """Return what has to be done again and again, what is overdue first."""
        with self._gate.acting(actor, Action.TASK_VIEW, "task"), self._ledger.begin() as work:
            due = due_tasks(work, self._configurations.current(work), self._clock.now())
        return [
            TaskView(
                task=one.task,
                about=one.about,
                label=one.label,
                last_done_at=one.last_done_at,
                due_at=one.due_at,
                state=one.state,
            )
            for one in due
        ]


def due_tasks(work: UnitOfWork, configuration: Configuration, now: datetime) -> list[Task]:
    """Return what is due, under a configuration."""
    policies = configuration.policies
    letters = work.records(RecordKind.LETTER)
    begun = _newest(work, Event.BACKUP_RESTORE) or _first(work) or now
    dates = Dates(
        begun_at=begun,
        access_review=newest_signed(work),
        log_review=_newest(work, Action.LOG_USER_EXPORT),
        backup=_newest(work, Event.BACKUP_RUN),
        drill=_newest(work, Event.RESTORE_DRILL),
        letter=letters[-1].entry.at if letters else None,
    )
    people = []
    for account in every(work):
        secret = next(iter(work.secrets(account.account)), None)
        # A temporary password that was not used is told on its own.
        ends_at = password_ends_at(secret, policies) if secret is not None and not secret.is_temporary else None
        factor = work.totp(account.account)
        is_held = factor is not None and factor.state == "held"
        people.append(Person(account, ends_at, factor.at if factor is not None and is_held else None))
    return rules.tasks(dates, people, policies, now)


def _newest(work: UnitOfWork, *actions: str) -> datetime | None:
    found = work.entries(TrailFilter(actions=actions, outcome=Outcome.DONE, newest_first=True, limit=1))
    return found[0].written.at if found else None


def _first(work: UnitOfWork) -> datetime | None:
    found = work.entries(TrailFilter(limit=1))
    return found[0].written.at if found else None
