"""Reports: a result on paper, made from the records alone (11.10(b), 11.50(b))."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.exports import ExportView
from blotter_records.contract.signing import SignatureView
from blotter_records.contract.unused import InventoryItem
from blotter_records.densitometry.backgrounds.sensitivity import Sensitivity, sensitivity
from blotter_records.domain.canonical import canonical
from blotter_records.domain.records import Json, Result
from blotter_records.ports.files import Pictures
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.rendering import Attachment, ReportRenderer
from blotter_records.ports.seals import Seal, Seals
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.analyses.outlines import stored_outline
from blotter_records.services.bundles import tables
from blotter_records.services.copies.exports import Exports, MadeFile
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.reports.analysis_part import compared_with, picture_file
from blotter_records.services.reports.display_part import shown
from blotter_records.services.reports.dossier import Dossier, analysis_of, image_of, settled
from blotter_records.services.reports.quantities_part import chart_pictures
from blotter_records.services.reports.report_document import compose
from blotter_records.services.results import showing
from blotter_records.services.results.inventory import inventory
from blotter_records.services.signing.manifestation import signature_views
from blotter_records.vocabulary import Action, ExportKind

#: Longest side of a picture in a report, px: 200 dots per inch across an A4 page.
PICTURE_SIDE = 1400

#: How long a report waits for numbers of entries that were written just now, seconds; then it says *pending*.
WAIT_S = 3.0


class Reports:
    """Makes the PDF report of a result."""

    def __init__(
        self,
        ledger: Ledger,
        renderer: ReportRenderer,
        pictures: Pictures,
        *,
        seals: Seals,
        pixels: Pixels,
        exports: Exports,
        gate: Gate,
        imprint: Imprint,
    ) -> None:
        self._ledger = ledger
        self._renderer = renderer
        self._drawing = pictures
        self._seals = seals
        self._pixels = pixels
        self._exports = exports
        self._gate = gate
        self._imprint = imprint

    def make(self, actor: Actor, result: str) -> ExportView:
        """Make the report of a result as it stands, keep it, and record that it was made.

        Raises
        ------
        Refused, NotFound
            As every use case.
        IntegrityBroken
            A record or an image does not verify: nothing is printed.
        Unavailable
            ``unavailable.fonts``, ``unavailable.renderer``, or a part that does not answer.
        """
        with self._gate.acting(actor, Action.REPORT_GENERATE, f"result:{result}") as acting:
            with self._ledger.begin() as work:
                study = Result.from_json(showing.found(work, result).content).study
                acting.on(work, study)
            dossier, seal = settled(self._ledger, self._seals, result, wait_s=WAIT_S)
            with self._ledger.begin() as work:
                signatures = signature_views(work, dossier.content)
                items = inventory(work, dossier.content, actor.configuration.policies)
            now = self._ledger.now()
            document = compose(
                dossier,
                signatures,
                self._imprint,
                sensitivities=self._sensitivities(dossier, actor),
                items=items,
                seal=seal,
                printed_by=f"{actor.name()} ({actor.user_name})",
                printed_at=now,
            )
            rendered = self._renderer.render(
                document,
                pictures=self._pictures(dossier, actor),
                attachments=attachments(dossier, signatures, items, seal, self._imprint),
                made_at=now,
            )
            content = dossier.content
            made = MadeFile(
                kind=ExportKind.REPORT_PDF,
                record=result,
                record_version=content.version,
                made_from=f"result:{result}",
                study=study,
                file_name=f"{result}.{content.version}-report-{now:%Y%m%dT%H%M%SZ}.pdf",
                media_type="application/pdf",
                pages=rendered.pages,
            )
            return self._exports.keep(actor, acting.role, Action.REPORT_GENERATE, made, rendered.pdf)

    def _pictures(self, dossier: Dossier, actor: Actor) -> dict[str, bytes]:
        images = {one.record_id: image_of(one) for one in dossier.images}
        pictures = {}
        for one in dossier.pinned:
            image = images[one.content["image"]]
            counts = self._pixels.counts(image, actor)
            display = shown(dossier, image)
            pictures[picture_file(one)] = self._drawing.png(
                counts,
                display.window,
                longest_side=PICTURE_SIDE,
                shapes=(),
                gamma=display.gamma,
                is_inverted=display.is_inverted,
                colour=display.colour,
            )
            pictures.update(chart_pictures(one, analysis_of(one), counts))
        return pictures

    def _sensitivities(self, dossier: Dossier, actor: Actor) -> dict[str, list[Sensitivity]]:
        images = {one.record_id: image_of(one) for one in dossier.images}
        found = {}
        for one in dossier.pinned:
            content = analysis_of(one)
            shapes = [(shape["shape"], stored_outline(shape)) for shape in content.shapes]
            counts = self._pixels.counts(images[content.image], actor)
            found[picture_file(one)] = sensitivity(counts, shapes, **compared_with(content, counts.size))
        return found


def attachments(
    dossier: Dossier,
    signatures: list[SignatureView],
    items: Sequence[InventoryItem],
    seal: Seal | None,
    imprint: Imprint,
) -> list[Attachment]:
    """Return the report's data as files: everything as stored, and the log as a table."""
    data: Json = {
        "result": dossier.content.as_json(),
        "analyses": [dict(one.content) for one in dossier.pinned],
        "images": [dict(one.content) for one in dossier.images],
        "displays": [shown(dossier, image_of(one)).as_json(one.record_id) for one in dossier.images],
        "signatures": [one.model_dump(mode="json") for one in signatures],
        "inventory": [one.model_dump(mode="json") for one in items],
        "log": [
            {"number": one.written.number, "leaf": one.written.leaf, "text": one.text, "entry": dict(one.body)}
            for one in dossier.entries
        ],
        "checkpoint": None if seal is None else seal.note,
        "verifier_key": imprint.verifier_key(),
    }
    return [
        Attachment("data.json", canonical(data).encode(), "application/json", "Everything in this report, as stored"),
        Attachment("log.csv", tables.log(dossier.entries), "text/csv", "The image log as a table", "alternative"),
    ]
