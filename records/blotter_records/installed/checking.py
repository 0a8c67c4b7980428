"""Compares an environment with its seal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from blotter_records.errors import Unavailable
from blotter_records.installed.files import (
    LIST,
    SEAL,
    FileState,
    content_digest,
    digest_of,
    scan,
    state_digest,
    surface,
)

#: The lock files of this release, as they lie in the installed package.
LOCKS = Path(__file__).parent / "locks"
_MOST_TOLD = 5
_WHAT_TO_DO = (
    "Find out who changed it. Then install from the lock file again (make setup, or the release's image); "
    "'blotter packages' lists every difference."
)


class PackagesDiffer(Unavailable):
    """What is installed is not what was sealed; nothing starts."""

    def __init__(self, message: str) -> None:
        super().__init__("packages.differ", message, _WHAT_TO_DO)


@dataclass(frozen=True)
class Seal:
    """What setting up wrote when it had installed everything by the lock's hashes."""

    lock: str
    """Name of the lock file."""
    lock_sha256: str
    packages: int
    files: int
    content: str
    """Digest over the digests of all files (`content_digest`)."""
    state: str
    """Digest over the states of all files when they were sealed (`state_digest`)."""

    @classmethod
    def read(cls, prefix: Path) -> Seal:
        """Read the seal of an environment. Raises `PackagesDiffer` where there is none."""
        try:
            return cls(**json.loads((prefix / SEAL).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise PackagesDiffer(f"The packages in {prefix} were never compared with the lock file.") from None
        except (ValueError, TypeError) as error:
            raise PackagesDiffer(f"The seal of the packages in {prefix} cannot be read.") from error

    def to_json(self) -> str:
        """Return it as it is written."""
        return json.dumps(asdict(self), indent=1) + "\n"


def checked(prefix: Path, locks: Path = LOCKS) -> Seal:
    """Compare an environment with its seal; return that.

    Raises
    ------
    PackagesDiffer
        Something was added, changed or removed, or the seal is of another lock file than this release's.
    """
    seal = Seal.read(prefix)
    lock = locks / seal.lock
    if not lock.is_file() or digest_of(lock) != seal.lock_sha256:
        raise PackagesDiffer(f"The packages in {prefix} were sealed for another lock file than this release's.")
    states = scan(prefix)
    if state_digest(states) != seal.state:
        found = list(differences(prefix, seal, states))
        if found:
            told = "; ".join(found[:_MOST_TOLD]) + (
                f"; and {more} more" if (more := len(found) - _MOST_TOLD) > 0 else ""
            )
            raise PackagesDiffer(f"Installed packages are not those of {seal.lock}: {told}.")
    return seal


def differences(prefix: Path, seal: Seal, states: Mapping[str, FileState]) -> Iterator[str]:
    """Yield what differs from the sealed list, a phrase each, by content: a copied environment has no difference."""
    try:
        listed = {path: one[0] for path, one in json.loads((prefix / LIST).read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        yield "their list cannot be read"
        return
    if content_digest(listed) != seal.content:
        yield "their list is not the sealed one"
        return
    for path in sorted({*listed, *states}):
        if path not in states:
            yield f"{path} was removed"
        elif path not in listed:
            yield f"{path} was added"
        elif digest_of(prefix / path) != listed[path]:
            yield f"{path} was changed"


def of_this_process() -> Seal:
    """Compare the environment of this process, in full once. Raises `PackagesDiffer`."""
    return _compared()[0]


def still_the_same() -> None:
    """See that no package came, went or was installed again since `of_this_process` compared, in some milliseconds.

    Raises
    ------
    PackagesDiffer
        Something is different now.
    """
    seal, before = _compared()
    prefix = Path(sys.prefix)
    if state_digest(surface(prefix)) != before:
        found = next(differences(prefix, seal, scan(prefix)), "they were installed again; start the services again")
        raise PackagesDiffer(f"Installed packages are not those that the server started with: {found}.")


@cache
def _compared() -> tuple[Seal, str]:
    prefix = Path(sys.prefix)
    before = state_digest(surface(prefix))  # first: what changes while the files are read is seen later
    return checked(prefix), before
