"""The machine's clock, for files that are made before there is a database. Rules never use it (see the Clock port)."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the machine's time, aware, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place
