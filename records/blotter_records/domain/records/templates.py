"""Notebook templates: what notebooks are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed
from blotter_records.vocabulary import RecordKind, TemplateStatus


@dataclass(frozen=True)
class Template(RecordContent):
    """A notebook template: its version in use, and the draft that may follow it.

    ``effective`` and ``draft`` are versions as ``domain.templates.Version`` writes them. A version that was effective
    is never changed: the next one begins as a draft, and takes its place by signature. Earlier ones stand in the
    record's earlier revisions.
    """

    kind: ClassVar[RecordKind] = RecordKind.TEMPLATE

    template: str
    name: str
    versions: int  # ever begun
    effective: Json | None = None
    draft: Json | None = None
    is_retired: bool = False
    shipped: str = ""  # under which key a release brings it; empty for a template of the site
    shipped_sha256: str = ""  # of what a release brought last

    @property
    def status(self) -> TemplateStatus:
        """Where it stands: in use as soon as a version was made effective, also while the next one is written."""
        if self.is_retired:
            return TemplateStatus.RETIRED
        return TemplateStatus.EFFECTIVE if self.effective else TemplateStatus.DRAFT

    def keys(self) -> list[str]:
        """Return its status."""
        return keyed(status=self.status.value)
