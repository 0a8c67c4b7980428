"""What each kind of record holds: the content of its revisions (see ``content.py`` for the rules)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from blotter_records.domain.records.analyses import Analysis, Copy, Export, Result, Signature
from blotter_records.domain.records.content import Json, RecordContent, keyed, words_of
from blotter_records.domain.records.images import Annotation, Display, Image
from blotter_records.domain.records.instruments import Instrument
from blotter_records.domain.records.people import (
    AccessReview,
    Account,
    ConfigurationRecord,
    Letter,
    Notebook,
    Notification,
    Proposal,
)
from blotter_records.domain.records.protocols import AnalysisProtocol
from blotter_records.domain.records.studies import Acquisition, Membrane, Probing, Sample, Study
from blotter_records.domain.records.templates import Template
from blotter_records.domain.records.trail_reviews import TrailReview
from blotter_records.vocabulary import RecordKind

__all__ = [
    "CONTENT",
    "FILE_FIELDS",
    "AccessReview",
    "Account",
    "Acquisition",
    "Analysis",
    "AnalysisProtocol",
    "Annotation",
    "ConfigurationRecord",
    "Copy",
    "Display",
    "Export",
    "Image",
    "Instrument",
    "Json",
    "Letter",
    "Membrane",
    "Notebook",
    "Notification",
    "Probing",
    "Proposal",
    "RecordContent",
    "Result",
    "Sample",
    "Signature",
    "Study",
    "Template",
    "TrailReview",
    "keyed",
    "words_of",
]

_CLASSES: tuple[type[RecordContent], ...] = (
    AccessReview, Account, Acquisition, Analysis, AnalysisProtocol, Annotation, ConfigurationRecord, Copy, Display,
    Export, Image, Instrument, Letter, Membrane, Notebook, Notification, Probing, Proposal, Result, Sample, Signature,
    Study, Template, TrailReview,
)  # fmt: skip

#: The content's class by kind of record.
CONTENT: Mapping[RecordKind, type[RecordContent]] = MappingProxyType({one.kind: one for one in _CLASSES})
#: Fields that hold the name of a sealed file, by kind of record.
FILE_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        RecordKind.COPY.value: "bundle_sha256",
        RecordKind.EXPORT.value: "sha256",
        RecordKind.IMAGE.value: "file_sha256",
        RecordKind.LETTER.value: "file_sha256",
    }
)
