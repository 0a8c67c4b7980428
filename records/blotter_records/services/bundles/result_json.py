"""A result as JSON: numbers, units and signatures in one document, for programs that know nothing of Blotter.

Format ``blotter-result/1``: fields are only ever added. It follows from the records alone, and the verifier of a
bundle makes it again from them (docs/reference/result-json.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from blotter_records.domain.records import Json

FORMAT = "blotter-result/1"
#: Of every number.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "area": "px",
        "total": "counts·px",
        "mean": "counts",
        "minimum": "counts",
        "maximum": "counts",
        "standard_deviation": "counts",
        "median": "counts",
        "background": "counts",
        "background_standard_deviation": "counts",
        "background_pixels": "px",
        "background_excluded": "px",
        "signal": "counts·px",
        "snr": "1",
        "saturated": "px",
        "saturated_fraction": "1",
    }
)
#: What is taken from the result's record, with what it means.
RESULT_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "result": "its id",
        "version": "which version of it",
        "title": "as its maker typed it",
        "study": "to which study it belongs",
        "status": "where it stands in its workflow",
        "digest": "what a signature on this version binds (SHA-256)",
        "images": "the images whose analyses it pins",
        "layers": "what else it pins of each image (annotation, display, acquisition, membrane, probing round, "
        "samples), each with its revision and digest",
        "supersedes": "the result that it replaces, or null",
        "successor": "the result that replaces it, or null",
        "deviation": "the deviation under which it was invalidated, or empty",
        "flag_reasons": "quality flags for which a reason was given: of which version and shape or lane, the flag, the "
        "reason, who gave it",
        "unused_reasons": "what was scanned or analysed beside it and is not used, with the reason, and who gave it",
        "contributors": "account ids of who made it",
        "created_by": "account id of who made the result",
        "created_by_name": "printed name of who made the result",
        "reason": "why this version was made",
    }
)
#: What is taken from the record of a pinned version of an analysis.
ANALYSIS_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "image": "the image that was measured",
        "file_sha256": "SHA-256 of its sealed file",
        "pixels_sha256": "SHA-256 of its counts, little-endian, row by row",
        "background": "how background was taken: method, width in px, sides; with it radius or reach in px, or the "
        "shapes that are background",
        "formula_set": "which set of formulas computed the numbers",
    }
)
#: What is taken from a signature's record; the time comes from its entry.
SIGNATURE_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "signature": "its id",
        "version": "version of the result that it is on",
        "action": "what was signed",
        "action_description": "the same in words",
        "meaning": "authorship, review, approval …",
        "printed_name": "of the signer",
        "user_name": "of the signer",
        "role": "in which the signer signed",
        "digest": "what it binds (SHA-256)",
        "comment": "as the signer typed it",
        "reason": "as the signer typed it",
        "reason_code": "as the signer chose it",
        "statement": "what the signer affirmed",
    }
)


def document(
    result: Mapping[str, Any],
    rev: int,
    analyses: Sequence[Mapping[str, Any]],
    signatures: Sequence[Mapping[str, Any]],
    signed: Mapping[str, Mapping[str, Any]],
) -> Json:
    """Return a result as JSON.

    Parameters
    ----------
    result : mapping
        Content of the result at revision ``rev``.
    analyses : sequence of mapping
        Contents of the pinned versions, in the order of the pins.
    signatures : sequence of mapping
        Contents of the signatures on it, oldest first.
    signed : mapping
        Of each signature: ``signed_at``, ``zone``, ``utc_offset``, ``entry`` (the number of its entry).
    """
    return {
        "format": FORMAT,
        "revision": rev,
        **{name: result.get(name) for name in RESULT_FIELDS},
        "units": dict(UNITS),
        "analyses": [_analysis(pin, content) for pin, content in zip(result["pins"], analyses, strict=True)],
        "signatures": [
            {**{name: one.get(name) for name in SIGNATURE_FIELDS}, **signed[one["signature"]]} for one in signatures
        ],
    }


def _analysis(pin: Mapping[str, Any], content: Mapping[str, Any]) -> Json:
    numbers = {one["shape"]: one for one in content["measurements"]}
    quantities = {} if content.get("quantities") is None else {"quantities": content["quantities"]}
    return {
        "analysis": pin["analysis"],
        "version": pin["version"],
        "digest": pin["digest"],
        **{name: content[name] for name in ANALYSIS_FIELDS},
        "shapes": [{**shape, "measurements": _numbers(numbers.get(shape["shape"]))} for shape in content["shapes"]],
        **quantities,
    }


def _numbers(row: Mapping[str, Any] | None) -> Json | None:
    return None if row is None else {name: value for name, value in row.items() if name != "shape"}
