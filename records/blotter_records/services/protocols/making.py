"""The steps of an analysis that a protocol makes, each an entry that names protocol and version (11.10(e))."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from blotter_records import densitometry
from blotter_records.contract.analyses import Background
from blotter_records.contract.protocols import ProtocolMethod
from blotter_records.contract.quantities import QuantitiesChoice
from blotter_records.densitometry.finding import FoundBlot
from blotter_records.densitometry.shapes import Counts
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.analyses import finding as finding_step
from blotter_records.services.analyses.changing import Draft
from blotter_records.services.analyses.gestures import changed_shapes, summary_of
from blotter_records.services.analyses.searching import shown
from blotter_records.services.protocols.rules import LaneBand, check_lanes, choice_of, ladder_bands, used_bands
from blotter_records.services.quantities import setting
from blotter_records.services.quantities.computing import computed
from blotter_records.services.quantities.inputs import inputs_of, lanes_of, membrane_of
from blotter_records.vocabulary import Gesture, RecordKind


class Making:
    """An analysis while a protocol makes it; whoever uses it commits.

    Parameters
    ----------
    work : UnitOfWork
    start, edit : Acting
        The two actions, decided.
    image : Image
    method : ProtocolMethod
    pin : dict
        The version of the protocol, as an analysis keeps it.
    """

    def __init__(
        self, work: UnitOfWork, start: Acting, edit: Acting, image: Image, method: ProtocolMethod, pin: Json
    ) -> None:
        self._work = work
        self._start = start
        self._edit = edit
        self._image = image
        self._method = method
        self._pin = pin
        self._content: Analysis
        self.revision: Revision
        """As it stands after the steps that were made."""

    @property
    def stream(self) -> str:
        """Return the stream of the analysis."""
        return self.revision.stream

    def start(self) -> None:
        """Start it: no shapes yet, default background."""
        analysis = self._work.next_id(RecordKind.ANALYSIS)
        background = Background.model_validate({}).model_dump(mode="json")
        made = {"columns": self._method.columns, "background": background, "parameters": None}
        self._content = Analysis(
            analysis=analysis,
            image=self._image.image,
            file_sha256=self._image.file_sha256,
            pixels_sha256=self._image.pixels_sha256,
            shapes=[],
            background=background,
            measurements=[],
            formula_set=densitometry.FORMULA_SET,
            next_shape=1,
            contributors=[self._start.actor.person()],
            versions=[],
            study=self._image.study,
            protocol={**self._pin, **made, "bands": [], "chosen": None},
        )
        new = {"image": self._image.image, "background": background}
        self._write(self._start, self._content, 0, None, new, f"Started {analysis} of {self._image.image}")

    def background(self) -> None:
        """Set the background, where the protocol has another than the default."""
        before, background = self._content, self._method.background.model_dump(mode="json")
        if background == before.background:
            return
        change = changed_shapes(before, [], background, Gesture.BACKGROUND_SET)
        after = self._changed(background=background)
        after = replace(after, protocol={**(after.protocol or {}), "background": background})
        gesture = {"gesture": Gesture.BACKGROUND_SET.value}
        told = summary_of(Gesture.BACKGROUND_SET, before, after, change)
        self._write_edit(after, {**gesture, **change.old}, {**gesture, **change.new}, told)

    def bands(self, blot: FoundBlot, counts: Counts) -> None:
        """Make a shape of each band that was found. Raises ``Invalid('finding.*')``."""
        before = self._content
        found = finding_step.with_found(self._draft(), self._edit, blot, counts)
        assert found.finding is not None
        made = {"parameters": found.finding["parameters"], "bands": found.finding["bands"]}
        after = replace(found, protocol={**(found.protocol or {}), **made})
        old, new = shown(before, after, Gesture.BANDS_FIND), shown(after, before, Gesture.BANDS_FIND)
        self._write_edit(after, old, new, finding_step.summary(before, after))

    def quantities(self) -> None:
        """Set the quantities, where the protocol has some. Raises ``Invalid`` where its rules do not fit."""
        if self._method.ladder is None and self._method.normalisation is None:
            return
        before, choice = self._content, self._choice()
        quantities = setting.made(self._work, before, self._image, choice)
        after = self._changed(quantities=quantities)
        chosen = quantities["chosen"] if quantities else None
        after = replace(after, protocol={**(after.protocol or {}), "chosen": chosen})
        self._write_edit(after, setting.shown(before), setting.shown(after), setting.summary(after))

    def _choice(self) -> QuantitiesChoice:
        content, method = self._content, self._method
        finding = content.finding or {"bands": [], "lanes": []}
        facts = lanes_of(self._work, membrane_of(self._work, self._image))
        check_lanes(len(finding["lanes"]), facts)
        signals = {one["shape"]: one["signal"] for one in content.measurements}
        bands = [LaneBand(one["shape"], one["lane"], one["band"], signals[one["shape"]]) for one in finding["bands"]]
        marks = ladder_bands(method.ladder, bands, facts) if method.ladder else []
        used = used_bands(method.bands, bands, facts, marks, self._weights(marks, bands))
        return choice_of(method, [*marks, *used])

    def _weights(self, marks: list[Any], bands: list[LaneBand]) -> dict[str, float]:
        """Return the molecular weight of each band by the ladder alone, kDa: rules may ask for it."""
        if not marks:
            return {}
        others = used_bands([], bands, [], marks, {})
        alone = choice_of(self._method, [*marks, *others]).model_copy(update={"normalisation": None})
        inputs = inputs_of(self._work, self._content, self._image, alone)
        weights = computed(alone, inputs, self._content.shapes, self._content.measurements).weights
        return {one.shape: one.kda for one in weights.bands} if weights else {}

    def _draft(self) -> Draft:
        return Draft(self.revision, self._content, self._image)

    def _changed(self, **fields: Any) -> Analysis:
        return self._draft().changed(self._edit, **fields)

    def _write_edit(self, after: Analysis, old: Json, new: Json, summary: str) -> None:
        self._write(self._edit, after, self.revision.rev, old, new, summary)

    def _write(self, acting: Acting, after: Analysis, rev: int, old: Json | None, new: Json, summary: str) -> None:
        """Write a step, told with the protocol's version."""
        named = f"{self._pin['protocol']}.{self._pin['version']}"
        self.revision = write(
            self._work,
            acting.actor,
            acting.role,
            acting.action,
            after,
            record_id=after.analysis,
            expected_rev=rev,
            old=old,
            new={**new, "protocol": self._pin},
            summary=f"By protocol {named} “{self._pin['name']}”: {summary}",
        )
        self._content = after
