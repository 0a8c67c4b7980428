"""What people are told of without asking."""

from __future__ import annotations

from enum import StrEnum


class Alarm(StrEnum):
    """What people are notified of (requirements C6)."""

    ANCHOR_MISSED = "checkpoint.anchor.missed"
    BACKUP_FAILED = "backup.failed"
    BACKUP_OVERDUE = "backup.overdue"
    CLOCK_JUMP = "clock.jump"
    CONFIGURATION_CHANGED = "configuration.changed"
    DRILL_FAILED = "restore.drill.failed"
    DRILL_OVERDUE = "restore.drill.overdue"
    INTEGRITY_MISMATCH = "integrity.mismatch"
    LOCKED_OUT = "account.locked"
    MANY_REFUSALS = "refusals.many"
    RESTORED = "backup.restored"


class Severity(StrEnum):
    """How soon somebody has to look at a notification."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"
