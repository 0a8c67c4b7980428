"""Whether a person may sign at all: identity and statement, beside the role (11.10(j), 11.100(b), 11.200(a)(3))."""

from __future__ import annotations

from blotter_records.domain import accounts as rules
from blotter_records.domain.canonical import text_digest
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Account
from blotter_records.errors import Invalid, Refused
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.people.finding import found
from blotter_records.vocabulary import Action


def check_may_sign(work: UnitOfWork, actor: Actor, action: Action) -> None:
    """Check what has to be true of the person before anything is signed.

    Raises
    ------
    Refused
        ``refused.identity``: since a password reset or another e-mail address nobody has verified identity again;
        ``refused.statement``: the accountability statement that holds was not accepted.
    """
    account = Account.from_json(found(work, actor.person()).content)
    if account.identity_due:
        raise Refused(
            "refused.identity",
            f"You cannot sign until your identity is verified again. {account.identity_due_because}".rstrip(),
            "Show yourself to a System Manager who has no part in that.",
        )
    statement = text_digest(actor.configuration.policies.statement)
    if action is not Action.POLICY_ACCEPT and rules.is_statement_due(account, statement):
        raise Refused(
            "refused.statement",
            "You cannot sign until you have accepted, by a signature, the accountability statement.",
            "Accept it first: it is the first thing that everybody signs.",
        )


def asks_code(actor: Actor, action: Action, policies: Policies) -> bool:
    """Tell whether the signature of an action asks for a one-time code, from where the person is: as enrolment does."""
    return actor.configuration.requirement(action).code or policies.asks_code("signature", *actor.addresses())


def check_asked(actor: Actor, action: Action, comment: str) -> None:
    """Check what the signature of an action asks for besides. Raises ``Invalid('signature.comment')``."""
    if actor.configuration.requirement(action).comment and not comment.strip():
        raise Invalid("signature.comment", "The signature of this action asks for a comment.")
