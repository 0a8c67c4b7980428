"""Fixtures of the hub's tests: ``running_system``, a whole demo (see ``systems.py``), and people at its pages."""

from collections.abc import Iterator

import pytest
from persons import HubPerson
from systems import RunningSystem, running_system

__all__ = ["running_system"]


def signed_in(system: RunningSystem, role: str) -> HubPerson:
    person = HubPerson(system.url)
    assert person.sign_in(*system.accounts[role]).status_code == 302
    return person


@pytest.fixture(scope="module")
def samir(running_system: RunningSystem) -> Iterator[HubPerson]:
    """Return the supervisor, signed in."""
    with signed_in(running_system, "supervisor") as somebody:
        yield somebody


@pytest.fixture(scope="module")
def paul(running_system: RunningSystem) -> Iterator[HubPerson]:
    """Return the approver, signed in."""
    with signed_in(running_system, "approver") as somebody:
        yield somebody
