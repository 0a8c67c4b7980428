"""Analysis protocols: how images are analysed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed
from blotter_records.vocabulary import RecordKind, TemplateStatus


@dataclass(frozen=True)
class AnalysisProtocol(RecordContent):
    """A protocol: its version in use, and the draft that may follow it.

    ``effective`` and ``draft`` are ``{"version", "method", "authors", "author_names", "signers", "signatures"}``, the
    method as the contract's ``ProtocolMethod``. A version that was effective is never changed; earlier ones stand in
    the record's earlier revisions.
    """

    kind: ClassVar[RecordKind] = RecordKind.PROTOCOL

    protocol: str
    name: str
    versions: int  # ever begun
    effective: Json | None = None
    draft: Json | None = None
    is_retired: bool = False

    @property
    def status(self) -> TemplateStatus:
        """Where it stands: in use as soon as a version was made effective, also while the next one is written."""
        if self.is_retired:
            return TemplateStatus.RETIRED
        return TemplateStatus.EFFECTIVE if self.effective else TemplateStatus.DRAFT

    def keys(self) -> list[str]:
        """Return its status."""
        return keyed(status=self.status.value)
