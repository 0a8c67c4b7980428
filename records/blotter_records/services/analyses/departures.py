"""What differs in an analysis from the protocol by which it was made: people's changes, told against its version.

The analysis keeps what the protocol made; nothing here reads the protocol's record, so a version says the same for
ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from blotter_records.contract.analyses import AppliedProtocol
from blotter_records.domain.records import Analysis, Json
from blotter_records.services.analyses.edits import finding_view
from blotter_records.services.analyses.outlines import background_words


def protocol_view(content: Analysis) -> AppliedProtocol | None:
    """Return the protocol by which an analysis was made, with what differs from it; None where there is none."""
    made = content.protocol
    if made is None:
        return None
    return AppliedProtocol(
        protocol=made["protocol"],
        version=made["version"],
        name=made["name"],
        sha256=made["sha256"],
        differences=list(differences(content, made)),
    )


def differences(content: Analysis, made: Json) -> Iterator[str]:
    """Yield what differs from what a protocol made, in words: background, search, shapes, quantities."""
    if content.background != made["background"]:
        yield f"background: {background_words(content.background)} (protocol: {background_words(made['background'])})"
    finding = finding_view(content)
    if finding is None or finding.parameters.model_dump(mode="json") != made["parameters"]:
        yield "lanes and bands were searched with other parameters"
    elif content.finding is not None and content.finding["bands"] != made["bands"]:
        yield "lanes and bands were searched again"
    for one in finding.edits if finding else []:
        yield f"{one.shape} {one.label} {one.what}".replace("  ", " ")
    yield from _of_quantities(content.quantities and content.quantities["chosen"], made["chosen"])


def _of_quantities(now: Json | None, then: Json | None) -> Iterator[str]:
    if now == then:
        return
    if now is None or then is None:
        yield "quantities were taken away" if now is None else "quantities were set; the protocol has none"
        return
    for name in ("ladder", "normalisation", "standards", "control_group"):
        if now[name] != then[name]:
            yield f"{name.replace('_', ' ')} was chosen otherwise"
    uses = {one["shape"]: one for one in then["bands"]}
    changed = [one["shape"] for one in now["bands"] if uses.pop(one["shape"], None) != one]
    if changed or uses:
        yield f"bands are taken for something else: {', '.join(sorted({*changed, *uses}, key=_number))}"
    was_out = {one["lane"]: one["reason"] for one in then["left_out"]}
    for one in now["left_out"]:
        if was_out.get(one["lane"]) != one["reason"]:
            yield f"lane {one['lane']} left out: {one['reason']}"


def _number(shape: str) -> int:
    return int(shape[1:])
