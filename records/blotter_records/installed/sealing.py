"""Seals an environment that was installed by a lock file's hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from blotter_records.errors import Invalid
from blotter_records.installed.checking import Seal
from blotter_records.installed.files import LIST, SEAL, content_digest, digest_of, scan, state_digest

#: Blotter itself: it brings the lock, so no lock names it.
OURS = "blotter-part11"


def seal(prefix: Path, lock: Path) -> Seal:
    """List every file of an environment, and seal the list for a lock file.

    Parameters
    ----------
    prefix : Path
        Folder of the environment, just installed from `lock` with the hashes required.
    lock : Path
        The lock file (pip's form: ``name==version ; marker --hash=...``).

    Raises
    ------
    Invalid
        ``packages.lock``: other packages or versions are installed than the lock names for this platform.
    """
    wanted, found = dict(locked(lock)), installed(prefix)
    found.pop(OURS, None)
    wrong = sorted(
        f"{name} {found.get(name, 'missing')} (lock: {wanted.get(name, 'none')})"
        for name in {*wanted, *found}
        if wanted.get(name) != found.get(name)
    )
    if wrong:
        raise Invalid("packages.lock", f"What is installed is not what {lock.name} names: {', '.join(wrong)}.")
    return write(prefix, lock, len(wanted))


def write(prefix: Path, lock: Path, packages: int) -> Seal:
    """Write list and seal of the files that an environment has now."""
    states = scan(prefix)
    before = _listed(prefix)
    contents = {}
    for path, state in states.items():
        known = before.get(path)
        is_same = known is not None and known[1:] == list(state)
        contents[path] = str(known[0]) if known is not None and is_same else digest_of(prefix / path)
    made = Seal(lock.name, digest_of(lock), packages, len(states), content_digest(contents), state_digest(states))
    _write(prefix / LIST, json.dumps({path: [contents[path], *state] for path, state in sorted(states.items())}))
    _write(prefix / SEAL, made.to_json())
    return made


def locked(lock: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of each package that a lock file names for this platform and Python."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            wanted = Requirement(line.rstrip("\\ "))
            [one] = wanted.specifier
            if wanted.marker is None or wanted.marker.evaluate():
                yield canonicalize_name(wanted.name), one.version


def installed(prefix: Path) -> dict[str, str]:
    """Return the version of each package that is installed in an environment."""
    places = [str(place) for place in prefix.glob("lib*/python*/site-packages")]
    return {canonicalize_name(one.metadata["Name"]): one.version for one in distributions(path=places)}


def _listed(prefix: Path) -> dict[str, list[str | int]]:
    """Return the list of the time before; what was not touched since need not be read again."""
    try:
        return dict(json.loads((prefix / LIST).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write(path: Path, text: str) -> None:
    written = path.with_name(path.name + ".new")
    written.write_text(text, encoding="utf-8")
    written.chmod(0o644)
    written.replace(path)
