"""Authority checks (11.10(g)): who may do what, on which record, in which status, under which policies.

One pure function, :func:`decide`, over tables that are data (``catalogue``, ``roles``, ``policies``). What is in no
table is refused. The API, the widgets' buttons and the reference pages ask the same function.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from blotter_records.domain.catalogue import CATALOGUE, ActionRule, Scope, Second
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.roles import READING, RoleDefinition, excluded
from blotter_records.vocabulary import Action, ResultStatus, Role

#: What may be done before a temporary or expired password has been changed.
BEFORE_PASSWORD_CHANGE = frozenset(
    {Action.ACCOUNT_REPORT_COMPROMISE, Action.PASSWORD_CHANGE, Action.SESSION_END, Action.SESSION_VIEW}
)


#: What may be done before a second factor was enrolled that a policy asks for.
BEFORE_TOTP = BEFORE_PASSWORD_CHANGE | {Action.TOTP_ENROL}
#: What a lapsed training does not refuse: otherwise two System Managers whose training ends could never renew it.
WITHOUT_TRAINING = frozenset({Action.USER_TRAINING_RECORD})

#: What may be done in a study that holds a copy: reading, and deciding who reads and how long it is kept.
ON_A_COPY = READING | {
    Action.RECORD_HOLD_RELEASE,
    Action.RECORD_HOLD_SET,
    Action.RETENTION_EDIT,
    Action.STUDY_MEMBER_ADD,
    Action.STUDY_MEMBER_REMOVE,
}


@dataclass(frozen=True)
class Verdict:
    """The answer of an authority check.

    Parameters
    ----------
    role : str or None
        The role in effect: the one that allowed it. None when refused.
    rule : str
        Which rule refused (an error code), empty when allowed.
    why_not : str
        One sentence for the person, empty when allowed.
    is_across : bool
        Allowed by a role that reaches across studies, to a person who is no member.
    """

    role: str | None
    rule: str = ""
    why_not: str = ""
    is_across: bool = False

    @property
    def is_allowed(self) -> bool:
        """Whether it may be done."""
        return self.role is not None


@dataclass(frozen=True)
class Standing:
    """Who asks: the account, the roles it holds, and what has to be done first.

    Parameters
    ----------
    lapsed : frozenset of str
        Held roles for which no training holds any more.
    """

    account: str
    roles: tuple[str, ...]
    must_change_password: bool = False
    must_enrol_totp: bool = False
    lapsed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Parties:
    """Who has had a hand in a result (account ids)."""

    contributors: Collection[str] = ()
    submitter: str | None = None
    reviewer: str | None = None
    former_submitters: Collection[str] = ()

    def authors(self, *, is_strict: bool) -> frozenset[str]:
        """Return who may not review or approve: who submits or once did, and all contributors where that is strict."""
        authors = {*self.former_submitters, *(self.contributors if is_strict else ())}
        return frozenset(authors | ({self.submitter} if self.submitter is not None else set()))


@dataclass(frozen=True)
class Situation:
    """What it is about.

    Parameters
    ----------
    study_roles : collection of str or None
        The roles that the person has in the study (empty: no member); None where no study is involved, or where it is
        not known yet.
    status : str or None
        Status of the record; None where it has none or it is not known yet.
    parties : Parties or None
        Of a result.
    is_copy : bool
        The study holds a copy from another installation.
    """

    study_roles: Collection[str] | None = None
    status: str | None = None
    parties: Parties | None = None
    is_copy: bool = False


@dataclass(frozen=True)
class _Case:
    configuration: Configuration
    rule: ActionRule
    standing: Standing
    situation: Situation
    able: list[RoleDefinition] = field(default_factory=list)
    also: frozenset[Role] = frozenset()


def decide(
    configuration: Configuration, action: Action, standing: Standing, situation: Situation | None = None
) -> Verdict:
    """Decide role × action × status × policy × membership × person.

    1. A password that must be changed, or a second factor that must be enrolled, comes first. 2. Roles that exclude
    each other allow nothing. 3. A role must have the action, and training for it must hold. 4. In a study, a role
    that the person has there, or one that reaches across studies; a study that holds a copy from another installation
    is read only. 5. The status of the record. 6. The person: contributor, submitter, reviewer (requirements C2, column
    *guard*).

    Parameters
    ----------
    configuration : Configuration
        Of the person's session.
    action : Action
    standing : Standing
    situation : Situation, optional
        Without it only the first three are decided.

    Returns
    -------
    Verdict
        With the first role, in the order of the configuration, that allows it.
    """
    return _decided(configuration, action, standing, situation or Situation(), frozenset())


def _decided(
    configuration: Configuration, action: Action, standing: Standing, situation: Situation, also: frozenset[Role]
) -> Verdict:
    rule = CATALOGUE[action]
    if standing.must_change_password and action not in BEFORE_PASSWORD_CHANGE:
        return Verdict(None, "refused.password_change", "Change your password first; nothing else can be done before.")
    if standing.must_enrol_totp and action not in BEFORE_TOTP:
        return Verdict(None, "refused.totp", "Enrol a second factor first; nothing else can be done before.")
    held = configuration.ordered(standing.roles)
    pair = excluded(held)
    if pair is not None:
        return Verdict(None, "refused.excluded_roles", f"{pair[0]} and {pair[1]} may not be held by one person.")
    able = [role for role in held if role in _able(configuration, action, held) or role.name in also]
    if not able:
        return Verdict(None, "refused.role", _role_text(configuration, action, held))
    trained = able if _needs_no_training(rule) else [role for role in able if role.name not in standing.lapsed]
    if not trained:
        named = " and ".join(role.label for role in able)
        return Verdict(None, "refused.training", f"Your training as {named} does not hold any more; have it renewed.")
    return _in_study(_Case(configuration, rule, standing, situation, trained, also))


def _needs_no_training(rule: ActionRule) -> bool:
    return rule.scope is Scope.SELF or rule.action in WITHOUT_TRAINING


def _able(configuration: Configuration, action: Action, held: Collection[RoleDefinition]) -> list[RoleDefinition]:
    """Return the held roles that have the action, as policies leave them."""
    able = [role for role in held if role.may(action)]
    if action is Action.IMAGE_IMPORT and not configuration.policies.analysts_may_import:
        able = [role for role in able if role.name != Role.ANALYST]
    return able


def _in_study(case: _Case) -> Verdict:
    """Decide on membership, then status and person."""
    in_study = case.situation.study_roles
    if case.rule.scope is not Scope.STUDY or in_study is None:
        return _by(case, case.able, is_across=False)
    as_member = [role for role in case.able if role.name in in_study]
    able = as_member or [role for role in case.able if case.rule.action in role.across or role.name in case.also]
    if not able:
        return Verdict(None, "refused.membership", "There is no such record, or none that you may see.")
    if case.situation.is_copy and case.rule.action not in ON_A_COPY:
        return Verdict(None, "refused.copy", "This study holds a copy from another installation: it can only be read.")
    return _by(case, able, is_across=not as_member)


def _by(case: _Case, able: list[RoleDefinition], *, is_across: bool) -> Verdict:
    status, statuses = case.situation.status, case.rule.statuses
    if status is not None and statuses is not None and status not in statuses:
        wanted = " or ".join(sorted(text.replace("_", " ") for text in statuses))
        shown = status.replace("_", " ")
        return Verdict(None, "refused.status", f"The status is {shown}; this can be done only when it is {wanted}.")
    if case.rule.action is Action.RESULT_RETURN and status is not None:
        able = [role for role in able if _may_return(role, status)]
        if not able:
            who = "an Approver" if status == ResultStatus.REVIEWED else "the reviewer"
            return Verdict(None, "refused.role", f"In this status only {who} can return the result.")
    why_not = _person(case) if case.situation.parties is not None else ""
    if why_not:
        return Verdict(None, "refused.independence", why_not)
    return Verdict(able[0].name, is_across=is_across)


def _may_return(role: RoleDefinition, status: str) -> bool:
    """Tell whether a role sends back in this status: who reviews while in review, who approves once reviewed."""
    needed = Action.RESULT_APPROVE if status == ResultStatus.REVIEWED else Action.RESULT_REVIEW_SIGN
    return role.may(needed)


def _person(case: _Case) -> str:
    """Return why this person may not do it, or nothing (four eyes: contributor, reviewer and approver differ)."""
    action, by, account = case.rule.action, case.situation.parties or Parties(), case.standing.account
    policies = case.configuration.policies
    kept_out = by.authors(is_strict=policies.review_is_strict)
    if action is Action.RESULT_WITHDRAW and account != by.submitter:
        return "Only the person who submitted the result can withdraw it."
    if action in _REVIEWING and account in kept_out:
        return "You contributed to this result, so someone else must review it."
    is_in_review = case.situation.status == ResultStatus.IN_REVIEW
    if action in _AS_REVIEWER and account != by.reviewer:
        return "Someone else took this result for review; that person reviews the trail and signs."
    if action is Action.RESULT_RETURN and is_in_review and account != by.reviewer:
        return "Someone else took this result for review."
    if action is Action.RESULT_APPROVE:
        if account in kept_out:
            return "You contributed to this result, so someone else must approve it."
        if policies.review_approver_is_distinct and account == by.reviewer:
            return "You reviewed this result, so someone else must approve it."
    return ""


#: What only the person does who took the result for review.
_AS_REVIEWER = frozenset({Action.AUDIT_REVIEW_START, Action.AUDIT_REVIEW_TICK, Action.RESULT_REVIEW_SIGN})
_REVIEWING = _AS_REVIEWER | {Action.RESULT_REVIEW_START, Action.RESULT_RETURN}


def allowed_actions(configuration: Configuration, standing: Standing) -> list[Action]:
    """Return every action that these roles allow, whatever the record, sorted."""
    return [action for action in CATALOGUE if decide(configuration, action, standing).is_allowed]


def needs_second(
    configuration: Configuration, action: Action, *, status: str | None = None, active_managers: int = 2
) -> bool:
    """Tell whether an action takes effect only when a second person has signed it, too.

    Parameters
    ----------
    configuration : Configuration
    action : Action
    status : str, optional
        Of the record.
    active_managers : int
        Four eyes apply as soon as there are two active System Managers.
    """
    match CATALOGUE[action].second:
        case Second.FOUR_EYES:
            return configuration.policies.needs_four_eyes and active_managers >= 2
        case Second.APPROVED:
            return status == ResultStatus.APPROVED
        case Second.OTHER_ROLE:
            return True
        case _:
            return False


def decide_second(
    configuration: Configuration,
    action: Action,
    standing: Standing,
    situation: Situation,
    *,
    first_account: str,
    first_role: str,
) -> Verdict:
    """Decide whether a person may confirm, as the second one, what another has signed.

    Parameters
    ----------
    configuration, action, standing, situation
        As :func:`decide`.
    first_account, first_role : str
        Who signed first, in which role.
    """
    if standing.account == first_account:
        return Verdict(None, "refused.independence", "You signed this yourself; a second person confirms it.")
    rule = CATALOGUE[action]
    if rule.second is Second.OTHER_ROLE:
        standing = replace(standing, roles=tuple(role for role in standing.roles if role != first_role))
    return _decided(configuration, action, standing, situation, rule.second_roles)


def _role_text(configuration: Configuration, action: Action, held: Collection[RoleDefinition]) -> str:
    able = [role.label for role in configuration.able(action)]
    named = " and ".join(role.label for role in held) or "nobody"
    return f"As {named} you may not do this ({action.value}). Roles that may: {', '.join(able) or 'none'}."
