"""The files of an environment: their state, which is quick to read, and their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

#: The list of all files with their digests, and the seal on it; they are not listed themselves.
LIST, SEAL = "blotter-packages.json", "blotter-packages.seal"
#: uv's lock against a second uv; everybody may write it, and nobody reads it.
_OF_UV = ".lock"
#: Where pytest may compile something.
_NOT_ON_THE_SURFACE = (_OF_UV, "__pycache__")
#: What pytest compiles for itself below the test tools; Python never loads files of this name.
_OF_PYTEST = "-pytest-"


class FileState(NamedTuple):
    """What changes whenever a file's content does: writing sets the time of change, which nobody can set by hand."""

    size: int
    """Bytes."""
    changed: int
    """Time of change of content or owner (``st_ctime``), ns."""


def scan(prefix: Path) -> dict[str, FileState]:
    """Return the state of every file (not folder) below a folder, links as such, by path relative to it.

    Parameters
    ----------
    prefix : Path
        Folder of the environment (``sys.prefix``).
    """
    found: dict[str, FileState] = {}
    left = [""]
    while left:
        below = left.pop()
        with os.scandir(prefix / below) as entries:
            for entry in entries:
                path = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    left.append(path)
                elif path not in (LIST, SEAL, _OF_UV) and _OF_PYTEST not in entry.name:
                    told = entry.stat(follow_symlinks=False)
                    found[path] = FileState(told.st_size, told.st_ctime_ns)
    return found


def surface(prefix: Path) -> dict[str, FileState]:
    """Return the state of what lies directly in an environment, its programs and its package folders.

    Some hundred entries instead of tens of thousands: enough to see that a package came, went or was installed again,
    since that changes the folder in which it lies. What is changed in place, deeper, is found by `scan`.
    """
    found: dict[str, FileState] = {}
    for folder in (prefix, prefix / "bin", *sorted(prefix.glob("lib*/python*/site-packages"))):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name not in _NOT_ON_THE_SURFACE:
                    told = entry.stat(follow_symlinks=False)
                    path = str(Path(entry.path).relative_to(prefix))
                    found[path] = FileState(told.st_size, told.st_ctime_ns)
    return found


def state_digest(states: Mapping[str, FileState]) -> str:
    """Return one SHA-256 over the state of all files, in hex."""
    digest = hashlib.sha256()
    for path, state in sorted(states.items()):
        digest.update(f"{path}\0{state.size}\0{state.changed}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def content_digest(contents: Mapping[str, str]) -> str:
    """Return one SHA-256 over the content digests of all files, in hex."""
    digest = hashlib.sha256()
    for path, sha256 in sorted(contents.items()):
        digest.update(f"{path}\0{sha256}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hex; of a link, that of where it leads."""
    if path.is_symlink():
        return hashlib.sha256(b"link to " + os.fsencode(path.readlink())).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
