"""`ImageViewer(image=...)`: shows an image, measures shapes on it, makes derived images of it.

Pixels go from the person's server to the browser as tiles, never through this half. Geometry goes the other way; the
numbers that come back were computed by the records service from the sealed pixels.
"""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import AnalysisVersionView, AnalysisView, GestureRequest, SaveRequest
from blotter_records.contract.base import AnalysisId, EntryRef, IdempotencyKey, ImageId
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.images import (
    AnnotationRequest,
    AnnotationView,
    CropRequest,
    DenoiseRequest,
    DisplayRequest,
    DisplayView,
    FlipRequest,
    ImageView,
    MetadataRequest,
    RotateRequest,
)
from blotter_records.contract.sessions import SessionView
from blotter_records.contract.tables import LaneProfile
from blotter_records.contract.trail import TrailQuestion
from blotter_records.contract.wells import FindWellsRequest
from blotter_records.errors import Invalid
from blotter_records.vocabulary import Action, Outcome
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget, plain
from blotter_guard.widgets.reasons import reasons
from blotter_guard.widgets.requests import Given, answers
from blotter_guard.widgets.result import version_row

#: What can be done with the image itself.
_ON_IMAGE = (
    Action.IMAGE_DISPLAY_SAVE,
    Action.IMAGE_ANNOTATE,
    Action.IMAGE_ANNOTATION_EDIT,
    Action.IMAGE_METADATA_EDIT,
    Action.IMAGE_TRANSFORM_FLIP,
    Action.IMAGE_TRANSFORM_ROTATE,
    Action.IMAGE_TRANSFORM_CROP,
    Action.IMAGE_TRANSFORM_DENOISE,
)


class AnalysisAsked(Given):
    """Asks for a new analysis of this image, once for a key."""

    idempotency_key: IdempotencyKey


class AnalysisNamed(Given):
    """Names an analysis of this image."""

    analysis: AnalysisId


class VersionNamed(AnalysisNamed):
    """Names a saved version."""

    version: int = Field(ge=1)


class LaneNamed(AnalysisNamed):
    """Names a lane that was found, of the draft or a saved version."""

    lane: int = Field(ge=1, le=2000)
    version: int | None = Field(default=None, ge=1)


class GestureDone(AnalysisNamed):
    """One finished gesture on an analysis."""

    request: GestureRequest


class FindingAsked(AnalysisNamed):
    """Asks the service to find lanes and bands."""

    request: FindRequest


class WellsAsked(AnalysisNamed):
    """Asks the service to find the wells of a plate, or the dots of a blot."""

    request: FindWellsRequest


class SaveAsked(AnalysisNamed):
    """Asks to save the draft as the next version."""

    request: SaveRequest


class SaveLost(AnalysisNamed):
    """Asks whether a save that was never answered happened."""

    version: int = Field(ge=1, description="the version that it would have made")
    expected_rev: int = Field(ge=1, description="the revision that it was sent with")


class Described(Given):
    """Says what the image is: title and channel."""

    request: MetadataRequest


class Derived(Given):
    """Makes an image from this one."""

    request: FlipRequest | RotateRequest | CropRequest | DenoiseRequest


def analysis_row(analysis: AnalysisView) -> dict[str, Any]:
    """Return an analysis with its versions shortened: their shapes and numbers are read when they are opened."""
    row: dict[str, Any] = analysis.model_dump(mode="json", exclude={"versions"})
    row["versions"] = [version_row(version) for version in analysis.versions]
    return row


class DisplayChosen(Given):
    """Keeps how the image is shown."""

    request: DisplayRequest


class Annotated(Given):
    """Keeps what is written and drawn over the image."""

    request: AnnotationRequest


class ChannelNamed(Given):
    """Names another channel of the image's file."""

    image: ImageId


@widget
class ImageViewer(BlotterWidget):
    """Shows an image, and the analysis of it that is worked on.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    image : str
        ``IMG-...``.
    """

    def __init__(self, client: RecordsClient, *, image: str) -> None:
        self._image = image
        self._analysis: str | None = None
        super().__init__(client)

    def record(self) -> str:
        """Return the image's id."""
        return self._image

    def read(self) -> dict[str, Any]:
        """Return the image, the analysis that is open (at first the newest one) and the names of the others."""
        image = self._client.image(self._image)
        analyses = self._client.analyses_of_image(self._image)
        session = self._client.session()
        actions = session.actions
        configuration = self._client.configuration(session.configuration)
        current = next((row for row in analyses if row.analysis == self._analysis), analyses[-1] if analyses else None)
        return {
            "image": image,
            "display": self._client.display(self._image),
            "annotation": self._client.annotation(self._image),
            "analysis": analysis_row(current) if current else None,
            "analyses": [row.analysis for row in analyses],
            "signatures": self._signatures(current) if current else [],
            "actions": [action.value for action in _ON_IMAGE if action in actions],
            "reasons": reasons(session, configuration, Action.ANALYSIS_SAVE, *_ON_IMAGE),
            "why_not_start": why_not_start(session, configuration, image),
        }

    def _signatures(self, analysis: AnalysisView) -> list[dict[str, Any]]:
        """Return the signatures on results that pin the newest version of an analysis."""
        if not analysis.versions or not analysis.versions[-1].results:
            return []
        newest = analysis.versions[-1]
        return [
            signature.model_dump(mode="json", include={"printed_name", "meaning", "state", "record", "version"})
            for name in newest.results
            for signature in self._client.result(name.partition(".")[0]).signatures
        ]

    @answers(Described)
    def describe(self, given: Described) -> ImageView:
        """Set title and channel; return the image."""
        described = self._client.edit_metadata(self._image, given.request)
        self.reload()
        return described

    @answers(DisplayChosen)
    def save_display(self, given: DisplayChosen) -> DisplayView:
        """Keep window, gamma and colour with the image; return the version."""
        saved = self._client.save_display(self._image, given.request)
        self.reload()
        return saved

    @answers(Annotated)
    def save_annotations(self, given: Annotated) -> AnnotationView:
        """Keep the marks over the image as the next version of its annotation layer; return the version."""
        saved = self._client.annotate(self._image, given.request)
        self.reload()
        return saved

    @answers(ChannelNamed)
    def other_channel(self, given: ChannelNamed) -> ImageView:
        """Return another channel of the image's file, to be laid over it. Raises ``Invalid``."""
        if given.image not in self._client.image(self._image).file_images:
            raise Invalid("image.channel", f"{given.image} is no channel of the file of {self._image}.")
        return self._client.image(given.image)

    @answers(Derived)
    def derive(self, given: Derived) -> ImageView:
        """Make a flipped, turned, cropped or less noisy image; return it. This one stays as it is."""
        return self._client.transform(self._image, given.request)

    def _show(self, analysis: AnalysisView) -> dict[str, Any]:
        """Put an analysis that was just read or changed into the view; return it for the answer."""
        row = analysis_row(analysis)
        self._analysis = analysis.analysis
        names = self.view.get("analyses", [])
        if analysis.analysis not in names:
            names = [*names, analysis.analysis]
        self.view = {**self.view, "analysis": row, "analyses": names}
        return row

    @answers(AnalysisAsked)
    def start_analysis(self, given: AnalysisAsked) -> dict[str, Any]:
        """Start an analysis of the image; return it. The status of the image may change with it."""
        started = self._client.start_analysis(self._image, given.idempotency_key)
        self._analysis = started.analysis
        self.reload()
        return analysis_row(started)

    @answers(AnalysisNamed)
    def open_analysis(self, given: AnalysisNamed) -> dict[str, Any]:
        """Show another analysis of this image, or read this one again."""
        return self._show(self._client.analysis(given.analysis))

    @answers(VersionNamed)
    def open_version(self, given: VersionNamed) -> AnalysisVersionView:
        """Return a saved version with its shapes and numbers; the draft stays in the view."""
        return self._client.analysis_version(given.analysis, given.version)

    @answers(LaneNamed)
    def profile(self, given: LaneNamed) -> LaneProfile:
        """Return the profile of a lane with the limits of its bands."""
        return self._client.lane_profile(given.analysis, given.lane, given.version)

    @answers(GestureDone)
    def gesture(self, given: GestureDone) -> dict[str, Any]:
        """Record one finished gesture; return the analysis with its new numbers."""
        return self._show(self._client.gesture(given.analysis, given.request))

    @answers(FindingAsked)
    def find_bands(self, given: FindingAsked) -> dict[str, Any]:
        """Have lanes and bands found; return the analysis with a shape for each band."""
        return self._show(self._client.find_bands(given.analysis, given.request))

    @answers(WellsAsked)
    def find_wells(self, given: WellsAsked) -> dict[str, Any]:
        """Have a grid of wells found; return the analysis with an ellipse for each."""
        return self._show(self._client.find_wells(given.analysis, given.request))

    @answers(SaveAsked)
    def save_version(self, given: SaveAsked) -> dict[str, Any]:
        """Save the draft as the next version; return the analysis."""
        return self._show(self._client.save_analysis(given.analysis, given.request))

    @answers(SaveLost)
    def find_save(self, given: SaveLost) -> dict[str, Any]:
        """Tell whether a save that was never answered happened: read from the records, not remembered.

        Returns
        -------
        dict
            ``saved`` (bool), ``version`` (the row, or None), ``entry`` (of the save), ``analysis``.
        """
        analysis = self._client.analysis(given.analysis)
        row = self._show(analysis)
        version = next((item for item in analysis.versions if item.version == given.version), None)
        if version is None:
            return {"saved": False, "version": None, "entry": None, "analysis": row}
        entry = self._entry_of_save(analysis, version)
        return {"saved": True, "version": version_row(version), "entry": plain(entry), "analysis": row}

    def _entry_of_save(self, analysis: AnalysisView, version: AnalysisVersionView) -> EntryRef | None:
        """Find the audit entry that saved a version, in the trail of the image."""
        asked = TrailQuestion(
            record=analysis.analysis, action=[Action.ANALYSIS_SAVE], outcome=Outcome.DONE, newest_first=True, limit=1000
        )
        for entry in self._client.image_trail(self._image, asked=asked).entries:
            if entry.record_version == version.version and entry.record_id == analysis.analysis:
                return EntryRef(id=entry.id, at=entry.at, number=entry.number)
        return None


def why_not_start(session: SessionView, configuration: ConfigurationView, image: ImageView) -> str:
    """Return why no analysis of an image can be started, as the service would say it, or nothing."""
    if Action.ANALYSIS_START not in session.actions:
        return "None of your roles allows starting an analysis."
    pictures = next((one.value for one in configuration.policies if one.name == "image.pictures"), None)
    if image.is_picture and pictures != "measure":
        return f"{image.image} is a picture ({image.format}), not for quantification (policy image.pictures)."
    return ""
