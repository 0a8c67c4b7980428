"""Bundles: accurate and complete copies of a result, an image, a study or the user log (11.10(b)).

What lies where stands in ``README.txt`` of the bundle and in docs/decisions. One is made in this order:

1. wait until everything that was written before is under a checkpoint; what is numbered up to it is copied, whole;
2. collect the entries on disk, print the log from them;
3. write down in the trail what the bundle will hold (how many entries, their digest, that of the printed volumes):
   the *statement*, which the bundle brings with it, so that nothing can be left out of it afterwards;
4. wait until the statement is under a checkpoint, too; all proofs are to that one;
5. write the files one by one, keep the bundle, record that it was made.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from blotter_records.contract.exports import ExportView, UserLogRequest
from blotter_records.domain.canonical import canonical
from blotter_records.domain.proving import Prover
from blotter_records.domain.records import Json
from blotter_records.errors import IntegrityBroken, Unavailable
from blotter_records.ports.entries import NewEntry, Revision, TrailFilter
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.ports.rendering import ReportRenderer
from blotter_records.ports.seals import Seal, Seals
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.bundles import scopes
from blotter_records.services.bundles.bag import Bag, readme
from blotter_records.services.bundles.collecting import Collected, Kept, collect
from blotter_records.services.bundles.payload import Payload, pretty
from blotter_records.services.bundles.scopes import ReadScope, Scope
from blotter_records.services.bundles.settling import opened, settle
from blotter_records.services.bundles.volumes import LARGEST, Printing, Volume, Volumes, logs_digest
from blotter_records.services.copies.exports import Exports, MadeFile
from blotter_records.services.images import images
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.reports.reports import Reports
from blotter_records.services.reports.wording import utc
from blotter_records.services.results import showing
from blotter_records.services.studies import studies
from blotter_records.vocabulary import Action, ExportKind

#: Of the layout; the verifier knows which it can check.
FORMAT = "blotter-bundle/2"
#: How long a bundle waits until all its entries lie under a checkpoint, seconds.
WAIT_S = 20.0
#: Bundles that are made at the same time, at most: each takes a thread, a core, and room on the disk.
AT_ONCE = 4


@dataclass(frozen=True)
class Making:
    """A bundle that is being made."""

    actor: Actor
    role: str | None
    action: Action
    scope: Scope
    collected: Collected
    at: datetime
    folder: Path

    def name(self) -> str:
        """Return the name of the bundle's folder; its file adds ``.zip``."""
        version = f".{self.scope.version}" if self.scope.version else ""
        return f"{self.scope.record}{version}-bundle-{self.at:%Y%m%dT%H%M%SZ}"


class Bundles:
    """Makes bundles."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        reports: Reports,
        renderer: ReportRenderer,
        *,
        seals: Seals,
        pixels: Pixels,
        exports: Exports,
        gate: Gate,
        imprint: Imprint,
        verifier: bytes,
        wait_s: float = WAIT_S,
        volume: int = LARGEST,
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
        self._volumes = Volumes(ledger, renderer, imprint, volume)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def of_result(self, actor: Actor, result: str) -> ExportView:
        """Make a report and a bundle of a result as it stands, keep both, and record that they were made.

        Raises
        ------
        Refused, NotFound, IntegrityBroken
            As :meth:`Reports.make`.
        Unavailable
            ``unavailable.sequencer``: entries have no number or no checkpoint yet; nothing but the report was made.
            ``unavailable.turns``: too many bundles are being made.
        """
        with self._gate.acting(actor, Action.BUNDLE_EXPORT, f"result:{result}") as acting, self._turn():
            self._check(acting, showing.found, result)
            self._reports.make(actor, result)
            return self._make(acting, lambda work: scopes.of_result(work, result))

    def of_image(self, actor: Actor, image: str) -> ExportView:
        """Make a bundle of an image, everything made from it, and what its results pin. Raises as the others."""
        with self._gate.acting(actor, Action.BUNDLE_EXPORT, f"image:{image}") as acting, self._turn():
            self._check(acting, images.found, image)
            return self._make(acting, lambda work: scopes.of_image(work, image))

    def of_study(self, actor: Actor, study: str) -> ExportView:
        """Make a bundle of a study, all of it.

        Raises
        ------
        Conflict
            ``conflict.copy``: it holds a copy. Others as :meth:`of_result`.
        """
        with self._gate.acting(actor, Action.BUNDLE_EXPORT, f"study:{study}") as acting, self._turn():
            self._check(acting, studies.found, study)
            return self._make(acting, lambda work: scopes.of_study(work, study))

    def of_users(self, actor: Actor, request: UserLogRequest) -> ExportView:
        """Make a bundle of the user log: people, sessions, configuration, and whatever was refused or failed.

        Raises
        ------
        Invalid
            ``trail.text``. Others as :meth:`of_result`.
        """
        with self._gate.acting(actor, Action.LOG_USER_EXPORT, "system") as acting, self._turn():
            with self._ledger.begin() as work:
                scopes.of_users(work, request)  # a filter that cannot be is refused before anybody waits
            return self._make(acting, lambda work: scopes.of_users(work, request))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Take one of few turns, so that bundles leave threads and cores to everybody else."""
        if not self._turns.acquire(blocking=False):
            raise Unavailable(
                "unavailable.turns", f"{AT_ONCE} bundles are being made at the moment.", "Try again in some minutes."
            )
        try:
            yield
        finally:
            self._turns.release()

    def _check(self, acting: Acting, found: Callable[[UnitOfWork, str], Revision], record: str) -> None:
        """Decide on the study of a record, before anything is made."""
        with self._ledger.begin() as work:
            acting.on(work, found(work, record).content["study"])

    def _make(self, acting: Acting, read: ReadScope) -> ExportView:
        seal = settle(self._seals, wait_s=self._wait_s)
        with self._ledger.begin() as work:
            scope = read(work)
        with (
            closing(collect(self._ledger, scope, seal.size)) as collected,
            tempfile.TemporaryDirectory(prefix="blotter-bundle-") as folder,
        ):
            making = Making(
                acting.actor, acting.role, acting.action, scope, collected, self._ledger.now(), Path(folder)
            )
            digest = collected.digest()
            by = f"{acting.actor.name()} ({acting.actor.user_name})"
            volumes = self._volumes.make(Printing(scope, seal, digest, by, making.at), collected, making.folder)
            about = self._statement(making, digest, volumes)
            statement = self._state(making, about)
            newest = settle(self._seals, wait_s=self._wait_s)
            return self._pack(making, about, volumes, self._kept(statement), newest)

    def _statement(self, making: Making, digest: str, volumes: list[Volume]) -> Json:
        """Return what the trail is to say of the bundle."""
        scope, collected = making.scope, making.collected
        return {
            "format": FORMAT,
            "scope": scope.scope.value,
            "record": scope.record,
            "record_version": scope.version,
            "filter": scope.asked,
            "title": scope.title,
            "installation": self._imprint.origin,
            "marks": list(self._imprint.marks()),
            "software": self._imprint.software,
            "made_at": utc(making.at),
            "made_by": making.actor.name(),
            "upto": collected.upto,
            "entries": len(collected),
            "entries_sha256": digest,
            "logs_sha256": logs_digest([one.as_json() for one in volumes]),
        }

    def _state(self, making: Making, about: Json) -> int:
        """Write the statement; return the entry's id."""
        scope, actor = making.scope, making.actor
        with self._ledger.begin() as work:
            written = work.note(
                NewEntry(
                    stream=scope.stream,
                    action=making.action,
                    subject=actor.subject(making.role),
                    context=actor.context,
                    record_id=None if scope.stream == "system" else scope.record,
                    record_version=scope.version or None,
                    new=about,
                    summary=f"{actor.name()} exports a bundle of {scope.title}: {about['entries']} entries up to "
                    f"number {about['upto']}, SHA-256 {about['entries_sha256'][:12]}…",
                )
            )
            work.commit()
        return written.id

    def _kept(self, statement: int) -> Kept:
        with self._ledger.begin() as work:
            (entry,) = work.entries(TrailFilter(after=statement - 1, limit=1))
        assert entry.written.number is not None
        return Kept(entry.written.number, entry.written.leaf, entry.text)

    def _pack(self, making: Making, about: Json, volumes: list[Volume], statement: Kept, seal: Seal) -> ExportView:
        """Write the bundle, keep it, record that it was made."""
        scope, collected, actor = making.scope, making.collected, making.actor
        path = making.folder / "bundle.zip"
        with Bag(path, making.name()) as bag:
            Payload(self._ledger, self._store, self._pixels, actor, bag, making.folder).write(scope, collected)
            for volume in volumes:
                bag.add_file(volume.file.removeprefix("data/"), volume.path)
            self._trail(bag, making, statement, seal)
            said = {
                **about,
                "logs": [one.as_json() for one in volumes],
                "statement": statement.number,
                "checkpoint_size": seal.size,
                "streams": collected.streams,
            }
            bag.add("bundle.json", pretty(said))
            bag.finish(
                {"README.txt": readme(scope.title, utc(making.at)), "verify.py": self._verifier},
                {
                    "Source-Organization": self._imprint.origin,
                    "Bagging-Date": f"{making.at:%Y-%m-%d}",
                    "External-Description": scope.title,
                    "Bag-Software-Agent": self._imprint.software,
                },
            )
        made = MadeFile(
            kind=ExportKind.BUNDLE,
            record=scope.record,
            record_version=scope.version,
            made_from=scope.stream,
            study=scope.study,
            file_name=f"{making.name()}.zip",
            media_type="application/zip",
            scope=scope.scope.value,
            entries=len(collected),
            upto=collected.upto,
        )
        return self._exports.keep(actor, making.role, making.action, made, path)

    def _trail(self, bag: Bag, making: Making, statement: Kept, seal: Seal) -> None:
        """Write the entries with their proofs, by number; the statement is the last one.

        Raises ``IntegrityBroken('integrity.checkpoint')`` if the trail does not fit the checkpoint.
        """
        prover = Prover(self._seals.leaves(seal.size))
        if prover.root != opened(seal, self._imprint.verifier_key()).root:
            raise IntegrityBroken("integrity.checkpoint", "The audit trail does not fit its newest checkpoint.")
        path = making.folder / "entries.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for one in chain(making.collected, (statement,)):
                proof = [sibling.hex() for sibling in prover.prove(one.number - 1).path]
                file.write(canonical({"number": one.number, "leaf": one.leaf, "text": one.text, "proof": proof}) + "\n")
        bag.add_file("trail/entries.jsonl", path)
        bag.add("trail/checkpoint.txt", seal.note.encode())
        bag.add("trail/verifier-key.txt", f"{self._imprint.verifier_key()}\n".encode())
