"""Files that are there after a power cut, as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def put(file: Path, data: bytes, mode: int) -> None:
    """Write a file, or replace it. Raises ``OSError``."""
    draft = file.with_name(f".{file.name}.new")
    with draft.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.chmod(mode)
    draft.replace(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
