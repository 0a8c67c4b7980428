"""The outside world: what each port is on a real installation."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.adapters.image_files import ImageFiles
from blotter_records.adapters.pictures import ShapePictures
from blotter_records.adapters.postgres import PostgresLedger
from blotter_records.adapters.randomness import SystemRandomness
from blotter_records.adapters.store import ObjectStore
from blotter_records.adapters.tiles import TileCache
from blotter_records.adapters.typst_report import TypstRenderer
from blotter_records.ports.clock import Clock, Randomness
from blotter_records.ports.files import ImageReader, Pictures, Store, Tiles
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.rendering import ChartPainter, ReportRenderer
from blotter_records.ports.seals import Seals
from blotter_records.settings import Settings

#: Connections to the database, at most.
POOL = 16


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
    painter: ChartPainter
    seals: Seals


def outside(settings: Settings) -> Ports:
    """Return the real outside world. Raises ``Unavailable``."""
    ledger = PostgresLedger(settings.database_url, settings.database_password() or "", POOL)
    typst = TypstRenderer()
    return Ports(
        ledger=ledger,
        clock=ledger,
        randomness=SystemRandomness(),
        store=ObjectStore(settings.store_url),
        reader=ImageFiles(max_bytes=settings.max_image_bytes),
        tiles=TileCache(settings.tile_cache_bytes, settings.tile_folder),
        pictures=ShapePictures(),
        renderer=typst,
        painter=typst,
        seals=ledger.seals(),
    )
