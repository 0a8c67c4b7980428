"""Layers over an image: annotations, and how it is shown; never part of the pixels, each save a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

from blotter_records.contract.images import AnnotationRequest, AnnotationView, DisplayRequest, DisplayView, Mark
from blotter_records.domain.comparing import differences
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Annotation, Display, Image, RecordContent
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.services.images.editing import opened
from blotter_records.services.images.images import found
from blotter_records.services.studies.versions import with_maker
from blotter_records.vocabulary import Action, RecordKind

View = TypeVar("View", bound=BaseModel)


class Layers:
    """Saves and shows annotations and displays; an image has one layer of each, from the first save on."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def annotate(self, actor: Actor, action: Action, image: str, request: AnnotationRequest) -> AnnotationView:
        """Save the annotation layer: the first version (``image.annotate``), or the next (``image.annotation.edit``).

        Raises
        ------
        Conflict
            ``conflict.stale``, ``conflict.same``, ``conflict.status``.
        Invalid
            ``annotation.marks``: two of one id, a text without words, a line without an end; ``reason.*`` from the
            second version on.
        """
        with self._gate.acting(actor, action, f"image:{image}") as acting, self._ledger.begin() as work:
            of, before, answer = self._begin(work, acting, image, request, RecordKind.ANNOTATION, AnnotationView)
            if answer is not None:
                return answer
            if (before is None) != (action is Action.IMAGE_ANNOTATE):
                raise Conflict("conflict.stale", f"{image} has {'no' if before is None else 'an'} annotation layer.")
            _check_marks(request.marks)
            known = Annotation.from_json(before.content) if before else None
            reason = acting.reason(request.reason, request.reason_code, version=before.rev + 1 if before else 1)
            content = Annotation(
                annotation=known.annotation if known else work.next_id(RecordKind.ANNOTATION),
                image=image,
                study=of.study,
                marks=[mark.model_dump(mode="json") for mark in request.marks],
                contributors=with_maker(known.contributors if known else [], actor),
                reason=reason.text,
                is_shown=request.is_shown,
            )
            revision = _saved(work, acting, content, content.annotation, before, reason)
            view = annotation_view(revision)
            repeats.keep(work, actor, request, f"image:{image}", view)
            work.commit()
        return view

    def save_display(self, actor: Actor, image: str, request: DisplayRequest) -> DisplayView:
        """Save how an image is shown; a result pins it and its report uses it.

        Raises
        ------
        Conflict
            As :meth:`annotate`.
        Invalid
            ``display.window``: black and white are the same.
        """
        with (
            self._gate.acting(actor, Action.IMAGE_DISPLAY_SAVE, f"image:{image}") as acting,
            self._ledger.begin() as work,
        ):
            of, before, answer = self._begin(work, acting, image, request, RecordKind.DISPLAY, DisplayView)
            if answer is not None:
                return answer
            if request.low >= request.high:
                raise Invalid("display.window", "The lower end of the window has to be below the upper end.")
            content = Display(
                display=before.record_id if before else work.next_id(RecordKind.DISPLAY),
                image=image,
                study=of.study,
                low=request.low,
                high=request.high,
                gamma=request.gamma,
                is_inverted=request.is_inverted,
                colour=request.colour,
                saved_by=actor.person(),
            )
            revision = _saved(work, acting, content, content.display, before, Reason())
            view = display_view(revision)
            repeats.keep(work, actor, request, f"image:{image}", view)
            work.commit()
        return view

    @staticmethod
    def _begin(
        work: UnitOfWork,
        acting: Acting,
        image: str,
        request: AnnotationRequest | DisplayRequest,
        kind: RecordKind,
        answer: type[View],
    ) -> tuple[Image, Revision | None, View | None]:
        """Return the image, the layer as it stands, and the answer where the request was answered before."""
        _, of = opened(work, acting, image)
        given = repeats.answered(work, acting.actor, request, f"image:{image}", answer)
        before = layer(work, kind, image)
        if given is None and before is not None:
            check_current(work, before, request.expected_version)
        if given is None and before is None and request.expected_version:
            raise Conflict("conflict.stale", f"{image} has no such layer yet.", "Expect version 0.")
        return of, before, given

    def annotation(self, actor: Actor, image: str) -> AnnotationView | None:
        """Return the newest annotations of an image, None where there are none."""
        revision = self._layer(actor, image, RecordKind.ANNOTATION)
        return annotation_view(revision) if revision is not None else None

    def display(self, actor: Actor, image: str) -> DisplayView | None:
        """Return how an image is shown, None where nothing was saved."""
        revision = self._layer(actor, image, RecordKind.DISPLAY)
        return display_view(revision) if revision is not None else None

    def _layer(self, actor: Actor, image: str, kind: RecordKind) -> Revision | None:
        with self._gate.acting(actor, Action.IMAGE_LIST, f"image:{image}") as acting, self._ledger.begin() as work:
            acting.on(work, Image.from_json(found(work, image).content).study)
            return layer(work, kind, image)


def layer(work: UnitOfWork, kind: RecordKind, image: str) -> Revision | None:
    """Return the newest revision of an image's layer, or None."""
    found_layers = work.search(RecordFilter(kind, keys=((f"image:{image}",),), limit=1))
    return found_layers[0].revision if found_layers else None


def _check_marks(marks: Sequence[Mark]) -> None:
    """Check that every mark can be drawn, and is one. Raises ``Invalid``."""
    if len({mark.mark for mark in marks}) != len(marks):
        raise Invalid("annotation.marks", "Two marks have the same id.")
    for mark in marks:
        if mark.kind == "text" and not mark.text.strip():
            raise Invalid("annotation.marks", f"{mark.mark} is a text without words.")
        if mark.kind != "text" and (mark.row1 is None or mark.column1 is None):
            raise Invalid("annotation.marks", f"{mark.mark} is a {mark.kind}: say where it ends.")


def _saved(
    work: UnitOfWork,
    acting: Acting,
    content: RecordContent,
    record: str,
    before: Revision | None,
    reason: Reason,
) -> Revision:
    said = {"reason", "contributors", "saved_by"}
    changed = [
        one
        for one in differences(before.content if before else {}, content.as_json())
        if one.path.partition("[")[0] not in said
    ]
    if before is not None and not changed:
        raise Conflict("conflict.same", f"Nothing has changed since version {before.rev} of {record}.")
    version = before.rev + 1 if before else 1
    image = content.as_json()["image"]
    revision = write(
        work,
        acting.actor,
        acting.role,
        acting.action,
        content,
        record_id=record,
        expected_rev=before.rev if before else 0,
        version=version,
        old={one.path: one.first for one in changed} if before else None,
        new={one.path: one.second for one in changed} if before else content.as_json(),
        reason=reason,
        summary=f"Saved {record}.{version} of {image}"
        + (": " + "; ".join(str(one) for one in changed[:4]) if before else ""),
    )
    if before is None:
        work.derive(f"image:{image}", revision.stream)
    return revision


def annotation_view(revision: Revision) -> AnnotationView:
    """Return annotations as the contract shows them."""
    content = Annotation.from_json(revision.content)
    return AnnotationView(
        annotation=content.annotation,
        image=content.image,
        study=content.study,
        version=revision.rev,
        marks=[Mark.model_validate(one) for one in content.marks],
        is_shown=content.is_shown,
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        reason=content.reason,
        entry=entry_ref(revision.entry),
    )


def display_view(revision: Revision) -> DisplayView:
    """Return how an image is shown as the contract shows it."""
    content = Display.from_json(revision.content)
    return DisplayView(
        display=content.display,
        image=content.image,
        study=content.study,
        version=revision.rev,
        low=content.low,
        high=content.high,
        gamma=content.gamma,
        is_inverted=content.is_inverted,
        colour=content.colour,
        saved_by=revision.subject.printed_name or "",
        saved_at=revision.entry.at,
        entry=entry_ref(revision.entry),
    )
