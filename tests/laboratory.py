"""A laboratory on a real database: people, an image, an analysis, a signed result; services without the web."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.image_files import TiffReader, to_tiff
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.pictures import thumbnail_png
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.adapters.randomness import SystemRandomness
from blotter_records.adapters.store import ObjectStore
from blotter_records.adapters.typst_report import TypstRenderer
from blotter_records.contract.accounts import AccountRequest
from blotter_records.contract.analyses import AnalysisStart, Background, GestureRequest, Rectangle, SaveRequest, Shape
from blotter_records.contract.notebooks import Cell, NotebookSave
from blotter_records.contract.results import ResultRequest, SigningIntentRequest
from blotter_records.densitometry.shapes import Rectangle as Bounds
from blotter_records.domain.note import SigningKey
from blotter_records.domain.policies import Policies
from blotter_records.ports.ledger import Context
from blotter_records.services.accounts import add_account
from blotter_records.services.acting import SYSTEM, Actor, Gate
from blotter_records.services.analyses import Analyses
from blotter_records.services.bundles import Bundles
from blotter_records.services.credentials import Credentials
from blotter_records.services.exports import Exports
from blotter_records.services.images import Images
from blotter_records.services.imprint import Imprint
from blotter_records.services.notebooks import Notebooks
from blotter_records.services.pixels import Pixels
from blotter_records.services.proof import Proof
from blotter_records.services.refusals import Refusals
from blotter_records.services.reports import Reports
from blotter_records.services.results import Results
from blotter_records.services.sequencing import Sequencer
from blotter_records.services.sessions import Sessions
from blotter_records.services.signatures import Signatures
from blotter_records.verifier import blotter_verify
from blotter_records.vocabulary import Action, BackgroundMethod, BackgroundSides, Gesture, Role, ServiceIdentity

PASSWORD = "correct Horse 9 battery"
HUB = Actor(service=ServiceIdentity.HUB)
PEOPLE = {
    "ana": ("Ana Søndergård", Role.ANALYST),
    "rui": ("芮 Rui Wei", Role.REVIEWER),
    "omar": ("عمر Omar", Role.APPROVER),
}


class Drawing:
    """Pictures with helper-free defaults."""

    def png(self, counts, window, *, longest_side, shapes):
        boxes = [(label, Bounds(*box)) for label, box in shapes]
        return thumbnail_png(counts, window[0], window[1], longest_side, True, boxes or None)


class Sequencing:
    """A sequencer that runs beside the test until it is stopped."""

    def __init__(self, database, folder: Path, key: SigningKey) -> None:
        sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
        self._sequencer = Sequencer(sequence, FileCheckpointFolder(folder), key, utc_now)
        self._sequence = sequence
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self._sequencer.step()
        self._sequence.close()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@dataclass
class Laboratory:
    """Services on one database, and people who are signed in."""

    database: object
    ledger: object
    store: ObjectStore
    key: SigningKey
    folder: Path
    services: SimpleNamespace
    people: dict[str, Actor]

    def sequencing(self) -> Sequencing:
        """Return a sequencer to run in a ``with`` block."""
        return Sequencing(self.database, self.folder, self.key)

    def bundles(self, wait_s: float = 20.0) -> Bundles:
        """Return the service that makes bundles, which waits so long for the sequencer."""
        return self.services.bundles(wait_s)

    def import_image(self, who: str, file_name: str, counts, reason: str = "Blot of the first run") -> str:
        """Import counts as a TIFF file; return the image's id."""
        stored = self.store.put(to_tiff(counts))
        return self.services.images.seal(self.people[who], file_name, reason, stored).image

    def analyse(self, who: str, image: str, shapes: list[tuple[str, tuple[int, int, int, int]]]) -> str:
        """Draw shapes one by one and save; return the version's id."""
        actor, analyses = self.people[who], self.services.analyses
        view = analyses.start(actor, AnalysisStart(image=image).image)
        drawn: list[Shape] = []
        for at, (label, (row0, column0, row1, column1)) in enumerate(shapes, 1):
            box = Rectangle(row0=row0, column0=column0, row1=row1, column1=column1)
            drawn.append(Shape(shape=f"S{at}", label=label, rectangle=box))
            view = analyses.edit(
                actor,
                view.analysis,
                GestureRequest(
                    gesture=Gesture.SHAPE_ADD,
                    expected_rev=view.rev,
                    shapes=drawn,
                    background=Background(method=BackgroundMethod.MEDIAN, width=3, sides=BackgroundSides.ALL),
                    idempotency_key=f"{view.analysis}-gesture-{at}",
                ),
            )
        key = f"{view.analysis}-save-1"
        return (
            analyses.save(actor, view.analysis, SaveRequest(expected_rev=view.rev, idempotency_key=key)).versions[-1].id
        )

    def result(self, who: str, title: str, *analyses: str) -> str:
        """Make a result; return its id."""
        return self.services.results.create(
            self.people[who], ResultRequest(title=title, analyses=list(analyses), idempotency_key=secrets.token_hex(8))
        ).result

    def sign(self, who: str, result: str, action: Action, *, reason: str = "", comment: str = "") -> str:
        """Sign a step; return the signature's id."""
        request = SigningIntentRequest(result=result, action=action, reason=reason, comment=comment)
        intent = self.services.signatures.intend(self.people[who], request)
        return self.services.signatures.sign(intent.intent, who, PASSWORD, address="127.0.0.1").signature

    def in_notebook(self, who: str, name: str, sources: list[str]) -> None:
        """Save a notebook and let the person's actions come from its first cell."""
        cells = [Cell(cell_type="code", id=f"cell-{at}", source=source) for at, source in enumerate(sources)]
        view = self.services.notebooks.save(self.people[who], name, NotebookSave(expected_version=0, cells=cells))
        context = Context(notebook=view.notebook, notebook_version=view.version, cell="cell-0", kernel="k-1")
        self.people[who] = replace(self.people[who], context=context)


def open_laboratory(database, folder: Path) -> Laboratory:
    """Return a laboratory on a fresh database."""
    (folder / "checkpoints").mkdir()
    ledger = database.ledger()
    store = ObjectStore((folder / "store").as_uri())
    key = SigningKey.make("blotter/0123456789abcdef")
    gate = Gate(Policies(password_bcrypt_cost=4), Refusals(ledger))
    services = _services(ledger, store, gate, key)
    lab = Laboratory(database, ledger, store, key, folder / "checkpoints", services, {})
    for user_name, (printed_name, role) in PEOPLE.items():
        request = AccountRequest(user_name=user_name, printed_name=printed_name, roles=[role], reason="First people")
        with ledger.begin() as work:
            made = add_account(work, SYSTEM, None, request, reason="First people")
            hashed = services.credentials.hashed(PASSWORD)
            work.put_secret(made.record_id, hashed, is_temporary=False, ends_at=None, entry_id=made.entry.id)
            work.commit()
        opened = services.sessions.open(HUB, user_name, PASSWORD, "127.0.0.1")
        lab.people[user_name] = services.sessions.actor(opened.token)
    return lab


def _services(ledger, store, gate: Gate, key: SigningKey) -> SimpleNamespace:
    randomness, reader = SystemRandomness(), TiffReader()
    credentials = Credentials(ledger, gate.policies)
    sessions = Sessions(ledger, ledger, randomness, gate=gate, credentials=credentials, service_secrets={})
    pixels = Pixels(ledger, store, reader, 64 << 20)
    analyses = Analyses(ledger, gate=gate, pixels=pixels)
    exports = Exports(ledger, store, gate=gate)
    seals = ledger.seals()
    imprint = Imprint(key.name, "blotter 0.1.0", True, True, lambda: str(key.verifier()))
    reports = Reports(
        ledger, TypstRenderer(), Drawing(), seals=seals, pixels=pixels, exports=exports, gate=gate, imprint=imprint
    )
    verifier = Path(blotter_verify.__file__).read_bytes()

    def bundles(wait_s: float) -> Bundles:
        return Bundles(
            ledger, store, reports, seals=seals, pixels=pixels, exports=exports, gate=gate, imprint=imprint,
            verifier=verifier, wait_s=wait_s,
        )  # fmt: skip

    return SimpleNamespace(
        credentials=credentials,
        sessions=sessions,
        images=Images(ledger, store, reader, _NoTiles(), gate=gate, pixels=pixels, max_bytes=64 << 20),
        analyses=analyses,
        results=Results(ledger, gate=gate),
        signatures=Signatures(
            ledger,
            ledger,
            randomness,
            gate=gate,
            credentials=credentials,
            sessions=sessions,
            proof=Proof(ledger, pixels, analyses),
            signing_origin="http://127.0.0.1:8001",
        ),
        notebooks=Notebooks(ledger, gate=gate),
        exports=exports,
        reports=reports,
        bundles=bundles,
        seals=seals,
    )


class _NoTiles:
    """Nobody looks at tiles here."""

    tile_size = 256

    def levels(self, rows, columns):
        return [(rows, columns)]
