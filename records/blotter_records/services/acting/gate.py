"""The gate that every use case passes: authority first, and every refusal is an entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from blotter_records.domain import authority
from blotter_records.domain.authority import Parties, Situation, Verdict
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.reasons import Reason, checked_reason
from blotter_records.domain.records import Study
from blotter_records.domain.roles import READING
from blotter_records.errors import BlotterError, Conflict, Invalid, NotFound, Refused, Unauthenticated
from blotter_records.ports.entries import NewEntry, Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.readings import Readings
from blotter_records.services.acting.refusals import Refusals
from blotter_records.vocabulary import Action, Event, Outcome, ReasonRule, ServiceIdentity, StudyKind

_SERVICES = {
    ServiceIdentity.CLI: "the command line on the server",
    ServiceIdentity.HUB: "the hub",
    ServiceIdentity.INSTRUMENT: "the agent of an instrument",
    ServiceIdentity.SYSTEM: "the installation itself",
}


class Acting:
    """One action of one actor on the record of a stream, inside :meth:`Gate.acting`.

    ``role`` is the role in effect: until :meth:`on` was asked the first that has the action at all.
    """

    def __init__(self, actor: Actor, action: Action, stream: str, role: str | None) -> None:
        self.actor = actor
        self.action = action
        self.stream = stream
        self.role = role
        self.is_across = False
        self.is_of_signed = False

    def on(self, work: UnitOfWork, study: str, *, status: str | None = None, parties: Parties | None = None) -> str:
        """Decide on a record of a study, in a status; return the role in effect.

        Raises
        ------
        NotFound
            To who is no member there is no such record; the message is the same as for one that does not exist.
        Conflict
            ``conflict.status``.
        Refused
            ``refused.independence``, ``refused.role``.
        """
        verdict = self.verdict(work, study, status=status, parties=parties)
        if verdict.role is None:
            raise refusal(verdict, self.stream, status)
        self.role, self.is_across = verdict.role, verdict.is_across
        return verdict.role

    def verdict(
        self, work: UnitOfWork, study: str, *, status: str | None = None, parties: Parties | None = None
    ) -> Verdict:
        """Decide without raising."""
        revision = work.latest(f"study:{study}") if study else None
        content = Study.from_json(revision.content) if revision is not None else None
        situation = Situation(
            content.roles_of(self.actor.person()) if content is not None else frozenset(),
            status,
            parties,
            is_copy=content is not None and content.study_kind == StudyKind.COPY,
        )
        return authority.decide(self.actor.configuration, self.action, self.actor.standing(), situation)

    def reason(self, text: str, code: str = "", *, version: int = 1) -> Reason:
        """Return the reason as it is stored, by the rule that the policies set for this action.

        Raises
        ------
        Invalid
            ``reason.*``.
        """
        policies, rule = self.actor.configuration.policies, CATALOGUE[self.action]
        wanted = policies.reason_rule(self.action) if version >= rule.reason_from else ReasonRule.OPTIONAL
        return checked_reason(text, code, rule=wanted, minimum=policies.reason_min_chars, codes=policies.reason_codes)


class Gate:
    """Checks authority before a use case, and writes what was refused.

    Parameters
    ----------
    refusals : Refusals
    readings : Readings
    """

    def __init__(self, refusals: Refusals, readings: Readings) -> None:
        self._refusals = refusals
        self._readings = readings

    @contextmanager
    def acting(
        self, actor: Actor, action: Action, stream: str, *, services: Collection[ServiceIdentity] = ()
    ) -> Iterator[Acting]:
        """Let ``actor`` do ``action`` on the record of ``stream`` inside the block, or refuse.

        Whatever is refused at the gate or in the block (role, membership, status, person, stale revision, missing
        reason, no such record) becomes an entry in a transaction of its own. What was read across studies, or of a
        signed record, becomes one after the block.

        Raises
        ------
        Refused, Conflict, Invalid, NotFound
            As raised; the entry is written before they go on.
        """
        with self._noting(actor, action, stream):
            acting = Acting(actor, action, stream, self._role(actor, action, services))
            yield acting
        if action in READING and actor.account is not None:
            self._readings.note(
                actor, action, stream, acting.role, is_across=acting.is_across, is_of_signed=acting.is_of_signed
            )

    @contextmanager
    def serving(
        self, actor: Actor, action: Action | Event, stream: str, *, services: Collection[ServiceIdentity] = ()
    ) -> Iterator[None]:
        """Let services alone do something inside the block; where none is named, people alone, whatever their roles.

        Raises
        ------
        Refused, Conflict, Invalid, NotFound
            ``refused.service``, and as raised inside; as :meth:`acting` the entry is written before they go on.
        """
        with self._noting(actor, action, stream):
            if not services:
                actor.person()
            elif actor.service not in services:
                named = " and ".join(_SERVICES[one] for one in services)
                raise Refused("refused.service", f"Only {named} may do this.")
            yield

    @contextmanager
    def _noting(self, actor: Actor, action: Action | Event, stream: str) -> Iterator[None]:
        try:
            yield
        except Unauthenticated:
            # Whoever checked the password wrote it; a second entry, with its id in the answer, would tell more to an
            # outsider about a name that there is than about one that there is not (11.300(d)).
            raise
        except (Refused, Conflict, NotFound) as error:
            self.refuse(actor, action, stream, error)
            raise
        except Invalid as error:
            if error.code.startswith("reason."):
                self.refuse(actor, action, stream, error)
            raise

    def _role(self, actor: Actor, action: Action, services: Collection[ServiceIdentity]) -> str | None:
        if actor.service is not None and actor.service in services:
            return None
        verdict = authority.decide(actor.configuration, action, actor.standing())
        if verdict.role is None:
            raise Refused(verdict.rule, verdict.why_not)
        return verdict.role

    def refuse(self, actor: Actor, action: Action | Event, stream: str, error: BlotterError) -> None:
        """Write the entry of a refused action."""
        kind, _, record_id = stream.partition(":")
        rule = getattr(error, "rule", error.code)
        entry = NewEntry(
            stream=stream,
            action=Event.ACTION_REFUSED,
            subject=actor.subject(),
            context=actor.context,
            outcome=Outcome.REFUSED,
            record_id=record_id or None,
            new={
                "action": action.value,
                "rule": rule,
                "status": getattr(error, "record_status", None),
                "roles": list(actor.roles),
            },
            summary=f"Refused: {action.value} on {record_id or kind}. {error.message}",
        )
        error.entry = self._refusals.write(entry, key=(actor.session or actor.name(), action.value, rule, stream))


def study_roles(work: UnitOfWork, study: str, actor: Actor) -> frozenset[str]:
    """Return the roles that a person has in a study; none for who is no member, or where there is no study."""
    revision = work.latest(f"study:{study}") if study else None
    return Study.from_json(revision.content).roles_of(actor.person()) if revision is not None else frozenset()


def no_such(stream: str) -> NotFound:
    """Return that there is no record; to who may not see it, the same words."""
    kind, _, record_id = stream.partition(":")
    return NotFound(f"not_found.{kind}", f"There is no {kind.replace('_', ' ')} {record_id}.".replace(" .", "."))


def newest_of(work: UnitOfWork, stream: str) -> Revision:
    """Return the newest revision of a record. Raises ``NotFound('not_found.<kind>')`` where there is none."""
    revision = work.latest(stream)
    if revision is None:
        raise no_such(stream)
    return revision


def refusal(verdict: Verdict, stream: str, status: str | None = None) -> BlotterError:
    """Return the error for a verdict that does not allow."""
    if verdict.rule == "refused.membership":
        return with_rule(no_such(stream), verdict.rule)
    if verdict.rule == "refused.status":
        return with_status(Conflict("conflict.status", verdict.why_not), status)
    return with_status(Refused(verdict.rule, verdict.why_not), status)


def with_rule(error: BlotterError, rule: str) -> BlotterError:
    """Note at an error which rule it stands for, for the refusal's entry alone."""
    error.rule = rule  # type: ignore[attr-defined]
    return error


def with_status(error: BlotterError, status: str | None) -> BlotterError:
    """Note the record's status at an error, for the refusal's entry."""
    error.record_status = status  # type: ignore[attr-defined]
    return error
