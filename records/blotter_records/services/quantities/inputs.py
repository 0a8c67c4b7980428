"""What quantities read from other records: the lanes of the image's membrane, and bands of other saved versions."""

from __future__ import annotations

from blotter_records.contract.base import VersionPlace
from blotter_records.contract.quantities import (
    LaneFacts,
    QuantitiesChoice,
    QuantityInputs,
    RecordPin,
    Source,
    SourceBand,
)
from blotter_records.domain.records import Analysis, Image, Membrane, Sample
from blotter_records.errors import Invalid, NotFound
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.analyses.showing import version_revision
from blotter_records.services.quantities.plates import normaliser_source
from blotter_records.vocabulary import BandUse

_USES = {BandUse.CONTROL, BandUse.TOTAL, BandUse.TARGET}


def membrane_of(work: UnitOfWork, image: Image) -> Revision | None:
    """Return the newest revision of an image's membrane, if it has one."""
    return work.latest(f"membrane:{image.membrane}") if image.membrane else None


def lanes_of(work: UnitOfWork, membrane: Revision | None) -> list[LaneFacts]:
    """Return what each lane of a membrane holds, with its sample's name, group and replicate, by number."""
    if membrane is None:
        return []
    lanes = sorted(Membrane.from_json(membrane.content).lanes, key=lambda one: int(one["lane"]))
    samples: dict[str, Sample] = {}
    for name in {one["sample"] for one in lanes if one["sample"]}:
        revision = work.latest(f"sample:{name}")
        if revision is not None:
            samples[name] = Sample.from_json(revision.content)
    facts = []
    for one in lanes:
        sample = samples.get(one["sample"] or "")
        facts.append(
            LaneFacts(
                lane=one["lane"],
                load=one["load"],
                ladder=one["ladder"],
                sample=one["sample"],
                sample_name=sample.name if sample else "",
                group=sample.group if sample else "",
                biological_replicate=sample.biological_replicate if sample else None,
                technical_replicate=one["technical_replicate"],
                micrograms=one["micrograms"],
            )
        )
    return facts


def inputs_of(work: UnitOfWork, content: Analysis, image: Image, choice: QuantitiesChoice) -> QuantityInputs:
    """Read what a choice takes from other records, as they stand now.

    Raises
    ------
    NotFound
        A version that is not there, or not in this study.
    Invalid
        ``quantities.source``: a version whose bands have no uses; ``quantities.signal``; ``plate.normaliser``.
    """
    membrane = membrane_of(work, image)
    normalisation = choice.normalisation
    return QuantityInputs(
        membrane=pin_of(membrane),
        lanes=lanes_of(work, membrane),
        controls=_source(work, content, normalisation.controls_from) if normalisation else None,
        totals=_source(work, content, normalisation.totals_from) if normalisation else None,
        normaliser=normaliser_source(work, content, choice.plate.normaliser_from) if choice.plate else None,
    )


def pin_of(revision: Revision | None) -> RecordPin | None:
    """Return a revision by its digest."""
    if revision is None:
        return None
    return RecordPin(record=revision.record_id, rev=revision.rev, sha256=revision.sha256)


def _source(work: UnitOfWork, content: Analysis, place: VersionPlace | None) -> Source | None:
    if place is None:
        return None
    if place.analysis == content.analysis:
        raise Invalid("quantities.source", "The other version is of this analysis; take its bands as they are.")
    other = Analysis.from_json(version_revision(work, place.analysis, place.version).content)
    if other.study != content.study:
        raise NotFound("not_found.analysis", f"There is no analysis {place.analysis}.")
    name = f"{place.analysis}.{place.version}"
    chosen = (other.quantities or {}).get("chosen", {}).get("bands", [])
    numbers = {one["shape"]: one for one in other.measurements}
    bands = []
    for one in chosen:
        if one["use"] not in _USES or one["lane"] is None:
            continue
        number = numbers[one["shape"]]
        if number["signal"] is None:
            raise Invalid("quantities.signal", f"{one['shape']} of {name} has no Signal.")
        bands.append(
            SourceBand(
                shape=one["shape"],
                lane=one["lane"],
                use=one["use"],
                signal=number["signal"],
                is_saturated=bool(number["saturated"]),
            )
        )
    if not bands:
        raise Invalid(
            "quantities.source", f"{name} says of no band that it is a control, a total or a target, and in which lane."
        )
    return Source(analysis=place.analysis, version=place.version, digest=other.digest, bands=bands)
