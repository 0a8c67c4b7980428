"""The policies in force, as the rules ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from blotter_records.domain.flags import FLAGS, SATURATION_POLICY
from blotter_records.domain.policy_table import POLICIES, Value
from blotter_records.domain.policy_values import is_in
from blotter_records.vocabulary import Action, FlagRule, QualityFlag, ReasonRule, UnusedRule


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
    def allows_ad_hoc(self) -> bool:
        """Whether notebooks may be made from no template."""
        return self._is_on("notebooks.ad_hoc")

    @property
    def escalate_after(self) -> timedelta:
        """After which time an open notification is told to others."""
        return timedelta(hours=self._number("notify.escalate_hours"))

    @property
    def session_concurrent(self) -> int:
        """Sessions that one person may have at once."""
        return self._number("session.concurrent")

    def asks_code(self, what: str, *addresses: str) -> bool:
        """Tell whether a one-time code is asked for at ``session`` or ``signature``, from any of some addresses."""
        rule = self._text(f"{what}.totp")
        networks = self.values["network.listed"]
        assert isinstance(networks, list)
        return rule == "on" or (rule == "outside" and not all(is_in(one, networks) for one in addresses))

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

    def flag_rule(self, flag: QualityFlag) -> FlagRule:
        """Return what a quality flag asks for before a result is submitted."""
        return FlagRule(self._text(FLAGS[flag].policy))

    @property
    def unused_rule(self) -> UnusedRule:
        """What is asked for where a result does not use something that was scanned or analysed beside it."""
        return UnusedRule(self._text("results.unused"))

    @property
    def saturated_share(self) -> float:
        """Share of a shape's pixels that may be saturated before its flag asks for anything."""
        return self._number(SATURATION_POLICY) / 1000

    @property
    def review_approver_is_distinct(self) -> bool:
        """Whether who reviewed a result may not approve it."""
        return self._is_on("review.approver_distinct")

    @property
    def work_hours(self) -> tuple[int, int]:
        """Hours of the laboratory's day between which work is nothing that a reviewer has to look at."""
        return self._number("review.work_from"), self._number("review.work_until")

    @property
    def analysis_versions(self) -> int:
        """So many saved versions of one analysis are flagged when its audit trail is reviewed."""
        return self._number("review.analysis_versions")

    @property
    def review_is_strict(self) -> bool:
        """Whether every contributor, not only the submitter, is kept from reviewing and approving."""
        return self._text("review.independence") == "strict"

    @property
    def pictures(self) -> str:
        """What may be done with pictures: ``refuse``, ``view`` or ``measure``."""
        return self._text("image.pictures")

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


#: The policies where nobody has set anything else.
DEFAULTS = Policies()
