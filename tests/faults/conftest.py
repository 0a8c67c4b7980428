"""Fixtures of the tests of what goes wrong: ``service`` (the records service over HTTP on a real database)."""

from __future__ import annotations

from api.conftest import service  # noqa: F401 - a fixture
