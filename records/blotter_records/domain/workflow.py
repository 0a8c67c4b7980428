"""The workflow of a result (requirements C2 from *submitted* on) as data, and who may take which step (four eyes).

A contributor never reviews, a reviewer never approves, an approved result is never opened again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blotter_records.domain.authority import Verdict, decide
from blotter_records.domain.policies import Policies
from blotter_records.vocabulary import Action, ImageStatus, Meaning, ResultStatus, Role


@dataclass(frozen=True)
class Transition:
    """One step: from which statuses, to which, and what it asks for.

    ``description`` is stored with a signature (what the person did, 11.50(a)(3)); ``label`` is on the button.
    """

    action: Action
    sources: frozenset[ResultStatus]
    target: ResultStatus
    label: str
    description: str
    meaning: Meaning | None = None
    needs_reason: bool = False

    @property
    def needs_signature(self) -> bool:
        """Whether the step is signed: exactly those steps that have a meaning."""
        return self.meaning is not None


_S = ResultStatus

#: Every step that exists; everything else is refused.
TRANSITIONS: Mapping[Action, Transition] = MappingProxyType(
    {
        step.action: step
        for step in (
            Transition(
                Action.RESULT_SUBMIT,
                frozenset({_S.IN_ANALYSIS}),
                _S.SUBMITTED,
                "Sign and submit",
                "Submitted this version as final",
                Meaning.AUTHORSHIP,
            ),
            Transition(
                Action.RESULT_WITHDRAW,
                frozenset({_S.SUBMITTED}),
                _S.IN_ANALYSIS,
                "Withdraw",
                "Withdrew the submission before it was taken for review",
                Meaning.AUTHORSHIP,
                needs_reason=True,
            ),
            Transition(
                Action.RESULT_REVIEW_START,
                frozenset({_S.SUBMITTED}),
                _S.IN_REVIEW,
                "Take for review",
                "Took the result for review",
            ),
            Transition(
                Action.RESULT_REVIEW_SIGN,
                frozenset({_S.IN_REVIEW}),
                _S.REVIEWED,
                "Sign the review",
                "Reviewed the result and its audit trail",
                Meaning.REVIEW,
            ),
            Transition(
                Action.RESULT_RETURN,
                frozenset({_S.IN_REVIEW, _S.REVIEWED}),
                _S.RETURNED,
                "Return to the analyst",
                "Returned the result for correction",
                Meaning.REJECTION,
                needs_reason=True,
            ),
            Transition(
                Action.RESULT_APPROVE,
                frozenset({_S.REVIEWED}),
                _S.APPROVED,
                "Sign the approval",
                "Approved the result as final",
                Meaning.APPROVAL,
            ),
        )
    }
)

#: Statuses in which a result may get another version, and the analyses that it pins may be edited.
OPEN_FOR_CHANGE = frozenset({_S.IN_ANALYSIS, _S.RETURNED})

#: How far along a result is; an image shows the furthest of its results.
_ORDER = (
    _S.APPROVED,
    _S.REVIEWED,
    _S.IN_REVIEW,
    _S.SUBMITTED,
    _S.RETURNED,
    _S.IN_ANALYSIS,
    _S.SUPERSEDED,
    _S.INVALIDATED,
)


@dataclass(frozen=True)
class Parties:
    """Who has had a hand in a result (account ids)."""

    contributors: Collection[str]
    submitter: str | None = None
    reviewer: str | None = None


def step(
    action: Action,
    status: ResultStatus,
    parties: Parties,
    *,
    account: str,
    roles: Collection[Role],
    policies: Policies,
) -> Verdict:
    """Decide whether this person may take this step on this result now.

    Parameters
    ----------
    action : Action
        One of ``TRANSITIONS``.
    status : ResultStatus
    parties : Parties
    account : str
        Who asks.
    roles : collection of Role
    policies : Policies

    Returns
    -------
    Verdict
        The role check comes first, then status, then the person (requirements C2, column *guard*).
    """
    if action is Action.RESULT_RETURN:
        return _return(status, parties, account=account, roles=roles, policies=policies)
    verdict = decide(roles, action, policies, status=status, statuses=TRANSITIONS[action].sources)
    if not verdict.is_allowed:
        return verdict
    why_not = _person(action, parties, account, policies)
    return Verdict(None, "refused.independence", why_not) if why_not else verdict


def _person(action: Action, parties: Parties, account: str, policies: Policies) -> str:
    """Return why this person may not take the step, or nothing."""
    if action is Action.RESULT_WITHDRAW and account != parties.submitter:
        return "Only the person who submitted the result can withdraw it."
    if action in (Action.RESULT_REVIEW_START, Action.RESULT_REVIEW_SIGN) and account in parties.contributors:
        return "You contributed to this result, so someone else must review it."
    if action is Action.RESULT_REVIEW_SIGN and account != parties.reviewer:
        return "Someone else took this result for review; that person signs the review."
    if action is Action.RESULT_APPROVE:
        if account in parties.contributors:
            return "You contributed to this result, so someone else must approve it."
        if policies.review_approver_is_distinct and account == parties.reviewer:
            return "You reviewed this result, so someone else must approve it."
    return ""


def _return(
    status: ResultStatus, parties: Parties, *, account: str, roles: Collection[Role], policies: Policies
) -> Verdict:
    """Decide on sending back: the reviewer while in review, an approver once reviewed (C2, rows 11 and 13)."""
    by_approver = status is ResultStatus.REVIEWED
    able = {Role.APPROVER} if by_approver else {Role.REVIEWER, Role.SUPERVISOR}
    verdict = decide(
        roles, Action.RESULT_RETURN, policies, status=status, statuses=TRANSITIONS[Action.RESULT_RETURN].sources
    )
    if not verdict.is_allowed:
        return verdict
    held = [role for role in Role if role in roles and role in able]
    if not held:
        who = "an Approver" if by_approver else "the reviewer"
        return Verdict(None, "refused.role", f"In this status only {who} can return the result.")
    if not by_approver and account != parties.reviewer:
        return Verdict(None, "refused.independence", "Someone else took this result for review.")
    if account in parties.contributors:
        return Verdict(None, "refused.independence", "You contributed to this result.")
    return Verdict(held[0])


def image_status(results: Collection[ResultStatus], *, has_analysis: bool) -> ImageStatus:
    """Return the status of an image from those of its results (architecture, section 8)."""
    for status in _ORDER:
        if status in results:
            return ImageStatus(status.value)
    return ImageStatus.IN_ANALYSIS if has_analysis else ImageStatus.ACQUIRED
