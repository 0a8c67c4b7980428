"""The files of a bundle, from a folder or a ZIP file."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from blotter_records.verifier.container import PIECE, container_problem, directory_bytes
from blotter_records.verifier.faults import CannotCheck, Fault, Json, parse, sha256_of

_MOST_NAMES = 1 << 28  # bytes of a ZIP file's list of files: far more than any bundle has
_NAME = re.compile(r"(?!/)(?:(?!\.{1,2}/)[!-.0-9;-\[\]-~]+/)*(?!\.{1,2}$)[!-.0-9;-\[\]-~]+")
#: What ``zipfile`` raises on a broken file, one with a password, or one packed in a way that it does not know.
_UNREADABLE = (OSError, zipfile.BadZipFile, RuntimeError, ValueError, EOFError, struct.error)


class Files:
    """The files of a bundle by name, from a folder or a ZIP file; nothing is unpacked.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.faults: list[str] = []
        self.names: list[str] = []
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._inside = ""
        if path.is_dir():
            inner = [one for one in path.iterdir() if (one / "bagit.txt").is_file()]
            self.path = path if (path / "bagit.txt").exists() or len(inner) != 1 else inner[0]
            for one in sorted(self.path.rglob("*")):
                if one.is_symlink() or not (one.is_file() or one.is_dir()):
                    self.faults.append(f"{one.relative_to(self.path)}: not an ordinary file")
                elif one.is_file():
                    self.names.append(one.relative_to(self.path).as_posix())
        elif path.is_file():
            self._open_zip(path)
        else:
            raise CannotCheck(f"{path}: no such file or folder")
        self._known = frozenset(self.names)

    def _open_zip(self, path: Path) -> None:
        try:
            if directory_bytes(path) > _MOST_NAMES:
                raise Fault(f"{path.name}: its list of files is larger than that of any bundle")
            self._archive = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            with path.open("rb") as file:
                if file.read(2) != b"PK":
                    raise CannotCheck(f"{path}: not a ZIP file") from error
            raise Fault(f"{path.name}: the ZIP file is damaged ({error})") from error
        entries = self._archive.infolist()
        for entry in entries:
            if not _NAME.fullmatch(entry.orig_filename):
                raise Fault(f"{path.name}: a file has a name that no bundle has ({entry.orig_filename[:200]!r})")
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits or entry.external_attr != 0o100644 << 16:
                raise Fault(f"{path.name}: {entry.filename[:200]} is not a plain file, stored as it is")
        listed = [entry.filename for entry in entries]
        tops = {name.partition("/")[0] for name in listed}
        if len(tops) != 1 or len(set(listed)) != len(listed):
            raise Fault(f"{path.name}: it must hold one folder, each file once")
        self._inside = tops.pop() + "/"
        self.names = [name[len(self._inside) :] for name in listed]
        problem = container_problem(path, self._archive)
        if problem:
            self.faults.append(f"{path.name}: the ZIP file itself is not as Blotter wrote it ({problem})")

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def below(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted."""
        return sorted(name for name in self.names if name.startswith(folder))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes. Raises ``Fault`` if it is missing or damaged."""
        if name not in self._known:
            raise Fault(f"{name}: missing")
        try:
            inside = self._archive.open(self._inside + name) if self._archive is not None else None
            with inside or (self.path / name).open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except _UNREADABLE as error:
            raise Fault(f"{name}: cannot be read ({error})") from error

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file. Raises ``Fault``."""
        return sha256_of(self.pieces(name))

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises ``Fault`` if it is missing or damaged."""
        return b"".join(self.pieces(name))

    def text(self, name: str) -> str:
        """Return a file as text."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError as error:
            raise Fault(f"{name}: not UTF-8") from error

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a file, each with its line feed."""
        rest = b""
        try:
            for piece in self.pieces(name):
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    yield line.decode() + "\n"
            if rest:
                yield rest.decode()
        except UnicodeDecodeError as error:
            raise Fault(f"{name}: not UTF-8") from error

    def json(self, name: str) -> Json:
        """Return a JSON file's object."""
        return parse(self.text(name), name)
