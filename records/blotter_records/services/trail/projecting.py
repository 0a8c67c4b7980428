"""The search keys as they follow from the records: made again to compare them, or to write them anew.

``records.current`` says of each record when it was made, to which study it belongs, and under which keys it is found.
All of it follows from the revisions; who changes only that table hides a record from lists, and is found by this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blotter_records.domain.records import CONTENT, Image, RecordContent, Result
from blotter_records.domain.workflow import image_status
from blotter_records.ports.trail_reader import CurrentRow, RawRevision
from blotter_records.services.acting.writing import study_of
from blotter_records.vocabulary import RecordKind, ResultStatus


@dataclass
class Projecting:
    """Takes the newest revision of each record, gives what its row has to say.

    The status of an image follows from its results, so images are given at the end.
    """

    _images: dict[str, tuple[CurrentRow, bool, bool]] = field(default_factory=dict)
    _analysed: set[str] = field(default_factory=set)
    _results: dict[str, set[ResultStatus]] = field(default_factory=dict)

    def row(self, revision: RawRevision, made_id: int) -> CurrentRow | None:
        """Return the row of a record; None for an image, which is given by :meth:`images`.

        Parameters
        ----------
        revision : RawRevision
            The newest.
        made_id : int
            Id of the entry that made the record.
        """
        content = _content(revision)
        study, keys = (study_of(content), content.keys()) if content is not None else ("", [])
        row = CurrentRow(revision.stream, revision.kind, revision.record_id, study, made_id, tuple(sorted(keys)))
        if isinstance(content, Image):
            self._images[content.image] = (row, content.hold is not None, content.invalidation is not None)
            return None
        if isinstance(content, Result):
            for image in content.images:
                self._results.setdefault(image, set()).add(ResultStatus(content.status))
        if content is not None and content.kind is RecordKind.ANALYSIS:
            self._analysed.add(str(getattr(content, "image", "")))
        return row

    def images(self) -> Iterator[CurrentRow]:
        """Yield the rows of the images, when every record has been seen."""
        for image, (row, is_on_hold, is_invalidated) in self._images.items():
            status = image_status(
                self._results.get(image, set()),
                has_analysis=image in self._analysed,
                is_on_hold=is_on_hold,
                is_invalidated=is_invalidated,
            )
            yield row._replace(keys=tuple(sorted({*row.keys, f"status:{status.value}"})))


def _content(revision: RawRevision) -> RecordContent | None:
    """Return the content of a revision, None where it cannot be read (its digest says whether it was edited)."""
    try:
        given: dict[str, Any] = json.loads(revision.content)
        return CONTENT[RecordKind(revision.kind)].from_json(given)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
