"""Compares an environment with its seal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from blotter_records.errors import Unavailable
from blotter_records.installed.files import LIST, SEAL, FileState, content_digest, digest_of, scan, state_digest

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


def checked(prefix: Path, locks: Path = LOCKS) -> tuple[Seal, str]:
    """Compare an environment with its seal.

    Returns
    -------
    seal : Seal
    state : str
        The state of all files now (`state_digest`): while it stays the same, so does what was compared here.

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
    state = state_digest(states)
    if state != seal.state:
        found = list(differences(prefix, seal, states))
        if found:
            told = "; ".join(found[:_MOST_TOLD]) + (
                f"; and {more} more" if (more := len(found) - _MOST_TOLD) > 0 else ""
            )
            raise PackagesDiffer(f"Installed packages are not those of {seal.lock}: {told}.")
    return seal, state


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


@cache
def of_this_process() -> tuple[Seal, str]:
    """Compare the environment of this process, once when it was good. Raises `PackagesDiffer`."""
    return checked(Path(sys.prefix))


def still_the_same() -> None:
    """See that no file was touched since `of_this_process` compared them, which takes a fraction of a second.

    Raises
    ------
    PackagesDiffer
        Something is different now.
    """
    seal, state = of_this_process()
    states = scan(prefix := Path(sys.prefix))
    if state_digest(states) != state:
        found = next(differences(prefix, seal, states), "files were touched; start the services again")
        raise PackagesDiffer(f"Installed packages are not those that the server started with: {found}.")
