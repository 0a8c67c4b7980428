"""The checks one after the other, and the command."""

from __future__ import annotations

import argparse
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from blotter_records.verifier.bundle import Bundle, Records
from blotter_records.verifier.container import PIECE
from blotter_records.verifier.documents import check_letters, check_logs, check_notebooks, check_reports
from blotter_records.verifier.entries import check_complete, check_entries, check_stated
from blotter_records.verifier.faults import CannotCheck, Fault, canonical, sha256_of
from blotter_records.verifier.files import Files
from blotter_records.verifier.manifests import check_manifests, check_only_known, check_what_it_is
from blotter_records.verifier.records import check_images, check_records
from blotter_records.verifier.signatures import check_results, check_signatures
from blotter_records.verifier.tables import check_result_files, check_tables

#: In this order: a check goes on from what the ones before it have read.
CHECKS: tuple[Callable[[Bundle], Iterator[str]], ...] = (
    check_manifests, check_only_known, check_what_it_is, check_entries, check_stated, check_complete, check_records,
    check_images, check_results, check_result_files, check_signatures, check_reports, check_letters, check_logs,
    check_notebooks, check_tables,
)  # fmt: skip
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, struct.error)


def verify_bundle(path: str | Path, trusted_key: str | None = None) -> list[str]:
    """Check a bundle (ZIP file or folder) and return its faults, one line each; none means that everything verifies.

    Raises
    ------
    CannotCheck
        There is no bundle at `path`.
    """
    return check(path, trusted_key)[0]


def check(path: str | Path, trusted_key: str | None = None) -> tuple[list[str], Bundle | None]:
    """Check a bundle; return its faults, and what was read of it (None where it could not be opened)."""
    try:
        files = Files(Path(path))
    except Fault as fault:
        return [str(fault)], None
    if not files.faults and "data/bundle.json" not in files and "bagit.txt" not in files:
        raise CannotCheck(f"{path}: not a Blotter bundle")
    bundle = Bundle(files, Records(files), trusted_key)
    return run_checks(bundle), bundle


def run_checks(bundle: Bundle) -> list[str]:
    """Make every check, in order; a fault in one does not stop the others."""
    faults = list(bundle.files.faults)
    for one in CHECKS:
        try:
            faults.extend(one(bundle))
        except Fault as fault:
            faults.append(str(fault))
        except _MALFORMED as error:
            name = one.__name__.removeprefix("check_").replace("_", " ")
            faults.append(f"{name}: malformed ({type(error).__name__}: {error})")
    return list(dict.fromkeys(faults))


def told(bundle: Bundle) -> str:
    """Return in some lines what a bundle that verifies holds."""
    about = bundle.about
    kinds = Counter(stream.partition(":")[0] for stream, rev in bundle.records.digests if rev == 1)
    held = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [
        f"Copy of: {about['title']}",
        f"Made {about['made_at']} UTC by {about['made_by']}, installation {about['installation']}",
        f"Entries: {about['entries']}, up to number {about['upto']} of the trail; records: {held or 'none'}",
    ]
    if about["filter"]:
        lines.append(f"Filtered: {canonical(about['filter'])}. Records need not be whole; that was not checked.")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle of the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Check a Blotter export bundle.")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", help="file with the laboratory's verifier key, got by another way")
    parser.add_argument("--sha256", help="digest of the ZIP file, from the entry that made the export")
    given = parser.parse_args(arguments)
    try:
        key = Path(given.key).read_text(encoding="utf-8") if given.key else None
        faults, bundle = check(given.bundle, key)
        if given.sha256 and _digest_of(Path(given.bundle)) != given.sha256.strip().lower():
            faults.append("the ZIP file does not have the digest that was given with --sha256")
    except (CannotCheck, OSError) as error:
        print(f"cannot check: {error}", file=sys.stderr)
        return 2
    for fault in faults:
        print(f"FAULT {fault}")
    if faults or bundle is None:
        print(f"{len(faults)} fault(s): do not rely on this bundle.")
        return 1
    print(told(bundle))
    print("Everything verifies: files, records, entries, checkpoint, signatures.")
    if key is None:
        print("The checkpoint was checked with the key in the bundle. Compare data/trail/verifier-key.txt with the")
        print("laboratory's key, or give that key with --key: a false bundle would bring a false key.")
    return 0


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return sha256_of(iter(lambda: file.read(PIECE), b""))


if __name__ == "__main__":
    sys.exit(main())
