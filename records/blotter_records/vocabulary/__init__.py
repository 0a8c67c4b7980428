"""The words of Blotter as enums: the source for tables, API, widgets, log and documentation.

Rules
-----
* ``Action``: something a person can ask for and a role may allow; it has an endpoint and is in the authority table.
* ``Event``: something that is only recorded.
* Values are ``subject.verb`` (requirements C3), sorted by subject; a value is never renamed or reused.
"""

from __future__ import annotations

from blotter_records.vocabulary.actions import Action, Event
from blotter_records.vocabulary.alarms import Alarm, Severity
from blotter_records.vocabulary.flags import FlagRule, QualityFlag
from blotter_records.vocabulary.measuring import (
    BackgroundMethod,
    BackgroundSides,
    BandUse,
    ChartKind,
    Gesture,
    LadderFit,
    NormalisationMethod,
    OutlineKind,
    StandardFit,
    StandardWeight,
    WellUse,
)
from blotter_records.vocabulary.people import (
    AccountStatus,
    Meaning,
    Outcome,
    ProposalStatus,
    ReasonRule,
    Role,
    ServiceIdentity,
)
from blotter_records.vocabulary.records import (
    PREFIX,
    AcquisitionState,
    BundleScope,
    ExportKind,
    ImageStatus,
    InstrumentStatus,
    LoadKind,
    MembraneKind,
    ProbingKind,
    Provenance,
    RecordKind,
    ResultStatus,
    StudyKind,
    TemplateStatus,
)
from blotter_records.vocabulary.trail_risks import TrailRisk
from blotter_records.vocabulary.unused import ItemKind, UnusedRule

__all__ = [
    "PREFIX",
    "AccountStatus",
    "AcquisitionState",
    "Action",
    "Alarm",
    "BackgroundMethod",
    "BackgroundSides",
    "BandUse",
    "BundleScope",
    "ChartKind",
    "Event",
    "ExportKind",
    "FlagRule",
    "Gesture",
    "ImageStatus",
    "InstrumentStatus",
    "ItemKind",
    "LadderFit",
    "LoadKind",
    "Meaning",
    "MembraneKind",
    "NormalisationMethod",
    "Outcome",
    "OutlineKind",
    "ProbingKind",
    "ProposalStatus",
    "Provenance",
    "QualityFlag",
    "ReasonRule",
    "RecordKind",
    "ResultStatus",
    "Role",
    "ServiceIdentity",
    "Severity",
    "StandardFit",
    "StandardWeight",
    "StudyKind",
    "TemplateStatus",
    "TrailRisk",
    "UnusedRule",
    "WellUse",
]
