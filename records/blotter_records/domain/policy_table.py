"""System policies (requirements C5): names, defaults, ranges, and which of them nobody can change.

Every rule that has a number in it takes the number from here. When a policy does not say, the answer is no. A policy
is in the table when something reads it, not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.flags import FLAGS, SATURATION_POLICY
from blotter_records.vocabulary import FlagRule, ReasonRule, UnusedRule

Value = bool | int | str | list[str]

_STATEMENT = (
    "I understand that my electronic signature is the legally binding equivalent of my handwritten signature, and that "
    "I am accountable for what I sign with it."
)
_CODES = [
    "correction: a mistake was corrected",
    "method: another method or parameter is right",
    "request: a reviewer asked for it",
    "other: as written",
]


@dataclass(frozen=True)
class PolicyRule:
    """One policy.

    Parameters
    ----------
    name : str
    default : bool, int, str or list of str
    meaning : str
        What it decides, one sentence.
    least, most : int, optional
        Range of a number, both included; of a text or list: of its length.
    choices : tuple of str, optional
        The only values of a text.
    is_fixed : bool
        The default holds for every installation.
    """

    name: str
    default: Value
    meaning: str
    unit: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    is_fixed: bool = False


def _number(name: str, default: int, least: int, most: int, unit: str, meaning: str) -> PolicyRule:
    return PolicyRule(name, default, meaning, unit, least, most)


def _fixed(name: str, default: Value, meaning: str, unit: str = "") -> PolicyRule:
    return PolicyRule(name, default, meaning, unit, is_fixed=True)


def _totp(name: str, meaning: str) -> PolicyRule:
    return PolicyRule(name, "off", meaning, choices=("off", "outside", "on"))


def _reason_rules() -> list[PolicyRule]:
    """Return a policy for each action that may ask why; none goes below what the catalogue demands."""
    order = list(ReasonRule)
    return [
        PolicyRule(
            f"reason.rule.{action.value}",
            rule.reason.value,
            f"Whether a reason is asked for: {rule.label.lower()}.",
            choices=tuple(one.value for one in order[order.index(rule.reason_floor) :]),
        )
        for action, rule in CATALOGUE.items()
        if rule.reason is not ReasonRule.NONE
    ]


def _flag_rules() -> list[PolicyRule]:
    """Return a policy for each quality flag."""
    return [
        PolicyRule(
            row.policy,
            row.default.value,
            f"Whether a result with the flag “{row.flag.value}” can be submitted: yes (noted), with a reason, or not.",
            choices=tuple(FlagRule),
        )
        for row in FLAGS.values()
    ]


_ROWS = (
    PolicyRule("admin.four_eyes", True, "Roles, policies and accounts are changed by two System Managers together."),
    _fixed("admin.data_exclusion", True, "Who administers people or policies holds no role on data."),
    _number(
        "account.inactive_disable_days", 90, 30, 365, "d", "An account that nobody has used for so long is disabled."
    ),
    _number("account.review_months", 12, 3, 24, "months", "Longest time between two access reviews."),
    _number(
        "account.warn_days", 14, 1, 90, "d", "So long before an account, a training or a letter is due it is told."
    ),
    _number("audit.anchor_hours", 1, 1, 24, "h", "So often the newest checkpoint is sent to every other place."),
    PolicyRule(
        "audit.log_views",
        "signed",
        "Which views are written to the trail (reading across studies always is).",
        choices=("none", "signed", "all"),
    ),
    *_flag_rules(),
    _fixed("authority.unknown", "refuse", "What holds for anything that no table names."),
    _number("backup.drill_days", 90, 7, 365, "d", "Longest time between two restore drills."),
    _number("backup.max_age_hours", 24, 1, 168, "h", "Longest time between two backups."),
    PolicyRule(
        "image.pictures",
        "view",
        "Pictures (PNG, JPEG, colours) are not imported, are to be looked at, or may be measured like other images.",
        choices=("refuse", "view", "measure"),
    ),
    PolicyRule("import.by_analysts", True, "Analysts may import images, marked as not verified by an instrument."),
    _number(
        "lockout.attempts", 5, 3, 10, "", "Wrong passwords (signing in and signing together) until an account locks."
    ),
    PolicyRule(
        "lockout.release",
        "system_manager",
        "Who frees a locked account; those of System Managers are always freed by time, too.",
        choices=("system_manager", "timed"),
    ),
    _number(
        "lockout.release_minutes", 15, 15, 60, "min", "After this time a locked account is free, where time frees it."
    ),
    PolicyRule(
        "network.listed",
        [],
        "Networks of the laboratory (CIDR): where a second factor is asked for only outside of them.",
        least=0,
        most=40,
    ),
    PolicyRule(
        "notebooks.ad_hoc", False, "Notebooks that are made from no template are allowed; they are marked ad hoc."
    ),
    _number(
        "notify.escalate_hours", 4, 1, 72, "h", "A notification that nobody acknowledges is told to others after it."
    ),
    _fixed("password.blocklist", True, "Common words, the own name and user name are no passwords."),
    _number("password.bcrypt_cost", 12, 10, 15, "", "Cost of a password's hash."),
    _number("password.classes", 3, 0, 4, "", "Kinds of character a password needs: lower, upper, digit, other."),
    _number("password.history", 10, 0, 24, "", "So many earlier passwords cannot be used again."),
    _number("password.max_age_days", 90, 0, 365, "d", "After this time a password must be changed; 0: never."),
    _number("password.min_age_hours", 24, 0, 72, "h", "A password that was chosen stays at least so long."),
    _number("password.warn_days", 14, 1, 30, "d", "So long before a password has to be changed its owner is told."),
    _fixed("password.max_length", 256, "Longest password; none is ever cut.", "characters"),
    _number("password.min_length", 12, 8, 64, "characters", "Shortest password."),
    PolicyRule("reason.codes", _CODES, "The list from which a reason is chosen, where one must be.", least=1, most=40),
    _number("reason.min_chars", 10, 0, 200, "characters", "Shortest reason."),
    *_reason_rules(),
    _number(
        "refusals.alarm",
        20,
        5,
        1000,
        "",
        "So many refusals of one person's cells and messages in ten minutes are an alarm.",
    ),
    PolicyRule(
        "results.unused",
        UnusedRule.NOTED.value,
        "A scan or analysis of the same membrane that a result does not use is listed, or wants a reason at submit.",
        choices=tuple(UnusedRule),
    ),
    _number("retention.years", 10, 1, 99, "a", "How long a new study is kept after it ends; nothing is ever deleted."),
    _number(
        "review.analysis_versions",
        4,
        2,
        100,
        "",
        "So many saved versions of one analysis are flagged when its audit trail is reviewed.",
    ),
    PolicyRule("review.approver_distinct", True, "Who reviewed a result does not approve it."),
    PolicyRule(
        "review.independence",
        "strict",
        "Who may not review or approve: every contributor, or only who submitted.",
        choices=("strict", "not_author"),
    ),
    _number(
        SATURATION_POLICY,
        1,
        0,
        1000,
        "‰",
        "Saturated pixels of a shape above which flag.saturated holds; in a control, total or standard one is enough.",
    ),
    _number(
        "review.work_from",
        0,
        0,
        12,
        "h",
        "Work before this hour of the laboratory's day is flagged when an audit trail is reviewed; 0: none is.",
    ),
    _number(
        "review.work_until",
        24,
        12,
        24,
        "h",
        "Work from this hour of the laboratory's day on is flagged when an audit trail is reviewed; 24: none is.",
    ),
    _number("review.syslog_days", 7, 1, 31, "d", "Longest time between two looks at the user log."),
    _number(
        "session.concurrent", 1, 1, 3, "", "Sessions that one person may have at once; a further one ends the oldest."
    ),
    _number("session.idle_minutes", 15, 1, 60, "min", "A session without input ends after this time."),
    _number("session.max_hours", 12, 1, 24, "h", "Longest session."),
    _totp("session.totp", "Whether a one-time code is asked for at sign-in."),
    _number("signature.dialog_max_minutes", 10, 1, 60, "min", "Longest time that a signing page stays open."),
    _number("signature.dialog_seconds", 60, 15, 300, "s", "A signing page without input closes after this time."),
    _totp("signature.totp", "Whether a one-time code is asked for with each signature."),
    PolicyRule("signature.statement", _STATEMENT, "What a signer accepts with each signature.", least=20, most=1000),
    PolicyRule(
        "site.zone", "UTC", "The laboratory's time zone: shown beside UTC, kept with each entry.", least=1, most=64
    ),
    _number("temp_password.valid_hours", 24, 1, 72, "h", "A temporary password can be used so long, once."),
    _number(
        "throttle.attempts", 20, 10, 100, "", "Failed sign-ins from one address in an hour; then only known people."
    ),
    _number("time.max_drift_s", 5, 1, 60, "s", "A jump of the clock by more than this is an alarm."),
    PolicyRule(
        "training.rule",
        "lapsed",
        "Whether a role's actions are refused without training that holds: never, once it has lapsed, or always.",
        choices=("off", "lapsed", "always"),
    ),
    _fixed("verify.on_open", True, "The bytes of an image are compared with their digest each time it is opened."),
)

#: Every policy by its name, sorted.
POLICIES: Mapping[str, PolicyRule] = MappingProxyType(
    {row.name: row for row in sorted(_ROWS, key=lambda row: row.name)}
)
#: What holds where nobody has set anything else.
DEFAULT_VALUES: Mapping[str, Value] = MappingProxyType({name: row.default for name, row in POLICIES.items()})
