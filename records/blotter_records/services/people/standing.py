"""What sign-in, sessions and signing share: who an account is, how a failure and an end are written down."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from blotter_records.domain import names
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Account
from blotter_records.ports.entries import NewEntry
from blotter_records.ports.ledger import StoredSession, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.people.credentials import Checked
from blotter_records.vocabulary import Action, Event, Outcome, RecordKind

NEUTRAL = "User name or password is wrong, or the account cannot be used."
NEUTRAL_HELP = "After several failures an account is locked. A System Manager can see why, and unlock it."


def token_digest(token: str) -> str:
    """Return the only form in which a session token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def name_mark(typed: str, key: str) -> str:
    """Return a mark by which tries of the same unknown name can be told apart, without the name."""
    return hashlib.sha256(f"{key}:{names.folded(typed)}".encode()).hexdigest()[:16]


def actor_of(account: Account, configuration: Configuration) -> Actor:
    """Return a person, outside any session."""
    return Actor(
        account=account.account,
        user_name=account.user_name,
        printed_name=account.printed_name,
        roles=tuple(account.roles),
        configuration=configuration,
    )


def note_failure(
    work: UnitOfWork, who: Actor | None, checked: Checked, address: str, *, mark: str | None = None
) -> None:
    """Write a failed sign-in, or a wrong present password; ``mark`` stands for a name that nobody has."""
    locks = " The account is now locked." if checked.locks_now else ""
    # A name that nobody has is often a password typed into the wrong field: it is never written down.
    name = who.user_name if who else "an unknown user name"
    account = who.account if who else None
    work.note(
        NewEntry(
            stream=f"account:{account}" if account else "system",
            action=Event.SESSION_LOGIN_FAILED,
            subject=replace((who or Actor()).subject(), address=address),
            outcome=Outcome.FAILED,
            record_kind=RecordKind.ACCOUNT if account else None,
            record_id=account,
            new={"why": checked.why_not, "locked_now": checked.locks_now, "typed_sha256": mark},
            summary=f"Sign-in failed for {name} from {address}: {checked.why_not}.{locks}",
        )
    )


def end_session(
    work: UnitOfWork, stored: StoredSession, owner: Account, actor: Actor, cause: str, event: Event
) -> None:
    """End a session and write down whose it was, and who ended it; nothing where it had ended before."""
    if not work.end_session(stored.session, cause):
        return
    work.note(
        NewEntry(
            stream=f"session:{stored.session}",
            action=event,
            subject=actor.subject(),
            context=actor.context,
            record_kind=RecordKind.SESSION,
            record_id=stored.session,
            new={"cause": cause, "account": owner.account},
            summary=f"Session of {owner.printed_name} ended: {cause}",
        )
    )


def password_entry(actor: Actor, role: str | None, stream: str, *, expired: bool = False) -> NewEntry:
    """Return the entry of a changed or expired password."""
    return NewEntry(
        stream=stream,
        action=Event.PASSWORD_EXPIRED if expired else Action.PASSWORD_CHANGE,
        subject=actor.subject(role),
        context=actor.context,
        record_kind=RecordKind.ACCOUNT,
        record_id=actor.account,
        summary=f"The password of {actor.name()} has expired"
        if expired
        else f"{actor.name()} changed the own password",
    )


def rehash_entry(actor: Actor, cost: int) -> NewEntry:
    """Return the entry of a password that was hashed again because the policy asks for another cost."""
    return NewEntry(
        stream=f"account:{actor.person()}",
        action=Event.PASSWORD_REHASH,
        subject=actor.subject(),
        record_kind=RecordKind.ACCOUNT,
        record_id=actor.account,
        new={"cost": cost},
        summary=f"The password of {actor.name()} was hashed again, at cost {cost}",
    )
