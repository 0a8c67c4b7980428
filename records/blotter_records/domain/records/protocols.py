"""Analysis protocols: how images are analysed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from blotter_records.domain.records.content import Json
from blotter_records.domain.records.drafted import Drafted
from blotter_records.vocabulary import RecordKind


@dataclass(frozen=True)
class AnalysisProtocol(Drafted):
    """A protocol. What a version says is its ``method``, as the contract's ``ProtocolMethod``."""

    kind: ClassVar[RecordKind] = RecordKind.PROTOCOL

    protocol: str
    name: str
    versions: int  # ever begun
    effective: Json | None = None
    draft: Json | None = None
    is_retired: bool = False
