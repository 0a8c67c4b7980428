"""A laboratory with a study in which everything was done that a bundle can hold, and a bundle of each scope."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from blotter_records.contract.analyses import Background
from blotter_records.contract.exports import ExportView, UserLogRequest
from blotter_records.contract.images import AnnotationRequest, DisplayRequest, FlipRequest, Mark
from blotter_records.contract.shapes import Ellipse
from blotter_records.contract.studies import LaneLoad, MembraneRequest, SampleRequest
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.vocabulary import Action, BackgroundMethod, LoadKind, MembraneKind, Role
from laboratory import Laboratory

LABELS = ["β-actin 42 kDa", '=HYPERLINK("x")', '#import "x" </script>', "样品 三", "عينة", "W" * 80]
COMMENT = "Checked \u202eesrever\u202c " + "W" * 220
LETTER = b"To whom it may concern"
WHY = "Needed for the copies of the test"


@dataclass
class World:
    """The laboratory; ``counts`` are those of ``image``, ``bundles`` the exports by name."""

    lab: Laboratory
    counts: np.ndarray
    image: str
    eight: str
    flipped: str
    result: str
    other: str
    bundles: dict[str, ExportView] = field(default_factory=dict)

    def write(self, name: str, path: Path) -> Path:
        """Write a bundle to a file."""
        with path.open("wb") as file:
            file.writelines(self.lab.store.open(self.bundles[name].sha256))
        return path

    def unpack(self, name: str, folder: Path) -> Path:
        """Unpack a bundle; return its folder."""
        with zipfile.ZipFile(self.write(name, folder / "bundle.zip")) as archive:
            archive.extractall(folder / "out")
        (folder / "bundle.zip").unlink()
        (inside,) = (folder / "out").iterdir()
        return inside


DISC = Ellipse(row=150.0, column=200.5, half_height=12.0, half_width=20.25, turned=15.0)
BALL = Background(method=BackgroundMethod.ROLLING_BALL, radius=25.0)


def make_world(lab: Laboratory) -> World:
    """Fill a laboratory; nothing is exported yet."""
    ana, services, counts, truth = lab.people["ana"], lab.services, *make_blot(Recipe(rows=300, columns=420))
    boxes = [
        (band.rectangle.row0, band.rectangle.column0, band.rectangle.row1, band.rectangle.column1)
        for band in truth.bands
    ]
    lab.in_notebook("ana", "Quantify a gel.ipynb", ['ImageViewer(image="IMG-000001")', 'Result(image="IMG-000001")'])
    ana = lab.people["ana"]
    sample = services.parts.save_sample(
        ana, SampleRequest(study=lab.study, name="Lysate 1", group="control", idempotency_key="sample-01", reason=WHY)
    )
    lanes = [LaneLoad(lane=1, load=LoadKind.SAMPLE, sample=sample.sample, micrograms=20)]
    membrane = services.parts.save_membrane(
        ana,
        MembraneRequest(
            study=lab.study,
            name="Blot 1",
            kind=MembraneKind.MEMBRANE,
            lanes=lanes,
            idempotency_key="membrane-01",
            reason=WHY,
        ),
    )
    image = lab.import_image("ana", "blot 1 (β).tif", counts, membrane=membrane.membrane)
    eight = lab.import_image("ana", "=eight bits.tif", np.clip(counts >> 8, 0, 255).astype(np.uint8))
    mark = Mark(mark="M1", kind="text", row=5, column=6, text="=cmd")
    services.layers.annotate(
        ana, Action.IMAGE_ANNOTATE, image, AnnotationRequest(marks=[mark], idempotency_key="annotate-1", reason=WHY)
    )
    services.layers.save_display(ana, image, DisplayRequest(low=0, high=5000, idempotency_key="display-01"))
    flipped = services.transforms.make(
        ana, Action.IMAGE_TRANSFORM_FLIP, image, FlipRequest(axis="rows", reason=WHY, idempotency_key="flip-0001")
    ).image
    shapes = list(zip(LABELS, boxes, strict=False))
    versions = [lab.analyse("ana", image, shapes), lab.analyse("ana", eight, shapes[:1], (DISC,), BALL)]
    result = lab.result("ana", "Loading control <b>β</b>", *versions)
    lab.sign("ana", result, Action.RESULT_SUBMIT, comment=COMMENT)
    services.results.start_review(lab.people["rui"], result)
    lab.sign("rui", result, Action.RESULT_REVIEW_SIGN)
    lab.sign("omar", result, Action.RESULT_APPROVE, comment="موافق")
    other = lab.result("ana", "Of the flipped one", lab.analyse("ana", flipped, shapes[:1]))
    _manage(lab)
    return World(lab, counts, image, eight, flipped, result, other)


def _manage(lab: Laboratory) -> None:
    """Let the System Managers do what needs two of them, and somebody be refused."""
    sol = lab.people["sol"].person()
    lab.sign("mia", sol, Action.USER_ROLE_ASSIGN, reason=WHY, role=Role.REVIEWER.value)
    lab.sign("max", "PRP-000001", Action.PROPOSAL_COUNTERSIGN)
    lab.sign("keri", lab.study, Action.RECORD_HOLD_SET, reason=WHY)
    mia, services = lab.people["mia"], lab.services
    services.letters.record(mia, "letter.pdf", LETTER, sent_on=date(2026, 1, 5), address="FDA, Rockville", reason=WHY)
    services.access_reviews.begin(mia)


def export(world: World) -> World:
    """Make a bundle of each scope; the volumes of the logs are short, so that there are several."""
    lab = world.lab
    with lab.sequencing():
        bundles = lab.bundles(volume=40)
        world.bundles["result"] = bundles.of_result(lab.people["ana"], world.result)
        world.bundles["image"] = bundles.of_image(lab.people["rui"], world.flipped)
        world.bundles["study"] = bundles.of_study(lab.people["keri"], lab.study)
        world.bundles["users"] = bundles.of_users(lab.people["mia"], UserLogRequest())
        world.bundles["filtered"] = bundles.of_users(lab.people["mia"], UserLogRequest(who="sol"))
    return world
