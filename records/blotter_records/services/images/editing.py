"""What is said about an image: version by version, the pixels stay as they are."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.images import ImageView, MetadataRequest, StudyAssignment
from blotter_records.domain.records import Acquisition, Image
from blotter_records.errors import Conflict
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.files import Tiles
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import write
from blotter_records.services.images.images import found
from blotter_records.services.images.lineage import image_keys, status_of
from blotter_records.services.images.showing import Showing
from blotter_records.services.studies import studies
from blotter_records.services.studies.acquisitions import next_exposure
from blotter_records.services.studies.versions import part, with_maker
from blotter_records.vocabulary import Action, RecordKind


class Editing:
    """Changes what is said about images."""

    def __init__(self, ledger: Ledger, tiles: Tiles, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate
        self._showing = Showing(tiles)

    def edit_metadata(self, actor: Actor, image: str, request: MetadataRequest) -> ImageView:
        """Set title and channel.

        Raises
        ------
        Conflict
            ``conflict.stale``, ``conflict.status``, ``conflict.same``, ``conflict.idempotency``.
        Invalid
            ``reason.*``.
        """
        stream = f"image:{image}"
        with self._gate.acting(actor, Action.IMAGE_METADATA_EDIT, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, image)
            answer = repeats.answered(work, actor, request, stream, ImageView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_version)
            title, channel = " ".join(request.title.split()), " ".join(request.channel.split())
            if (title, channel) == (content.title, content.channel):
                raise Conflict("conflict.same", f"{image} is described so already.")
            reason = acting.reason(request.reason, request.reason_code)
            after = replace(
                content, title=title, channel=channel, contributors=with_maker(content.contributors or [], actor)
            )
            revision = write(
                work,
                actor,
                acting.role,
                acting.action,
                after,
                record_id=image,
                expected_rev=before.rev,
                version=before.rev + 1,
                old={"title": content.title, "channel": content.channel},
                new={"title": title, "channel": channel},
                reason=reason,
                summary=f"{image}: title “{content.title}” → “{title}”, channel “{content.channel}” → “{channel}”",
                keys=image_keys(work, after),
            )
            view = self._showing.view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def assign_study(self, actor: Actor, image: str, request: StudyAssignment) -> ImageView:
        """Put an image, with its acquisition, into another study of which the person is a member, too.

        Raises
        ------
        NotFound
            The other study, to who is no member of it.
        Conflict
            ``conflict.status``: something was made from it already; ``conflict.acquisition``: it was acquired
            together with other images; ``conflict.stale``, ``conflict.same``.
        """
        stream = f"image:{image}"
        with self._gate.acting(actor, Action.IMAGE_ASSIGN_STUDY, stream) as acting, self._ledger.begin() as work:
            before, content = opened(work, acting, image)
            answer = repeats.answered(work, actor, request, stream, ImageView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_version)
            if request.study == content.study:
                raise Conflict("conflict.same", f"{image} is in {request.study} already.")
            studies.found(work, request.study)
            Acting(actor, acting.action, f"study:{request.study}", acting.role).on(work, request.study)
            reason = acting.reason(request.reason, request.reason_code)
            taken = _alone(work, content)
            exposure = next_exposure(work, request.study, None, None)
            moved = Acquisition.from_json(taken.content)
            moved = replace(moved, study=request.study, membrane=None, probing=None, exposure=exposure)
            common = {"version": 0, "reason": reason, "old": {"study": content.study}, "new": {"study": request.study}}
            said = f"{content.study} → {request.study}"
            write(
                work,
                actor,
                acting.role,
                acting.action,
                replace(moved, contributors=with_maker(moved.contributors, actor)),
                record_id=moved.acquisition,
                expected_rev=taken.rev,
                summary=f"{moved.acquisition}: {said}",
                **{**common, "version": taken.rev + 1},  # type: ignore[arg-type]
            )
            after = replace(
                content,
                study=request.study,
                membrane=None,
                probing=None,
                contributors=with_maker(content.contributors or [], actor),
            )
            revision = write(
                work,
                actor,
                acting.role,
                acting.action,
                after,
                record_id=image,
                expected_rev=before.rev,
                summary=f"{image}: {said}",
                keys=image_keys(work, after),
                **{**common, "version": before.rev + 1},  # type: ignore[arg-type]
            )
            work.derive(f"study:{request.study}", taken.stream)
            view = self._showing.view(work, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view


def opened(work: UnitOfWork, acting: Acting, image: str) -> tuple[Revision, Image]:
    """Return an image that is to be changed, locked, after membership and status. Raises as :meth:`Acting.on`."""
    work.lock(f"image:{image}")
    before = found(work, image)
    content = Image.from_json(before.content)
    acting.on(work, content.study, status=status_of(work, content).value)
    return before, content


def _alone(work: UnitOfWork, image: Image) -> Revision:
    """Return the acquisition of an image, if it is of this image alone."""
    taken = part(work, RecordKind.ACQUISITION, image.acquisition)
    derived = work.count_records(RecordFilter(RecordKind.IMAGE, keys=((f"image:{image.image}",),)))
    if taken.content["images"] != [image.image] or image.parent is not None or derived:
        raise Conflict("conflict.acquisition", f"{image.image} belongs together with other images; all would move.")
    return taken
