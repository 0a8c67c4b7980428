"""What a bundle is a copy of, and which records belong to it.

A bundle is whole in itself: whatever is needed to compute a digest or a number in it again is in it, too. From what is
asked for the way leads down to everything that was made from it, and from there up to everything that those rest on:
pinned analyses, their images, the layers over these, parents of derived images, acquisitions. Nothing on the way up
brings what else was made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from blotter_records.contract.exports import UserLogRequest
from blotter_records.contract.trail import TrailQuestion
from blotter_records.domain.records import CONTENT, Result, Study
from blotter_records.errors import Conflict
from blotter_records.ports.entries import TrailFilter
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.images import images
from blotter_records.services.results import showing
from blotter_records.services.studies import studies
from blotter_records.services.trail import reading
from blotter_records.vocabulary import BundleScope, RecordKind, StudyKind

#: Streams that one question for entries names.
_STREAMS = 200
#: Kinds whose contents go with the user log: people and the installation, nothing of a study.
USER_KINDS = frozenset(
    {
        RecordKind.ACCESS_REVIEW,
        RecordKind.ACCOUNT,
        RecordKind.CONFIGURATION,
        RecordKind.EXPORT,
        RecordKind.LETTER,
        RecordKind.NOTIFICATION,
        RecordKind.PROPOSAL,
        RecordKind.SIGNATURE,
    }
)


@dataclass(frozen=True)
class Scope:
    """What is copied.

    Parameters
    ----------
    scope : BundleScope
    record : str
        Its id; ``users`` for the user log.
    version : int
        Of the record; 0 for the user log.
    title : str
        For people, one line.
    study : str
        Empty for the user log.
    stream : str
        Where the entries of the export stand.
    filters : tuple of TrailFilter
        Which entries: those that fit any of them.
    asked : dict
        With which filter the user log was asked for; empty: all of it.
    """

    scope: BundleScope
    record: str
    version: int
    title: str
    study: str
    stream: str
    filters: tuple[TrailFilter, ...]
    asked: dict[str, Any] = field(default_factory=dict)

    def holds(self, kind: RecordKind) -> bool:
        """Tell whether contents of records of a kind belong to it."""
        return self.scope is not BundleScope.USERS or kind in USER_KINDS


#: Reads what belongs to a scope, when everything that was written before is sealed.
ReadScope = Callable[[UnitOfWork], Scope]


def of_result(work: UnitOfWork, result: str) -> Scope:
    """Return a result, its images, and everything made from them. Raises ``NotFound``."""
    newest = showing.found(work, result)
    content = Result.from_json(newest.content)
    made = [one for image in content.images for one in work.descendants(f"image:{image}")]
    title = f"Result {result}, version {content.version}: {content.title}"
    return Scope(
        scope=BundleScope.RESULT,
        record=result,
        version=content.version,
        title=title,
        study=content.study,
        stream=newest.stream,
        filters=_of_streams(_rested_on(work, made)),
    )


def of_image(work: UnitOfWork, image: str) -> Scope:
    """Return an image, everything made from it, and what that rests on. Raises ``NotFound``."""
    newest = images.found(work, image)
    named = newest.content.get("title") or newest.content["file_name"]
    return Scope(
        scope=BundleScope.IMAGE,
        record=image,
        version=newest.rev,
        title=f"Image {image}: {named}",
        study=newest.content["study"],
        stream=newest.stream,
        filters=_of_streams(_rested_on(work, work.descendants(newest.stream))),
    )


def of_study(work: UnitOfWork, study: str) -> Scope:
    """Return a study with everything in it.

    Raises
    ------
    NotFound
        ``not_found.study``
    Conflict
        ``conflict.copy``: what it holds came as a bundle, and can be had as that.
    """
    newest = studies.found(work, study)
    content = Study.from_json(newest.content)
    if content.study_kind == StudyKind.COPY:
        raise Conflict("conflict.copy", f"{study} holds a copy: download the bundle that was brought in.")
    return Scope(
        scope=BundleScope.STUDY,
        record=study,
        version=newest.rev,
        title=f"Study {study}: {content.title}",
        study=study,
        stream=newest.stream,
        filters=_of_streams(work.in_study(study, CONTENT)),
    )


def of_users(work: UnitOfWork, request: UserLogRequest) -> Scope:
    """Return the user log, or what a filter leaves of it. Raises ``Invalid('trail.text')``.

    Whole, it has every signature that was given on people and configuration, and what waited for a second one.
    """
    asked = request.model_dump(mode="json", exclude_none=True)
    question = TrailQuestion(**request.model_dump())
    logged = dict.fromkeys((*reading.USER_LOG, *reading.COMMAND_LOG))
    shown = [action.value for action in logged if question.action is None or action.value in question.action]
    return Scope(
        scope=BundleScope.USERS,
        record=BundleScope.USERS.value,
        version=0,
        title="User log" + (", filtered" if asked else ""),
        study="",
        stream="system",
        filters=(reading.filter_of(work, question, actions=shown), *(() if asked else _of_no_study(work))),
        asked=asked,
    )


def _of_streams(streams: Iterable[str]) -> tuple[TrailFilter, ...]:
    """Return filters for the entries of streams, so many at a time."""
    each = sorted(set(streams))
    return tuple(TrailFilter(streams=each[at : at + _STREAMS]) for at in range(0, len(each), _STREAMS))


def _of_no_study(work: UnitOfWork) -> tuple[TrailFilter, ...]:
    """Return filters for signatures and proposals that are about no study."""
    return _of_streams(work.in_study("", (RecordKind.PROPOSAL, RecordKind.SIGNATURE)))


def _rested_on(work: UnitOfWork, streams: Sequence[str]) -> set[str]:
    """Return streams together with those of everything that they rest on."""
    known: set[str] = set()
    left = list(streams)
    while left:
        stream = left.pop()
        if stream not in known:
            known.add(stream)
            left += _below(work, stream)
    return known


def _below(work: UnitOfWork, stream: str) -> list[str]:
    """Return the streams of what one record rests on, in any of its revisions."""
    kind = stream.partition(":")[0]
    if kind == RecordKind.RESULT:
        return [one for revision in work.history(stream) for one in _pinned(Result.from_json(revision.content))]
    if kind == RecordKind.ANALYSIS:
        newest = work.latest(stream)
        return [f"image:{newest.content['image']}"] if newest is not None else []
    if kind == RecordKind.IMAGE:
        newest = work.latest(stream)
        content = newest.content if newest is not None else {}
        found = [f"acquisition:{content['acquisition']}"] if content.get("acquisition") else []
        return found + ([f"image:{content['parent']}"] if content.get("parent") else [])
    return []


def _pinned(content: Result) -> Iterator[str]:
    yield from (f"analysis:{pin['analysis']}" for pin in content.pins)
    for layer in content.layers:
        for name, pins in layer.items():
            kind = "sample" if name == "samples" else name
            yield from (f"{kind}:{pin['record']}" for pin in (pins if isinstance(pins, list) else [pins]) if pin)
