"""The entries: each under the signed checkpoint, and all of those that the installation stated."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.verifier.bundle import Bundle
from blotter_records.verifier.checkpoint import is_included, leaf_hash, open_checkpoint, parse_key
from blotter_records.verifier.faults import Fault, Json, canonical, parse, sha256
from blotter_records.verifier.files import Files


def check_entries(bundle: Bundle) -> Iterator[str]:
    """Check that each entry's exact text has its hash, and its place under the signed checkpoint."""
    files, about, trail = bundle.files, bundle.about, bundle.trail
    key_text = files.text("data/trail/verifier-key.txt").strip()
    if bundle.trusted_key is not None and bundle.trusted_key.strip() != key_text:
        yield "verifier key: not the one that was given with --key"
    try:
        origin, size, root = open_checkpoint(files.text("data/trail/checkpoint.txt"), parse_key(key_text))
    except Fault as fault:
        yield str(fault)
        origin, size, root = "", 0, b""
    if origin and (origin, size) != (about.get("installation"), about.get("checkpoint_size")):
        yield "data/bundle.json: names another installation or size than the checkpoint"
    seen: set[int] = set()
    last = 0
    for number, row in rows_of(files):
        leaf = leaf_hash(row["text"].encode())
        if leaf.hex() != row["leaf"]:
            yield f"entry {number}: its text does not have its hash (edited)"
        path = [bytes.fromhex(one) for one in row["proof"]]
        if root and not is_included(leaf, number - 1, size, path, root):
            yield f"entry {number}: not covered by the checkpoint (edited, moved or invented)"
        body = parse(row["text"], f"entry {number}")
        if number == last or body["id"] in seen:
            yield f"entry {number}: occurs twice"
        elif number < last:
            yield f"entry {number}: out of order, it stands after entry {last}"
        seen.add(body["id"])
        last = number
        if number == about.get("statement"):
            trail.statement = body
        else:
            trail.take(number, leaf.hex(), body)


def rows_of(files: Files) -> Iterator[tuple[int, Json]]:
    """Yield the lines of the trail's file, each with its number."""
    for at, line in enumerate(files.lines("data/trail/entries.jsonl"), 1):
        row = parse(line, f"entries.jsonl, line {at}")
        yield row["number"], row


def check_stated(bundle: Bundle) -> Iterator[str]:
    """Check that the bundle holds what the installation wrote down in the trail before it was packed."""
    about, trail = bundle.about, bundle.trail
    if trail.statement is None:
        yield "statement: the entry is missing by which the installation says what this bundle holds"
        return
    said, action = trail.statement["new"], trail.statement["action"]
    if action != ("log.user.export" if about["scope"] == "users" else "bundle.export"):
        yield f"statement: its entry is one of {action}"
    if said["entries_sha256"] != trail.entries_sha256.hexdigest() or said["entries"] != len(trail.numbers):
        yield (
            f"statement: the trail says that this bundle holds {said['entries']} entries up to number "
            f"{said['upto']}; it holds {len(trail.numbers)}, or others (added, removed or exchanged)"
        )
    if said["logs_sha256"] != sha256(canonical(about["logs"])):
        yield "statement: the printed volumes are not those that it names"
    for name, value in said.items():
        if name != "logs_sha256" and about.get(name) != value:
            yield f"data/bundle.json: its {name.replace('_', ' ')} is not the one that the statement names"


def check_complete(bundle: Bundle) -> Iterator[str]:
    """Check that no entry is missing: revisions without gaps, and as many entries as the bundle says."""
    about, trail = bundle.about, bundle.trail
    if len(trail.numbers) != about["entries"]:
        yield f"trail: {len(trail.numbers)} entries, but data/bundle.json says {about['entries']}"
    listed = about["streams"]
    revs: dict[str, set[int]] = {stream: set() for stream in listed}
    for stream, rev in trail.changes:
        revs.setdefault(stream, set()).add(rev)
    for stream in sorted(revs):
        last = max([*revs[stream], listed.get(stream, 0)])
        gaps = set(range(1, last)) - revs[stream] if bundle.is_whole(stream.partition(":")[0]) else set()
        for rev in sorted(gaps | ({last} - revs[stream])):
            yield f"{stream}: revision {rev} is missing from the trail"
        if listed.get(stream) != last:
            yield f"{stream}: not listed in data/bundle.json as it is"
