"""The bundle as a bag (RFC 8493): every file is listed, and of a known name, format and scope."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blotter_records.verifier.bundle import SCOPES, Bundle
from blotter_records.verifier.faults import Fault
from blotter_records.verifier.files import Files

FORMAT = "blotter-bundle/2"
#: Names of the files of a bundle.
_KNOWN = re.compile(
    r"README\.txt|bag-info\.txt|bagit\.txt|manifest-sha256\.txt|tagmanifest-sha256\.txt|verify\.py|data/bundle\.json"
    r"|data/images/[^/]+/(original/[^/]+|counts\.tif)|data/(logs|reports)/[^/]+\.pdf|data/notebooks/[^/]+\.ipynb"
    r"|data/letters/[^/]+/[^/]+|data/records/[a-z_]+/[^/]+/[0-9]+\.json|data/results/[^/]+\.json"
    r"|data/tables/(log|measurements|signatures)\.csv|data/trail/(entries\.jsonl|checkpoint\.txt|verifier-key\.txt)"
)


def check_manifests(bundle: Bundle) -> Iterator[str]:
    """Check that every file is listed once and has its digest (RFC 8493)."""
    files = bundle.files
    if files.text("bagit.txt") != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
        yield "bagit.txt: changed"
    payload = {name for name in files.names if name.startswith("data/")}
    tags = set(files.names) - payload - {"tagmanifest-sha256.txt"}
    yield from _listed(files, "tagmanifest-sha256.txt", tags)
    yield from _listed(files, "manifest-sha256.txt", payload)


def _listed(files: Files, manifest: str, wanted: set[str]) -> Iterator[str]:
    """Check that a manifest lists the files that it has to, with their digests."""
    listed: dict[str, str] = {}
    try:
        for line in files.lines(manifest):
            found = re.fullmatch(r"([0-9a-f]{64})  ([!-~]+)\n", line)
            if found is None or found[2] in listed:
                yield f"{manifest}: malformed line {line[:80]!r}"
            else:
                listed[found[2]] = found[1]
    except Fault as fault:
        yield str(fault)
        return
    for name in sorted(wanted - set(listed)):
        yield f"{name}: not in {manifest}"
    for name, digest in sorted(listed.items()):
        try:
            if files.digest(name) != digest:
                yield f"{name}: changed (its digest is not the one in {manifest})"
        except Fault as fault:
            yield str(fault)


def check_only_known(bundle: Bundle) -> Iterator[str]:
    """Check that there is no file of which nothing else here would say what it is."""
    for name in bundle.files.names:
        if not _KNOWN.fullmatch(name):
            yield f"{name}: no file of a bundle"


def check_what_it_is(bundle: Bundle) -> Iterator[str]:
    """Read what the bundle says of itself, and check that it is of this format and of a known scope."""
    bundle.about = bundle.files.json("data/bundle.json")
    if bundle.about.get("format") != FORMAT:
        yield f"data/bundle.json: not a bundle of format {FORMAT}"
    if bundle.about.get("scope") not in SCOPES:
        yield "data/bundle.json: does not say of what this is a copy"
