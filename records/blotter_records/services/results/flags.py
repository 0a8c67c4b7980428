"""Quality flags of a result: those of what it pins, what policy asks for each, and the reasons that were given."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records.contract.flags import Flag, ResultFlag
from blotter_records.domain.enumerating import first_few
from blotter_records.domain.policies import Policies
from blotter_records.domain.records import Analysis, Image, Json, Result
from blotter_records.errors import BlotterError, Conflict
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.analyses.flags import flags_of
from blotter_records.services.images import images
from blotter_records.services.results import pinning
from blotter_records.vocabulary import BandUse, FlagRule, QualityFlag

#: Flags that a refusal names; the result shows all.
_NAMED = 5

#: Bands that others are divided by or read from: one saturated pixel spoils them all.
_DIVIDED_BY = frozenset({BandUse.CONTROL, BandUse.TOTAL, BandUse.STANDARD})


def result_flags(work: UnitOfWork, content: Result, pinned: Sequence[Revision], policies: Policies) -> list[ResultFlag]:
    """Return every flag of what a result pins, in the order of the pins."""
    given = {place_of(one): one for one in content.flag_reasons}
    flags = []
    for revision in pinned:
        analysis = Analysis.from_json(revision.content)
        image = Image.from_json(images.found(work, analysis.image).content)
        name = f"{revision.record_id}.{revision.version}"
        for one in flags_of(analysis, image):
            reason = given.get((name, one.flag.value, one.shape, one.lane if one.shape is None else None), {})
            told = {key: reason.get(key, "") for key in ("reason", "reason_code", "given_by_name")}
            flags.append(ResultFlag(**one.model_dump(), analysis=name, rule=rule_of(one, policies), **told))
    return flags


def rule_of(flag: Flag, policies: Policies) -> FlagRule:
    """Return what policy asks for a flag; few saturated pixels are noted, but not in what others are divided by."""
    is_few = (flag.share or 0) <= policies.saturated_share and flag.use not in _DIVIDED_BY
    if flag.flag is QualityFlag.SATURATED and is_few:
        return FlagRule.NOTED
    return policies.flag_rule(flag.flag)


def open_flags(flags: Sequence[ResultFlag]) -> BlotterError | None:
    """Return why a result with these flags cannot be submitted, or None."""
    blocking = [one for one in flags if one.rule is FlagRule.BLOCKS]
    if blocking:
        return Conflict(
            "conflict.flag_blocks",
            f"By policy this result cannot be submitted: {_listed(blocking)}.",
            "Change the analysis, save it, and make another version of the result.",
        )
    missing = [one for one in flags if one.rule is FlagRule.REASON and not one.reason]
    if missing:
        return Conflict(
            "conflict.flag_reasons",
            f"A reason is missing for {len(missing)} quality flag{'s' if len(missing) > 1 else ''}: "
            f"{_listed(missing)}.",
            "Give a reason for each in Result, or change the analysis.",
        )
    return None


def check_flags(work: UnitOfWork, content: Result, policies: Policies) -> None:
    """Check that a result may be submitted with its flags.

    Raises
    ------
    Conflict
        ``conflict.flag_blocks``, ``conflict.flag_reasons``, naming flag and shape.
    """
    error = open_flags(result_flags(work, content, pinning.pinned_by(work, content), policies))
    if error is not None:
        raise error


def kept_reasons(content: Result, pins: Sequence[Json]) -> list[Json]:
    """Return the reasons for flags of what is still pinned: the same version has the same numbers."""
    names = {f"{pin['analysis']}.{pin['version']}" for pin in pins}
    return [one for one in content.flag_reasons if one["analysis"] in names]


def place_of(one: Json) -> tuple[str, str, str | None, int | None]:
    """Return for which flag of which version, and on what, a reason was given."""
    return one["analysis"], one["flag"], one["shape"], one["lane"]


def _listed(flags: Sequence[ResultFlag]) -> str:
    named = [
        f"{one.shape or f'lane {one.lane}'} of {one.analysis} is flagged “{one.flag}”: {one.text}" for one in flags
    ]
    return first_few(named, _NAMED)
