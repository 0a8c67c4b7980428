"""Samples, membranes with their lanes, probing rounds: what a study's images are of."""

from __future__ import annotations

from blotter_records.contract.studies import (
    LaneLoad,
    MembraneRequest,
    MembraneView,
    ProbingRequest,
    ProbingView,
    Reagent,
    SampleRequest,
    SampleView,
    StripCheck,
    StudyContents,
)
from blotter_records.domain.records import Image, Json, Membrane, Probing, Sample
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.studies import studies
from blotter_records.services.studies.acquisitions import acquisition_view
from blotter_records.services.studies.versions import Versions, part, part_of, parts, with_maker
from blotter_records.vocabulary import Action, LoadKind, MembraneKind, ProbingKind, RecordKind

_SAMPLE, _MEMBRANE, _PROBING = RecordKind.SAMPLE, RecordKind.MEMBRANE, RecordKind.PROBING


class Parts:
    """Saves and shows the parts of studies."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate
        self._versions = Versions(ledger, gate=gate)

    def save_sample(self, actor: Actor, request: SampleRequest, sample: str | None = None) -> SampleView:
        """Save a sample. Raises as :meth:`Versions.save`."""

        def make(_: UnitOfWork, acting: Acting, made: str, before: Revision | None) -> Sample:
            known = Sample.from_json(before.content) if before else None
            return Sample(
                sample=made,
                study=known.study if known else request.study,
                name=" ".join(request.name.split()),
                group=" ".join(request.group.split()),
                biological_replicate=request.biological_replicate,
                note=request.note.strip(),
                contributors=with_maker(known.contributors if known else [], acting.actor),
            )

        return self._versions.save(
            actor,
            Action.SAMPLE_SAVE,
            _SAMPLE,
            sample,
            request.study,
            request,
            within=f"study:{request.study}",
            make=make,
            view=lambda _, revision: sample_view(revision),
            answer=SampleView,
        )

    def save_membrane(self, actor: Actor, request: MembraneRequest, membrane: str | None = None) -> MembraneView:
        """Save a gel, membrane or plate with its lanes.

        Raises
        ------
        Invalid
            ``membrane.lanes``: a lane twice, or a load without what it is; ``membrane.parent``.
        NotFound
            A sample or parent that is not in the study.
        """

        def make(work: UnitOfWork, acting: Acting, made: str, before: Revision | None) -> Membrane:
            known = Membrane.from_json(before.content) if before else None
            study = known.study if known else request.study
            return Membrane(
                membrane=made,
                study=study,
                name=" ".join(request.name.split()),
                membrane_kind=request.kind.value,
                parent=_checked_parent(work, request.parent, study, made),
                cut=" ".join(request.cut.split()),
                lanes=_checked_lanes(work, request.lanes, study),
                contributors=with_maker(known.contributors if known else [], acting.actor),
            )

        return self._versions.save(
            actor,
            Action.MEMBRANE_SAVE,
            _MEMBRANE,
            membrane,
            request.study,
            request,
            within=f"study:{request.study}",
            make=make,
            view=lambda _, revision: membrane_view(revision),
            answer=MembraneView,
        )

    def save_probing(self, actor: Actor, request: ProbingRequest, probing: str | None = None) -> ProbingView:
        """Save a probing round; new ones are numbered by membrane.

        Raises
        ------
        Invalid
            ``probing.strip_check``: a round after stripping says whether the membrane was clean, no other does.
        NotFound
            A membrane or image that is not in the study.
        """

        def make(work: UnitOfWork, acting: Acting, made: str, before: Revision | None) -> Probing:
            known = Probing.from_json(before.content) if before else None
            membrane = Membrane.from_json(part(work, _MEMBRANE, request.membrane).content)
            if known is not None and known.membrane != membrane.membrane:
                raise Invalid("probing.membrane", f"{made} is of {known.membrane}.")
            return Probing(
                probing=made,
                study=membrane.study,
                membrane=membrane.membrane,
                round=known.round if known else _next_round(work, membrane.membrane),
                probing_kind=request.kind.value,
                reagents=[one.model_dump(mode="json") for one in request.reagents],
                strip_check=_checked_strip(work, request, membrane.study),
                contributors=with_maker(known.contributors if known else [], acting.actor),
            )

        with self._ledger.begin() as work:
            revision = work.latest(f"membrane:{request.membrane}")
        # Of a membrane that is not there nothing is said that a member of no study may not know.
        study = revision.content["study"] if revision is not None else ""
        return self._versions.save(
            actor,
            Action.PROBING_SAVE,
            _PROBING,
            probing,
            study,
            request,
            within=f"membrane:{request.membrane}",
            make=make,
            view=lambda _, revision: probing_view(revision),
            answer=ProbingView,
        )

    def contents(self, actor: Actor, study: str) -> StudyContents:
        """Return samples, membranes, probing rounds and acquisitions of a study. Raises ``NotFound``."""
        with self._gate.acting(actor, Action.STUDY_VIEW, f"study:{study}") as acting, self._ledger.begin() as work:
            studies.found(work, study)
            acting.on(work, study)
            return StudyContents(
                samples=[sample_view(one) for one in parts(work, _SAMPLE, study)],
                membranes=[membrane_view(one) for one in parts(work, _MEMBRANE, study)],
                probings=[probing_view(one) for one in parts(work, _PROBING, study)],
                acquisitions=[acquisition_view(work, one) for one in parts(work, RecordKind.ACQUISITION, study)],
            )


def _checked_parent(work: UnitOfWork, parent: str | None, study: str, membrane: str) -> str | None:
    """Return the parent of a cut piece. Raises ``Invalid('membrane.parent')`` for one that is cut from this one."""
    if parent is not None:
        # Of two that name each other at once, the second sees what the first has said.
        work.lock(f"parents:{study}")
    above, seen = parent, {membrane}
    while above is not None:
        if above in seen:
            raise Invalid(
                "membrane.parent", f"{membrane} would be cut from itself, by way of {above}.", "Choose another parent."
            )
        seen.add(above)
        above = part_of(work, _MEMBRANE, above, study).content["parent"]
    return parent


def _checked_lanes(work: UnitOfWork, lanes: list[LaneLoad], study: str) -> list[Json]:
    numbers = [one.lane for one in lanes]
    if len(set(numbers)) != len(numbers):
        raise Invalid("membrane.lanes", "A lane is there twice.")
    for sample in sorted({one.sample for one in lanes if one.sample}):
        part_of(work, _SAMPLE, sample, study)
    for one in lanes:
        if (one.load is LoadKind.SAMPLE) != (one.sample is not None):
            raise Invalid("membrane.lanes", f"Lane {one.lane}: a sample is named where one was loaded, and only there.")
        if one.load is not LoadKind.LADDER and one.ladder:
            raise Invalid("membrane.lanes", f"Lane {one.lane}: only a ladder has a ladder's name.")
    return [one.model_dump(mode="json") for one in sorted(lanes, key=lambda lane: lane.lane)]


def _next_round(work: UnitOfWork, membrane: str) -> int:
    work.lock(f"membrane:{membrane}")
    return work.count_records(RecordFilter(_PROBING, keys=((f"membrane:{membrane}",),))) + 1


def _checked_strip(work: UnitOfWork, request: ProbingRequest, study: str) -> Json | None:
    is_stripped = request.kind is ProbingKind.STRIP_AND_PROBE
    if is_stripped != (request.strip_check is not None):
        raise Invalid(
            "probing.strip_check", "A round after stripping says whether the membrane was clean, and no other does."
        )
    if request.strip_check is None:
        return None
    image = request.strip_check.image
    if image is not None:
        revision = work.latest(f"image:{image}")
        if revision is None or Image.from_json(revision.content).study != study:
            raise NotFound("not_found.image", f"There is no image {image}.")
    return request.strip_check.model_dump(mode="json")


def sample_view(revision: Revision) -> SampleView:
    """Return a sample as the contract shows it."""
    content = Sample.from_json(revision.content)
    return SampleView(
        sample=content.sample,
        study=content.study,
        version=revision.rev,
        name=content.name,
        group=content.group,
        biological_replicate=content.biological_replicate,
        note=content.note,
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        reason=content.reason,
        entry=entry_ref(revision.entry),
    )


def membrane_view(revision: Revision) -> MembraneView:
    """Return a membrane as the contract shows it."""
    content = Membrane.from_json(revision.content)
    return MembraneView(
        membrane=content.membrane,
        study=content.study,
        version=revision.rev,
        name=content.name,
        kind=MembraneKind(content.membrane_kind),
        parent=content.parent,
        cut=content.cut,
        lanes=[LaneLoad.model_validate(one) for one in content.lanes],
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        reason=content.reason,
        entry=entry_ref(revision.entry),
    )


def probing_view(revision: Revision) -> ProbingView:
    """Return a probing round as the contract shows it."""
    content = Probing.from_json(revision.content)
    return ProbingView(
        probing=content.probing,
        study=content.study,
        membrane=content.membrane,
        round=content.round,
        version=revision.rev,
        kind=ProbingKind(content.probing_kind),
        reagents=[Reagent.model_validate(one) for one in content.reagents],
        strip_check=StripCheck.model_validate(content.strip_check) if content.strip_check else None,
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        reason=content.reason,
        entry=entry_ref(revision.entry),
    )
