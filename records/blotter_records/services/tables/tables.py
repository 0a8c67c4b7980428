"""An analysis as a table and as charts: looked at, or made a file of, which is kept and recorded (11.10(b))."""

from __future__ import annotations

import csv
import io

from blotter_records.contract.exports import ExportView
from blotter_records.contract.tables import AnalysisFileRequest, AnalysisTable, Cell, LaneProfile
from blotter_records.domain.records import Analysis, Image
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.rendering import ChartPainter
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.analyses.showing import found, version_revision
from blotter_records.services.bundles import tables
from blotter_records.services.charts.charts import available, chart
from blotter_records.services.charts.profiles import lane_lines, profile_view, profiles
from blotter_records.services.copies.exports import Exports, MadeFile
from blotter_records.services.images import images
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.tables.rows import KEYS, columns_of, rows_of
from blotter_records.services.tables.spreadsheet import workbook
from blotter_records.vocabulary import Action, ChartKind, ExportKind

_MEDIA = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
}


class Tables:
    """Shows and exports tables and charts of analyses."""

    def __init__(self, ledger: Ledger, painter: ChartPainter, *, gate: Gate, pixels: Pixels, exports: Exports) -> None:
        self._ledger = ledger
        self._painter = painter
        self._gate = gate
        self._pixels = pixels
        self._exports = exports

    def table(self, actor: Actor, analysis: str, version: int | None = None) -> AnalysisTable:
        """Return an analysis, or one of its versions, as a table. Raises ``NotFound``."""
        content, image = self._read(actor, analysis, version)
        return AnalysisTable(
            analysis=analysis,
            version=version,
            columns=columns_of(content),
            rows=rows_of(content, image),
            charts=available(content),
            lanes=[one["lane"] for one in (content.finding or {}).get("lanes", [])],
        )

    def chart(
        self, actor: Actor, analysis: str, kind: ChartKind, *, version: int | None = None, lane: int | None = None
    ) -> bytes:
        """Return a chart as SVG.

        Raises
        ------
        NotFound
            No such analysis or version, or none to see; ``not_found.chart``: it has not the numbers of the chart;
            ``not_found.lane``.
        IntegrityBroken
            The image of a profile does not verify.
        """
        content, image = self._read(actor, analysis, version)
        return self._drawn(actor, content, image, kind, lane)

    def profile(self, actor: Actor, analysis: str, lane: int, version: int | None = None) -> LaneProfile:
        """Return the profile of a lane that was found, with the limits of its bands.

        Raises
        ------
        NotFound, IntegrityBroken
            As :meth:`chart`.
        """
        content, image = self._read(actor, analysis, version)
        (line,) = lane_lines(content, self._pixels.counts(image, actor), lane)
        return profile_view(line, content, version)

    def make_file(self, actor: Actor, analysis: str, version: int, request: AnalysisFileRequest) -> ExportView:
        """Make a file of a saved version, keep it, and record that it was made.

        Raises
        ------
        Invalid
            ``table.form``: a chart is asked for as a table, or a table as a picture.
        NotFound
            As :meth:`chart`.
        Unavailable
            The painter of PNG does not answer.
        """
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_EXPORT, stream) as acting:
            with self._ledger.begin() as work:
                content = Analysis.from_json(found(work, analysis).content)
                acting.on(work, content.study)
                content = Analysis.from_json(version_revision(work, analysis, version).content)
                image = Image.from_json(images.found(work, content.image).content)
            is_chart = request.form in {"svg", "png"}
            if is_chart != (request.chart is not None):
                raise Invalid("table.form", "A table is made as csv or xlsx, a chart as svg or png.")
            data = (
                self._picture(actor, content, image, request)
                if is_chart
                else _table(content, image, version, request.form)
            )
            what = f"-{request.chart}" if request.chart else ""
            lane = f"-lane-{request.lane}" if request.lane and request.chart is ChartKind.PROFILE else ""
            made = MadeFile(
                kind=ExportKind.CHART if is_chart else ExportKind.TABLE,
                record=analysis,
                record_version=version,
                made_from=stream,
                study=content.study,
                file_name=f"{analysis}.{version}{what}{lane}.{request.form}",
                media_type=_MEDIA[request.form],
            )
            return self._exports.keep(actor, acting.role, Action.ANALYSIS_EXPORT, made, data)

    def _read(self, actor: Actor, analysis: str, version: int | None) -> tuple[Analysis, Image]:
        stream = f"analysis:{analysis}"
        with self._gate.acting(actor, Action.ANALYSIS_VIEW, stream) as acting, self._ledger.begin() as work:
            content = Analysis.from_json(found(work, analysis).content)
            acting.on(work, content.study)
            if version is not None:
                content = Analysis.from_json(version_revision(work, analysis, version).content)
            return content, Image.from_json(images.found(work, content.image).content)

    def _picture(self, actor: Actor, content: Analysis, image: Image, request: AnalysisFileRequest) -> bytes:
        assert request.chart is not None
        svg = self._drawn(actor, content, image, request.chart, request.lane)
        return svg if request.form == "svg" else self._painter.png(svg)

    def _drawn(self, actor: Actor, content: Analysis, image: Image, kind: ChartKind, lane: int | None) -> bytes:
        if kind is ChartKind.PROFILE:
            return profiles(lane_lines(content, self._pixels.counts(image, actor), lane))
        if kind not in available(content):
            raise NotFound(
                "not_found.chart", f"{content.analysis} has no numbers for this chart.", "Set its quantities first."
            )
        return chart(content, kind)


def _table(content: Analysis, image: Image, version: int, form: str) -> bytes:
    """Return the table of a version as CSV, or as a workbook with a sheet that says what it is of."""
    rows = rows_of(content, image)
    if form == "csv":
        made = io.StringIO(newline="")
        writer = csv.writer(made)
        writer.writerow(["analysis", "version", *KEYS])
        writer.writerows([content.analysis, version, *map(tables.cell, row)] for row in rows)
        return made.getvalue().encode()
    head = [f"{one.name} ({one.unit})" if one.unit else one.name for one in columns_of(content)]
    about: list[tuple[Cell, Cell]] = [
        ("Analysis", content.analysis),
        ("Version", version),
        ("Image", content.image),
        ("Digest", content.digest),
        ("Formula set", content.formula_set),
        *(("Note", note) for note in ((content.quantities or {}).get("numbers") or {}).get("notes", [])),
    ]
    return workbook([("Shapes", [head, *rows]), ("About", about)])
