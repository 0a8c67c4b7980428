"""Who is told of an alarm, how seriously it is taken, and who is told when nobody acknowledges it (11.300(d))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blotter_records.vocabulary import Alarm, Role, Severity

#: Alarms that nobody may make less serious, and that nobody may keep to themselves.
FIXED = frozenset({Alarm.BREAKGLASS, Alarm.COMPROMISED, Alarm.INTEGRITY_MISMATCH, Alarm.CLOCK_JUMP, Alarm.RESTORED})

_CRITICAL = FIXED | {Alarm.ADDRESS_GUESSING, Alarm.BACKUP_FAILED, Alarm.DRILL_FAILED}
_INFORMATION = frozenset(
    {
        Alarm.ACCOUNT_EXPIRING,
        Alarm.CONFIGURATION_CHANGED,
        Alarm.CREDENTIALS_CHANGED,
        Alarm.DISABLED,
        Alarm.TEMPORARY_UNUSED,
        Alarm.TRAINING_EXPIRING,
    }
)


@dataclass(frozen=True)
class NotificationRule:
    """Who is told of an alarm; e-mail addresses of roles are those of the active people who hold them."""

    severity: Severity
    roles: tuple[str, ...] = (Role.SYSTEM_MANAGER.value,)
    emails: tuple[str, ...] = ()
    webhook: bool = True
    escalate_roles: tuple[str, ...] = (Role.SYSTEM_MANAGER.value, Role.APPROVER.value)
    escalate_emails: tuple[str, ...] = ()


def severity_of(alarm: Alarm) -> Severity:
    """Return how seriously an alarm is taken where nobody has said otherwise."""
    if alarm in _CRITICAL:
        return Severity.CRITICAL
    return Severity.INFORMATION if alarm in _INFORMATION else Severity.WARNING


#: The rules of a new installation.
DEFAULT_RULES: Mapping[Alarm, NotificationRule] = MappingProxyType(
    {alarm: NotificationRule(severity_of(alarm)) for alarm in Alarm}
)
