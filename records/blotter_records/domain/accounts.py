"""Whether an account may be used now: pure functions of account, time and policies (11.10(d), 11.300(b))."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account, Json
from blotter_records.vocabulary import AccountStatus

_STATUS = {
    AccountStatus.PENDING: "the account has not been activated",
    AccountStatus.DEACTIVATED: "the account is not active",
}


def why_not_usable(account: Account, today: date) -> str:
    """Return why an account cannot be used today, for the trail and for managers; nothing if it can.

    Inactivity is left out: it ends sign-in, and never a session in which somebody works.
    """
    if account.status != AccountStatus.ACTIVE:
        return _STATUS[AccountStatus(account.status)]
    if account.compromised_at:
        return "its owner reported that others may know the password"
    if has_ended(account, today):
        return "the account has expired"
    return ""


def has_ended(account: Account, today: date) -> bool:
    """Tell whether an account's last day is over; the day itself is still one of its days."""
    return account.expires_on is not None and today > date.fromisoformat(account.expires_on)


def may_sign_in(
    account: Account, now: datetime, last_used_at: datetime | None, policies: Policies, *, is_needed: bool = False
) -> str:
    """Return why signing in is refused, for the trail and for managers; nothing if it is not.

    Parameters
    ----------
    account : Account
    now : datetime
    last_used_at : datetime or None
        Last good sign-in.
    policies : Policies
    is_needed : bool
        One of the last System Managers: inactivity alone never keeps everybody out.
    """
    why_not = why_not_usable(account, today(now, policies))
    if why_not or is_needed:
        return why_not
    return "nobody has used the account for too long" if is_inactive(account, now, last_used_at, policies) else ""


def is_inactive(account: Account, now: datetime, last_used_at: datetime | None, policies: Policies) -> bool:
    """Tell whether an active account was used by nobody for longer than the policy allows."""
    since = [one for one in (last_used_at, _time(account.active_since)) if one is not None]
    return account.is_active and bool(since) and now - max(since) > policies.account_inactive


def today(now: datetime, policies: Policies) -> date:
    """Return the laboratory's date."""
    return now.astimezone(ZoneInfo(policies.zone)).date()


def holds(training: Json, on: date) -> bool:
    """Tell whether a training holds on a day; its last day included."""
    ends = training["expires_on"]
    return date.fromisoformat(training["done_on"]) <= on and (ends is None or on <= date.fromisoformat(ends))


def lapsed_roles(account: Account, on: date, policies: Policies) -> frozenset[str]:
    """Return the held roles whose actions are refused because no training for them holds (11.10(i))."""
    if policies.training_rule == "off":
        return frozenset()
    for_role = {role: [one for one in account.trainings if one["role"] == role] for role in account.roles}
    needs = account.roles if policies.training_rule == "always" else [role for role in account.roles if for_role[role]]
    return frozenset(role for role in needs if not any(holds(one, on) for one in for_role[role]))


def training_ends(account: Account, role: str) -> date | None:
    """Return the last day on which a training for a role holds; None if there is none or one has no end."""
    ends: list[str] = [one["expires_on"] or "" for one in account.trainings if one["role"] == role]
    return max(date.fromisoformat(one) for one in ends) if ends and all(ends) else None


def is_statement_due(account: Account, statement_sha256: str) -> bool:
    """Tell whether a person has not accepted the accountability statement that holds (11.10(j))."""
    return account.statement is None or account.statement["sha256"] != statement_sha256


def month_later(moment: datetime, months: int) -> datetime:
    """Return the same day so many months later, the last of the month where there is none."""
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    first_after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=moment.tzinfo)
    last = (first_after - timedelta(days=1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last))


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
