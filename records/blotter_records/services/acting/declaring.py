"""What an endpoint declares: the action that it carries out, or why it has none.

The application refuses to start when an endpoint declares nothing (style: refuse to start if an endpoint declares no
rule), so no door can be added without somebody saying who may go through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from blotter_records.vocabulary import Action, Event, ServiceIdentity

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__blotter_rule__"


@dataclass(frozen=True)
class Rule:
    """Who may call an endpoint.

    Parameters
    ----------
    action : Action or Event or None
        What is asked for, or what is recorded.
    services : tuple of ServiceIdentity
        Machine identities that may call it; alone if ``action`` is no action of a person.
    open_because : str
        Why it needs nobody to be signed in; empty for all others.
    """

    action: Action | Event | None
    services: tuple[ServiceIdentity, ...] = ()
    open_because: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has to be signed in."""
        return bool(self.open_because)


def declares(
    action: Action | Event | None = None, *, services: tuple[ServiceIdentity, ...] = (), open_because: str = ""
) -> Callable[[F], F]:
    """Declare the rule of an endpoint; put it right above the function."""
    if action is None and not open_because:
        raise ValueError("an endpoint has an action, or a reason why it is open")

    def mark(endpoint: F) -> F:
        setattr(endpoint, _MARK, Rule(action, services, open_because))
        return endpoint

    return mark


def rule_of(endpoint: Callable[..., Any]) -> Rule | None:
    """Return what an endpoint declared, or None."""
    rule = getattr(endpoint, _MARK, None)
    return rule if isinstance(rule, Rule) else None
