"""The one place where services are joined to the outside world; tests pass other parts through the same door.

``python -m blotter_records.bootstrap demo`` fills an installation with the demo's people and blots (again changes
nothing). It runs as the records service's user, with the same environment, after the migrations; it prints one line
for each person: user name, password, role.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from blotter_records import __version__
from blotter_records.adapters.image_files import TiffReader, to_tiff
from blotter_records.adapters.pictures import ShapePictures
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.randomness import SystemRandomness
from blotter_records.adapters.store import ObjectStore
from blotter_records.adapters.tiles import TileCache
from blotter_records.adapters.typst_report import TypstRenderer
from blotter_records.domain.policies import DEFAULTS, Policies
from blotter_records.errors import Refused
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.files import ImageReader, Pictures, Store, Tiles
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.rendering import ReportRenderer
from blotter_records.ports.seals import Seals
from blotter_records.services.accounts import Accounts
from blotter_records.services.acting import Gate
from blotter_records.services.analyses import Analyses
from blotter_records.services.bundles import Bundles
from blotter_records.services.credentials import Credentials
from blotter_records.services.demo import DEMO_PASSWORD, Demo
from blotter_records.services.exports import Exports
from blotter_records.services.images import Images
from blotter_records.services.imprint import Imprint
from blotter_records.services.notebooks import Notebooks
from blotter_records.services.pixels import Pixels
from blotter_records.services.proof import Proof
from blotter_records.services.refusals import Refusals
from blotter_records.services.reports import Reports
from blotter_records.services.results import Results
from blotter_records.services.sessions import Sessions
from blotter_records.services.signatures import Signatures
from blotter_records.services.signing_pictures import SigningPictures
from blotter_records.services.system import System
from blotter_records.services.trail import Trail
from blotter_records.settings import Settings

#: Connections to the database, at most.
POOL = 16

#: The program that goes into every bundle and verifies it with Python alone.
VERIFIER = Path(__file__).with_name("verifier") / "blotter_verify.py"


@dataclass(frozen=True)
class Ports:
    """The outside world."""

    ledger: Ledger
    clock: Clock
    randomness: Randomness
    store: Store
    reader: ImageReader
    tiles: Tiles
    pictures: Pictures
    renderer: ReportRenderer
    seals: Seals


@dataclass(frozen=True)
class Services:
    """Every use case."""

    settings: Settings
    ports: Ports
    gate: Gate
    refusals: Refusals
    sessions: Sessions
    accounts: Accounts
    images: Images
    pixels: Pixels
    analyses: Analyses
    results: Results
    signatures: Signatures
    signing_pictures: SigningPictures
    notebooks: Notebooks
    exports: Exports
    trail: Trail
    system: System
    reports: Reports
    bundles: Bundles
    demo: Demo


def outside(settings: Settings) -> Ports:
    """Return the real outside world. Raises ``Unavailable``."""
    ledger = PostgresLedger(settings.database_url, settings.database_password() or "", POOL)
    return Ports(
        ledger=ledger,
        clock=ledger,
        randomness=SystemRandomness(),
        store=ObjectStore(settings.store_url),
        reader=TiffReader(max_bytes=settings.max_image_bytes),
        tiles=TileCache(),
        pictures=ShapePictures(),
        renderer=TypstRenderer(),
        seals=ledger.seals(),
    )


def build(settings: Settings, ports: Ports, policies: Policies = DEFAULTS) -> Services:
    """Join the services to their ports."""
    ledger, clock = ports.ledger, ports.clock
    refusals = Refusals(ledger)
    gate = Gate(policies, refusals)
    credentials = Credentials(clock, policies)
    sessions = Sessions(
        ledger,
        clock,
        ports.randomness,
        gate=gate,
        credentials=credentials,
        service_secrets=settings.service_secrets(),
    )
    accounts = Accounts(ledger, clock, ports.randomness, gate=gate, credentials=credentials)
    pixels = Pixels(ledger, ports.store, ports.reader, settings.pixel_cache_bytes)
    images = Images(
        ledger, ports.store, ports.reader, ports.tiles, gate=gate, pixels=pixels, max_bytes=settings.max_image_bytes
    )
    analyses = Analyses(ledger, gate=gate, pixels=pixels)
    signatures = Signatures(
        ledger,
        clock,
        ports.randomness,
        gate=gate,
        credentials=credentials,
        sessions=sessions,
        proof=Proof(ledger, pixels, analyses),
        signing_origin=settings.signing_origin,
    )
    imprint = Imprint(
        origin=settings.checkpoint_origin(),
        software=f"Blotter {__version__}",
        is_demo=settings.is_demo,
        is_evaluation=settings.is_evaluation,
        verifier_key=settings.verifier_key,
    )
    exports = Exports(ledger, ports.store, gate=gate)
    reports = Reports(
        ledger,
        ports.renderer,
        ports.pictures,
        seals=ports.seals,
        pixels=pixels,
        exports=exports,
        gate=gate,
        imprint=imprint,
    )
    bundles = Bundles(
        ledger,
        ports.store,
        reports,
        seals=ports.seals,
        pixels=pixels,
        exports=exports,
        gate=gate,
        imprint=imprint,
        verifier=VERIFIER.read_bytes(),
    )
    return Services(
        settings=settings,
        ports=ports,
        gate=gate,
        refusals=refusals,
        sessions=sessions,
        accounts=accounts,
        images=images,
        pixels=pixels,
        analyses=analyses,
        results=Results(ledger, gate=gate),
        signatures=signatures,
        signing_pictures=SigningPictures(ledger, pixels, ports.pictures),
        notebooks=Notebooks(ledger, gate=gate),
        exports=exports,
        trail=Trail(ledger, gate=gate),
        system=System(ledger, imprint, settings.signing_origin),
        reports=reports,
        bundles=bundles,
        demo=Demo(ledger, ports.store, credentials=credentials, images=images, write_tiff=to_tiff),
    )


def main() -> None:
    """Fill the demo. Raises ``Refused`` on an installation that is none."""
    settings = Settings()  # type: ignore[call-arg]  # from the environment
    if sys.argv[1:] != ["demo"] or not settings.is_demo:
        raise Refused("refused.demo", "Only a demo is filled, by: python -m blotter_records.bootstrap demo")
    for person in build(settings, outside(settings)).demo.prepare():
        sys.stdout.write(f"{person.user_name:<20} {DEMO_PASSWORD:<24} {person.role}\n")


if __name__ == "__main__":
    main()
