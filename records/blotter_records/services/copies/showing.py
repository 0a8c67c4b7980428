"""What is read out of a copy, as the contract shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from blotter_records.contract.analyses import Background, Measurement
from blotter_records.contract.copies import CopiedRecord, CopiedSignature, CopiedVersion, CopyView
from blotter_records.contract.shapes import Shape
from blotter_records.domain.records import Analysis, Copy, Signature
from blotter_records.ports.entries import Revision
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.copies.entries import CopiedEntries
from blotter_records.services.copies.opened import OpenedBundle
from blotter_records.vocabulary import BundleScope, RecordKind


@dataclass(frozen=True)
class Opened:
    """A copy that somebody may read."""

    content: Copy
    bundle: OpenedBundle
    entries: CopiedEntries

    def said(self) -> dict[str, str]:
        """Return what everything that is shown of it says."""
        one = self.content
        return {
            "copy_id": one.copy,
            "installation": one.installation,
            "notice": f"Copy of {one.record} from {one.installation}, brought in as {one.copy}; it can only be read.",
        }

    def body(self, stream: str, rev: int) -> dict[str, Any]:
        """Return the entry that made a revision, proven again; with its ``number``."""
        kept = self.entries.of_change(stream, rev)
        return {**kept.stored().body, "number": kept.number}


def copy_view(revision: Revision) -> CopyView:
    """Return a copy as the contract shows it."""
    content = Copy.from_json(revision.content)
    given = {name: value for name, value in content.as_json().items() if name in CopyView.model_fields}
    return CopyView.model_validate(
        {
            **given,
            "copy_id": content.copy,
            "scope": BundleScope(content.scope),
            "imported_by": content.imported_by_name,
            "imported_at": revision.entry.at,
            "entry": entry_ref(revision.entry),
        }
    )


def record_row(bundle: OpenedBundle, kind: str, record: str) -> CopiedRecord:
    """Return a record as a list shows it."""
    content = bundle.content(kind, record)
    titles = (content.get(name) for name in ("title", "name", "file_name"))
    return CopiedRecord(
        record=record,
        kind=RecordKind(kind),
        rev=bundle.revisions(kind, record)[-1],
        title=next((title for title in titles if title), ""),
        status=content.get("status") or "",
    )


def version_of(opened: Opened, analysis: str, version: int, rev: int) -> CopiedVersion:
    """Return a saved version of an analysis with its numbers."""
    content = Analysis.from_json(opened.bundle.content("analysis", analysis, rev))
    body = opened.body(f"analysis:{analysis}", rev)
    return CopiedVersion(
        version=version,
        shapes=[Shape.model_validate(one) for one in content.shapes],
        background=Background.model_validate(content.background),
        measurements=[Measurement.model_validate(one) for one in content.measurements],
        digest=content.digest,
        formula_set=content.formula_set,
        saved_by=by(body),
        saved_at=body["at"],
        reason=content.reason,
    )


def signature_of(opened: Opened, signature: str) -> CopiedSignature:
    """Return a signature with its manifestation."""
    content = Signature.from_json(opened.bundle.content("signature", signature))
    body = opened.body(f"signature:{signature}", 1)
    given = {name: value for name, value in content.as_json().items() if name in CopiedSignature.model_fields}
    return CopiedSignature(
        **{**given, "zone": body["zone"]},
        state=f"copied: signed at {opened.content.installation}",
        signed_at=body["at"],
        utc_offset=body["offset"],
        number=body["number"],
    )


def by(body: dict[str, Any]) -> str:
    """Return the printed name of who made an entry, or the service's."""
    return cast(str, body.get("printed_name") or body.get("service") or "")
