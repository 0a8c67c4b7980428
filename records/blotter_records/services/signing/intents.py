"""Signing pages: prepared for one action on one record, open for a minute without input, used once (11.200)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from blotter_records.contract.results import ResultView
from blotter_records.contract.signing import Fact, SignatureView, SigningIntentRequest, SigningIntentView
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.records import Proposal
from blotter_records.errors import Conflict, NotFound, Refused
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.entries import Context, NewEntry
from blotter_records.ports.ledger import Ledger, StoredIntent, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.operating.alarms import check_signing_allowed
from blotter_records.services.people.readiness import asks_code, check_asked, check_may_sign
from blotter_records.services.people.sessions import Sessions
from blotter_records.services.results import results
from blotter_records.services.signing.manifestation import signature_view
from blotter_records.services.signing.steps import Prepared, Steps, checked_details
from blotter_records.vocabulary import Action, Meaning, RecordKind

_MAX_COMMENT = 2000


@dataclass(frozen=True)
class SigningPage:
    """What the signing page shows; ``result`` where one is signed, ``facts`` what an action changes."""

    intent: SigningIntentView
    printed_name: str
    user_name: str
    role_label: str
    label: str
    description: str
    title: str
    facts: list[Fact]
    reason: str
    comment: str
    statement: str
    seconds: int
    asks_code: bool
    result: ResultView | None
    signature: SignatureView | None


class Intents:
    """Prepares signing pages and tells how they stand."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        sessions: Sessions,
        configurations: Configurations,
        steps: Steps,
        signing_origin: str,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._sessions = sessions
        self._configurations = configurations
        self._steps = steps
        self._origin = signing_origin

    def intend(self, actor: Actor, request: SigningIntentRequest) -> SigningIntentView:
        """Prepare a signing page for an action on a record.

        Raises
        ------
        Refused, Conflict, NotFound
            The role, the status or the person does not allow it; there is no such record, or none to see.
        Invalid
            ``signature.action`` for an action that is not signed; ``signature.details``; ``reason.*``.
        """
        action = request.action
        step = self._steps.of(action)
        stream = f"{step.kind.value}:{request.record}"
        policies = actor.configuration.policies
        ends_at = self._clock.now() + policies.signature_dialog_max
        with self._gate.acting(actor, action, stream) as acting, self._ledger.begin() as work:
            check_signing_allowed(work)
            check_may_sign(work, actor, action)
            check_asked(actor, action, request.comment)
            details = checked_details(action, request.details)
            prepared = step.prepare(work, acting, request.record, details)
            reason = acting.reason(request.reason, request.reason_code)
            intent = self._randomness.token()
            work.put_intent(
                intent,
                {
                    "account": actor.person(),
                    "session": actor.session,
                    "action": action.value,
                    "stream": stream,
                    "record": prepared.record,
                    "kind": prepared.kind.value,
                    "version": prepared.version,
                    "rev": prepared.before.rev,
                    "digest": prepared.digest,
                    "details": details,
                    "title": prepared.title,
                    "facts": [list(fact) for fact in prepared.facts],
                    "role": prepared.role,
                    "reason": reason.text,
                    "reason_code": reason.code,
                    "comment": request.comment.strip()[:_MAX_COMMENT],
                    "context": asdict(actor.context),
                    "configuration": actor.configuration.revision,
                },
                ends_at,
            )
            stored = work.intent(intent)
            assert stored is not None
            work.note(self._entry(actor, prepared, action))
            work.commit()
        return self.view_of(stored)

    @staticmethod
    def _entry(actor: Actor, prepared: Prepared, action: Action) -> NewEntry:
        return NewEntry(
            stream=prepared.before.stream,
            action=Action.SIGNATURE_INTEND,
            subject=actor.subject(prepared.role),
            context=actor.context,
            record_kind=prepared.kind,
            record_id=prepared.record,
            new={"action": action.value, "version": prepared.version, "digest": prepared.digest},
            summary=f"{actor.name()} opened the signing page: {CATALOGUE[action].label} {prepared.record}."
            f"{prepared.version}",
        )

    def view(self, actor: Actor, intent: str) -> SigningIntentView:
        """Return how a signing page of one's own stands. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.SIGNATURE_INTEND, "signature"), self._ledger.begin() as work:
            stored = stored_intent(work, intent)
            if stored.content["account"] != actor.account:
                raise NotFound("not_found.intent", "There is no such signing page.")
        return self.view_of(stored)

    def view_of(self, stored: StoredIntent) -> SigningIntentView:
        """Return a signing page as the contract shows it."""
        content = stored.content
        state: Literal["open", "signed", "ended"] = "open"
        signature = proposal = None
        ends_at = self._ends_at(stored)
        if stored.used_at is not None:
            kind, _, named = (stored.outcome or "").partition(":")
            state = "signed" if kind == "signed" else "ended"
            signature, _, proposal = named.partition(" ") if state == "signed" else (None, "", None)
        elif self._clock.now() >= ends_at:
            state = "ended"
        action = Action(content["action"])
        meaning = CATALOGUE[action].meaning
        return SigningIntentView(
            intent=stored.intent,
            url=f"{self._origin}/sign/{stored.intent}",
            record=content["record"],
            record_kind=RecordKind(content["kind"]),
            version=content["version"],
            action=action,
            meaning=Meaning(meaning or Meaning.RESPONSIBILITY),
            digest=content["digest"],
            ends_at=ends_at,
            state=state,
            signature=signature or None,
            proposal=proposal or None,
        )

    def _configuration(self, stored: StoredIntent) -> Configuration:
        with self._ledger.begin() as work:
            return self._configurations.at(work, stored.content["configuration"])

    def _ends_at(self, stored: StoredIntent) -> datetime:
        """Return when the page closes: a minute after the last input, and never later than its longest time."""
        last = max(stored.created_at, stored.last_input_at or stored.created_at)
        return min(last + self.dialog(stored), stored.ends_at)

    def dialog(self, stored: StoredIntent) -> timedelta:
        """Return how long the page stays open without input."""
        return self._configuration(stored).policies.signature_dialog

    # The page. It has no token: whoever knows the unguessable intent may see it, and nothing else.

    def page(self, intent: str, *, address: str) -> SigningPage:
        """Return what the page shows, rendered from the records.

        Raises
        ------
        NotFound, Unauthenticated
            No such page; its session has ended.
        Conflict
            ``conflict.changed``: the record is no longer the one for which the page was prepared.
        """
        with self._ledger.begin() as work:
            stored = stored_intent(work, intent)
        content = stored.content
        view = self.view_of(stored)
        actor = self.actor(stored, address=address)
        with self._ledger.begin() as work:
            if view.state == "open":
                self._check_unchanged(work, stored)
            result = _result(work, view, actor)
            signed = work.latest(f"signature:{view.signature}") if view.signature else None
            shown = signature_view(work, signed, view.version, work.tree_size()) if signed else None
        rule = CATALOGUE[view.action]
        policies = actor.configuration.policies
        return SigningPage(
            intent=view,
            printed_name=actor.name(),
            user_name=actor.user_name or "",
            role_label=actor.configuration.label(content["role"]),
            label=rule.label,
            description=rule.description,
            title=content["title"],
            facts=[Fact(name=name, before=before, after=after) for name, before, after in content["facts"]],
            reason=_told(content["reason_code"], content["reason"]),
            comment=content["comment"],
            statement=policies.statement,
            seconds=int(policies.signature_dialog.total_seconds()),
            asks_code=asks_code(actor, view.action, policies),
            result=result,
            signature=shown,
        )

    @staticmethod
    def _check_unchanged(work: UnitOfWork, stored: StoredIntent) -> None:
        newest = work.latest(f"{stored.content['kind']}:{stored.content['record']}")
        if newest is None or newest.rev != stored.content["rev"]:
            raise Conflict("conflict.changed", "The record has changed since this page was prepared.", "Start again.")

    def note_input(self, intent: str) -> SigningIntentView:
        """Note that the person gave input on the page, which keeps it open for another minute."""
        with self._ledger.begin() as work:
            stored = stored_intent(work, intent)
        if self.view_of(stored).state == "open":
            with self._ledger.begin() as work:
                work.touch_intent(intent)
                work.touch_session(stored.content["session"])
                stored = stored_intent(work, intent)
                work.commit()
        return self.view_of(stored)

    def actor(self, stored: StoredIntent, *, address: str) -> Actor:
        """Return who prepared the page, in his or her session. Raises ``Unauthenticated``."""
        content = stored.content
        actor = self._sessions.actor_in(
            content["account"], content["session"], address=address, context=Context(**content["context"])
        )
        if actor.configuration.revision != content["configuration"]:
            raise Refused("refused.configuration", "The page belongs to another configuration.", "Start again.")
        return replace(actor)


def stored_intent(work: UnitOfWork, intent: str) -> StoredIntent:
    """Return a signing page. Raises ``NotFound('not_found.intent')``."""
    stored = work.intent(intent)
    if stored is None:
        raise NotFound("not_found.intent", "There is no such signing page.")
    return stored


def _result(work: UnitOfWork, view: SigningIntentView, actor: Actor) -> ResultView | None:
    """Return the result that is signed, also where a second person confirms what was signed on one."""
    record, kind = view.record, view.record_kind
    if kind is RecordKind.PROPOSAL:
        proposal = work.latest(f"proposal:{record}")
        content = Proposal.from_json(proposal.content) if proposal else None
        record, kind = (content.record, RecordKind(content.record_kind)) if content else (record, kind)
    return results.view_for(work, record, actor) if kind is RecordKind.RESULT else None


def _told(code: str, text: str) -> str:
    return f"{code}: {text}" if code else text
