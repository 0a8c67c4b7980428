"""What has to be done again and again, or before a date: one pure function from dates and policies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from blotter_records.domain.accounts import month_later, training_ends
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account

State = Literal["done", "soon", "overdue"]

#: What makes one-time codes is tested each year (11.300(e)).
FACTOR_MONTHS = 12


@dataclass(frozen=True)
class Task:
    """Something that is due at a time; ``due_at`` None: at once."""

    task: str
    about: str
    label: str
    last_done_at: datetime | None
    due_at: datetime | None
    state: State


@dataclass(frozen=True)
class Dates:
    """When something was last done, None: never; ``begun_at`` is since when the installation is there."""

    begun_at: datetime
    access_review: datetime | None = None
    log_review: datetime | None = None
    backup: datetime | None = None
    drill: datetime | None = None
    letter: datetime | None = None


@dataclass(frozen=True)
class Person:
    """An account, when its password ends, and when its second factor was tested; None: it has none, or ends never."""

    account: Account
    password_ends_at: datetime | None = None
    factor_tested_at: datetime | None = None


def tasks(dates: Dates, people: Iterable[Person], policies: Policies, now: datetime) -> list[Task]:
    """Return everything that comes back, overdue first, then by date.

    Parameters
    ----------
    dates : Dates
    people : iterable of Person
        Active ones; of others nothing is due.
    policies : Policies
    now : datetime

    Returns
    -------
    list of Task
        Of trainings, passwords and accounts only those that end within the days of the policy, or have ended.
    """
    warn = policies.account_warn
    found = [
        _again("access_review", "Access review", dates.access_review, dates.begun_at, now, warn, policies),
        _again(
            "log_review", "Review of the user log", dates.log_review, dates.begun_at, now, timedelta(days=1), policies
        ),
        _again("backup", "Backup", dates.backup, dates.begun_at, now, policies.backup_max_age / 4, policies),
        _again("drill", "Restore drill", dates.drill, dates.begun_at, now, warn, policies),
        Task(
            "letter",
            "",
            "Certification letter to the agency",
            dates.letter,
            None,
            "done" if dates.letter is not None else "overdue",
        ),
    ]
    for person in people:
        if person.account.is_active:
            found += _of_person(person, policies, now)
    order = {"overdue": 0, "soon": 1, "done": 2}
    return sorted(found, key=lambda one: (order[one.state], one.due_at or datetime.min.replace(tzinfo=UTC), one.label))


def _again(
    task: str,
    label: str,
    last: datetime | None,
    begun: datetime,
    now: datetime,
    warn: timedelta,
    policies: Policies,
) -> Task:
    since = max(one for one in (last, begun) if one is not None)
    due = {
        "access_review": month_later(since, policies.access_review_months),
        "log_review": since + policies.log_review_every,
        "backup": since + policies.backup_max_age,
        "drill": since + policies.drill_max_age,
    }[task]
    return Task(task, "", label, last, due, _state(due, now, warn))


def _of_person(person: Person, policies: Policies, now: datetime) -> list[Task]:
    account, zone = person.account, ZoneInfo(policies.zone)
    name = f"{account.printed_name} ({account.user_name})"
    tested = person.factor_tested_at
    dated: list[tuple[str, str, datetime | None, timedelta]] = [
        (
            "totp",
            f"Second factor of {name} has to be tested again",
            month_later(tested, FACTOR_MONTHS) if tested is not None else None,
            policies.account_warn,
        ),
        ("account", f"Account of {name} expires", _end_of(account.expires_on, zone), policies.account_warn),
        ("password", f"Password of {name} has to be changed", person.password_ends_at, policies.password_warn),
        *(
            (
                "training",
                f"Training of {name} as {role} ends",
                _end_of(training_ends(account, role), zone),
                policies.account_warn,
            )
            for role in account.roles
        ),
    ]
    found = [
        Task(task, account.account, label, None, due, _state(due, now, warn))
        for task, label, due, warn in dated
        if due is not None
    ]
    return [one for one in found if one.state != "done"]


def _end_of(day: str | date | None, zone: ZoneInfo) -> datetime | None:
    if day is None:
        return None
    last = date.fromisoformat(day) if isinstance(day, str) else day
    if last == date.max:
        return None  # The calendar ends with it: nothing comes after.
    return datetime.combine(last + timedelta(days=1), time(), zone)


def _state(due: datetime, now: datetime, warn: timedelta) -> State:
    if now >= due:
        return "overdue"
    # Added to now, not taken from what is due: a stored day may lie at the end of the calendar.
    return "soon" if now + warn >= due else "done"
