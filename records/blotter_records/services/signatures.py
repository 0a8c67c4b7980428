"""Electronic signatures: a page is prepared, then signed with user name and password (11.50, 11.70, 11.200).

What is shown on the page is what is signed: the digest of the intent is computed again when the signature is
committed. Signature, status of the result and both entries are one commit.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

from blotter_records.contract.results import ResultView, SignatureView, SigningIntentRequest, SigningIntentView
from blotter_records.domain import passwords, workflow
from blotter_records.domain.reasons import checked_reason
from blotter_records.domain.records import Result, Signature
from blotter_records.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.ledger import Context, Ledger, NewEntry, Revision, StoredIntent, UnitOfWork
from blotter_records.services import pinning, results
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.credentials import Checked, Credentials
from blotter_records.services.manifestation import signature_view
from blotter_records.services.proof import Proof
from blotter_records.services.sessions import Sessions
from blotter_records.services.writing import write
from blotter_records.vocabulary import Action, Event, Meaning, Outcome, RecordKind, ResultStatus, Role

_MAX_COMMENT = 2000


@dataclass(frozen=True)
class SigningPage:
    """What the signing page shows."""

    intent: SigningIntentView
    printed_name: str
    user_name: str
    role: Role
    label: str
    description: str
    reason: str
    comment: str
    statement: str
    result: ResultView
    signature: SignatureView | None


class Signatures:
    """Prepares signing pages and signs."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        randomness: Randomness,
        *,
        gate: Gate,
        credentials: Credentials,
        sessions: Sessions,
        proof: Proof,
        signing_origin: str,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._gate = gate
        self._credentials = credentials
        self._sessions = sessions
        self._proof = proof
        self._origin = signing_origin

    # Preparing

    def intend(self, actor: Actor, request: SigningIntentRequest) -> SigningIntentView:
        """Prepare a signing page for a step on a result.

        Raises
        ------
        Refused, Conflict
            The role, the status or the person does not allow the step.
        Invalid
            ``signature.action`` for a step that is not signed; ``reason.*``.
        """
        stream = f"result:{request.result}"
        transition = workflow.TRANSITIONS.get(request.action)
        if transition is None or transition.meaning is None:
            raise Invalid("signature.action", f"{request.action.value} is not an action that is signed.")
        ends_at = self._clock.now() + self._gate.policies.signature_dialog_max
        with self._gate.acting(actor, request.action, stream), self._ledger.begin() as work:
            role = self._gate.role(actor, Action.SIGNATURE_INTEND)
            revision = results.found(work, request.result)
            content = Result.from_json(revision.content)
            verdict = results.allowed_step(work, content, request.action, actor, self._gate)
            reason = checked_reason(
                request.reason,
                minimum=self._gate.policies.reason_min_chars,
                is_required=transition.needs_reason,
            )
            intent = self._randomness.token()
            work.put_intent(
                intent,
                {
                    "account": actor.person(),
                    "session": actor.session,
                    "result": content.result,
                    "version": content.version,
                    "rev": revision.rev,
                    "digest": content.digest,
                    "action": request.action.value,
                    "meaning": transition.meaning.value,
                    "role": (verdict.role or role).value,
                    "reason": reason,
                    "comment": request.comment.strip()[:_MAX_COMMENT],
                    "context": asdict(actor.context),
                },
                ends_at,
            )
            stored = work.intent(intent)
            assert stored is not None
            work.note(
                NewEntry(
                    stream=stream,
                    action=Action.SIGNATURE_INTEND,
                    subject=actor.subject(role),
                    context=actor.context,
                    record_kind=RecordKind.RESULT,
                    record_id=content.result,
                    new={"action": request.action.value, "version": content.version, "digest": content.digest},
                    summary=f"{actor.name()} opened the signing page: {transition.label} {content.result}."
                    f"{content.version}",
                )
            )
            work.commit()
        return self._intent_view(stored)

    def intent(self, actor: Actor, intent: str) -> SigningIntentView:
        """Return how a signing page of one's own ended. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.SIGNATURE_INTEND, "signature"), self._ledger.begin() as work:
            stored = _stored(work, intent)
            if stored.content["account"] != actor.account:
                raise NotFound("not_found.intent", "There is no such signing page.")
        return self._intent_view(stored)

    def _ends_at(self, stored: StoredIntent) -> datetime:
        """Return when the page closes: a minute after the last input, and never later than its longest time."""
        last = max(stored.created_at, stored.last_input_at or stored.created_at)
        return min(last + self._gate.policies.signature_dialog, stored.ends_at)

    def _intent_view(self, stored: StoredIntent) -> SigningIntentView:
        content = stored.content
        state: Literal["open", "signed", "ended"] = "open"
        signature = None
        if stored.used_at is not None:
            kind, _, named = (stored.outcome or "").partition(":")
            state = "signed" if kind == "signed" else "ended"
            signature = named if state == "signed" else None
        elif self._clock.now() >= self._ends_at(stored):
            state = "ended"
        return SigningIntentView(
            intent=stored.intent,
            url=f"{self._origin}/sign/{stored.intent}",
            result=content["result"],
            version=content["version"],
            action=Action(content["action"]),
            meaning=Meaning(content["meaning"]),
            digest=content["digest"],
            ends_at=self._ends_at(stored),
            state=state,
            signature=signature or None,
        )

    # The page. It has no token: whoever knows the unguessable intent may see it, and nothing else.

    def page(self, intent: str) -> SigningPage:
        """Return what the page shows, rendered from the records.

        Raises
        ------
        NotFound, Unauthenticated
            No such page; its session has ended.
        Conflict
            ``conflict.changed``: the record is no longer the one for which the page was prepared.
        """
        with self._ledger.begin() as work:
            stored = _stored(work, intent)
        content = stored.content
        view = self._intent_view(stored)
        actor = self._actor(stored, address="")
        with self._ledger.begin() as work:
            result = results.view_for(work, content["result"], actor, self._gate)
            signed = work.latest(f"signature:{view.signature}") if view.signature else None
            shown = signature_view(work, signed, result.version, work.tree_size()) if signed else None
        if view.state == "open" and (result.rev, result.digest) != (content["rev"], content["digest"]):
            raise Conflict("conflict.changed", "The record has changed since this page was prepared.", "Start again.")
        transition = workflow.TRANSITIONS[view.action]
        return SigningPage(
            intent=view,
            printed_name=actor.name(),
            user_name=actor.user_name or "",
            role=Role(content["role"]),
            label=transition.label,
            description=transition.description,
            reason=content["reason"],
            comment=content["comment"],
            statement=self._gate.policies.statement,
            result=result,
            signature=shown,
        )

    def note_input(self, intent: str) -> SigningIntentView:
        """Note that the person gave input on the page, which keeps it open for another minute."""
        with self._ledger.begin() as work:
            stored = _stored(work, intent)
        if self._intent_view(stored).state == "open":
            with self._ledger.begin() as work:
                work.touch_intent(intent)
                work.touch_session(stored.content["session"])
                stored = _stored(work, intent)
                work.commit()
        return self._intent_view(stored)

    def _actor(self, stored: StoredIntent, *, address: str) -> Actor:
        content = stored.content
        return self._sessions.actor_in(
            content["account"], content["session"], address=address, context=Context(**content["context"])
        )

    # Signing

    def sign(self, intent: str, user_name: str, password: str, *, address: str) -> SignatureView:
        """Sign.

        1. The page is open and was not used. 2. Its session is alive. 3. The numbers are computed again from the
        sealed pixels. 4. User name and password are those of the person of the session. 5. The step is still allowed
        and the digest still the one that was shown. 6. Signature, status and entries are committed together.

        Raises
        ------
        Conflict
            ``conflict.intent`` (used or over), ``conflict.changed`` (the record is not what was shown).
        Unauthenticated
            ``unauthenticated.*``: the session ended, or user name or password is wrong (counted).
        Refused, IntegrityBroken
            The step is not allowed; what is to be signed does not verify.
        """
        with self._ledger.begin() as work:
            stored = _stored(work, intent)
        action = Action(stored.content["action"])
        if self._intent_view(stored).state != "open":
            raise Conflict("conflict.intent", "This signing page is no longer open.", "Start the signing again.")
        actor = self._actor(stored, address=address)
        with self._gate.acting(actor, action, f"result:{stored.content['result']}"):
            self._proof.check(stored.content["result"], actor)
            with self._credentials.turn(), self._ledger.begin() as work:
                if not self._check_password(work, actor, stored, user_name, password):
                    raise Unauthenticated(
                        "unauthenticated.credentials",
                        "User name or password is wrong.",
                        "After several failures the account is locked for a while.",
                    )
                revision = self._write(work, actor, stored)
                view = signature_view(work, revision, stored.content["version"], work.tree_size())
                work.commit()
        return view

    def _check_password(
        self, work: UnitOfWork, actor: Actor, stored: StoredIntent, user_name: str, password: str
    ) -> bool:
        """Check both components; a wrong one is counted and committed. Raises ``Refused`` for a temporary password."""
        is_own_name = passwords.folded(user_name) == passwords.folded(actor.user_name or "")
        # With another name nothing can match; it costs the same time and counts the same.
        checked = self._credentials.check(
            work, actor.account, password if is_own_name else "", is_active=True, is_change=True
        )
        if checked.secret is None:
            self._note_failure(work, actor, stored, checked, is_own_name=is_own_name)
            if checked.locks_now:
                self._sessions.lock_out(work, actor)
                work.use_intent(stored.intent, "ended:locked")
            work.commit()
            return False
        if self._credentials.must_change(checked.secret, checked.at):
            raise Refused("refused.password_change", "Change your password first; a temporary one cannot sign.")
        return True

    def _note_failure(
        self, work: UnitOfWork, actor: Actor, stored: StoredIntent, checked: Checked, *, is_own_name: bool
    ) -> None:
        why = checked.why_not if is_own_name else "another user name was typed"
        locks = " The account is now locked for a while." if checked.locks_now else ""
        content = stored.content
        work.note(
            NewEntry(
                stream=f"result:{content['result']}",
                action=Event.SIGNATURE_FAILED,
                subject=actor.subject(Role(content["role"])),
                context=actor.context,
                outcome=Outcome.FAILED,
                record_kind=RecordKind.RESULT,
                record_id=content["result"],
                new={"why": why, "action": content["action"], "locked_now": checked.locks_now},
                summary=f"Signing of {content['result']}.{content['version']} by {actor.name()} failed: {why}.{locks}",
            )
        )

    def _write(self, work: UnitOfWork, actor: Actor, stored: StoredIntent) -> Revision:
        """Write signature and status. Raises ``Conflict`` if anything is not as it was shown."""
        shown = stored.content
        work.lock(f"result:{shown['result']}")
        before = results.found(work, shown["result"])
        content = Result.from_json(before.content)
        # No analysis that is pinned may change while the step is taken.
        for pin in sorted(pin["analysis"] for pin in content.pins):
            work.lock(f"analysis:{pin}")
        action = Action(shown["action"])
        transition = workflow.TRANSITIONS[action]
        verdict = results.allowed_step(work, content, action, actor, self._gate)
        digest = pinning.computed_digest(work, content)
        if before.rev != shown["rev"] or digest != shown["digest"] or content.digest != digest:
            raise Conflict("conflict.changed", "The record is no longer what this page showed.", "Start again.")
        signature = work.next_id(RecordKind.SIGNATURE)
        if not work.use_intent(stored.intent, f"signed:{signature}"):
            raise Conflict("conflict.intent", "This signing page was used before.", "Start the signing again.")
        work.touch_session(shown["session"])
        assert verdict.role is not None
        assert transition.meaning is not None
        signed = Signature(
            signature=signature,
            result=content.result,
            version=content.version,
            result_rev=before.rev,
            action=action.value,
            action_description=transition.description,
            meaning=transition.meaning.value,
            account=actor.person(),
            user_name=actor.user_name or "",
            printed_name=actor.name(),
            role=verdict.role.value,
            digest=digest,
            comment=shown["comment"],
            reason=shown["reason"],
            statement=self._gate.policies.statement,
            session=shown["session"],
        )
        summary = (
            f"{actor.name()} signed {content.result}.{content.version} ({transition.meaning.value}): "
            f"{transition.description}; {content.status.replace('_', ' ')} → {transition.target.replace('_', ' ')}"
        )
        revision = write(
            work,
            actor,
            verdict.role,
            action,
            signed,
            record_id=signature,
            expected_rev=0,
            new={"result": content.result, "version": content.version, "digest": digest, "meaning": signed.meaning},
            reason=signed.reason,
            summary=summary,
            signature=signature,
        )
        work.derive(before.stream, revision.stream)
        write(
            work,
            actor,
            verdict.role,
            action,
            _after(content, action, transition.target, signature, actor),
            record_id=content.result,
            expected_rev=before.rev,
            version=content.version,
            old={"status": content.status},
            new={"status": transition.target.value, "signature": signature},
            reason=signed.reason,
            summary=summary,
            signature=signature,
        )
        return revision


def _after(content: Result, action: Action, target: ResultStatus, signature: str, actor: Actor) -> Result:
    """Return the result after a signed step."""
    after = replace(content, status=target.value, signatures=[*(content.signatures or []), signature])
    if action is Action.RESULT_SUBMIT:
        contributors = sorted({*content.contributors, actor.person()})
        return replace(after, submitter=actor.person(), contributors=contributors)
    if action is Action.RESULT_WITHDRAW:
        return replace(after, submitter=None)
    return after


def _stored(work: UnitOfWork, intent: str) -> StoredIntent:
    stored = work.intent(intent)
    if stored is None:
        raise NotFound("not_found.intent", "There is no such signing page.")
    return stored
