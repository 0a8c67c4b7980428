"""What belongs to what: study, sample, membrane with its lanes, probing round, acquisition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from blotter_records.domain.records.content import Json, RecordContent, keyed, words_of
from blotter_records.vocabulary import AcquisitionState, RecordKind


@dataclass(frozen=True)
class Study(RecordContent):
    """A study: who works in it, how long it is kept.

    ``members`` are ``{"account", "roles"}``; ``hold`` is ``{"reason", "by", "signature"}`` while a legal hold is set.
    """

    kind: ClassVar[RecordKind] = RecordKind.STUDY

    study: str
    title: str
    study_kind: str
    purpose: str
    members: list[Json]
    retention_class: str
    retention_years: int
    created_by: str
    created_by_name: str
    hold: Json | None = None
    reason: str = ""
    copied_from: Json | None = None

    def keys(self) -> list[str]:
        """Return members, kind, and words of the title."""
        return keyed(
            member=(one["account"] for one in self.members),
            status="on_hold" if self.hold else "open",
            kind=self.study_kind,
            person=self.created_by,
            word=words_of(self.title),
        )

    def roles_of(self, account: str) -> frozenset[str]:
        """Return the roles that a person has in the study; none for who is no member."""
        return frozenset(role for one in self.members if one["account"] == account for role in one["roles"])


@dataclass(frozen=True)
class Sample(RecordContent):
    """A sample: one biological replicate of a group."""

    kind: ClassVar[RecordKind] = RecordKind.SAMPLE

    sample: str
    study: str
    name: str
    group: str
    biological_replicate: int
    note: str
    contributors: list[str]
    reason: str = ""

    def keys(self) -> list[str]:
        """Return study, group, people, words of the name."""
        return keyed(group=self.group, person=self.contributors, word=words_of(self.name, self.group))


@dataclass(frozen=True)
class Membrane(RecordContent):
    """A gel, membrane or plate, or a piece cut from one.

    ``lanes`` are ``{"lane", "load", "sample", "ladder", "micrograms", "technical_replicate", "note"}``: what was
    loaded, by lane number from 1; lane numbers of a cut piece are those of its parent.
    """

    kind: ClassVar[RecordKind] = RecordKind.MEMBRANE

    membrane: str
    study: str
    name: str
    membrane_kind: str
    parent: str | None
    cut: str
    lanes: list[Json]
    contributors: list[str]
    reason: str = ""

    def keys(self) -> list[str]:
        """Return samples, parent, people, words of the name."""
        return keyed(
            sample=(lane["sample"] or "" for lane in self.lanes),
            membrane=self.parent or "",
            person=self.contributors,
            word=words_of(self.name),
        )


@dataclass(frozen=True)
class Probing(RecordContent):
    """A probing round of a membrane.

    ``reagents`` are ``{"target", "antibody", "lot", "dilution", "channel"}``; ``strip_check`` is ``{"image",
    "is_clean", "note"}`` for a round after stripping.
    """

    kind: ClassVar[RecordKind] = RecordKind.PROBING

    probing: str
    study: str
    membrane: str
    round: int
    probing_kind: str
    reagents: list[Json]
    strip_check: Json | None
    contributors: list[str]
    reason: str = ""

    def keys(self) -> list[str]:
        """Return membrane, targets, people."""
        targets = [one["target"] for one in self.reagents]
        return keyed(
            membrane=self.membrane,
            target=(" ".join(words_of(target)) for target in targets),
            person=self.contributors,
            word=words_of(*targets),
        )


@dataclass(frozen=True)
class Acquisition(RecordContent):
    """One exposure: the images that were taken or imported together.

    On an ``instrument`` it is ordered with ``settings`` (``contract.acquiring.ScanSettings``), acquiring until its
    ``state`` is sealed or aborted (``ending`` says why); ``device`` is what the device said of itself before the scan.
    """

    kind: ClassVar[RecordKind] = RecordKind.ACQUISITION

    acquisition: str
    study: str
    membrane: str | None
    probing: str | None
    exposure: int
    provenance: str
    images: list[str]
    contributors: list[str]
    reason: str = ""
    facts: Json = field(default_factory=dict)
    state: str = AcquisitionState.SEALED.value
    instrument: str = ""
    settings: Json = field(default_factory=dict)
    ordered_by: str = ""
    ordered_by_name: str = ""
    device: Json | None = None
    ending: str = ""

    def keys(self) -> list[str]:
        """Return membrane, probing round, images, people; the instrument, and whether it is held by this."""
        return keyed(
            membrane=self.membrane or "",
            probing=self.probing or "",
            image=self.images,
            person=self.contributors,
            instrument=self.instrument,
            acquiring=self.instrument if self.state == AcquisitionState.ACQUIRING else "",
        )
