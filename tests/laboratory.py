"""A laboratory on a real database: people, an image, an analysis, a signed result; services without the web."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from blotter_records.adapters.image_files import to_tiff
from blotter_records.adapters.store import ObjectStore
from blotter_records.bootstrap import Services, outside
from blotter_records.contract.accounts import AccountRequest
from blotter_records.contract.analyses import AnalysisStart, AnalysisView, Background, GestureRequest, SaveRequest
from blotter_records.contract.notebooks import Cell, NotebookSave
from blotter_records.contract.results import ResultRequest
from blotter_records.contract.shapes import Ellipse, Rectangle, Shape
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.domain.note import SigningKey
from blotter_records.domain.policy_table import DEFAULT_VALUES
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Study
from blotter_records.ports.entries import Context
from blotter_records.services.acting.actor import Actor, system_actor
from blotter_records.services.bundles.bundles import Bundles
from blotter_records.services.images.images import ImportPlace
from blotter_records.services.people.adding import add_account
from blotter_records.services.studies.studies import add_study
from blotter_records.settings import Settings
from blotter_records.verifier.assembling import assembled
from blotter_records.vocabulary import (
    Action,
    Gesture,
    RecordKind,
    Role,
    ServiceIdentity,
)
from reviewing import InProcess, look_through
from sequencing import Sequencing

PASSWORD = "correct Horse 9 battery"
HUB = Actor(service=ServiceIdentity.HUB)
PEOPLE = {
    "ana": ("Ana Søndergård", Role.ANALYST),
    "rui": ("芮 Rui Wei", Role.REVIEWER),
    "omar": ("عمر Omar", Role.APPROVER),
    "keri": ("Keri Keeper", Role.RECORDS_MANAGER),
    "sol": ("Sol Supervisor", Role.SUPERVISOR),
    "mia": ("Mia Manager", Role.SYSTEM_MANAGER),
    "max": ("Max Manager", Role.SYSTEM_MANAGER),
}


@dataclass
class Laboratory:
    """Services on one database, and people who are signed in."""

    database: object
    ledger: object
    store: ObjectStore
    key: SigningKey
    folder: Path
    services: Services
    people: dict[str, Actor]
    study: str = ""

    def sequencing(self) -> Sequencing:
        """Return a sequencer to run in a ``with`` block."""
        return Sequencing(self.database, self.folder, self.key)

    def bundles(self, wait_s: float = 20.0, volume: int = 5_000) -> Bundles:
        """Return the service that makes bundles: how long it waits for the sequencer, entries of a printed volume."""
        made = self.services
        return Bundles(
            self.ledger,
            self.store,
            made.reports,
            made.ports.renderer,
            seals=made.ports.seals,
            pixels=made.pixels,
            exports=made.exports,
            gate=made.gate,
            imprint=made.imprint,
            verifier=assembled(),
            wait_s=wait_s,
            volume=volume,
        )

    def import_image(
        self, who: str, file_name: str, counts, reason: str = "Blot of the first run", membrane: str | None = None
    ) -> str:
        """Import counts as a TIFF file; return the image's id."""
        stored = self.store.put(to_tiff(counts))
        actor, images, place = self.people[who], self.services.images, ImportPlace(self.study, membrane)
        return images.seal(actor, images.begin_import(actor, file_name, place, reason), stored).image

    def analyse(
        self,
        who: str,
        image: str,
        shapes: list[tuple[str, tuple[int, int, int, int]]],
        ellipses: tuple[Ellipse, ...] = (),
        background: Background | None = None,
    ) -> str:
        """Draw rectangles, then ellipses, one by one, and save; return the version's id."""
        actor, analyses = self.people[who], self.services.analyses
        view = analyses.start(actor, AnalysisStart(image=image, idempotency_key=secrets.token_hex(8)))
        drawn: list[Shape] = []
        outlines = [
            (label, {"rectangle": Rectangle(row0=row0, column0=column0, row1=row1, column1=column1)})
            for label, (row0, column0, row1, column1) in shapes
        ] + [("", {"ellipse": one}) for one in ellipses]
        if background:
            view = analyses.edit(actor, view.analysis, self._background(view, background))
        for at, (label, outline) in enumerate(outlines, 1):
            drawn.append(Shape(shape=f"S{at}", label=label, **outline))
            view = analyses.edit(
                actor,
                view.analysis,
                GestureRequest(
                    gesture=Gesture.SHAPE_ADD,
                    expected_rev=view.rev,
                    shapes=drawn,
                    background=view.background,
                    idempotency_key=f"{view.analysis}-gesture-{at}",
                ),
            )
        key = f"{view.analysis}-save-1"
        return (
            analyses.save(actor, view.analysis, SaveRequest(expected_rev=view.rev, idempotency_key=key)).versions[-1].id
        )

    @staticmethod
    def _background(view: AnalysisView, background: Background) -> GestureRequest:
        return GestureRequest(
            gesture=Gesture.BACKGROUND_SET,
            expected_rev=view.rev,
            shapes=view.shapes,
            background=background,
            idempotency_key=f"{view.analysis}-background",
        )

    def result(self, who: str, title: str, *analyses: str) -> str:
        """Make a result; return its id."""
        return self.services.results.create(
            self.people[who], ResultRequest(title=title, analyses=list(analyses), idempotency_key=secrets.token_hex(8))
        ).result

    def sign(self, who: str, record: str, action: Action, *, reason: str = "", comment: str = "", **details) -> str:
        """Sign an action; return the signature's id."""
        if action is Action.RESULT_REVIEW_SIGN:
            self.look_through(who, record)
        request = SigningIntentRequest(record=record, action=action, reason=reason, comment=comment, details=details)
        intent = self.services.intents.intend(self.people[who], request)
        return self.services.signatures.sign(intent.intent, who, PASSWORD, address="127.0.0.1").signature

    def look_through(self, who: str, result: str) -> None:
        """Review the trail of a result that the person has taken for review."""
        look_through(InProcess(self.services, self.people[who]), result)

    def in_notebook(self, who: str, name: str, sources: list[str]) -> None:
        """Save a notebook and let the person's actions come from its first cell."""
        cells = [Cell(cell_type="code", id=f"cell-{at}", source=source) for at, source in enumerate(sources)]
        view = self.services.notebooks.save(self.people[who], name, NotebookSave(expected_version=0, cells=cells))
        context = Context(notebook=view.notebook, notebook_version=view.version, cell="cell-0", kernel="k-1")
        self.people[who] = replace(self.people[who], context=context)


def open_laboratory(database, folder: Path, origin: str = "blotter/0123456789abcdef") -> Laboratory:
    """Return a laboratory on a fresh database: people who are signed in, and a study in which they work."""
    (folder / "checkpoints").mkdir()
    (folder / "password").write_text(database.password("blotter_runtime"))
    key = SigningKey.make(origin)
    settings = Settings(
        database_url=database.url("blotter_runtime"),
        database_password_file=folder / "password",
        store_url=(folder / "store").as_uri(),
        signing_origin="http://127.0.0.1:8001",
        is_demo=True,
        origin=key.name,
        checkpoint_key=str(key.verifier()),
        pixel_cache_bytes=64 << 20,
    )
    ports = outside(settings)
    services = Services(settings, ports, {**DEFAULT_VALUES, "password.bcrypt_cost": 4})
    services.configurations.install()
    lab = Laboratory(database, ports.ledger, ports.store, key, folder / "checkpoints", services, {})
    _add_people(lab)
    return lab


def _add_people(lab: Laboratory) -> None:
    services, why = lab.services, Reason("First people of the laboratory")
    with lab.ledger.begin() as work:
        configuration = services.configurations.current(work)
    system = system_actor("a test", configuration)
    members = []
    for user_name, (printed_name, role) in PEOPLE.items():
        request = AccountRequest(user_name=user_name, printed_name=printed_name, roles=[role], reason=why.text)
        with lab.ledger.begin() as work:
            now = services.ports.clock.now()
            made = add_account(work, system, None, request, reason=why, now=now, is_demo=True)
            hashed = services.credentials.hashed(PASSWORD, configuration.policies)
            work.put_secret(made.record_id, hashed, is_temporary=False, ends_at=None, entry_id=made.entry.id)
            work.commit()
        opened = services.sign_in.open(HUB, user_name, PASSWORD, "127.0.0.1")
        lab.people[user_name] = services.sessions.actor(opened.token)
        if role is not Role.SYSTEM_MANAGER:
            members.append({"account": made.record_id, "roles": [role.value]})
    with lab.ledger.begin() as work:
        study = Study(
            study=work.next_id(RecordKind.STUDY),
            title="First study",
            study_kind="gxp",
            purpose="",
            members=members,
            retention_class="gxp",
            retention_years=10,
            created_by=lab.people["sol"].person(),
            created_by_name=lab.people["sol"].name(),
        )
        add_study(work, lab.people["sol"], Role.SUPERVISOR, study, Action.STUDY_CREATE, reason=why)
        work.commit()
    lab.study = study.study
