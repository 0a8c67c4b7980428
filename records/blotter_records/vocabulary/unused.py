"""What a result accounts for beside what it pins, and what the laboratory asks where something is not used."""

from __future__ import annotations

from enum import StrEnum


class ItemKind(StrEnum):
    """Kinds of what a result accounts for. Sorted."""

    ACQUISITION = "acquisition"
    """One exposure: the images that were taken or imported together."""

    ANALYSIS = "analysis"
    """A saved version of an analysis."""

    DRAFT = "draft"
    """An analysis that was never saved, or that was changed after it was saved."""

    IMAGE = "image"


class UnusedRule(StrEnum):
    """What is asked for before a result is submitted that does not use something."""

    NOTED = "noted"
    """Nothing: it is listed."""

    REASON = "reason"
    """A reason, given for each."""
