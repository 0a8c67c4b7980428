"""Whom a failed sign-in or signature concerns besides its own entry: alarms (11.300(d))."""

from __future__ import annotations

from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account
from blotter_records.ports.ledger import AddressFailures, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.people.credentials import Checked
from blotter_records.vocabulary import AccountStatus, Alarm, Severity

#: So many failed signatures in a row are told, before the account is locked.
SIGNING_FAILURES = 3
#: So many names that nobody has, from one address within ten minutes, are told.
UNKNOWN_NAMES = 10


def tell_failure(work: UnitOfWork, who: Actor, checked: Checked, policies: Policies, *, is_signing: bool) -> None:
    """Tell of an account that is locked now, or of signatures that failed again and again."""
    about, facts = f"account:{who.account}", {"account": who.account, "address": who.address}
    times = checked.before.count + 1 if checked.before is not None else 0
    if checked.locks_now:
        freed = "a System Manager unlocks it"
        if policies.lockout_is_timed or any(role.administers for role in who.configuration.ordered(who.roles)):
            freed += f", or {int(policies.lockout_release.total_seconds() // 60)} minutes pass"
        message = (
            f"The account of {who.name()} ({who.user_name}) is locked after {times} wrong passwords until {freed}."
        )
        raise_alarm(work, who, Alarm.LOCKED_OUT, Severity.WARNING, message, about=about, facts=facts)
    elif is_signing and times >= SIGNING_FAILURES:
        message = f"{times} failures in a row, the last at signing, of {who.name()} ({who.user_name})."
        raise_alarm(work, who, Alarm.SIGNING_FAILURES, Severity.WARNING, message, about=about, facts=facts)


def tell_deactivated(work: UnitOfWork, who: Actor, account: Account, address: str) -> None:
    """Tell that somebody tries to sign in to an account that was deactivated."""
    if account.status != AccountStatus.DEACTIVATED:
        return
    raise_alarm(
        work,
        who,
        Alarm.DEACTIVATED_SIGN_IN,
        Severity.WARNING,
        f"Somebody tried to sign in as {account.user_name}, whose account is deactivated, from {address}.",
        about=f"account:{account.account}",
        facts={"account": account.account, "address": address},
    )


def tell_address(work: UnitOfWork, system: Actor, address: str, failed: AddressFailures, policies: Policies) -> None:
    """Tell that names or passwords are being tried from an address."""
    if failed.unknown < UNKNOWN_NAMES and failed.hour < policies.throttle_attempts:
        return
    what = (
        f"{failed.unknown} user names that nobody has within ten minutes"
        if failed.unknown >= UNKNOWN_NAMES
        else f"{failed.hour} failed sign-ins within an hour"
    )
    raise_alarm(
        work,
        system,
        Alarm.ADDRESS_GUESSING,
        Severity.CRITICAL,
        f"{what.capitalize()} from {address}: somebody may be guessing.",
        about=f"address:{address}",
        facts={"address": address, "hour": failed.hour, "unknown": failed.unknown},
    )


def tell_concurrent(work: UnitOfWork, who: Actor, earlier: str) -> None:
    """Tell that somebody signed in from a second place while a session from another one lived."""
    raise_alarm(
        work,
        who,
        Alarm.CONCURRENT_SESSION,
        Severity.WARNING,
        f"{who.name()} ({who.user_name}) signed in from {who.address} while a session from {earlier} was open.",
        about=f"account:{who.account}",
        facts={"account": who.account, "addresses": [earlier, who.address]},
    )
