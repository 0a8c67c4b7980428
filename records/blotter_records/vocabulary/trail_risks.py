"""What makes a group of audit entries worth a closer look when the trail of a result is reviewed."""

from __future__ import annotations

from enum import StrEnum


class TrailRisk(StrEnum):
    """Risks of a group of entries; a group that has one is flagged, and its reviewer writes a comment."""

    INVALIDATION = "invalidation"
    """A record that the result rests on was declared not to be used, or was on hold."""

    OVERRIDE = "override"
    """Bands, lanes or wells that were found without a person were changed, deleted or added to by hand."""

    EXCLUSION = "exclusion"
    """Lanes were left out of what is computed."""

    FLAG_REASON = "flag_reason"
    """A quality flag was answered with a reason, so that the result could be submitted all the same."""

    REFUSED = "refused"
    """Something was tried that was not allowed."""

    FAILED = "failed"
    """Something was tried that did not succeed: a signature with a wrong password, bytes that did not verify."""

    MANY_VERSIONS = "many_versions"
    """An analysis was saved again and again."""

    NO_REASON = "no_reason"
    """A change for which the catalogue asks for a reason has none: a policy let it pass."""

    AFTER_HOURS = "after_hours"
    """Work outside the hours of the laboratory's day (policies ``review.work_from`` and ``review.work_until``)."""
