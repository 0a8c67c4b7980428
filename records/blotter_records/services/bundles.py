"""Export bundles: everything about a result in open formats, with what proves it and the program that checks it.

What lies where stands in ``README.txt`` of the bundle and in docs/decisions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from blotter_records.contract.exports import ExportView
from blotter_records.domain.canonical import canonical
from blotter_records.domain.note import BadNote, VerifierKey, open_checkpoint
from blotter_records.domain.proving import Prover
from blotter_records.domain.records import Export, Json, Notebook
from blotter_records.errors import IntegrityBroken, Unavailable
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.seals import Seal, Seals
from blotter_records.services import bundle_layout, tables
from blotter_records.services.acting import Actor, Gate
from blotter_records.services.dossier import Dossier, image_of, settled
from blotter_records.services.exports import Exports, MadeFile
from blotter_records.services.imprint import Imprint
from blotter_records.services.pixels import Pixels
from blotter_records.services.reports import Reports
from blotter_records.services.wording import utc
from blotter_records.vocabulary import Action, ExportKind, RecordKind

#: Of the layout; the verifier knows which it can check.
FORMAT = "blotter-bundle/1"

#: How long a bundle waits until all its entries lie under a checkpoint, seconds.
WAIT_S = 20.0

_README = """\
Blotter export bundle
=====================

{title}

A copy of electronic records with their audit trail and signatures, as of {at} UTC.
To check it you need Python 3.10 or newer and nothing else:

    python3 verify.py

The exit code is 0 only if everything verifies. Get the laboratory's verifier key by another way than this bundle and
give it with --key FILE; a key that came with the bundle proves only that the bundle fits itself. The digest of the ZIP
file stands in the laboratory's audit trail (entry bundle.export); compare it with --sha256 DIGEST.
To be safe from a changed verify.py, use the one from a release of Blotter.

data/bundle.json               what this is, how many entries and revisions it has
data/images/*/original/        the image files as they were imported, byte for byte
data/images/*/counts.tif       the counts that were measured, 16-bit grey TIFF (8-bit images keep their values)
data/records/KIND/ID/REV.json  the content of each record after each change, exactly as hashed
data/tables/*.csv              measurements, signatures and log for a spreadsheet; values as stored
data/trail/entries.jsonl       every audit entry: the exact hashed text, its hash, its number, its inclusion proof
data/trail/checkpoint.txt      the installation's signed checkpoint (C2SP tlog-checkpoint)
data/trail/verifier-key.txt    the installation's public key
data/notebooks/*.ipynb         the notebooks from which something was changed
data/reports/*.pdf             the report of the result
manifest-sha256.txt            SHA-256 of each file under data/ (BagIt, RFC 8493; sha256sum -c checks it too)
"""


class Bundles:
    """Makes the export bundle of a result."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        reports: Reports,
        *,
        seals: Seals,
        pixels: Pixels,
        exports: Exports,
        gate: Gate,
        imprint: Imprint,
        verifier: bytes,
        wait_s: float = WAIT_S,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._reports = reports
        self._seals = seals
        self._pixels = pixels
        self._exports = exports
        self._gate = gate
        self._imprint = imprint
        self._verifier = verifier
        self._wait_s = wait_s

    def make(self, actor: Actor, result: str) -> ExportView:
        """Make a report and a bundle of a result as it stands, keep both, and record that they were made.

        Raises
        ------
        Refused, NotFound, IntegrityBroken
            As :meth:`Reports.make`.
        Unavailable
            ``unavailable.sequencer``: entries have no number or no checkpoint yet; nothing but the report was made.
        TooLarge
            ``bundle.size``.
        """
        with self._gate.acting(actor, Action.BUNDLE_EXPORT, f"result:{result}") as role:
            report = self._reports.make(actor, result)
            dossier, seal = settled(self._ledger, self._seals, result, wait_s=self._wait_s, with_notebooks=True)
            if seal is None or not dossier.is_numbered() or seal.size < dossier.highest():
                raise Unavailable(
                    "unavailable.sequencer",
                    "The bundle was not made: the newest entries are not sealed yet, the sequencer does not answer.",
                    "Try again in a minute; if it stays so, tell a System Manager.",
                )
            now = self._ledger.now()
            content = dossier.content
            name = f"{result}.{content.version}-bundle-{now:%Y%m%dT%H%M%SZ}"
            title = f"Result {result}, version {content.version}: {content.title}"
            payload = dict(self._payload(dossier, seal, report.export, actor))
            payload["bundle.json"] = _pretty(self._about(dossier, seal, actor, utc(now)))
            data = bundle_layout.pack(
                name,
                payload,
                {
                    "README.txt": _README.format(title=" ".join(title.split()), at=utc(now)).encode(),
                    "verify.py": self._verifier,
                },
                {
                    "Source-Organization": self._imprint.origin,
                    "Bagging-Date": f"{now:%Y-%m-%d}",
                    "External-Description": title,
                    "Bag-Software-Agent": self._imprint.software,
                },
            )
            made = MadeFile(
                kind=ExportKind.BUNDLE,
                result=result,
                result_version=content.version,
                file_name=f"{name}.zip",
                media_type="application/zip",
                data=data,
            )
            return self._exports.keep(actor, role, made)

    def _about(self, dossier: Dossier, seal: Seal, actor: Actor, made_at: str) -> Json:
        streams = {one.stream: one.rev for one in dossier.revisions}
        return {
            "format": FORMAT,
            "result": dossier.content.result,
            "result_version": dossier.content.version,
            "result_digest": dossier.content.digest,
            "installation": self._imprint.origin,
            "marks": list(self._imprint.marks()),
            "software": self._imprint.software,
            "made_at": made_at,
            "made_by": actor.name(),
            "checkpoint_size": seal.size,
            "entries": len(dossier.entries),
            "streams": streams,
        }

    def _payload(self, dossier: Dossier, seal: Seal, report: str, actor: Actor) -> Iterator[tuple[str, bytes]]:
        """Yield the files under ``data/`` by name."""
        for one in dossier.images:
            image = image_of(one)
            folder = f"images/{image.image}"
            yield f"{folder}/original/{_plain(image.file_name)}", self._store.get(image.file_sha256)
            yield f"{folder}/counts.tif", bundle_layout.tiff(self._pixels.counts(image, actor))
        for one in dossier.revisions:
            yield f"records/{one.kind}/{one.record_id}/{one.rev}.json", canonical(one.content).encode()
            if one.kind is RecordKind.NOTEBOOK:
                yield f"notebooks/{one.record_id}.{one.version}.ipynb", _notebook(Notebook.from_json(one.content))
            if one.record_id == report:
                yield f"reports/{report}.pdf", self._store.get(Export.from_json(one.content).sha256)
        yield "tables/measurements.csv", tables.measurements(dossier)
        yield "tables/signatures.csv", tables.signatures(dossier)
        yield "tables/log.csv", tables.log(dossier.entries)
        yield "trail/entries.jsonl", self._entries(dossier, seal)
        yield "trail/checkpoint.txt", seal.note.encode()
        yield "trail/verifier-key.txt", f"{self._imprint.verifier_key()}\n".encode()

    def _entries(self, dossier: Dossier, seal: Seal) -> bytes:
        """Return the entries with their proofs, by number. Raises ``IntegrityBroken`` if they don't fit the seal."""
        prover = Prover(self._seals.leaves(seal.size))
        try:
            checkpoint, _ = open_checkpoint(seal.note, VerifierKey.parse(self._imprint.verifier_key()))
        except BadNote as error:
            raise IntegrityBroken("integrity.checkpoint", f"The newest checkpoint does not verify: {error}.") from error
        if prover.root != checkpoint.root:
            raise IntegrityBroken("integrity.checkpoint", "The audit trail does not fit its newest checkpoint.")
        lines = []
        for one in sorted(dossier.entries, key=lambda entry: entry.written.number or 0):
            number = one.written.number
            assert number is not None
            proof = [sibling.hex() for sibling in prover.prove(number - 1).path]
            lines.append(canonical({"number": number, "leaf": one.written.leaf, "text": one.text, "proof": proof}))
        return "".join(f"{line}\n" for line in lines).encode()


def _pretty(value: Json) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _plain(file_name: str) -> str:
    """Return a file name that is safe on every system; the image's record has the name as it was."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", file_name).lstrip(".-")[-100:]
    return stem or "image"


def _notebook(content: Notebook) -> bytes:
    """Return a notebook as a file of nbformat 4.5, without outputs."""
    cells = []
    for cell in content.cells:
        made: Json = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": {}, "source": cell["source"]}
        if cell["cell_type"] == "code":
            made |= {"execution_count": None, "outputs": []}
        cells.append(made)
    kernel = {"name": "blotter", "display_name": "Blotter"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return _pretty(notebook)
