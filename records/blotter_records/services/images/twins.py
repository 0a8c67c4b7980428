"""Pixels that the installation already holds, as they are, flipped, turned, or as a part (requirements A3, images)."""

from __future__ import annotations

from collections import defaultdict

from blotter_records.domain.records import Image, Json
from blotter_records.ports.entries import FoundRecord, RecordFilter
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.vocabulary import RecordKind

#: Block hashes that two images must share: one alone may be chance, or a logo.
_SHARED = 2

#: Most images that are looked at; who imports the same pixels a hundred times is told of the first ones.
_LOOKED_AT = 100

_WORDS = {
    "same": "the same pixels as",
    "turned": "the same pixels, flipped or turned, as",
    "part": "pixels that are also in",
}


def seen_before(work: UnitOfWork, image: Image) -> list[Json]:
    """Return where an image's pixels are already, each image once, oldest first.

    Returns
    -------
    list of {"how", "image"}
        ``how``: ``same``, ``turned`` (flipped, or turned by quarters) or ``part`` (one is cut out of the other, or
        both of a third). ``image`` is empty for images of another study, which are told of once for each ``how``.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for one in _candidates(work, image):
        how = _how(image, one)
        named = one.revision.record_id if one.study == image.study else ""
        if how and named not in found[how]:
            found[how].append(named)
    return [{"how": how, "image": named} for how in _WORDS for named in found[how]]


def told(seen: list[Json]) -> str:
    """Return in words where the pixels are already, or nothing."""
    said = []
    for how, words in _WORDS.items():
        named = [one["image"] for one in seen if one["how"] == how]
        here = [name for name in named if name] + ["an image in another study"] * ("" in named)
        if here:
            said.append(f"{words} {', '.join(here)}")
    return "; ".join(said)


def _candidates(work: UnitOfWork, image: Image) -> list[FoundRecord]:
    keys = [f"pixels:{image.pixels_sha256}", f"turned:{image.turned_sha256}"]
    keys += [f"block:{one}" for one in image.block_hashes]
    found = work.search(RecordFilter(RecordKind.IMAGE, keys=(tuple(keys),), limit=_LOOKED_AT))
    return [one for one in found if one.revision.record_id not in image.file_images]


def _how(image: Image, one: FoundRecord) -> str:
    if f"pixels:{image.pixels_sha256}" in one.keys:
        return "same"
    if f"turned:{image.turned_sha256}" in one.keys:
        return "turned"
    shared = sum(f"block:{block}" in one.keys for block in image.block_hashes)
    return "part" if shared >= _SHARED else ""
