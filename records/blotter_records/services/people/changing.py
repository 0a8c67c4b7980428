"""The one place where an account gets its next revision: what changed, old and new, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Account, Json
from blotter_records.errors import Conflict, Refused
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.writing import write
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.people.standing import end_session
from blotter_records.vocabulary import Action, Alarm, Event, Severity


def lock_account(work: UnitOfWork, account: str) -> None:
    """Hold what counts the attempts at a password, then the accounts.

    In this order everywhere: whoever signs a change of an account has an attempt counted first. Nobody who holds
    the accounts waits for attempts, so there is no dead lock, and what frees an account sees every attempt before it.
    """
    work.lock(f"attempts:{account}")
    work.lock("accounts")


def change_account(
    work: UnitOfWork,
    actor: Actor,
    role: str | None,
    action: Action | Event,
    before: Revision,
    after: Account,
    *,
    summary: str,
    reason: Reason | None = None,
    signature: str | None = None,
    proposer: Json | None = None,
    authoriser: Json | None = None,
) -> Revision:
    """Write an account's next revision; the entry holds exactly what differs."""
    old, new = asdict(Account.from_json(before.content)), asdict(after)
    changed = [name for name in new if old[name] != new[name]]
    return write(
        work,
        actor,
        role,
        action,
        after,
        record_id=after.account,
        expected_rev=before.rev,
        version=before.rev + 1,
        old={name: old[name] for name in changed},
        new={name: new[name] for name in changed},
        reason=reason,
        summary=summary,
        signature=signature,
        proposer=proposer,
        authoriser=authoriser,
    )


def with_identity_due(account: Account, actor: Actor, did: str) -> Account:
    """Return an account whose way to prove identity somebody else changed: it does not sign until that is verified.

    Where identity was never verified that is due in any case. Whoever had a part in it since the last verification
    does not verify.
    """
    is_due = account.identity is not None
    by = sorted({*account.identity_due_by, actor.person()}) if is_due else account.identity_due_by
    because = f"{account.identity_due_because} {actor.name()} {did}.".strip() if is_due else ""
    return replace(
        account,
        identity_due=is_due or account.identity_due,
        identity_due_because=because or account.identity_due_because,
        identity_due_by=by,
        reset_by=actor.person(),
        reset_by_name=actor.name(),
    )


def check_version(before: Revision, expected: int) -> None:
    """Check that an account is as the person saw it. Raises ``Conflict('conflict.stale')``."""
    if before.rev != expected:
        raise Conflict("conflict.stale", "The account has changed since you looked at it.", "Look at it again.")


def check_other(actor: Actor, account: str) -> None:
    """Check that nobody administers the own account. Raises ``Refused('refused.independence')``."""
    if actor.account == account:
        raise Refused("refused.independence", "Somebody else has to do this to your account.")


def end_sessions(work: UnitOfWork, actor: Actor, account: Account, cause: str) -> int:
    """End every session of an account at once (11.10(d)); return how many there were."""
    living = work.sessions_of(account.account)
    for stored in living:
        end_session(work, stored, account, actor, cause, Event.SESSION_TERMINATED)
    return len(living)


def tell_owner(work: UnitOfWork, actor: Actor, account: Account, message: str, emails: Sequence[str]) -> None:
    """Tell a person, and the System Managers, that somebody else changed how the person proves identity."""
    raise_alarm(
        work,
        actor,
        Alarm.CREDENTIALS_CHANGED,
        Severity.INFORMATION,
        message,
        about=f"account:{account.account}:{message[:60]}",
        facts={"account": account.account},
        recipients=emails,
    )
