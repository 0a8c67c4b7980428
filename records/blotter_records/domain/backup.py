"""What a backup says about itself: the manifest, and how it is signed.

The manifest names every file with its bytes and SHA-256; the sealed files stand in a list of their own that it names
(``store.txt``). What is signed is a note of three lines that no reader can take for a checkpoint: its second line is
no number::

    blotter backup
    <origin>
    <SHA-256 of the manifest's bytes>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from blotter_records.domain.canonical import canonical
from blotter_records.domain.keys import Predecessor
from blotter_records.domain.note import BadNote, SigningKey, VerifierKey, open_note
from blotter_records.errors import Invalid

#: Changes when older releases could not restore it any more.
FORMAT = 1
#: Files of a backup besides the sealed ones under ``store/``.
DUMP, NOTES, STORE_LIST = "database.dump", "checkpoints.jsonl", "store.txt"
MANIFEST, SIGNATURE = "manifest.json", "manifest.note"

_HEAD = "blotter backup"
_NAME = re.compile(r"blotter-\d{8}T\d{6}Z-\d+")


@dataclass(frozen=True)
class FileFact:
    """Size and SHA-256 of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What is in a backup.

    Parameters
    ----------
    name : str
        Name of its folder.
    made_at : str
        By the database's clock, ISO 8601, UTC.
    software, schema, postgres : str
        Release, revision of the database's schema, major version of PostgreSQL.
    installation, origin, key : str
        Of which installation, and its verifier key.
    predecessors : list of JSON
        What that installation continues (``Predecessor``).
    tree_size, tree_root : int, str
        Numbered entries and the root over them (hexadecimal).
    waiting : int
        Entries that had no number yet.
    checkpoint_size, checkpoint : int, str
        The newest signed checkpoint over no more than those.
    files : dict
        Bytes and SHA-256 by name.
    store_files, store_bytes : int
    faults : dict of str to str
        Sealed files that could not be taken: why, by SHA-256.
    """

    name: str
    made_at: str
    software: str
    schema: str
    postgres: str
    installation: str
    is_demo: bool
    origin: str
    key: str
    predecessors: list[dict[str, Any]]
    tree_size: int
    tree_root: str
    waiting: int
    checkpoint_size: int
    checkpoint: str
    files: dict[str, FileFact]
    store_files: int
    store_bytes: int
    faults: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """Return the manifest as it is written and signed."""
        return canonical(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a manifest.

        Raises
        ------
        Invalid
            ``backup.manifest`` if it is none; ``backup.format`` if another release's format is meant.
        """
        try:
            content: dict[str, Any] = json.loads(data)
            meant = content.get("format")
        except (ValueError, AttributeError) as error:
            raise Invalid("backup.manifest", "The manifest is no JSON object.") from error
        if meant != FORMAT:
            raise Invalid(
                "backup.format",
                f"The backup has format {meant}, this release reads {FORMAT}.",
                "Use the Blotter that made it.",
            )
        try:
            files = {name: FileFact(**fact) for name, fact in content["files"].items()}
            return cls(**{**content, "files": files})
        except (KeyError, TypeError, AttributeError) as error:
            raise Invalid("backup.manifest", f"The manifest is not complete: {error}.") from error

    def history(self) -> tuple[Predecessor, ...]:
        """Return what an installation made from this backup continues. Raises ``BadNote``."""
        before = tuple(Predecessor.from_json(one) for one in self.predecessors)
        root = _root_of(self.checkpoint)
        return (*before, Predecessor(VerifierKey.parse(self.key), self.checkpoint_size, root))


def is_backup_name(name: str) -> bool:
    """Tell whether a folder is called as whole backups are."""
    return _NAME.fullmatch(name) is not None


def sign_manifest(data: bytes, key: SigningKey) -> str:
    """Return the signed note of a manifest's bytes."""
    return key.sign_text(_text(key.name, data))


def check_manifest(data: bytes, note: str, key: VerifierKey) -> None:
    """Check that a manifest is the one that was signed. Raises ``BadNote`` with what is wrong."""
    if open_note(note, key).text != _text(key.name, data):
        raise BadNote("the signature is of another manifest")


def store_list(files: Mapping[str, int]) -> bytes:
    """Return the list of sealed files: SHA-256 and bytes, a line each, sorted."""
    return "".join(f"{sha256} {size}\n" for sha256, size in sorted(files.items())).encode()


def read_store_list(data: bytes) -> dict[str, int]:
    """Read the list of sealed files. Raises ``Invalid('backup.manifest')``."""
    try:
        lines = (line.split(" ") for line in data.decode("ascii").splitlines())
        return {sha256: int(size) for sha256, size in lines}
    except ValueError as error:
        raise Invalid("backup.manifest", f"{STORE_LIST} is no list of files.") from error


def _text(origin: str, data: bytes) -> str:
    return f"{_HEAD}\n{origin}\n{hashlib.sha256(data).hexdigest()}\n"


def _root_of(note: str) -> bytes:
    """Return the root of a checkpoint; the signature of the manifest that holds it was checked."""
    try:
        return base64.b64decode(note.split("\n")[2], validate=True)
    except (IndexError, binascii.Error) as error:
        raise BadNote("the manifest holds no checkpoint") from error
