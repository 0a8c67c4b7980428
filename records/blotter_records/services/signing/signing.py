"""Electronic signatures: user name and password, then signature and action in one commit (11.50, 11.70, 11.200).

What was shown on the page is what is signed: the step says again what it would do when the signature is committed.
"""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.signing import SignatureView
from blotter_records.domain import names
from blotter_records.domain.authority import needs_second
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Signature
from blotter_records.errors import Conflict, Refused, Unauthenticated
from blotter_records.ports.entries import NewEntry, Revision
from blotter_records.ports.ledger import Ledger, StoredIntent, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.operating.alarms import check_signing_allowed
from blotter_records.services.people.credentials import Checked, Credentials, must_change
from blotter_records.services.people.failures import tell_failure
from blotter_records.services.people.finding import appointed_managers
from blotter_records.services.people.readiness import asks_code, check_asked, check_may_sign
from blotter_records.services.people.sessions import Sessions
from blotter_records.services.signing import proposals
from blotter_records.services.signing.intents import Intents, stored_intent
from blotter_records.services.signing.manifestation import signature_view
from blotter_records.services.signing.proposals import signed_about
from blotter_records.services.signing.steps import Facts, Prepared, Signing, Steps
from blotter_records.vocabulary import Action, Event, Outcome, RecordKind


class Signatures:
    """Signs."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        gate: Gate,
        credentials: Credentials,
        configurations: Configurations,
        sessions: Sessions,
        intents: Intents,
        steps: Steps,
    ) -> None:
        self._ledger = ledger
        self._gate = gate
        self._credentials = credentials
        self._configurations = configurations
        self._sessions = sessions
        self._intents = intents
        self._steps = steps

    def sign(self, intent: str, user_name: str, password: str, *, address: str, code: str = "") -> SignatureView:
        """Sign.

        1. The page is open and was not used. 2. Its session is alive. 3. What is signed verifies (numbers are
        computed again from the sealed pixels). 4. User name and password are those of the person of the session.
        5. The action is still allowed and the digest still the one that was shown. 6. Signature, record and entries
        are committed together; where a second person is needed, a proposal instead of the change.

        Raises
        ------
        Conflict
            ``conflict.intent`` (used or over), ``conflict.changed`` (the record is not what was shown).
        Unauthenticated
            ``unauthenticated.*``: the session ended, or user name or password is wrong (counted).
        Refused, IntegrityBroken
            The action is not allowed; what is to be signed does not verify.
        """
        with self._ledger.begin() as work:
            stored = stored_intent(work, intent)
        content = stored.content
        action = Action(content["action"])
        if self._intents.view_of(stored).state != "open":
            raise Conflict("conflict.intent", "This signing page is no longer open.", "Start the signing again.")
        actor = self._intents.actor(stored, address=address)
        with self._gate.acting(actor, action, content["stream"]) as acting:
            self._steps.of(action).prove(actor, content["record"], content["details"])
            with self._credentials.turn(), self._ledger.begin() as work:
                if not self._check_password(work, actor, stored, user_name, password, code):
                    raise Unauthenticated(
                        "unauthenticated.credentials",
                        "User name, password or code is wrong.",
                        "After several failures the account is locked.",
                    )
                revision = self._write(work, acting, stored)
                view = signature_view(work, revision, content["version"], work.tree_size())
                work.commit()
        return view

    def _check_password(
        self, work: UnitOfWork, actor: Actor, stored: StoredIntent, user_name: str, password: str, code: str
    ) -> bool:
        """Check both components; a wrong one is counted and committed. Raises ``Refused`` for a temporary password."""
        is_own_name = names.folded(user_name) == names.folded(actor.user_name or "")
        configuration = self._configurations.current(work)
        policies = configuration.policies
        asks = asks_code(actor, Action(stored.content["action"]), policies)
        if asks and work.held_totp(actor.person()) is None:
            raise Refused("refused.totp", "This signature asks for a one-time code; enrol a second factor first.")
        # With another name nothing can match; it costs the same time and counts the same.
        checked = self._credentials.check(
            work,
            actor.person(),
            password if is_own_name else "",
            policies,
            is_administrator=any(role.administers for role in configuration.ordered(actor.roles)),
            is_change=True,
            code=code if asks else None,
        )
        if checked.secret is None:
            _note_failure(work, actor, stored, checked, is_own_name=is_own_name)
            tell_failure(work, actor, checked, policies, is_signing=True)
            if checked.locks_now:
                self._sessions.lock_out(work, actor)
                work.use_intent(stored.intent, "ended:locked")
            work.commit()
            return False
        if must_change(checked.secret, checked.at, policies):
            raise Refused("refused.password_change", "Change your password first; a temporary one cannot sign.")
        return True

    def _write(self, work: UnitOfWork, acting: Acting, stored: StoredIntent) -> Revision:
        """Write signature and change. Raises ``Conflict`` if anything is not as it was shown."""
        shown, actor, action = stored.content, acting.actor, acting.action
        step = self._steps.of(action)
        work.lock(shown["stream"])
        check_signing_allowed(work)
        check_may_sign(work, actor, action)
        check_asked(actor, action, shown["comment"])
        prepared = step.prepare(work, acting, shown["record"], shown["details"])
        if (prepared.before.rev, prepared.digest) != (shown["rev"], shown["digest"]):
            raise Conflict("conflict.changed", "The record is no longer what this page showed.", "Start again.")
        if [list(fact) for fact in prepared.facts] != shown["facts"]:
            raise Conflict("conflict.changed", _changed(shown["facts"], prepared.facts), "Start again.")
        signature = work.next_id(RecordKind.SIGNATURE)
        work.touch_session(shown["session"])
        reason = Reason(shown["reason"], shown["reason_code"])
        revision = _signature(work, actor, action, prepared, signature, reason=reason, comment=shown["comment"])
        proposal = ""
        configuration = actor.configuration
        managers = len(appointed_managers(work, configuration))
        if needs_second(configuration, action, status=prepared.status, active_managers=managers):
            proposal = proposals.propose(work, actor, action, prepared, signature, reason)
        else:
            step.carry_out(work, actor, prepared, Signing(signature, reason))
        if not work.use_intent(stored.intent, f"signed:{signature} {proposal}".rstrip()):
            raise Conflict("conflict.intent", "This signing page was used before.", "Start the signing again.")
        return revision


def _signature(
    work: UnitOfWork, actor: Actor, action: Action, prepared: Prepared, signature: str, *, reason: Reason, comment: str
) -> Revision:
    """Write the signature's record."""
    about = signed_about(work, action, prepared)
    signed = Signature(
        signature=signature,
        record_kind=about.kind.value,
        record=about.record,
        version=about.version,
        record_rev=about.rev,
        action=action.value,
        action_description=about.description,
        meaning=about.meaning.value,
        account=actor.person(),
        user_name=actor.user_name or "",
        printed_name=actor.name(),
        role=prepared.role,
        digest=prepared.digest,
        comment=comment,
        reason=reason.text,
        statement=actor.configuration.policies.statement,
        session=actor.session or "",
        zone=actor.configuration.policies.zone,
        bound=prepared.bound,
        reason_code=reason.code,
        study=prepared.study,
        role_label=actor.configuration.label(prepared.role),
    )
    revision = write(
        work,
        actor,
        prepared.role,
        action,
        signed,
        record_id=signature,
        expected_rev=0,
        version=1,
        new={
            "record": about.record,
            "version": about.version,
            "digest": prepared.digest,
            "meaning": signed.meaning,
            "details": prepared.details,
        },
        reason=reason,
        summary=f"{actor.name()} signed {about.record}.{about.version} ({signed.meaning}): {about.description}"
        + "".join(f"; {name}: {before or 'nothing'} → {after or 'nothing'}" for name, before, after in prepared.facts),
        signature=signature,
    )
    work.derive(f"{about.kind.value}:{about.record}", revision.stream)
    return revision


def _changed(shown: Sequence[Sequence[str]], now: Facts) -> str:
    """Return what is other than the page said, or came in since: another exposure, say, that is not used."""
    known = {name: after for name, _, after in shown}
    told = [f"{name}: {known.get(name) or 'nothing'} → {after}" for name, _, after in now if known.get(name) != after]
    return f"Something has changed since this page was prepared. {'; '.join(told)}".rstrip(" .") + "."


def _note_failure(work: UnitOfWork, actor: Actor, stored: StoredIntent, checked: Checked, *, is_own_name: bool) -> None:
    why = checked.why_not if is_own_name else "another user name was typed"
    locks = " The account is now locked." if checked.locks_now else ""
    content = stored.content
    work.note(
        NewEntry(
            stream=content["stream"],
            action=Event.SIGNATURE_FAILED,
            subject=actor.subject(content["role"]),
            context=actor.context,
            outcome=Outcome.FAILED,
            record_kind=RecordKind(content["kind"]),
            record_id=content["record"],
            new={"why": why, "action": content["action"], "locked_now": checked.locks_now},
            summary=f"Signing of {content['record']}.{content['version']} by {actor.name()} failed: {why}.{locks}",
        )
    )


def signable(steps: Steps) -> None:
    """Check that exactly the actions that are signed have a step. Raises ``RuntimeError`` naming those that differ."""
    wanted = frozenset(action for action, rule in CATALOGUE.items() if rule.is_signed)
    if wanted != steps.actions():
        raise RuntimeError(f"signed actions without a step, or the other way round: {sorted(wanted ^ steps.actions())}")
