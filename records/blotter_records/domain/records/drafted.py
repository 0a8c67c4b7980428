"""Records whose content is written by one role and comes into use by the signatures of two: templates, protocols."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from blotter_records.domain.records.content import Json, RecordContent, keyed
from blotter_records.vocabulary import TemplateStatus


class Drafted(RecordContent):
    """A version in use, and the draft that may follow it.

    A version is what it says (of each kind its own) with ``version``, ``authors``, ``author_names``, ``signers`` and
    ``signatures``. One that was effective is never changed: the next begins as a draft, and takes its place by
    signature. Earlier ones stand in the record's earlier revisions. What becomes of them is in ``domain.drafts``.
    """

    name: str
    versions: int  # ever begun
    effective: Json | None
    draft: Json | None
    is_retired: bool

    @property
    def status(self) -> TemplateStatus:
        """Where it stands: in use as soon as a version was made effective, also while the next one is written."""
        if self.is_retired:
            return TemplateStatus.RETIRED
        return TemplateStatus.EFFECTIVE if self.effective else TemplateStatus.DRAFT

    def with_changes(self, **values: Any) -> Self:
        """Return the record with other values of these fields."""
        return replace(self, **values)

    def keys(self) -> list[str]:
        """Return its status."""
        return keyed(status=self.status.value)
