"""Recomputes stored numbers from the sealed pixels and reports each that differs (11.10(a)).

Every revision of an analysis that holds numbers is measured again by the same code that measured it, from the file in
the store, whose bytes and pixels are compared with their digests first. Exact numbers may not differ at all, fitted
ones by 1e-9 at most (relative; absolute below 1). Numbers of another formula set are counted, not compared.

The records are read as they lie there, nothing trusted: whether they are those that the trail recorded is what
``blotter verify`` shows; this shows that the numbers follow from the pixels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from pydantic import ValidationError

from blotter_records import densitometry
from blotter_records.contract.analyses import Background
from blotter_records.contract.shapes import Shape
from blotter_records.densitometry import Exactness
from blotter_records.densitometry.shapes import Counts
from blotter_records.densitometry.transforms import transformed
from blotter_records.domain.comparing import differences
from blotter_records.domain.digests import version_digest
from blotter_records.domain.records import Analysis, Image, Json
from blotter_records.errors import BlotterError, Unavailable
from blotter_records.ports.entries import NewEntry, Subject
from blotter_records.ports.ledger import Ledger
from blotter_records.ports.trail_reader import RawRevision, TrailReader
from blotter_records.services.analyses.measuring import numbers_of
from blotter_records.services.images.pixels import pixels_digest
from blotter_records.services.quantities.computing import again
from blotter_records.vocabulary import Event, Outcome, RecordKind


class Verified(Protocol):
    """Gives the verified counts of an image: of this installation, or of a copy."""

    def verified(self, image: Image) -> Counts:
        """Return them. Raises ``IntegrityBroken``, ``Unavailable``."""


#: By how much a fitted number may differ.
FITTED_TOLERANCE = 1e-9
#: Differences that the trail's entry names; all are in the report.
_NAMED = 20


@dataclass(frozen=True)
class Difference:
    """A number that the pixels do not give, or what keeps it from being computed."""

    image: str
    analysis: str
    rev: int
    version: int | None
    what: str

    def __str__(self) -> str:
        version = f"version {self.version}" if self.version is not None else "draft"
        return f"{self.image}, {self.analysis}, {version} (revision {self.rev}): {self.what}"


@dataclass
class Recomputed:
    """What was computed again. ``other_formulas`` counts revisions by their formula set."""

    analyses: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    revisions: int = 0
    versions: int = 0
    numbers: int = 0
    derived: int = 0
    other_formulas: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def counted(self) -> str:
        """Return in one line what was looked at."""
        others = "".join(f", {n} of formula set {name} not computed" for name, n in sorted(self.other_formulas.items()))
        return (
            f"{self.numbers} numbers of {self.versions} versions and {self.revisions - self.versions} drafts, "
            f"{len(self.analyses)} analyses, {len(self.images)} images, {self.derived} derived images, "
            f"formula set {densitometry.FORMULA_SET}{others}"
        )


def recompute(
    reader: TrailReader, pixels: Verified, *, sample: int | None = None, chance: np.random.Generator | None = None
) -> Recomputed:
    """Measure again what was measured.

    Parameters
    ----------
    reader : TrailReader
        The database, in one snapshot.
    pixels : Verified
        The sealed files.
    sample : int, optional
        So many revisions, drawn at random, each with the same chance; without it all.
    chance : numpy.random.Generator, optional
        Draws the sample.

    Raises
    ------
    Unavailable
        The database or the store does not answer: then nothing is said.
    """
    report = Recomputed()
    images = {one.record_id: one for one in reader.revisions(RecordKind.IMAGE)}  # the newest of each comes last
    for one in images.values():
        for what in _derived(one, images, pixels, report):
            report.differences.append(Difference(one.record_id, "derived image", one.rev, None, what))
    measured = (one for one in reader.revisions(RecordKind.ANALYSIS) if not _is_empty(one))
    for revision in measured if sample is None else _drawn(measured, sample, chance or np.random.default_rng()):
        for what in _compared(revision, images, pixels, report):
            content = _read(revision)
            report.differences.append(
                Difference(
                    str(content.get("image", "no image")), revision.record_id, revision.rev, revision.version, what
                )
            )
    return report


def note_recomputation(ledger: Ledger, subject: Subject, report: Recomputed, sample: int | None) -> None:
    """Write in the trail that numbers were recomputed, and what came of it. Raises ``Unavailable``."""
    ending = f"{len(report.differences)} differ" if report.differences else "none differs"
    with ledger.begin() as work:
        work.note(
            NewEntry(
                stream="system",
                action=Event.SYSTEM_RECOMPUTE.value,
                subject=subject,
                outcome=Outcome.FAILED if report.differences else Outcome.DONE,
                new={
                    "sample": sample,
                    "numbers": report.numbers,
                    "versions": report.versions,
                    "revisions": report.revisions,
                    "analyses": len(report.analyses),
                    "images": len(report.images),
                    "derived": report.derived,
                    "formula_set": densitometry.FORMULA_SET,
                    "other_formulas": dict(report.other_formulas),
                    "differences": len(report.differences),
                    "first": [str(one)[:400] for one in report.differences[:_NAMED]],
                },
                summary=f"Recomputed {report.counted()}: {ending}",
            )
        )
        work.commit()


def _drawn(revisions: Iterable[RawRevision], size: int, chance: np.random.Generator) -> list[RawRevision]:
    """Draw `size` of them in one pass (reservoir sampling), in the order in which they came."""
    kept: list[tuple[int, RawRevision]] = []
    for at, one in enumerate(revisions):
        if at < size:
            kept.append((at, one))
        elif (place := int(chance.integers(at + 1))) < size:
            kept[place] = (at, one)
    return [one for _, one in sorted(kept, key=lambda pair: pair[0])]


def _is_empty(revision: RawRevision) -> bool:
    """Tell whether an analysis has neither shapes nor numbers; a quote within a text has a backslash before it."""
    return '"shapes":[]' in revision.content and '"measurements":[]' in revision.content


def _read(revision: RawRevision) -> Json:
    try:
        content = json.loads(revision.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _compared(
    revision: RawRevision, images: dict[str, RawRevision], pixels: Verified, report: Recomputed
) -> Iterator[str]:
    """Measure one revision again; yield in words what differs."""
    try:
        analysis = Analysis.from_json(_read(revision))
        image = Image.from_json(_read(images[analysis.image]))
    except (KeyError, TypeError) as error:
        yield f"cannot be computed: the record is not an analysis of an image ({type(error).__name__})"
        return
    yield from compared(analysis, image, pixels, report)


def _derived(
    revision: RawRevision, images: dict[str, RawRevision], pixels: Verified, report: Recomputed
) -> Iterator[str]:
    """Make a derived image again from its parent; yield in words what differs."""
    try:
        image = Image.from_json(_read(revision))
        if image.transform is None or image.parent is None:
            return
        parent = Image.from_json(_read(images[image.parent]))
    except (KeyError, TypeError) as error:
        yield f"cannot be made again: the record is not an image of another one ({type(error).__name__})"
        return
    yield from made_again(image, parent, pixels, report)


def made_again(image: Image, parent: Image, pixels: Verified, report: Recomputed) -> Iterator[str]:
    """Make a derived image again; count it in the report, yield in words what differs. Raises ``Unavailable``."""
    transform = image.transform or {}
    try:
        made = transformed(pixels.verified(parent), transform)
    except (KeyError, TypeError) as error:
        yield f"cannot be made again: the record is not an image of another one ({type(error).__name__})"
        return
    except Unavailable:
        raise
    except BlotterError as error:
        yield f"cannot be made again: {error.message}"
        return
    report.derived += 1
    if pixels_digest(made) != image.pixels_sha256:
        yield f"its pixels are not those that {transform['name']} makes of {image.parent}"


def compared(analysis: Analysis, image: Image, pixels: Verified, report: Recomputed) -> Iterator[str]:
    """Measure an analysis again; count in the report, yield in words what differs. Raises ``Unavailable``."""
    if analysis.formula_set != densitometry.FORMULA_SET:
        report.other_formulas[analysis.formula_set] += 1
        return
    try:
        shapes = [Shape.model_validate(one) for one in analysis.shapes]
        computed = numbers_of(pixels.verified(image), image, shapes, Background.model_validate(analysis.background))
        stored = {str(one["shape"]): one for one in analysis.measurements}
    except (KeyError, TypeError, ValidationError) as error:
        yield f"cannot be computed: the record is not an analysis of an image ({type(error).__name__})"
        return
    except Unavailable:
        raise
    except BlotterError as error:
        yield f"cannot be computed: {error.message}"
        return
    report.revisions += 1
    report.versions += analysis.is_saved
    report.analyses.add(analysis.analysis)
    report.images.add(image.image)
    if (analysis.file_sha256, analysis.pixels_sha256) != (image.file_sha256, image.pixels_sha256):
        yield f"was made from other pixels than {image.image} has"
    if analysis.is_saved and analysis.digest != version_digest(analysis):
        yield "its digest is not that of its content"
    for one in computed:
        report.numbers += len(one) - len({"shape", "notes"})
        yield from _numbers(one, stored.pop(one["shape"], None))
    if analysis.quantities is not None:
        yield from _quantities(analysis, report)
    for shape in stored:
        yield f"{shape} has numbers, but there is no such shape"


def _quantities(analysis: Analysis, report: Recomputed) -> Iterator[str]:
    """Make the quantities again of the stored numbers, which were compared before."""
    stored = analysis.quantities or {}
    try:
        made = again(stored, analysis.shapes, analysis.measurements)
    except (KeyError, TypeError, ValidationError) as error:
        yield f"quantities cannot be computed: the record does not hold any ({type(error).__name__})"
        return
    report.numbers += _count(stored["numbers"])
    for one in differences(stored, made):
        if not agrees(one.first, one.second, Exactness.FITTED):
            yield f"quantities, {one.path}: {one.first!r} is stored, the numbers give {one.second!r}"


def _count(value: Any) -> int:
    """Return how many numbers are in a value."""
    if isinstance(value, dict | list):
        return sum(map(_count, value.values() if isinstance(value, dict) else value))
    return _are_numbers(value)


def _numbers(computed: Json, stored: Json | None) -> Iterator[str]:
    shape = computed["shape"]
    if stored is None:
        yield f"{shape} has no numbers"
        return
    for name in sorted(computed.keys() | stored.keys()):
        kept, now = stored.get(name), computed.get(name)
        exactness = densitometry.EXACTNESS.get(name, Exactness.EXACT)
        if not agrees(kept, now, exactness):
            yield f"{shape}, {name}: {kept!r} is stored, the pixels give {now!r} ({exactness.value})"


def agrees(stored: Any, computed: Any, exactness: Exactness) -> bool:
    """Tell whether a stored number agrees with the one computed again, by its class."""
    if exactness is not Exactness.FITTED or isinstance(stored, str) or not _are_numbers(stored, computed):
        return type(stored) is type(computed) and bool(stored == computed)
    return bool(abs(stored - computed) <= FITTED_TOLERANCE * max(1.0, abs(stored), abs(computed)))


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
