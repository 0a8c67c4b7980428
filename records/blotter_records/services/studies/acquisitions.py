"""Acquisitions: one exposure, the images that were taken or imported together, and what they are of."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.studies import AcquisitionEdit, AcquisitionView
from blotter_records.domain.records import Acquisition, Image
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.services.images.lineage import image_keys
from blotter_records.services.studies.versions import MOST, part, part_of, with_maker
from blotter_records.vocabulary import AcquisitionState, Action, Provenance, RecordKind

_KIND = RecordKind.ACQUISITION


class Acquisitions:
    """Changes and shows acquisitions; they come into being with their images."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def edit(self, actor: Actor, acquisition: str, request: AcquisitionEdit) -> AcquisitionView:
        """Say of which membrane and probing round an acquisition is; its images follow.

        Raises
        ------
        NotFound, Invalid
            A membrane or probing round that is not in the study; ``acquisition.probing``; ``reason.*``.
        Conflict
            ``conflict.stale``, ``conflict.same``.
        """
        stream = f"{_KIND.value}:{acquisition}"
        with self._gate.acting(actor, Action.ACQUISITION_EDIT, stream) as acting, self._ledger.begin() as work:
            work.lock(stream)
            before = part(work, _KIND, acquisition)
            content = Acquisition.from_json(before.content)
            role = acting.on(work, content.study)
            answer = repeats.answered(work, actor, request, stream, AcquisitionView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_version)
            membrane, probing = checked_place(work, content.study, request.membrane, request.probing)
            if (membrane, probing) == (content.membrane, content.probing):
                raise Conflict("conflict.same", f"{acquisition} is of this membrane and probing round already.")
            reason = acting.reason(request.reason, request.reason_code)
            after = replace(
                content,
                membrane=membrane,
                probing=probing,
                exposure=next_exposure(work, content.study, membrane, probing),
                contributors=with_maker(content.contributors, actor),
                reason=reason.text,
            )
            revision = write(
                work,
                actor,
                role,
                Action.ACQUISITION_EDIT,
                after,
                record_id=acquisition,
                expected_rev=before.rev,
                version=before.rev + 1,
                old={"membrane": content.membrane, "probing": content.probing, "exposure": content.exposure},
                new={"membrane": membrane, "probing": probing, "exposure": after.exposure},
                reason=reason,
                summary=f"{acquisition}: {_place(content)} → {_place(after)}",
            )
            for image in content.images:
                _move(work, actor, role, image, after)
            view = acquisition_view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view


def _place(content: Acquisition) -> str:
    return f"{content.probing or content.membrane or 'no membrane'}, exposure {content.exposure}"


def _move(work: UnitOfWork, actor: Actor, role: str, image: str, to: Acquisition) -> None:
    """Let an image follow its acquisition."""
    before = part(work, RecordKind.IMAGE, image)
    content = Image.from_json(before.content)
    after = replace(
        content,
        membrane=to.membrane,
        probing=to.probing,
        contributors=with_maker(content.contributors or [], actor),
    )
    write(
        work,
        actor,
        role,
        Action.ACQUISITION_EDIT,
        after,
        record_id=image,
        expected_rev=before.rev,
        version=before.rev + 1,
        old={"membrane": content.membrane, "probing": content.probing},
        new={"membrane": to.membrane, "probing": to.probing},
        summary=f"{image} follows {to.acquisition}: {to.probing or to.membrane or 'no membrane'}",
        keys=image_keys(work, after),
    )


def checked_place(
    work: UnitOfWork, study: str, membrane: str | None, probing: str | None
) -> tuple[str | None, str | None]:
    """Return membrane and probing round, the membrane from the round where only that is named.

    Raises
    ------
    NotFound
        One that is not in the study.
    Invalid
        ``acquisition.probing``: the round is of another membrane.
    """
    if probing is not None:
        of = part_of(work, RecordKind.PROBING, probing, study).content["membrane"]
        if membrane is not None and membrane != of:
            raise Invalid("acquisition.probing", f"{probing} is a round of {of}, not of {membrane}.")
        return of, probing
    if membrane is not None:
        part_of(work, RecordKind.MEMBRANE, membrane, study)
    return membrane, None


def next_exposure(work: UnitOfWork, study: str, membrane: str | None, probing: str | None) -> int:
    """Return the number of the next exposure of a probing round, of a membrane, or of a study."""
    place = f"probing:{probing}" if probing else f"membrane:{membrane}" if membrane else None
    work.lock(f"exposures of {place or study}")
    keys = ((place,),) if place else ()
    there = work.search(RecordFilter(_KIND, studies=[study], keys=keys, limit=MOST))
    return max((one.revision.content["exposure"] for one in there), default=0) + 1


def acquisition_view(work: UnitOfWork, revision: Revision) -> AcquisitionView:
    """Return an acquisition as the contract shows it."""
    content = Acquisition.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    return AcquisitionView(
        acquisition=content.acquisition,
        study=content.study,
        version=revision.rev,
        membrane=content.membrane,
        probing=content.probing,
        exposure=content.exposure,
        provenance=Provenance(content.provenance),
        images=content.images,
        made_at=first.entry.at,
        entry=entry_ref(revision.entry),
        state=AcquisitionState(content.state),
        instrument=content.instrument,
    )
