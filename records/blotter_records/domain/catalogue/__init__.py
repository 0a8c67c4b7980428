"""The catalogue: everything that a person can ask for, as data (requirements C2, C3, C4).

Authority, the workflow, the widgets' buttons and the reference pages are made from these rows; what has no row is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from blotter_records.domain.catalogue import drafted, instruments, people, results, studies, trail_reviews
from blotter_records.domain.catalogue.rule import OPEN, SHOWN, USABLE, ActionRule, Scope, Second, by_action
from blotter_records.vocabulary import Action

__all__ = ["CATALOGUE", "CHANGES_DATA", "OPEN", "SHOWN", "STEPS", "USABLE", "ActionRule", "Scope", "Second"]

#: Every action with its rule, in the order of the vocabulary.
CATALOGUE: Mapping[Action, ActionRule] = MappingProxyType(
    dict(
        sorted(
            by_action(
                (
                    *people.ROWS,
                    *studies.ROWS,
                    *instruments.ROWS,
                    *drafted.ROWS,
                    *results.ROWS,
                    *trail_reviews.ROWS,
                )
            ).items()
        )
    )
)
#: The steps of a result, in the order in which they are offered.
STEPS: Mapping[Action, ActionRule] = MappingProxyType(by_action(results.STEPS))
#: Actions that make whoever did one a contributor of everything made from the record.
CHANGES_DATA = frozenset(action for action, rule in CATALOGUE.items() if rule.changes_data)
