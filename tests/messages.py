"""Messages of the contract with every field filled in: what stand-ins for the records service answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from blotter_records.contract.acquiring import OrderView, ScanSettings
from blotter_records.contract.analyses import AnalysisVersionView, AnalysisView, Background
from blotter_records.contract.base import EntryRef
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.exports import ExportView
from blotter_records.contract.images import DisplayView, ImageView, PyramidLevel
from blotter_records.contract.instruments import InstrumentView
from blotter_records.contract.protocols import Application, ProtocolMethod, ProtocolVersionView, ProtocolView
from blotter_records.contract.results import ResultView
from blotter_records.contract.sessions import SessionView
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.contract.signing import ProposalView
from blotter_records.contract.studies import MembraneView, ProbingView, SampleView, StudyContents, StudyView
from blotter_records.contract.trail import SystemView, TrailEntryView
from blotter_records.contract.trail_reviews import TrailReviewView
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.policies import Policies
from blotter_records.domain.policy_table import DEFAULT_VALUES
from blotter_records.domain.roles import SHIPPED
from blotter_records.services.configuration.manifest import actions, role_view
from blotter_records.vocabulary import (
    AcquisitionState,
    Action,
    ImageStatus,
    InstrumentStatus,
    Outcome,
    Provenance,
    ResultStatus,
    StudyKind,
    TemplateStatus,
)

#: One moment for everything: nothing depends on when it happens.
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DIGEST = "ab" * 32
STUDY = "STU-000001"


def entry_ref(number: int | None = 7, id_: int = 70) -> EntryRef:
    return EntryRef(id=id_, at=AT, number=number)


def study_view(**changed: Any) -> StudyView:
    fields: dict[str, Any] = {
        "study": STUDY,
        "version": 1,
        "title": "Loading controls",
        "kind": StudyKind.GXP,
        "purpose": "",
        "members": [],
        "retention_class": "standard",
        "retention_years": 15,
        "hold": None,
        "created_by": "Ana Lyst",
        "created_at": AT,
        "images": 1,
        "results": 0,
        "actions": [Action.IMAGE_IMPORT],
        "entry": entry_ref(),
    }
    return StudyView(**{**fields, **changed})


def study_contents(**changed: Any) -> StudyContents:
    """Return a sample, a membrane with three lanes and a probing round."""
    saved = {"study": STUDY, "version": 1, "saved_by": "Ana Lyst", "saved_at": AT, "reason": "", "entry": entry_ref()}
    sample = SampleView(
        sample="SMP-000001", name="Control 1", group="control", biological_replicate=1, note="", **saved
    )
    lanes = [
        {"lane": 1, "load": "ladder", "ladder": "Ladder A"},
        {"lane": 2, "load": "sample", "sample": "SMP-000001", "micrograms": 20, "technical_replicate": 1},
        {"lane": 3, "load": "blank"},
    ]
    membrane = MembraneView.model_validate(
        {**saved, "membrane": "MEM-000001", "name": "Blot A", "kind": "membrane", "parent": None, "cut": "",
         "lanes": lanes}
    )  # fmt: skip
    probing = ProbingView.model_validate(
        {**saved, "probing": "PRB-000001", "membrane": "MEM-000001", "round": 1, "kind": "probe",
         "reagents": [{"target": "Actin", "dilution": "1:5000"}], "strip_check": None}
    )  # fmt: skip
    fields: dict[str, Any] = {"samples": [sample], "membranes": [membrane], "probings": [probing], "acquisitions": []}
    return StudyContents(**{**fields, **changed})


def proposal_view(**changed: Any) -> ProposalView:
    fields: dict[str, Any] = {
        "proposal": "PRP-000001",
        "version": 1,
        "action": Action.RESULT_INVALIDATE,
        "label": "Invalidate",
        "record": "RES-000001",
        "record_kind": "result",
        "facts": [{"name": "Status", "before": "approved", "after": "invalidated"}],
        "status": "waiting",
        "proposer": "Paul Okafor",
        "proposed_at": AT,
        "reason": "The wrong membrane was imaged",
        "may_countersign": True,
        "entry": entry_ref(),
    }
    return ProposalView(**{**fields, **changed})


def configuration_view(**changed: object) -> ConfigurationView:
    """Return the configuration as shipped, with some policies changed."""
    configuration = Configuration(1, Policies({**DEFAULT_VALUES, **changed}), SHIPPED)
    return ConfigurationView(
        configuration="CFG-000001",
        revision=1,
        newest=1,
        digest=DIGEST,
        software="0.1.0",
        policies=[],
        roles=[role_view(role) for role in SHIPPED.values()],
        actions=actions(configuration),
        changed_by="",
        changed_at=None,
        entry=None,
    )


def display_view(version: int = 1) -> DisplayView:
    """Return a saved display."""
    shown = {"low": 10.0, "high": 900.0, "gamma": 1.0, "is_inverted": False, "colour": "viridis"}
    said = {"saved_by": "Ana Lyst", "saved_at": AT, "entry": entry_ref()}
    named = {"display": "DSP-000001", "image": "IMG-000001", "study": STUDY, "version": version}
    return DisplayView.model_validate({**named, **shown, **said})


def image_view(name: str = "IMG-000001", **changed: Any) -> ImageView:
    fields: dict[str, Any] = {
        **dict.fromkeys(("membrane", "probing", "parent", "transform", "hold", "invalidation")),
        "image": name,
        "version": 1,
        "study": STUDY,
        "status": ImageStatus.ACQUIRED,
        "title": "",
        "channel": "",
        "acquisition": "ACQ-000001",
        "file_name": "gel.tif",
        "file_sha256": DIGEST,
        "file_bytes": 10,
        "pixels_sha256": DIGEST,
        "rows": 300,
        "columns": 400,
        "format": "tiff",
        "bits": 16,
        "compression": "lzw",
        "white_is_zero": False,
        "is_picture": False,
        "channel_index": 0,
        "file_channel": "",
        "file_images": [name],
        "notes": [],
        "tile_offset": 0,
        "tile_step": 1,
        "saturation_level": 65535,
        "minimum": 0,
        "maximum": 60000,
        "percentile_0_1": 10,
        "percentile_99_9": 50000,
        "tile_size": 256,
        "levels": [PyramidLevel(level=0, rows=300, columns=400), PyramidLevel(level=1, rows=150, columns=200)],
        "provenance": Provenance.IMPORTED,
        "imported_by": "Ana Lyst",
        "imported_at": AT,
        "reason": "first gel",
        "entry": entry_ref(),
    }
    return ImageView(**{**fields, **changed})


def version_view(number: int = 1, **changed: Any) -> AnalysisVersionView:
    fields: dict[str, Any] = {
        "id": f"ANL-000001.{number}",
        "analysis": "ANL-000001",
        "version": number,
        "image": "IMG-000001",
        "shapes": [Shape(shape="S1", label="Band 1", rectangle=Rectangle(row0=1, column0=2, row1=3, column1=4))],
        "background": Background(),
        "measurements": [],
        "digest": DIGEST,
        "formula_set": "B.2026.1",
        "saved_by": "Ana Lyst",
        "saved_at": AT,
        "reason": "",
    }
    return AnalysisVersionView(**{**fields, **changed})


def analysis_view(rev: int = 3, **changed: Any) -> AnalysisView:
    fields: dict[str, Any] = {
        "analysis": "ANL-000001",
        "image": "IMG-000001",
        "study": STUDY,
        "rev": rev,
        "shapes": [],
        "background": Background(),
        "measurements": [],
        "formula_set": "B.2026.1",
        "is_saved": True,
        "is_editable": True,
        "versions": [version_view()],
        "next_shape": "S2",
        "entry": entry_ref(),
    }
    return AnalysisView(**{**fields, **changed})


def result_view(**changed: Any) -> ResultView:
    fields: dict[str, Any] = {
        **dict.fromkeys(("supersedes", "successor")),
        **dict.fromkeys(("deviation", "archived_as", "submitter", "reviewer", "title"), ""),
        **{name: [] for name in ("layers", "waiting", "signatures", "steps")},
        "result": "RES-000001",
        "study": STUDY,
        "version": 1,
        "rev": 1,
        "status": ResultStatus.SUBMITTED,
        "images": ["IMG-000001"],
        "analyses": [version_view()],
        "digest": DIGEST,
        "created_by": "Ana Lyst",
        "created_at": AT,
        "contributors": ["Ana Lyst"],
        "entry": entry_ref(),
    }
    return ResultView(**{**fields, **changed})


def instrument_view(**changed: Any) -> InstrumentView:
    """Return a registered instrument that nobody uses."""
    limits = {
        "channels_nm": [700, 800],
        "integration_ms_low": 0.5,
        "integration_ms_high": 200,
        "resolutions_um": [84, 168],
        "focus_mm_low": 0,
        "focus_mm_high": 4,
        "bottom_um": 90720,
        "right_um": 120960,
    }
    fields: dict[str, Any] = {
        "instrument": "INS-000001",
        "rev": 3,
        "name": "Imager on bench 3",
        "maker": "Blotter",
        "model": "Imager 2",
        "serial": "SIM-0001",
        "firmware": "1.",
        "limits": limits,
        "status": InstrumentStatus.REGISTERED,
        "calibration": {"done_on": "2026-01-15", "due_on": "2027-01-15", "certificate": "K-17"},
        "is_usable": True,
        "why_not": "",
        "acquiring": "",
        "signatures": ["SIG-000001"],
        "changed_at": AT,
        "changed_by": "Ivan Manager",
        "entry": entry_ref(),
    }
    return InstrumentView(**{**fields, **changed})


def order_view(**changed: Any) -> OrderView:
    """Return an acquisition that was ordered, of which nothing came yet."""
    settings = {"channels_nm": [700, 800], "integration_ms": 10, "resolution_um": 84, "region_um": (0, 0, 3024, 4032)}
    fields: dict[str, Any] = {
        "acquisition": "ACQ-000007",
        "version": 1,
        "instrument": "INS-000001",
        "study": STUDY,
        "membrane": None,
        "probing": None,
        "exposure": 1,
        "state": AcquisitionState.ACQUIRING,
        "settings": ScanSettings(**settings),
        "maker": "Blotter",
        "model": "Imager 2",
        "serial": "SIM-0001",
        "bytes": 6912,
        "held": 0,
        "images": [],
        "ordered_by": "Ana Lyst",
        "ordered_at": AT,
        "ending": "",
        "entry": entry_ref(),
    }
    return OrderView(**{**fields, **changed})


def protocol_view() -> ProtocolView:
    """Return a protocol whose version 2 is effective."""
    said = {"method": ProtocolMethod(purpose="Dots"), "sha256": DIGEST, "authors": ["Ana Lyst"], "signatures": []}
    return ProtocolView(
        protocol="PRT-000001",
        rev=4,
        name="Dots",
        status=TemplateStatus.EFFECTIVE,
        effective=ProtocolVersionView.model_validate({**said, "version": 2, "signers": ["Rosa Reviewer"]}),
        draft=None,
        changed_at=AT,
        changed_by="Rosa Reviewer",
        entry=entry_ref(),
    )


def trail_review_view(**changed: Any) -> TrailReviewView:
    """Return a review of two groups, of which one is flagged and none is ticked."""
    group = {
        "group": "analysis:ANL-000001/analysis.edit/done", "record": "ANL-000001", "record_kind": "analysis",
        "action": "analysis.edit", "label": "Change the analysis", "outcome": "done", "entries": 1, "sha256": DIGEST,
        "first_at": AT, "last_at": AT, "people": ["Ana Lyst"], "is_cut": False, "is_ticked": False, "comment": "",
        "risks": [{"risk": "override", "text": "what was found automatically was changed by hand", "count": 2}],
        "is_flagged": True, "changes": [{"path": "shapes[S1].label", "change": "changed", "before": "", "after": "A"}],
        "pictures": {"analysis": "ANL-000001", "before": 1, "after": 2}, "lines": [entry_view()],
    }  # fmt: skip
    made = {
        **group,
        "group": "result:RES-000001/result.create/done",
        "risks": [],
        "is_flagged": False,
        "pictures": None,
    }
    fields: dict[str, Any] = {
        "result": "RES-000001", "version": 1, "review": "TRV-000001", "rev": 1, "reviewer": "Rosa Reviewer",
        "is_mine": True, "is_begun": True, "why_not": "", "former": None, "is_reopened": False, "entries": 2,
        "total": 2, "ticked": 0, "flagged": 1, "skip": 0, "groups": [group, made], "missing": ["a", "b"],
        "entry": entry_ref(),
    }  # fmt: skip
    return TrailReviewView.model_validate({**fields, **changed})


def application() -> Application:
    """Return what a protocol made of the first image."""
    return Application(
        image="IMG-000001",
        analysis="ANL-000001",
        study=STUDY,
        version=1,
        bands=4,
        flagged=0,
        saved=0,
        is_saved=False,
        differences=[],
        changed_by="Ana Lyst",
        entry=entry_ref(),
    )


def entry_view(**changed: Any) -> TrailEntryView:
    nothing = ("service", "address", "process", "os_user", "initiator", "configuration")
    fields: dict[str, Any] = {
        **dict.fromkeys(nothing),
        "id": 91,
        "number": 7,
        "leaf": DIGEST,
        "at": AT,
        "zone": "Europe/Vienna",
        "utc_offset": "+01:00",
        "action": Action.ANALYSIS_SAVE,
        "outcome": Outcome.DONE,
        "summary": "saved",
        "account": "ACC-000001",
        "user_name": "ana",
        "printed_name": "Ana Lyst",
        "role": "analyst",
        "session": "SES-000001",
        "stream": "analysis:ANL-000001",
        "rev": 4,
        "record_kind": "analysis",
        "record_id": "ANL-000001",
        "record_version": 1,
        "software": "0.1.0",
    }
    return TrailEntryView(**{**fields, **changed})


def session_view(**changed: Any) -> SessionView:
    fields: dict[str, Any] = {
        "session": "SES-000001",
        "account": "ACC-000001",
        "user_name": "ana",
        "printed_name": "Ana Lyst",
        "roles": ["analyst"],
        "actions": list(Action),
        "configuration": 1,
        "zone": "UTC",
        "reason_codes": ["other: what the text says"],
        "must_change_password": False,
        "opened_at": AT,
        "idle_ends_at": AT,
        "ends_at": AT,
    }
    return SessionView(**{**fields, **changed})


def export_view(**changed: Any) -> ExportView:
    fields: dict[str, Any] = {
        "export": "EXP-000001",
        "kind": "table",
        "record": "ANL-000001",
        "record_version": 1,
        "study": STUDY,
        "file_name": "ANL-000001.1.csv",
        "media_type": "text/csv",
        "sha256": DIGEST,
        "bytes": 12,
        "made_by": "Ana Lyst",
        "made_at": AT,
        "entry": entry_ref(),
    }
    return ExportView(**{**fields, **changed})


def system_view(**changed: Any) -> SystemView:
    fields: dict[str, Any] = {
        "software": "0.1.0",
        "installation": "lab",
        "is_demo": True,
        "is_evaluation": True,
        "signing_origin": "http://127.0.0.1:8001",
        "tree_size": 1,
        "checkpoint_key": "key",
    }
    return SystemView(**{**fields, **changed})
