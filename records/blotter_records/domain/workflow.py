"""The status of an image, from the results that pin it (requirements C1; architecture, section 8)."""

from __future__ import annotations

from collections.abc import Collection

from blotter_records.vocabulary import ImageStatus, ResultStatus

_S = ResultStatus

#: Statuses in which a result may get another version, and the analyses that it pins may be edited.
OPEN_FOR_CHANGE = frozenset({_S.IN_ANALYSIS, _S.RETURNED})

#: How far along a result is; an image shows the furthest of its results.
_ORDER = (
    _S.APPROVED,
    _S.REVIEWED,
    _S.IN_REVIEW,
    _S.SUBMITTED,
    _S.RETURNED,
    _S.IN_ANALYSIS,
    _S.ARCHIVED,
    _S.SUPERSEDED,
    _S.INVALIDATED,
)


def image_status(
    results: Collection[ResultStatus],
    *,
    has_analysis: bool,
    is_on_hold: bool = False,
    is_invalidated: bool = False,
) -> ImageStatus:
    """Return the status of an image.

    Parameters
    ----------
    results : collection of ResultStatus
        Of every result that pins an analysis of the image.
    has_analysis : bool
    is_on_hold : bool
        Its bytes did not verify; that stands above everything else.
    is_invalidated : bool
        The image itself was declared not to be used.
    """
    if is_on_hold:
        return ImageStatus.INTEGRITY_HOLD
    if is_invalidated:
        return ImageStatus.INVALIDATED
    for status in _ORDER:
        if status in results:
            return ImageStatus(status.value)
    return ImageStatus.IN_ANALYSIS if has_analysis else ImageStatus.ACQUIRED
