"""What people are told of without asking."""

from __future__ import annotations

from enum import StrEnum


class Alarm(StrEnum):
    """What people are notified of (requirements C6)."""

    ACCESS_REVIEW_OVERDUE = "access.review.overdue"
    COMPROMISED = "account.compromised"
    CREDENTIALS_CHANGED = "account.credentials.changed"
    DEACTIVATED_SIGN_IN = "account.deactivated.sign_in"
    DISABLED = "account.disabled"
    ACCOUNT_EXPIRING = "account.expiring"
    LOCKED_OUT = "account.locked"
    ADDRESS_GUESSING = "address.guessing"
    BACKUP_FAILED = "backup.failed"
    BACKUP_OVERDUE = "backup.overdue"
    RESTORED = "backup.restored"
    BREAKGLASS = "breakglass.opened"
    LETTER_MISSING = "certification.letter.missing"
    ANCHOR_MISSED = "checkpoint.anchor.missed"
    CLOCK_JUMP = "clock.jump"
    CONFIGURATION_CHANGED = "configuration.changed"
    INTEGRITY_MISMATCH = "integrity.mismatch"
    LOG_REVIEW_OVERDUE = "log.review.overdue"
    TEMPORARY_UNUSED = "password.temporary.unused"
    MANY_REFUSALS = "refusals.many"
    DRILL_FAILED = "restore.drill.failed"
    DRILL_OVERDUE = "restore.drill.overdue"
    CONCURRENT_SESSION = "session.concurrent"
    SIGNING_FAILURES = "signature.failed.repeatedly"
    TRAINING_EXPIRING = "training.expiring"


class Severity(StrEnum):
    """How soon somebody has to look at a notification."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"
