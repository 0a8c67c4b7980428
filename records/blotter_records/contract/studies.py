"""What belongs to what: studies, samples, membranes with their lanes, probing rounds, acquisitions."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from blotter_records.contract.base import (
    AccountId,
    AcquisitionId,
    EntryRef,
    IdempotencyKey,
    ImageId,
    Json,
    MembraneId,
    Message,
    ProbingId,
    Reason,
    ReasonCode,
    SampleId,
    StudyId,
)
from blotter_records.vocabulary import AcquisitionState, LoadKind, MembraneKind, ProbingKind, Provenance, StudyKind

Name = Annotated[str, Field(min_length=1, max_length=120)]
Short = Annotated[str, Field(max_length=120)]


class Save(Message):
    """Base of a request that saves a version: ``expected_version`` 0 makes the record."""

    expected_version: int = Field(0, ge=0, description="the version that the person saw; a stale one is refused (409)")
    reason: Reason = ""
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class StudyRequest(Message):
    """Makes a study; whoever makes it becomes its first member, with the roles that he or she holds on data."""

    title: Name
    kind: StudyKind
    purpose: str = Field("", max_length=2000)
    reason: Reason
    reason_code: ReasonCode = ""
    idempotency_key: IdempotencyKey


class StudyEdit(Save):
    """Changes title and purpose of a study."""

    title: Name
    purpose: str = Field("", max_length=2000)


class MemberView(Message):
    """A member of a study and the roles that the person has in it."""

    account: AccountId
    printed_name: str
    user_name: str
    roles: list[str]
    is_active: bool


class StudyView(Message):
    """A study."""

    study: StudyId
    version: int
    title: str
    kind: StudyKind
    purpose: str
    members: list[MemberView]
    retention_class: str
    retention_years: int
    hold: Json | None = Field(description="reason, by whom, under which signature, while a legal hold is set")
    created_by: str
    created_at: AwareDatetime
    images: int
    results: int
    actions: list[str] = Field(description="what this person may do in the study")
    copied_from: Json | None = None
    entry: EntryRef


class SampleRequest(Save):
    """Saves a sample: one biological replicate of a group."""

    study: StudyId
    name: Name
    group: Short = ""
    biological_replicate: int = Field(1, ge=1, le=10_000)
    note: str = Field("", max_length=2000)


class SampleView(Message):
    """A sample."""

    sample: SampleId
    study: str
    version: int
    name: str
    group: str
    biological_replicate: int
    note: str
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    entry: EntryRef


class LaneLoad(Message):
    """What was loaded in one lane."""

    lane: int = Field(ge=1, le=2000)
    load: LoadKind
    sample: SampleId | None = None
    ladder: Short = Field("", description="name of the ladder")
    micrograms: float | None = Field(None, ge=0, le=10_000, description="protein, µg")
    technical_replicate: int | None = Field(None, ge=1, le=1000)
    note: Short = ""


class MembraneRequest(Save):
    """Saves a gel, membrane or plate with its lanes; ``parent`` where it was cut from another one."""

    study: StudyId
    name: Name
    kind: MembraneKind
    parent: MembraneId | None = None
    cut: Short = Field("", description="which part of the parent, such as “above 50 kDa”")
    lanes: list[LaneLoad] = Field(max_length=2000)


class MembraneView(Message):
    """A gel, membrane or plate with its lanes."""

    membrane: MembraneId
    study: str
    version: int
    name: str
    kind: MembraneKind
    parent: str | None
    cut: str
    lanes: list[LaneLoad]
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    entry: EntryRef


class Reagent(Message):
    """An antibody or stain."""

    target: Name
    antibody: Short = ""
    lot: Short = ""
    dilution: Short = ""
    channel: Short = ""


class StripCheck(Message):
    """Whether an image taken after stripping shows that nothing is left."""

    image: ImageId | None = None
    is_clean: bool
    note: str = Field("", max_length=500)


class ProbingRequest(Save):
    """Saves a probing round of a membrane; the service numbers the rounds."""

    membrane: MembraneId
    kind: ProbingKind
    reagents: list[Reagent] = Field(max_length=40)
    strip_check: StripCheck | None = None


class ProbingView(Message):
    """A probing round."""

    probing: ProbingId
    study: str
    membrane: str
    round: int
    version: int
    kind: ProbingKind
    reagents: list[Reagent]
    strip_check: StripCheck | None
    saved_by: str
    saved_at: AwareDatetime
    reason: str
    entry: EntryRef


class AcquisitionEdit(Save):
    """Changes to which membrane and probing round an acquisition belongs."""

    membrane: MembraneId | None = None
    probing: ProbingId | None = None


class AcquisitionView(Message):
    """One exposure: the images that were taken or imported together."""

    acquisition: AcquisitionId
    study: str
    version: int
    membrane: str | None
    probing: str | None
    exposure: int = Field(description="counts the exposures of a probing round (or membrane, or study)")
    provenance: Provenance
    images: list[str]
    made_at: AwareDatetime
    entry: EntryRef
    state: AcquisitionState = Field(AcquisitionState.SEALED, description="of one on an instrument: acquiring, aborted")
    instrument: str = ""


class StudyContents(Message):
    """Samples, membranes, probing rounds and acquisitions of a study, oldest first."""

    samples: list[SampleView]
    membranes: list[MembraneView]
    probings: list[ProbingView]
    acquisitions: list[AcquisitionView]
