"""Turns a dossier into the text of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from blotter_records.contract.signing import SignatureView
from blotter_records.contract.unused import InventoryItem
from blotter_records.domain.canonical import canonical, text_digest
from blotter_records.domain.records import Image
from blotter_records.ports.entries import Revision, StoredEntry
from blotter_records.ports.rendering import (
    Fact,
    ImagePart,
    LogPart,
    LogRow,
    ReportDocument,
    SignaturePart,
)
from blotter_records.ports.seals import Seal
from blotter_records.services.images.twins import told
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.reports.analysis_part import Sensitivities, analysis_part, picture_file
from blotter_records.services.reports.display_part import shown
from blotter_records.services.reports.dossier import Dossier, analysis_of, image_of
from blotter_records.services.reports.inventory_part import inventory_tables
from blotter_records.services.reports.marks_part import with_marks
from blotter_records.services.reports.review_part import review_parts
from blotter_records.services.reports.wording import NONE, compact, utc, utc_zone, words
from blotter_records.vocabulary import Provenance

#: Entries that a report prints, at most.
LONGEST_LOG = 5_000

#: Old and new values longer than this are printed by their digest; the attached data.json has them whole.
LONGEST_VALUE = 2000


def compose(
    dossier: Dossier,
    signatures: list[SignatureView],
    imprint: Imprint,
    *,
    sensitivities: Sensitivities,
    items: Sequence[InventoryItem],
    seal: Seal | None,
    printed_by: str,
    printed_at: datetime,
) -> ReportDocument:
    """Return the report of a result.

    ``sensitivities`` are of its analyses by the names of their pictures, ``items`` is
    everything that it accounts for.
    """
    content = dossier.content
    images = {one.record_id: image_of(one) for one in dossier.images}
    count = len(dossier.entries)
    return ReportDocument(
        title=f"Report of result {content.result}, version {content.version}",
        subtitle=content.title,
        status=words(content.status).capitalize(),
        marks=imprint.marks(),
        notice="Static copy. The electronic records in the system, their audit trail and signatures prevail.",
        digest_label="Record digest (SHA-256)",
        digest=content.digest,
        facts=_result_facts(dossier, count),
        signatures=tuple(signature_part(one, content.version) for one in signatures),
        front=inventory_tables(items, signatures),
        no_signatures="This result has not been signed.",
        images=tuple(
            with_marks(_image_part(one, images[one.record_id], dossier, sensitivities), images[one.record_id], dossier)
            for one in dossier.images
        ),
        logs=(_log(dossier),),
        seal=seal_facts(seal, imprint),
        seal_text=_seal_text(dossier, seal),
        seal_lines=() if seal is None else tuple(seal.note.splitlines()),
        copy=(
            Fact("Printed by", printed_by),
            Fact("Printed at", utc_zone(printed_at)),
            Fact("Software", imprint.software),
            Fact("Installation", imprint.origin),
            Fact("Attached", "data.json (everything in this report as stored), log.csv (the log as a table)"),
        ),
        reviews=review_parts(dossier),
        printed=f"Printed {utc(printed_at)} UTC by {printed_by} · {imprint.software}",
    )


#: What whoever brought an image in did.
_BROUGHT = {Provenance.ACQUIRED.value: "Ordered by"}


def _result_facts(dossier: Dossier, count: int) -> tuple[Fact, ...]:
    content = dossier.content
    first = next(one for one in dossier.revisions if one.stream == dossier.result.stream)
    return (
        Fact("Result", f"{content.result}, version {content.version}"),
        Fact("Title", content.title),
        Fact("Status", words(content.status)),
        Fact("Made by", f"{content.created_by_name} ({content.created_by}), {utc_zone(first.entry.at)}"),
        *([Fact("Reason for this version", content.reason)] if content.reason else []),
        Fact("Images", ", ".join(content.images)),
        Fact("Analyses", ", ".join(f"{pin['analysis']}.{pin['version']}" for pin in content.pins)),
        Fact("Log", f"{count} entries, {'all of them' if _is_printed(count) else 'none of them'} printed below"),
        Fact("Record digest", content.digest, is_code=True),
    )


def signature_part(view: SignatureView, version: int) -> SignaturePart:
    """Return a signature as it is printed; ``version`` is the newest one of the record."""
    said = {
        "valid": "✓ valid",
        "outdated": f"⚠ outdated: given on version {view.version}, this is version {version}",
        "invalid": "✕ invalid: the record is not the one that was signed",
    }
    return SignaturePart(
        title=f"{view.signature} on {view.record}, version {view.version}",
        state=view.state,
        state_text=said[view.state],
        printed_name=view.printed_name,
        meaning=words(view.meaning).capitalize(),
        signed_at=utc_zone(view.signed_at, view.zone, view.utc_offset),
        facts=(
            Fact("User name, role", f"{view.user_name}, {view.role_label}"),
            Fact("Action", f"{view.action_description} ({view.action})"),
            *([Fact("Reason", view.reason)] if view.reason else []),
            Fact("Comment", view.comment or NONE),
            Fact("Signed digest", view.digest, is_code=True),
            Fact("Seal", f"{view.seal}, entry {view.entry.number or 'pending'}"),
        ),
    )


def _origin(image: Image) -> str:
    """Return where an image comes from, and whether a registered instrument vouches for it (11.10(h))."""
    if image.provenance == Provenance.ACQUIRED:
        return f"{image.provenance} on a registered instrument, {image.acquisition}"
    return f"{image.provenance}; instrument not verified"


def _by_whom(image: Image, revision: Revision) -> str:
    return f"{image.imported_by_name} ({image.imported_by}), {utc_zone(revision.entry.at)}"


def _image_part(revision: Revision, image: Image, dossier: Dossier, sensitivities: Sensitivities) -> ImagePart:
    pinned = [one for one in dossier.pinned if one.content["image"] == image.image]
    return ImagePart(
        title=f"Image {image.image}",
        facts=(
            Fact("File", f"{image.file_name}, {image.file_bytes} bytes"),
            Fact("Origin", _origin(image)),
            Fact(_BROUGHT.get(image.provenance, "Imported by"), _by_whom(image, revision)),
            Fact("Reason", image.reason or NONE),
            Fact("Format", file_place(image)),
            Fact("Size", f"{image.columns} × {image.rows} px, {image.bits} bits, compression: {image.compression}"),
            *([Fact("Use", "a picture, not for quantification")] if image.is_picture else []),
            *([Fact("Seen before", told(image.seen_before))] if image.seen_before else []),
            Fact("White is zero", "yes; counts are the values as stored" if image.white_is_zero else "no"),
            Fact("Counts", f"{image.minimum} to {image.maximum}; saturated from {image.saturation_level}"),
            *(Fact("Note", note) for note in image.notes),
            Fact("File digest", image.file_sha256, is_code=True),
            Fact("Pixel digest", image.pixels_sha256, is_code=True),
        ),
        analyses=tuple(
            analysis_part(
                one,
                analysis_of(one),
                image,
                sensitivities[picture_file(one)],
                shown(dossier, image),
                dossier.content.flag_reasons,
            )
            for one in pinned
        ),
    )


def file_place(image: Image) -> str:
    """Return of which kind the file of an image is, and which of its images it is."""
    channels = len(image.file_images)
    if channels < 2:
        return image.format
    return f"{image.format}, channel {image.channel_index + 1} of {channels} ({image.file_channel or 'not named'})"


def _log(dossier: Dossier) -> LogPart:
    ordered = sorted(
        dossier.entries, key=lambda one: (one.written.number is None, one.written.number or one.written.id)
    )
    pending = sum(one.written.number is None for one in ordered)
    numbered = [one.written.number for one in ordered if one.written.number is not None]
    said = f"{len(ordered)} entries"
    if numbered:
        said += f", numbers {numbered[0]} to {numbered[-1]} (those missing between belong to other records)"
    said += (
        "; none was left out. Changes of records, views, refusals, signatures and exports, in the order of the trail; "
        "cells as executed through the gate."
        if _is_printed(len(ordered))
        else ". They are more than a report prints: the bundle of this result has all of them in printed volumes, the "
        "attached data.json and log.csv have them, too."
    )
    if pending:
        said += f" {pending} of them had no number yet when this was printed (pending)."
    said += f" Hash of the first entry {ordered[0].written.leaf}, of the last {ordered[-1].written.leaf}."
    names = " and ".join(dossier.content.images)
    return LogPart(
        title=f"Image log of {names}",
        statement=said,
        rows=tuple(log_row(entry, dossier.notebooks) for entry in ordered) if _is_printed(len(ordered)) else (),
    )


def _is_printed(entries: int) -> bool:
    """Tell whether a report prints its log: more entries take minutes to set, and nobody turns so many pages."""
    return entries <= LONGEST_LOG


def log_row(entry: StoredEntry, notebooks: Mapping[str, str], whole_in: str = "the attached data.json") -> LogRow:
    """Return an entry as it is printed.

    Parameters
    ----------
    entry : StoredEntry
    notebooks : mapping of str to str
        Their names by id.
    whole_in : str
        Where a value stands that is too long to be printed.
    """
    body, written = entry.body, entry.written
    who = body.get("printed_name") or body.get("service") or "nobody signed in"
    user, role = body.get("user_name"), body.get("role")
    detail = " · ".join(part for part in (user, words(role).title() if role else None) if part)
    version = f", version {body['record_version']}" if body["record_version"] is not None else ""
    rev = f", revision {written.rev}" if written.rev is not None else ""
    lines = [Fact("what", body.get("summary", ""))] if body.get("summary") else []
    if body.get("old") is not None or body.get("new") is not None:
        lines.append(Fact("old → new", f"{_value(body.get('old'), whole_in)} → {_value(body.get('new'), whole_in)}"))
    if body.get("reason"):
        lines.append(Fact("reason", body["reason"]))
    if body.get("notebook"):
        name = notebooks.get(body["notebook"], "unknown notebook")
        place = [f"{name} ({body['notebook']}), version {body.get('notebook_version', NONE)}"]
        place += [f"cell {body['cell']}"] if body.get("cell") else []
        lines.append(Fact("notebook", ", ".join(place)))
    if body.get("signature"):
        lines.append(Fact("signature", body["signature"]))
    return LogRow(
        number=str(written.number) if written.number is not None else "pending",
        time=utc(written.at, digits=3),
        who=who,
        who_detail=detail,
        action=body["action"],
        outcome=body["outcome"],
        record=f"{body['record_id'] or written.stream}{version}{rev}",
        lines=tuple(lines),
    )


def _value(value: Any, whole_in: str) -> str:
    text = compact(value)
    if len(text) <= LONGEST_VALUE:
        return text
    return f"[{len(text)} characters, SHA-256 {text_digest(canonical(value))}; whole in {whole_in}]"


def _seal_text(dossier: Dossier, seal: Seal | None) -> str:
    if seal is None:
        return "No checkpoint had been signed when this was printed."
    covered = sum(one.written.number is not None and one.written.number <= seal.size for one in dossier.entries)
    return (
        f"{covered} of the {len(dossier.entries)} entries of the log are covered by this checkpoint of the whole audit "
        "trail, which the installation signed. Changing, removing or moving any of them would need another checkpoint."
    )


def seal_facts(seal: Seal | None, imprint: Imprint) -> tuple[Fact, ...]:
    """Return what a checkpoint covers and who signed it; nothing where there is none."""
    if seal is None:
        return ()
    return (
        Fact("Covers", f"entries 1 to {seal.size} of {imprint.origin}"),
        Fact("Verifier key", imprint.verifier_key() or NONE, is_code=True),
    )
