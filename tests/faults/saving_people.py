"""People who save without pause: every request has a mark of its own, found again in the database afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import AnalysisView, Background, GestureRequest, SaveRequest
from blotter_records.contract.notebooks import Cell, NotebookSave
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.shapes import Rectangle, Shape
from blotter_records.contract.studies import SampleRequest, SampleView
from blotter_records.errors import NotFound, Refused, Unavailable
from blotter_records.vocabulary import Gesture

#: An answer with one of these codes promises that nothing was written.
PROMISES_NOTHING = {"unavailable.database", "unavailable.busy", "unavailable.full"}
#: A person goes on with a new analysis after so many shapes: the contents stay small.
MOST_SHAPES = 12


class Heard(Enum):
    """What a person was told about a request."""

    NOTHING = "nothing"
    DONE = "done"
    NOT_WRITTEN = "not written"
    IN_DOUBT = "in doubt"


@dataclass
class Request:
    """One request: a save, or something that is refused."""

    mark: str
    what: str
    send: Callable[[], Any]
    took: Callable[[Any], None]
    is_refused: bool = False
    heard: Heard = Heard.NOTHING
    entry: int | None = None
    codes: list[str] = field(default_factory=list)


class SavingPerson:
    """One writer; sends the next request only after the last one was answered."""

    def __init__(self, number: int, client: RecordsClient, study: str, image: str) -> None:
        self.number = number
        self.client = client
        self.study = study
        self.image = image
        self.open: Request | None = None
        """Sent, and not answered with a success."""
        self.answered: list[Request] = []
        self.fault: BaseException | None = None
        self._dice = np.random.default_rng([number, 11])
        self._count = 0
        self._notebook = 0
        self._samples: list[SampleView] = []
        self._analysis = self._started()

    def save_until(self, stop: threading.Event) -> None:
        """Send requests until told to stop, or until one is left without an answer."""
        try:
            while not stop.is_set() and self.fault is None:
                self.open = self.next()
                if not self.send():
                    return
        except Exception as fault:  # noqa: BLE001 - the test shows it
            self.fault = fault

    def send(self) -> bool:
        """Send the open request, for the first time or again; tell whether it was answered."""
        request = self.open
        assert request is not None
        try:
            got = request.send()
        except Unavailable as error:
            request.codes.append(error.code)
            request.heard = Heard.NOT_WRITTEN if error.code in PROMISES_NOTHING else Heard.IN_DOUBT
            return False
        except (Refused, NotFound) as error:
            assert request.is_refused, f"{request.what} {request.mark}: {error.code} {error}"
            request.entry = error.entry
        else:
            assert not request.is_refused, f"{request.what} {request.mark} was not refused"
            request.took(got)
        request.heard = Heard.DONE
        self.answered.append(request)
        self.open = None
        return True

    def drop(self) -> None:
        """Give the open request up (what was refused is not asked again)."""
        self.open = None

    def next(self) -> Request:
        """Return the next request."""
        self._count += 1
        mark = f"mark-{self.number}-{self._count:06d}"
        if len(self._analysis.shapes) >= MOST_SHAPES and self._analysis.is_saved:
            return Request(
                mark, "start", lambda: self.client.start_analysis(self.image, idempotency_key=mark), self._take_analysis
            )
        makers = [self._notebook_save, self._new_sample, self._gesture, self._gesture, self._no_such, self._not_mine]
        if self._samples:
            makers.append(self._sample_version)
        if self._analysis.shapes and not self._analysis.is_saved:
            makers += [self._version, self._version]
        if self._analysis.versions:
            makers.append(self._result)
        return makers[int(self._dice.integers(len(makers)))](mark)

    def _started(self) -> AnalysisView:
        return self.client.start_analysis(self.image)

    def _take_analysis(self, view: AnalysisView) -> None:
        self._analysis = view

    def _notebook_save(self, mark: str) -> Request:
        cells = [Cell(cell_type="markdown", id="cell-1", source=mark)]
        asked = NotebookSave(expected_version=self._notebook, cells=cells)

        def took(view: Any) -> None:
            self._notebook = view.version

        return Request(mark, "notebook", lambda: self.client.save_notebook("saved.ipynb", asked), took)

    def _new_sample(self, mark: str) -> Request:
        asked = SampleRequest(study=self.study, name="Lysate", note=mark, idempotency_key=mark)
        return Request(mark, "sample", lambda: self.client.save_sample(asked), self._samples.append)

    def _sample_version(self, mark: str) -> Request:
        at = int(self._dice.integers(len(self._samples)))
        known = self._samples[at]
        asked = SampleRequest(
            study=self.study,
            name=known.name,
            note=mark,
            expected_version=known.version,
            reason="The note was out of date",
            idempotency_key=mark,
        )

        def took(view: SampleView) -> None:
            self._samples[at] = view

        return Request(mark, "sample version", lambda: self.client.save_sample(asked, known.sample), took)

    def _gesture(self, mark: str) -> Request:
        before, row = self._analysis, 40 + 25 * len(self._analysis.shapes)
        box = Rectangle(row0=row, column0=100, row1=row + 20, column1=160)
        asked = GestureRequest(
            gesture=Gesture.SHAPE_ADD,
            expected_rev=before.rev,
            shapes=[*before.shapes, Shape(shape=before.next_shape, label=mark, rectangle=box)],
            background=Background(),
            idempotency_key=mark,
        )
        return Request(mark, "gesture", lambda: self.client.gesture(before.analysis, asked), self._take_analysis)

    def _version(self, mark: str) -> Request:
        before = self._analysis
        asked = SaveRequest(expected_rev=before.rev, reason=f"Saved under load, {mark}", idempotency_key=mark)
        return Request(
            mark, "analysis version", lambda: self.client.save_analysis(before.analysis, asked), self._take_analysis
        )

    def _result(self, mark: str) -> Request:
        asked = ResultRequest(title=mark, analyses=[self._analysis.versions[-1].id], idempotency_key=mark)
        return Request(mark, "result", lambda: self.client.create_result(asked), lambda _: None)

    def _no_such(self, _: str) -> Request:
        """Ask for an image that there is not; each has another number, so that no two are one burst."""
        image = f"IMG-{self.number}{self._count:07d}"
        return Request(image, "no such image", lambda: self.client.image(image), _never, is_refused=True)

    def _not_mine(self, _: str) -> Request:
        """Take a result for review, which no analyst may."""
        result = f"RES-{self.number}{self._count:07d}"
        return Request(result, "not allowed", lambda: self.client.start_review(result), _never, is_refused=True)


def _never(_: Any) -> None:
    raise AssertionError("it was not refused")
