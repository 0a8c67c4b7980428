"""Results and signatures: each binds what it was given on, with everything that this pins."""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.verifier.bundle import Bundle, Records
from blotter_records.verifier.faults import Fault, Json, canonical, sha256

#: What the digest of an analysis version covers, and what a result's digest covers besides.
VERSION_FIELDS = ("image", "file_sha256", "pixels_sha256", "shapes", "background", "measurements", "formula_set")
NOT_YET_MADE: Json = {"lanes": [], "exclusions": [], "charts": []}


def check_results(bundle: Bundle) -> Iterator[str]:
    """Check that the digest of each version of a result is that of what it pins."""
    records = bundle.records
    for result, rev, content in records.every("result"):
        try:
            if bound_digest(records, result, content["version"], content) != content["digest"]:
                yield f"{result}, revision {rev}: its digest is not that of what it pins"
        except Fault as fault:
            yield str(fault)
        for name in content.get("signatures") or []:
            if (f"signature:{name}", 1) not in records.digests:
                yield f"{name}: {result} says it was signed so, but the signature is missing"


def bound_digest(records: Records, result: str, version: int, content: Json) -> str:
    """Return the digest of everything that a signature on this version of a result binds."""
    reasons = content.get("flag_reasons", [])
    analyses = [_pinned(records, f"{result}.{version}", pin, reasons) for pin in content["pins"]]
    for layer in content["layers"]:
        for name, pins in layer.items():
            for pin in pins if isinstance(pins, list) else [pins]:
                kind = "sample" if name == "samples" else name
                if pin and records.digests.get((f"{kind}:{pin['record']}", pin["rev"])) != pin["sha256"]:
                    raise Fault(f"{result}.{version}: {pin['record']} is not, or not as it was, among the records")
    bound = {"result": result, "version": version, "title": content["title"], "study": content["study"]}
    if content.get("unused_reasons"):  # where something that was scanned or analysed is not used
        bound["unused"] = content["unused_reasons"]
    return sha256(canonical({**bound, "analyses": analyses, "layers": content["layers"], "protocol": None}))


def _pinned(records: Records, result: str, pin: Json, reasons: list[Json]) -> Json:
    """Return what a result binds of an analysis version that it pins, with the reasons for its flags.

    Raises ``Fault``.
    """
    analysis = records.find(f"analysis:{pin['analysis']}", pin["rev"])
    if analysis is None:
        raise Fault(f"{result}: the pinned {pin['analysis']}.{pin['version']} is missing")
    covered = {name: analysis[name] for name in VERSION_FIELDS}
    if analysis.get("finding") is not None:  # where lanes and bands were found without a person
        covered["finding"] = analysis["finding"]
    if analysis.get("quantities") is not None:  # where some were set
        covered["quantities"] = analysis["quantities"]
    if analysis.get("protocol") is not None:  # where it was made by one
        covered["protocol"] = analysis["protocol"]
    if sha256(canonical(covered)) != pin["digest"]:
        raise Fault(f"{result}: {pin['analysis']}.{pin['version']} is not the version it pinned")
    image = records.find(f"image:{analysis['image']}", 1)
    if image is None or any(image[name] != analysis[name] for name in ("file_sha256", "pixels_sha256")):
        raise Fault(f"{pin['analysis']}.{pin['version']}: not measured on the sealed {analysis['image']}")
    named = f"{pin['analysis']}.{pin['version']}"
    overrides = [one for one in reasons if one["analysis"] == named]
    return {"analysis": pin["analysis"], "version": pin["version"], **covered, **NOT_YET_MADE, "overrides": overrides}


def check_signatures(bundle: Bundle) -> Iterator[str]:
    """Check that each signature binds the record that it was given on, and has all of its manifestation."""
    for name, _, content in bundle.records.every("signature"):
        for part in ("printed_name", "user_name", "role", "meaning", "action_description", "zone", "statement"):
            if not content.get(part):
                yield f"{name}: its manifestation has no {part.replace('_', ' ')}"
        entry = bundle.trail.changes[f"signature:{name}", 1]
        for part in ("account", "user_name", "printed_name", "role"):
            if entry.get(part) != content[part]:
                yield f"{name}: {part.replace('_', ' ')} is not that of who made entry {entry['number']}"
        yield from _signed(bundle, name, content)


def _signed(bundle: Bundle, name: str, content: Json) -> Iterator[str]:
    """Check that a signature binds the record on which it was given."""
    record, version = content["record"], content["version"]
    place = (f"{content['record_kind']}:{record}", content["record_rev"])
    signed = bundle.records.find(*place)
    if signed is None:
        if not bundle.about["filter"]:
            yield f"{name}: the record that it was given on is missing ({record}.{version})"
        return
    if content["record_kind"] != "result":
        bound = content["bound"]
        wanted = {"record": record, "record_rev": place[1], "content_sha256": bundle.records.digests[place]}
        if sha256(canonical(bound)) != content["digest"] or any(bound.get(key) != wanted[key] for key in wanted):
            yield f"{name}: does not belong to {record}.{version} (it binds something else)"
        return
    if content.get("bound"):
        yield from _review(bundle, name, content, signed)
        return
    try:
        if signed["version"] != version or bound_digest(bundle.records, record, version, signed) != content["digest"]:
            yield f"{name}: does not belong to {record}.{version} (it binds another digest)"
    except Fault as fault:
        yield f"{name}: {fault}"


def _review(bundle: Bundle, name: str, content: Json, signed: Json) -> Iterator[str]:
    """Check a signature on a review: it binds the result's digest, and the review of its audit trail."""
    record, version, bound = content["record"], content["version"], content["bound"]
    wanted = {"record": record, "version": signed["version"], "result_digest": signed["digest"]}
    is_other = version != signed["version"] or any(bound.get(key) != wanted[key] for key in wanted)
    if is_other or sha256(canonical(bound)) != content["digest"]:
        yield f"{name}: does not belong to {record}.{version} (it binds something else)"
        return
    try:
        if bound_digest(bundle.records, record, version, signed) != signed["digest"]:
            yield f"{name}: does not belong to {record}.{version} (it binds another digest)"
    except Fault as fault:
        yield f"{name}: {fault}"
    pin = bound.get("trail_review") or {}
    place = (f"trail_review:{pin.get('record')}", int(pin.get("rev", 0)))
    review = bundle.records.find(*place)
    if review is None or bundle.records.digests.get(place) != pin.get("sha256") or review["result"] != record:
        yield f"{name}: the review of the audit trail that it binds is missing, or is another ({place[0]})"
