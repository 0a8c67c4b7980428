"""What there is: kinds of record and their statuses."""

from __future__ import annotations

from enum import StrEnum


class RecordKind(StrEnum):
    """Kinds of record; the value is the first part of a stream's name (``image:IMG-000001``)."""

    ACCESS_REVIEW = "access_review"
    ACCOUNT = "account"
    ACQUISITION = "acquisition"
    ANALYSIS = "analysis"
    ANNOTATION = "annotation"
    CONFIGURATION = "configuration"
    COPY = "copy"
    DISPLAY = "display"
    EXPORT = "export"
    IMAGE = "image"
    INSTRUMENT = "instrument"
    LETTER = "letter"
    MEMBRANE = "membrane"
    NOTEBOOK = "notebook"
    NOTIFICATION = "notification"
    PROBING = "probing"
    PROPOSAL = "proposal"
    PROTOCOL = "protocol"
    RESULT = "result"
    SAMPLE = "sample"
    SESSION = "session"
    SIGNATURE = "signature"
    STUDY = "study"
    SYSTEM = "system"
    TEMPLATE = "template"
    TRAIL_REVIEW = "trail_review"


#: Prefix of the identifier that people see, by kind of record (architecture, section 5).
PREFIX: dict[RecordKind, str] = {
    RecordKind.ACCESS_REVIEW: "ARV",
    RecordKind.ACCOUNT: "ACC",
    RecordKind.ACQUISITION: "ACQ",
    RecordKind.ANALYSIS: "ANL",
    RecordKind.ANNOTATION: "ANN",
    RecordKind.CONFIGURATION: "CFG",
    RecordKind.COPY: "CPY",
    RecordKind.DISPLAY: "DSP",
    RecordKind.EXPORT: "EXP",
    RecordKind.IMAGE: "IMG",
    RecordKind.INSTRUMENT: "INS",
    RecordKind.LETTER: "LET",
    RecordKind.MEMBRANE: "MEM",
    RecordKind.NOTEBOOK: "NBK",
    RecordKind.NOTIFICATION: "NTF",
    RecordKind.PROBING: "PRB",
    RecordKind.PROPOSAL: "PRP",
    RecordKind.PROTOCOL: "PRT",
    RecordKind.RESULT: "RES",
    RecordKind.SAMPLE: "SMP",
    RecordKind.SESSION: "SES",
    RecordKind.SIGNATURE: "SIG",
    RecordKind.STUDY: "STU",
    RecordKind.TEMPLATE: "TPL",
    RecordKind.TRAIL_REVIEW: "TRV",
}


class ImageStatus(StrEnum):
    """Image status (requirements C1), derived from the results that pin the image."""

    ACQUIRING = "acquiring"
    ACQUIRED = "acquired"
    IN_ANALYSIS = "in_analysis"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETURNED = "returned"
    INVALIDATED = "invalidated"
    SUPERSEDED = "superseded"
    ARCHIVED = "archived"
    ABORTED = "aborted"
    INTEGRITY_HOLD = "integrity_hold"


class ResultStatus(StrEnum):
    """Where a result stands in its workflow (requirements C2 from *submitted* on)."""

    IN_ANALYSIS = "in_analysis"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETURNED = "returned"
    INVALIDATED = "invalidated"
    SUPERSEDED = "superseded"
    ARCHIVED = "archived"


class TemplateStatus(StrEnum):
    """Where a notebook template stands: being written, in use, or not to be used any more."""

    DRAFT = "draft"
    EFFECTIVE = "effective"
    RETIRED = "retired"


class InstrumentStatus(StrEnum):
    """Where an instrument stands: written down, registered by signature, out of use."""

    DRAFT = "draft"
    REGISTERED = "registered"
    RETIRED = "retired"


class AcquisitionState(StrEnum):
    """Where an acquisition stands; one that was imported is sealed from its first revision on."""

    ACQUIRING = "acquiring"
    SEALED = "sealed"
    ABORTED = "aborted"


class ExportKind(StrEnum):
    """What an export is."""

    REPORT_PDF = "report_pdf"
    BUNDLE = "bundle"
    DOSSIER = "dossier"
    USER_LOG = "user_log"
    TABLE = "table"
    CHART = "chart"


class BundleScope(StrEnum):
    """What a bundle is a copy of."""

    IMAGE = "image"
    RESULT = "result"
    STUDY = "study"
    USERS = "users"


class StudyKind(StrEnum):
    """Under which rules a study is done; ``copy`` holds what came with a bundle of another installation."""

    GXP = "gxp"
    DEVELOPMENT = "development"
    COPY = "copy"


class MembraneKind(StrEnum):
    """What carries the lanes."""

    GEL = "gel"
    MEMBRANE = "membrane"
    PLATE = "plate"


class LoadKind(StrEnum):
    """What is in a lane."""

    SAMPLE = "sample"
    LADDER = "ladder"
    BLANK = "blank"


class ProbingKind(StrEnum):
    """What was done to a membrane before an exposure."""

    PROBE = "probe"
    STRIP_AND_PROBE = "strip_and_probe"
    STAIN = "stain"


class Provenance(StrEnum):
    """Where the pixels of an image come from."""

    ACQUIRED = "acquired"
    IMPORTED = "imported"
    DERIVED = "derived"
