"""System policies (requirements C5): names, defaults, ranges, and which of them nobody can change.

Every rule that has a number in it takes the number from here. When a policy does not say, the answer is no. A policy
is in the table when something reads it, not before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.errors import Invalid
from blotter_records.vocabulary import Action, ReasonRule

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
    _fixed("authority.unknown", "refuse", "What holds for anything that no table names."),
    _number("backup.drill_days", 90, 7, 365, "d", "Longest time between two restore drills."),
    _number("backup.max_age_hours", 24, 1, 168, "h", "Longest time between two backups."),
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
    _number("retention.years", 10, 1, 99, "a", "How long a new study is kept after it ends; nothing is ever deleted."),
    PolicyRule("review.approver_distinct", True, "Who reviewed a result does not approve it."),
    PolicyRule(
        "review.independence",
        "strict",
        "Who may not review or approve: every contributor, or only who submitted.",
        choices=("strict", "not_author"),
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


class Policies:
    """The policies in force. Times are ``timedelta``, lengths are characters.

    Parameters
    ----------
    values : mapping of str to value
        By name; a policy that is not named has its default, one that is fixed always has.
    """

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        given = {name: value for name, value in (values or {}).items() if name in POLICIES}
        self.values: Mapping[str, Value] = MappingProxyType(
            {name: row.default if row.is_fixed else given.get(name, row.default) for name, row in POLICIES.items()}
        )

    def _number(self, name: str) -> int:
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def _text(self, name: str) -> str:
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def _is_on(self, name: str) -> bool:
        return self.values[name] is True

    @property
    def password_min_length(self) -> int:
        """Shortest password."""
        return self._number("password.min_length")

    @property
    def password_max_length(self) -> int:
        """Longest password."""
        return self._number("password.max_length")

    @property
    def password_classes(self) -> int:
        """Kinds of character that a password needs."""
        return self._number("password.classes")

    @property
    def password_bcrypt_cost(self) -> int:
        """Cost of a password's hash."""
        return self._number("password.bcrypt_cost")

    @property
    def password_max_age(self) -> timedelta | None:
        """Age from which a password must be changed; None: never."""
        days = self._number("password.max_age_days")
        return timedelta(days=days) if days else None

    @property
    def password_history(self) -> int:
        """How many earlier passwords cannot be used again."""
        return self._number("password.history")

    @property
    def temporary_password_valid(self) -> timedelta:
        """How long a temporary password can be used."""
        return timedelta(hours=self._number("temp_password.valid_hours"))

    @property
    def lockout_attempts(self) -> int:
        """Wrong passwords until an account locks."""
        return self._number("lockout.attempts")

    @property
    def lockout_release(self) -> timedelta:
        """How long an account stays locked."""
        return timedelta(minutes=self._number("lockout.release_minutes"))

    @property
    def lockout_is_timed(self) -> bool:
        """Whether a locked account is freed by time, whoever owns it."""
        return self._text("lockout.release") == "timed"

    @property
    def throttle_attempts(self) -> int:
        """Failed sign-ins from one address in an hour, from which on only known people may try there."""
        return self._number("throttle.attempts")

    @property
    def password_min_age(self) -> timedelta:
        """How long a password that was chosen stays."""
        return timedelta(hours=self._number("password.min_age_hours"))

    @property
    def password_warn(self) -> timedelta:
        """How long before a password has to be changed its owner is told."""
        return timedelta(days=self._number("password.warn_days"))

    @property
    def account_inactive(self) -> timedelta:
        """An account that nobody has used for so long is disabled."""
        return timedelta(days=self._number("account.inactive_disable_days"))

    @property
    def account_warn(self) -> timedelta:
        """How long before something of an account is due it is told."""
        return timedelta(days=self._number("account.warn_days"))

    @property
    def access_review_months(self) -> int:
        """Longest time between two access reviews, months."""
        return self._number("account.review_months")

    @property
    def log_review_every(self) -> timedelta:
        """Longest time between two looks at the user log."""
        return timedelta(days=self._number("review.syslog_days"))

    @property
    def training_rule(self) -> str:
        """Whether training is asked for: ``off``, ``lapsed`` or ``always``."""
        return self._text("training.rule")

    @property
    def escalate_after(self) -> timedelta:
        """After which time an open notification is told to others."""
        return timedelta(hours=self._number("notify.escalate_hours"))

    @property
    def session_concurrent(self) -> int:
        """Sessions that one person may have at once."""
        return self._number("session.concurrent")

    def asks_code(self, what: str, address: str) -> bool:
        """Tell whether a one-time code is asked for at ``session`` or ``signature``, from an address."""
        rule = self._text(f"{what}.totp")
        networks = self.values["network.listed"]
        assert isinstance(networks, list)
        return rule == "on" or (rule == "outside" and not is_in(address, networks))

    @property
    def session_idle(self) -> timedelta:
        """A session without input ends after this time."""
        return timedelta(minutes=self._number("session.idle_minutes"))

    @property
    def session_max(self) -> timedelta:
        """Longest session."""
        return timedelta(hours=self._number("session.max_hours"))

    @property
    def signature_dialog(self) -> timedelta:
        """A signing page without input closes after this time."""
        return timedelta(seconds=self._number("signature.dialog_seconds"))

    @property
    def signature_dialog_max(self) -> timedelta:
        """Longest time that a signing page stays open."""
        return timedelta(minutes=self._number("signature.dialog_max_minutes"))

    @property
    def statement(self) -> str:
        """What a signer accepts with each signature."""
        return self._text("signature.statement")

    @property
    def reason_min_chars(self) -> int:
        """Shortest reason."""
        return self._number("reason.min_chars")

    @property
    def reason_codes(self) -> list[str]:
        """The list from which a reason is chosen: ``code: what it means``."""
        codes = self.values["reason.codes"]
        assert isinstance(codes, list)
        return codes

    def reason_rule(self, action: Action) -> ReasonRule:
        """Return whether an action asks why."""
        return ReasonRule(str(self.values.get(f"reason.rule.{action.value}", ReasonRule.NONE)))

    @property
    def review_approver_is_distinct(self) -> bool:
        """Whether who reviewed a result may not approve it."""
        return self._is_on("review.approver_distinct")

    @property
    def review_is_strict(self) -> bool:
        """Whether every contributor, not only the submitter, is kept from reviewing and approving."""
        return self._text("review.independence") == "strict"

    @property
    def analysts_may_import(self) -> bool:
        """Whether Analysts may import images."""
        return self._is_on("import.by_analysts")

    @property
    def needs_four_eyes(self) -> bool:
        """Whether roles, policies and accounts are changed by two System Managers together."""
        return self._is_on("admin.four_eyes")

    @property
    def logged_views(self) -> str:
        """Which views are written to the trail: ``none``, ``signed`` or ``all``."""
        return self._text("audit.log_views")

    @property
    def anchor_every(self) -> timedelta:
        """How often the newest checkpoint is sent to every other place."""
        return timedelta(hours=self._number("audit.anchor_hours"))

    @property
    def backup_max_age(self) -> timedelta:
        """Longest time between two backups."""
        return timedelta(hours=self._number("backup.max_age_hours"))

    @property
    def drill_max_age(self) -> timedelta:
        """Longest time between two restore drills."""
        return timedelta(days=self._number("backup.drill_days"))

    @property
    def clock_drift(self) -> timedelta:
        """A jump of the clock by more than this is an alarm."""
        return timedelta(seconds=self._number("time.max_drift_s"))

    @property
    def zone(self) -> str:
        """The laboratory's time zone (IANA)."""
        return self._text("site.zone")

    @property
    def refusals_alarm(self) -> int:
        """So many refusals of one person's cells and messages in ten minutes are an alarm."""
        return self._number("refusals.alarm")

    @property
    def retention_years(self) -> int:
        """How long a new study is kept."""
        return self._number("retention.years")


def checked_policy(name: str, value: Value) -> Value:
    """Return a new value of a policy.

    Raises
    ------
    Invalid
        ``policy.unknown``, ``policy.fixed``, ``policy.value`` with what is allowed.
    """
    rule = POLICIES.get(name)
    if rule is None:
        raise Invalid("policy.unknown", f"There is no policy {name}.")
    if rule.is_fixed:
        raise Invalid("policy.fixed", f"{name} is fixed: it holds for every installation.")
    wanted = _wanted(rule)
    if type(value) is not type(rule.default):
        raise Invalid("policy.value", f"{name} is {wanted}.")
    if rule.choices:
        fits = value in rule.choices
    elif isinstance(value, list):
        is_item = _is_network if name == "network.listed" else _is_code
        fits = _fits_length(rule, value) and all(is_item(one) for one in value) and len({*value}) == len(value)
    elif isinstance(value, str):
        fits = _fits_length(rule, value) and (name != "site.zone" or _is_zone(value))
    else:
        fits = rule.least is None or rule.most is None or rule.least <= value <= rule.most
    if not fits:
        raise Invalid("policy.value", f"{name} is {wanted}.")
    return value


def _fits_length(rule: PolicyRule, value: str | list[str]) -> bool:
    return (rule.least or 0) <= len(value) <= (rule.most or 10_000)


def _is_code(text: object) -> bool:
    """Tell whether an item of the list of reasons has a code and says what it means."""
    if not isinstance(text, str):
        return False
    code, _, said = text.partition(": ")
    return 2 <= len(code) <= 30 and code.replace("_", "").isalnum() and code.isascii() and 3 <= len(said) <= 120


def _is_network(text: object) -> bool:
    try:
        ip_network(str(text))
    except ValueError:
        return False
    return isinstance(text, str)


def is_in(address: str, networks: Collection[str]) -> bool:
    """Tell whether an address is in one of the networks; what is no address is in none."""
    try:
        asked = ip_address(address)
    except ValueError:
        return False
    return any(asked in ip_network(one) for one in networks)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _wanted(rule: PolicyRule) -> str:
    if rule.choices:
        return "one of " + ", ".join(rule.choices)
    if isinstance(rule.default, bool):
        return "on (true) or off (false)"
    unit = f" {rule.unit}" if rule.unit else ""
    if isinstance(rule.default, int):
        return f"a whole number from {rule.least} to {rule.most}{unit}"
    if isinstance(rule.default, list):
        each = "a network such as 10.0.0.0/8" if rule.name == "network.listed" else "“code: what it means”"
        return f"a list of {rule.least} to {rule.most} different texts, each {each}"
    if rule.name == "site.zone":
        return "the name of a time zone, such as Europe/Berlin"
    return f"a text of {rule.least} to {rule.most} characters"


#: The policies where nobody has set anything else.
DEFAULTS = Policies()
