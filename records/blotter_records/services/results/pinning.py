"""What a version of a result pins: analysis versions, and of each image what was laid over it and what it is of."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.domain.digests import result_digest
from blotter_records.domain.records import Acquisition, Analysis, Image, Json, Membrane, Result
from blotter_records.errors import Invalid
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.analyses import showing
from blotter_records.services.images import images
from blotter_records.services.images.layers import layer
from blotter_records.vocabulary import RecordKind


def take(work: UnitOfWork, ids: Sequence[str]) -> list[Revision]:
    """Return the revisions of versions like ``ANL-000042.3``, their analyses locked until the transaction ends.

    Raises
    ------
    NotFound
        ``not_found.analysis``, ``not_found.version``.
    Invalid
        ``result.pins`` for two versions of one analysis, ``result.study`` for analyses of several studies.
    """
    wanted = [(analysis, int(version)) for analysis, _, version in (one.partition(".") for one in ids)]
    if len({analysis for analysis, _ in wanted}) != len(wanted):
        raise Invalid("result.pins", "A result pins at most one version of each analysis.")
    # Locked in one order, so that two requests cannot wait for each other.
    for analysis, _ in sorted(wanted):
        work.lock(f"analysis:{analysis}")
    return [showing.version_revision(work, analysis, version) for analysis, version in wanted]


def study_of(pinned: Sequence[Revision]) -> str:
    """Return the study of pinned versions. Raises ``Invalid('result.study')`` if they are of several."""
    studies = {Analysis.from_json(one.content).study for one in pinned}
    if len(studies) != 1:
        raise Invalid("result.study", "A result pins analyses of one study.")
    return studies.pop()


def pins_of(pinned: Sequence[Revision]) -> list[Json]:
    """Return pins as a result holds them."""
    return [
        {"analysis": one.record_id, "version": one.version, "rev": one.rev, "digest": one.content["digest"]}
        for one in pinned
    ]


def images_of(pinned: Sequence[Revision]) -> list[str]:
    """Return the images of pinned versions, each once, sorted."""
    return sorted({Analysis.from_json(one.content).image for one in pinned})


def layers_of(work: UnitOfWork, names: Sequence[str]) -> list[Json]:
    """Return what is laid over images and what they are of, as it stands now."""
    return [_layer(work, images.found(work, name)) for name in names]


def _layer(work: UnitOfWork, image: Revision) -> Json:
    content = Image.from_json(image.content)
    membrane = _named(work, RecordKind.MEMBRANE, content.membrane)
    lanes = Membrane.from_json(membrane.content).lanes if membrane is not None else []
    samples = sorted({lane["sample"] for lane in lanes if lane["sample"]})
    return {
        "image": _pin(image),
        "annotation": _pin(layer(work, RecordKind.ANNOTATION, content.image)),
        "display": _pin(layer(work, RecordKind.DISPLAY, content.image)),
        "acquisition": _pin(_named(work, RecordKind.ACQUISITION, content.acquisition)),
        "membrane": _pin(membrane),
        "probing": _pin(_named(work, RecordKind.PROBING, content.probing)),
        "samples": [_pin(_named(work, RecordKind.SAMPLE, sample)) for sample in samples],
    }


def _named(work: UnitOfWork, kind: RecordKind, record: str | None) -> Revision | None:
    return work.latest(f"{kind.value}:{record}") if record else None


def _pin(revision: Revision | None) -> Json | None:
    if revision is None:
        return None
    return {"record": revision.record_id, "rev": revision.rev, "sha256": revision.sha256}


def pins_in(layer_: Json) -> list[Json]:
    """Return every pin of a layer."""
    return [pin for name, pin in layer_.items() if name != "samples" and pin is not None] + list(layer_["samples"])


def pinned_layers(work: UnitOfWork, content: Result) -> list[Revision]:
    """Return the revisions that the layers of a version pin, each once."""
    found: dict[tuple[str, int], Revision] = {}
    for one in content.layers:
        for name, pin in one.items():
            for each in pin if isinstance(pin, list) else [pin]:
                kind = "sample" if name == "samples" else name
                revision = work.revision(f"{kind}:{each['record']}", each["rev"]) if each else None
                if revision is not None:
                    found[revision.stream, revision.rev] = revision
    return list(found.values())


def layer_makers(work: UnitOfWork, content: Result) -> set[str]:
    """Return who has made what the layers of a version pin (who looks or sets a display makes nothing)."""
    makers: set[str] = set()
    for revision in pinned_layers(work, content):
        if revision.kind is RecordKind.IMAGE:
            makers.update(Image.from_json(revision.content).makers())
        elif revision.kind is RecordKind.ACQUISITION:
            makers.update(Acquisition.from_json(revision.content).contributors)
        else:
            makers.update(revision.content.get("contributors") or [])
    return makers


def pinned_by(work: UnitOfWork, content: Result) -> list[Revision]:
    """Return the revisions that a version of a result pins, in the order of the pins."""
    pinned = [work.revision(f"analysis:{pin['analysis']}", pin["rev"]) for pin in content.pins]
    return [revision for revision in pinned if revision is not None]


def digest_of(content: Result, pinned: Sequence[Revision]) -> str:
    """Return the digest that a signature on this version binds."""
    versions = [(one.record_id, one.version or 0, Analysis.from_json(one.content)) for one in pinned]
    return result_digest(
        content.result,
        content.version,
        content.title,
        content.study,
        versions,
        content.layers,
        content.flag_reasons,
        content.unused_reasons,
    )


def computed_digest(work: UnitOfWork, content: Result) -> str:
    """Return the digest of a version of a result, computed again from the records that it pins.

    A layer whose record is no longer the one that was pinned gives another digest.
    """
    kept = {(one.record_id, one.rev, one.sha256) for one in pinned_layers(work, content)}
    wanted = {(pin["record"], pin["rev"], pin["sha256"]) for one in content.layers for pin in pins_in(one)}
    return digest_of(content, pinned_by(work, content)) if kept == wanted else ""
