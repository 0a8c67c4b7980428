"""What a person is shown of the own account in every session: what is due, what others did to it (11.10(j), 11.300)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from blotter_records.domain import accounts as rules
from blotter_records.domain.canonical import text_digest
from blotter_records.domain.records import Account
from blotter_records.ports.entries import TrailFilter
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.people.credentials import password_ends_at
from blotter_records.services.people.finding import found
from blotter_records.vocabulary import Action, Event, Outcome

#: What others do to an account that its owner is shown at the next sign-in.
_SHOWN = (
    Action.TOTP_REMOVE,
    Action.USER_EXPIRY_SET,
    Action.USER_IDENTITY_VERIFY,
    Action.USER_PASSWORD_RESET,
    Action.USER_PROFILE_EDIT,
    Action.USER_ROLE_ASSIGN,
    Action.USER_ROLE_REMOVE,
    Action.USER_UNLOCK,
    Event.BREAKGLASS_OPEN,
)


def own_standing(work: UnitOfWork, actor: Actor, *, since: datetime | None, now: datetime) -> dict[str, Any]:
    """Return the fields of a session's view that are about the account; ``since`` is the last sign-in."""
    account = Account.from_json(found(work, actor.person()).content)
    policies = actor.configuration.policies
    secret = next(iter(work.secrets(account.account)), None)
    ends_at = password_ends_at(secret, policies) if secret is not None else None
    done = work.entries(
        TrailFilter(streams=[f"account:{account.account}"], actions=_SHOWN, outcome=Outcome.DONE, since=since, limit=50)
    )
    return {
        "has_totp": work.held_totp(account.account) is not None,
        "statement_due": rules.is_statement_due(account, text_digest(policies.statement)),
        "identity_due": account.identity_due,
        "password_ends_at": ends_at,
        "password_warning": ends_at is not None and now >= ends_at - policies.password_warn,
        "changes": [str(one.body.get("summary", "")) for one in done],
    }
