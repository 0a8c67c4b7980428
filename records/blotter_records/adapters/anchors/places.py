"""Makes the places that ``anchors.toml`` names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blotter_records.adapters.anchors.configuration import (
    FolderPlace,
    MailPlace,
    ObjectStorePlace,
    PlaceSettings,
    read_places,
)
from blotter_records.adapters.anchors.folder import FolderAnchor
from blotter_records.adapters.anchors.mail import MailAnchor
from blotter_records.adapters.anchors.object_store import ObjectStoreAnchor
from blotter_records.adapters.anchors.time_stamp import TimeStampAnchor
from blotter_records.ports.anchors import AnchorPlace


def make_places(file: Path, origins: Sequence[str], tokens: Path) -> list[AnchorPlace]:
    """Return the places of a file.

    Parameters
    ----------
    file : Path
        ``anchors.toml``.
    origins : sequence of str
        The installation's origin, then those that it continues: whose checkpoints are read back.
    tokens : Path
        Where time stamps are kept.

    Raises
    ------
    Invalid
        ``anchors.invalid``.
    """
    return [_place(one, origins, tokens) for one in read_places(file)]


def _place(settings: PlaceSettings, origins: Sequence[str], tokens: Path) -> AnchorPlace:
    if isinstance(settings, FolderPlace):
        return FolderAnchor(settings, origins)
    if isinstance(settings, ObjectStorePlace):
        return ObjectStoreAnchor(settings, origins)
    if isinstance(settings, MailPlace):
        return MailAnchor(settings)
    return TimeStampAnchor(settings, tokens / settings.name)
