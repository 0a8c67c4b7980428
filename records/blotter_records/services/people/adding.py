"""Adding an account: its names, its roles, how it begins (11.100)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from blotter_records.contract.accounts import AccountRequest
from blotter_records.domain import names
from blotter_records.domain.canonical import text_digest
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Account, Json
from blotter_records.domain.roles import excluded
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import AccountStatus, Action, RecordKind

#: Names that look alike are claimed in a space of their own.
ALIKE = "account look-alike"


def checked_roles(configuration: Configuration, given: Collection[str]) -> list[str]:
    """Return roles in their order. Raises ``Invalid('account.roles')`` for unknown ones and those that exclude."""
    held = configuration.ordered(given)
    unknown = sorted(set(given) - {role.name for role in held})
    if unknown:
        raise Invalid("account.roles", f"There is no role {', '.join(unknown)}.")
    pair = excluded(held)
    if pair is not None:
        both = " and ".join(sorted(pair))
        raise Invalid("account.roles", f"One person cannot be {both}.", "Who administers people touches no data.")
    return [role.name for role in held]


def add_account(
    work: UnitOfWork,
    actor: Actor,
    role: str | None,
    request: AccountRequest,
    *,
    reason: Reason,
    now: datetime,
    is_demo: bool = False,
) -> Revision:
    """Write a new account: pending, unless how identity was verified came with it (the first System Managers).

    Parameters
    ----------
    is_demo : bool
        Of the demonstration: nobody stands behind it, and it is set up whole, the statement accepted without a
        signature.

    Raises
    ------
    Invalid, Conflict
        As ``Accounts.create`` says.
    """
    user_name = names.checked_user_name(request.user_name)
    printed_name = names.checked_printed_name(request.printed_name)
    roles = checked_roles(actor.configuration, request.roles)
    account = work.next_id(RecordKind.ACCOUNT)
    if not work.claim_name(RecordKind.ACCOUNT, names.folded(user_name), account):
        raise Conflict(
            "conflict.user_name", f"The user name {user_name} is or was somebody's.", "Names are never used again."
        )
    if not work.claim_name(ALIKE, names.alike(user_name), account):
        raise Conflict(
            "conflict.user_name", f"A reader takes {user_name} for a user name that there is or was.", "Choose another."
        )
    identity = _identity(actor, request, now, is_demo=is_demo)
    begins = AccountStatus.ACTIVE if identity is not None else AccountStatus.PENDING
    content = Account(
        account,
        user_name,
        printed_name,
        roles,
        status=begins.value,
        email=request.email,
        expires_on=request.expires_on.isoformat() if request.expires_on else None,
        active_since=now.isoformat() if identity is not None else "",
        identity=identity,
        created_by=actor.account or "",
        created_by_name=actor.name(),
        statement=_accepted_by_demo(actor, now) if is_demo else None,
    )
    named = ", ".join(actor.configuration.label(one) for one in roles)
    return write(
        work,
        actor,
        role,
        Action.USER_CREATE,
        content,
        record_id=account,
        expected_rev=0,
        version=1,
        new=content.as_json(),
        reason=reason,
        summary=f"Added {printed_name} ({user_name}) as {named}, {begins.value}",
    )


def _identity(actor: Actor, request: AccountRequest, now: datetime, *, is_demo: bool) -> Json | None:
    if is_demo:
        method, document, note = "none: demonstration", "none", "A made-up person of the demonstration."
    elif request.identity is not None:
        method, document, note = request.identity.method, request.identity.document, request.identity.note
    else:
        return None
    return {
        "method": method,
        "document": document,
        "note": note,
        "verified_by": actor.account or actor.name(),
        "verified_by_name": f"{actor.name()} ({actor.os_user})" if actor.os_user else actor.name(),
        "at": now.isoformat(),
        "signature": None,
    }


def _accepted_by_demo(actor: Actor, now: datetime) -> Json:
    return {
        "sha256": text_digest(actor.configuration.policies.statement),
        "text": actor.configuration.policies.statement,
        "signature": None,
        "at": now.isoformat(),
    }
