"""The imprint: what every page that leaves the installation says about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Imprint:
    """The installation, for a reader of a printed page.

    Parameters
    ----------
    origin : str
        Name of its audit trail (origin of its checkpoints).
    software : str
        Product and version.
    is_demo, is_evaluation : bool
    verifier_key : callable
        Returns the public key of its checkpoints, empty while there is none.
    packages_sha256 : str
        Digest of the installed packages that were compared with the lock file (`blotter_records.installed`).
    """

    origin: str
    software: str
    is_demo: bool
    is_evaluation: bool
    verifier_key: Callable[[], str]
    packages_sha256: str = ""

    def marks(self) -> tuple[str, ...]:
        """Return what every page has to say."""
        said = (("demonstration", self.is_demo), ("evaluation", self.is_evaluation))
        return tuple(mark for mark, applies in said if applies)
