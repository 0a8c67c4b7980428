"""What a result accounts for: everything that was scanned and analysed of the membranes that its images are of.

The service finds it itself, each time: when a result is shown, when its signing page is prepared, and again in the
transaction of the signature. Nobody can leave out an exposure by not naming it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blotter_records.contract.unused import InventoryItem
from blotter_records.domain.enumerating import first_few
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Acquisition, Analysis, Image, Json, Result
from blotter_records.errors import BlotterError, Conflict
from blotter_records.ports.entries import FoundRecord, RecordFilter, Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.images import images
from blotter_records.vocabulary import ItemKind, RecordKind, UnusedRule

#: More records than anything has: read in one go.
_ALL = 2**31 - 1

#: Items that a refusal names, and that the signing page names in one line; the result shows all.
_NAMED, _TOLD = 5, 40

_NOTHING_DRAWN = "nothing was drawn in it"

Place = tuple[str, str, int | None]


@dataclass(frozen=True)
class _Used:
    """What a version of a result uses: images, and the images that these were made from; versions of analyses."""

    images: frozenset[str]
    sources: frozenset[str]
    pins: frozenset[tuple[str, int]]


def inventory(work: UnitOfWork, content: Result, policies: Policies) -> list[InventoryItem]:
    """Return every exposure, image, draft and saved analysis of the membranes that a result's images are of.

    Of an image of no membrane: of its acquisition. In the order in which they were taken, each image with its
    analyses. Empty for a look back: what a search finds, it finds as it stands now.
    """
    if work.as_of is not None:
        return []
    own = [Image.from_json(images.found(work, name).content) for name in content.images]
    used = _used(work, content, own)
    membranes = {one.membrane for one in own} | {
        layer["membrane"]["record"] for layer in content.layers if layer["membrane"]
    }
    taken = _found(work, content, RecordKind.ACQUISITION, "membrane", {one for one in membranes if one})
    known = {one.revision.record_id for one in taken}
    alone = sorted({one.acquisition for one in own if one.acquisition} - known)
    scanned = _found(work, content, RecordKind.IMAGE, "acquisition", known | set(alone))
    analyses = _found(work, content, RecordKind.ANALYSIS, "image", {one.revision.record_id for one in scanned})
    results = _found(work, content, RecordKind.RESULT, "image", {one.revision.record_id for one in scanned})
    others = [other for one in results if (other := Result.from_json(one.revision.content)).result != content.result]
    given = {place_of(one): one for one in content.unused_reasons}
    exposures = [one.revision for one in taken] + [work.latest(f"acquisition:{one}") for one in alone]
    return [
        _answered(item, given.get((item.kind.value, item.record, item.number)), policies)
        for exposure in sorted((one for one in exposures if one is not None), key=lambda one: one.record_id)
        for item in _of_exposure(work, exposure, scanned, analyses, used, others)
    ]


def _used(work: UnitOfWork, content: Result, own: Sequence[Image]) -> _Used:
    sources: set[str] = set()
    for image in own:
        above = image.parent
        while above and above not in sources:
            sources.add(above)
            above = Image.from_json(images.found(work, above).content).parent
    pins = frozenset((pin["analysis"], pin["version"]) for pin in content.pins)
    return _Used(frozenset(content.images), frozenset(sources) - frozenset(content.images), pins)


def _found(work: UnitOfWork, content: Result, kind: RecordKind, what: str, of: set[str]) -> list[FoundRecord]:
    """Return the records of a kind that are of some others, in the study of the result, oldest first."""
    if not of:
        return []
    keys = (tuple(f"{what}:{one}" for one in sorted(of)),)
    return list(work.search(RecordFilter(kind, studies=[content.study], keys=keys, limit=_ALL)))


def _of_exposure(
    work: UnitOfWork,
    exposure: Revision,
    scanned: Sequence[FoundRecord],
    analyses: Sequence[FoundRecord],
    used: _Used,
    others: Sequence[Result],
) -> Iterator[InventoryItem]:
    content = Acquisition.from_json(exposure.content)
    mine = [one for one in scanned if one.revision.content["acquisition"] == content.acquisition]
    names = {one.revision.record_id for one in mine}
    first = work.revision(exposure.stream, 1) or exposure
    yield InventoryItem(
        kind=ItemKind.ACQUISITION,
        record=content.acquisition,
        name=content.acquisition,
        made_at=first.entry.at,
        made_by=_by(first),
        status=f"exposure {content.exposure}, {content.provenance.replace('_', ' ')}",
        used=bool(names & (used.images | used.sources)),
        # An exposure is accounted for by its images; one that left none, by itself.
        standing="each of its images is listed" if names else "",
    )
    for one in mine:
        yield _image(one, used)
        for found in analyses:
            if found.revision.content["image"] == one.revision.record_id:
                yield from _of_analysis(work, found, used, others)


def _image(found: FoundRecord, used: _Used) -> InventoryItem:
    image = Image.from_json(found.revision.content)
    standing = next((one.partition(":")[2] for one in found.keys if one.startswith("status:")), "")
    status = standing.replace("_", " ") + (f", made of {image.parent}" if image.parent else "")
    if image.image in used.sources:
        status += ", source of an image that is used"
    why = image.invalidation["reason"] if image.invalidation else ""
    return InventoryItem(
        kind=ItemKind.IMAGE,
        record=image.image,
        name=image.image,
        made_at=found.made_at,
        made_by=image.imported_by_name,
        status=status,
        used=image.image in used.images | used.sources,
        standing=f"invalidated: {why}" if why else "",
    )


def _of_analysis(
    work: UnitOfWork, found: FoundRecord, used: _Used, others: Sequence[Result]
) -> Iterator[InventoryItem]:
    newest = found.revision
    content = Analysis.from_json(newest.content)
    revs = [one["rev"] for one in content.versions]
    versions = [newest] if revs == [newest.rev] else work.history(newest.stream, revs) if revs else []
    for at, version in enumerate(versions):
        number = at + 1
        following = versions[at + 1].content["reason"] if number < len(versions) else ""
        elsewhere = [
            f"{one.result} ({one.status.replace('_', ' ')})"
            for one in others
            if any((pin["analysis"], pin["version"]) == (content.analysis, number) for pin in one.pins)
        ]
        yield InventoryItem(
            kind=ItemKind.ANALYSIS,
            record=content.analysis,
            number=number,
            name=f"{content.analysis}.{number}",
            made_at=version.entry.at,
            made_by=_by(version),
            status="saved" + (f"; used in {', '.join(elsewhere)}" if elsewhere else ""),
            used=(content.analysis, number) in used.pins,
            standing=f"replaced by version {number + 1}: {following}" if following else "",
        )
    if not versions or not content.is_saved:
        since = f"changed since version {len(versions)}" if versions else "never saved"
        is_empty = not versions and newest.rev == 1 and not content.shapes
        yield InventoryItem(
            kind=ItemKind.DRAFT,
            record=content.analysis,
            number=newest.rev,
            name=f"{content.analysis}, draft",
            made_at=newest.entry.at,
            made_by=_by(newest),
            status=since,
            used=False,
            standing=_NOTHING_DRAWN if is_empty else "",
        )


def _by(revision: Revision) -> str:
    subject = revision.subject
    return subject.printed_name or (subject.service.value if subject.service else "")


def _answered(item: InventoryItem, given: Json | None, policies: Policies) -> InventoryItem:
    """Return an item with what policy asks for it, and the reason that was given."""
    if item.used:
        return item.model_copy(update={"standing": ""})
    asks = policies.unused_rule if not item.standing else UnusedRule.NOTED
    told = {name: given[name] for name in ("reason", "reason_code", "given_by_name")} if given else {}
    return item.model_copy(update={"rule": asks, **told})


def unused(items: Sequence[InventoryItem]) -> list[InventoryItem]:
    """Return what is not used; an exposure with images is told by these."""
    return [one for one in items if not one.used and not (one.kind is ItemKind.ACQUISITION and one.standing)]


def open_items(items: Sequence[InventoryItem]) -> BlotterError | None:
    """Return why a result beside which these were made cannot be submitted, or None."""
    missing = [one for one in items if not one.used and one.rule is UnusedRule.REASON and not one.reason]
    if not missing:
        return None
    named = [f"{one.name} ({one.made_at:%Y-%m-%d %H:%M} UTC, {one.made_by}; {one.status})" for one in missing]
    return Conflict(
        "conflict.unused_reasons",
        f"A reason is missing for {len(missing)} unused scan{'s' if len(missing) > 1 else ''} or "
        f"{'analyses' if len(missing) > 1 else 'analysis'} of the same membrane or exposure: "
        f"{first_few(named, _NAMED)}.",
        "Give a reason for each in Result, or use it in another version of the result.",
    )


def told(items: Sequence[InventoryItem]) -> str:
    """Return in one line what is not used: what the signing page shows, and finds again when it is signed."""
    names = [one.name for one in unused(items)]
    return f"{len(names)}: {first_few(names, _TOLD, ', ')}" if names else ""


def kept_unused_reasons(content: Result, pins: Sequence[Json], names: Sequence[str]) -> list[Json]:
    """Return the reasons that still hold when a version pins these analyses, of these images."""
    used: set[Place] = {(ItemKind.ANALYSIS.value, pin["analysis"], pin["version"]) for pin in pins}
    used |= {(ItemKind.IMAGE.value, name, None) for name in names}
    return [one for one in content.unused_reasons if place_of(one) not in used]


def place_of(one: Json) -> Place:
    """Return for what a reason was given."""
    return one["kind"], one["record"], one["number"]
