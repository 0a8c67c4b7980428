"""Lanes, bands, background and signals found without a person.

:func:`find_blot` does all of it. The steps, each in a module of its own: ``activity`` (where bands stand out),
``lanes`` (where they are and how far they lean), ``rise`` (how their bands slope), ``straight`` (a lane laid straight),
``profile`` (intensity along it), ``bands`` (its peaks), ``edges`` (the lane's width), ``signals`` (what a band holds
above its background), ``flags`` (what to be careful about); ``scores`` says how well that does on blots that are known.

Results are *fitted* (see :class:`blotter_records.densitometry.measure.Exactness`): the same on one machine, equal to
1e-9 on another one. They use sums, medians and filters, no linear-algebra library.
"""

from blotter_records.densitometry.finding.blot import FoundBand, FoundBlot, find_blot
from blotter_records.densitometry.finding.lanes import Lane, find_lanes
from blotter_records.densitometry.finding.parameters import FindingParameters
from blotter_records.vocabulary import QualityFlag

__all__ = ["FindingParameters", "FoundBand", "FoundBlot", "Lane", "QualityFlag", "find_blot", "find_lanes"]
