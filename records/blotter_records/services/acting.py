"""Who acts, and the gate that every use case passes: authority first, and every refusal is an entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from blotter_records.domain import authority
from blotter_records.domain.policies import Policies
from blotter_records.errors import BlotterError, Conflict, Invalid, Refused
from blotter_records.ports.ledger import Context, NewEntry, Subject
from blotter_records.services.refusals import Refusals
from blotter_records.vocabulary import Action, Event, Outcome, Role, ServiceIdentity


@dataclass(frozen=True)
class Actor:
    """A person in a session, or a service; established by the service, never taken from a request's body."""

    account: str | None = None
    user_name: str | None = None
    printed_name: str | None = None
    roles: tuple[Role, ...] = ()
    session: str | None = None
    address: str | None = None
    service: ServiceIdentity | None = None
    process: str | None = None
    must_change_password: bool = False
    context: Context = field(default_factory=Context)

    def subject(self, role: Role | None = None) -> Subject:
        """Return the subject of an entry, with the role in effect."""
        return Subject(
            account=self.account,
            user_name=self.user_name,
            printed_name=self.printed_name,
            role=role,
            service=self.service,
            session=self.session,
            address=self.address,
            process=self.process,
        )

    def person(self) -> str:
        """Return the account id. Raises ``Refused('refused.service')`` if a service acts."""
        if self.account is None:
            raise Refused("refused.service", "Only a person can do this.")
        return self.account

    def name(self) -> str:
        """Return the printed name, or the service's."""
        return self.printed_name or (self.service.value if self.service else "nobody")


#: The installation itself: what happens without anybody asking for it.
SYSTEM = Actor(service=ServiceIdentity.SYSTEM)


class Gate:
    """Checks authority before a use case, and writes what was refused.

    Parameters
    ----------
    policies : Policies
    refusals : Refusals
    """

    def __init__(self, policies: Policies, refusals: Refusals) -> None:
        self.policies = policies
        self._refusals = refusals

    def role(self, actor: Actor, action: Action) -> Role:
        """Return the role in effect. Raises ``Refused`` with the rule as its code."""
        actor.person()
        verdict = authority.decide(actor.roles, action, self.policies, must_change_password=actor.must_change_password)
        if verdict.role is None:
            raise Refused(verdict.rule, verdict.why_not)
        return verdict.role

    @contextmanager
    def acting(
        self, actor: Actor, action: Action, stream: str, *, services: Collection[ServiceIdentity] = ()
    ) -> Iterator[Role | None]:
        """Let ``actor`` do ``action`` on the record of ``stream`` inside the block, or refuse.

        Yields the role in effect, None for one of ``services``. Whatever is refused at the gate or in the block
        (role, status, person, stale revision, missing reason) becomes an entry in a transaction of its own.

        Raises
        ------
        Refused, Conflict, Invalid
            As raised; the entry is written before they go on.
        """
        try:
            if actor.service is not None and actor.service in services:
                yield None
            else:
                yield self.role(actor, action)
        except (Refused, Conflict) as error:
            self.refuse(actor, action, stream, error)
            raise
        except Invalid as error:
            if error.code.startswith("reason."):
                self.refuse(actor, action, stream, error)
            raise

    def refuse(self, actor: Actor, action: Action, stream: str, error: BlotterError) -> None:
        """Write the entry of a refused action."""
        kind, _, record_id = stream.partition(":")
        entry = NewEntry(
            stream=stream,
            action=Event.ACTION_REFUSED,
            subject=actor.subject(),
            context=actor.context,
            outcome=Outcome.REFUSED,
            record_id=record_id or None,
            new={
                "action": action.value,
                "rule": error.code,
                "status": getattr(error, "record_status", None),
                "roles": [role.value for role in actor.roles],
            },
            summary=f"Refused: {action.value} on {record_id or kind}. {error.message}",
        )
        written = self._refusals.write(entry, key=(actor.session or actor.name(), action.value, error.code, stream))
        if written is not None:
            error.entry = written
