"""What happens to accounts by time alone: unused ones are disabled, what ends or is overdue is told (11.300(b)).

Signing in refuses an account that was unused for too long whether or not anybody looks; here it is written down. What
is told, is told once for each date.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from blotter_records.domain import accounts as rules
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Account
from blotter_records.domain.tasks import Task
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_once
from blotter_records.services.operating.tasks import due_tasks
from blotter_records.services.people.changing import change_account, end_sessions
from blotter_records.services.people.finding import every, found, is_needed
from blotter_records.vocabulary import AccountStatus, Alarm, Event, Severity

#: Which alarm tells of a task, and whether already before it is overdue.
_TOLD = {
    "access_review": (Alarm.ACCESS_REVIEW_OVERDUE, False),
    "account": (Alarm.ACCOUNT_EXPIRING, True),
    "letter": (Alarm.LETTER_MISSING, False),
    "log_review": (Alarm.LOG_REVIEW_OVERDUE, False),
    "training": (Alarm.TRAINING_EXPIRING, True),
}


class AccountWatch:
    """Looks at every account."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def look(self, actor: Actor, now: datetime) -> None:
        """Disable what nobody uses; tell what ends or is overdue. Raises ``Unavailable``."""
        configuration = actor.configuration
        with self._ledger.begin() as work:
            work.lock("accounts")
            for account in every(work):
                if account.is_active:
                    _disable_unused(work, actor, account, configuration, now)
                    _tell_unused_password(work, actor, account, now)
            for task in due_tasks(work, configuration, now):
                _tell(work, actor, task)
            work.commit()


def _disable_unused(
    work: UnitOfWork, actor: Actor, account: Account, configuration: Configuration, now: datetime
) -> None:
    last = work.failures(account.account).last_sign_in_at
    if not rules.is_inactive(account, now, last, configuration.policies) or is_needed(
        work, configuration, account, now
    ):
        return
    days = configuration.policies.account_inactive.days
    told = f"The account of {account.printed_name} ({account.user_name}) was disabled: unused for {days} days"
    change_account(
        work,
        actor,
        None,
        Event.ACCOUNT_DISABLE,
        found(work, account.account),
        replace(account, status=AccountStatus.DEACTIVATED.value),
        summary=told,
    )
    end_sessions(work, actor, account, "disabled")
    raise_once(
        work,
        actor,
        Alarm.DISABLED,
        Severity.INFORMATION,
        f"{told}. Two System Managers can reactivate it.",
        about=f"account:{account.account}:{account.active_since[:10]}",
        facts={"account": account.account},
    )


def _tell_unused_password(work: UnitOfWork, actor: Actor, account: Account, now: datetime) -> None:
    secret = next(iter(work.secrets(account.account)), None)
    if secret is None or not secret.is_temporary or secret.ends_at is None or now < secret.ends_at:
        return
    good = work.failures(account.account).last_good_at
    if good is not None and good >= secret.set_at:
        return
    raise_once(
        work,
        actor,
        Alarm.TEMPORARY_UNUSED,
        Severity.INFORMATION,
        f"The temporary password of {account.printed_name} ({account.user_name}) ended without being used.",
        about=f"secret-{secret.id}",
        facts={"account": account.account},
    )


def _tell(work: UnitOfWork, actor: Actor, task: Task) -> None:
    alarm, is_told_before = _TOLD.get(task.task, (None, False))
    if alarm is None or task.state == "done" or (task.state == "soon" and not is_told_before):
        return
    severity = Severity.INFORMATION if task.state == "soon" else Severity.WARNING
    due = f" Due {task.due_at:%Y-%m-%d}." if task.due_at is not None else ""
    raise_once(
        work,
        actor,
        alarm,
        severity,
        f"{task.label}: {'due soon' if task.state == 'soon' else 'overdue'}.{due}",
        about=f"{task.task}:{task.about}:{task.due_at:%Y-%m-%d}:{task.state}" if task.due_at else task.task,
        facts={"task": task.task, "about": task.about},
    )
