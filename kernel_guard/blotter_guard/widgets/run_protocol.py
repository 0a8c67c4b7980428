"""`RunProtocol(study="STU-…", protocol="PRT-…")`: makes analyses of a study's images by a protocol, one by one."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import AnalysisView
from blotter_records.contract.images import ImageView
from blotter_records.contract.protocols import Application, ProtocolApply
from blotter_records.vocabulary import Action

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.requests import Given, answers


class Chosen(Given):
    """Names an image, and the version of the protocol that the person saw."""

    request: ProtocolApply


def _image_row(image: ImageView) -> dict[str, Any]:
    row: dict[str, Any] = image.model_dump(
        mode="json", include={"image", "title", "file_name", "status", "membrane", "is_picture"}
    )
    return {**row, "channel": image.channel or image.file_channel}


def _made(analysis: AnalysisView) -> dict[str, Any]:
    """Return what an answer tells of a new analysis: its row, without reading all of them again."""
    bands = analysis.finding.bands if analysis.finding else []
    made = analysis.protocol
    return Application(
        image=analysis.image,
        analysis=analysis.analysis,
        study=analysis.study,
        version=made.version if made else 0,
        bands=len(analysis.shapes),
        flagged=sum(1 for one in bands if one.flags),
        saved=len(analysis.versions),
        is_saved=analysis.is_saved,
        differences=made.differences if made else [],
        changed_by="",
        entry=analysis.entry,
    ).model_dump(mode="json")


@widget
class RunProtocol(BlotterWidget):
    """Shows a study's images with what the protocol made of them, and applies it to those that are chosen."""

    def __init__(self, client: RecordsClient, study: str, protocol: str) -> None:
        self._study = study
        self._protocol = protocol
        super().__init__(client)

    def record(self) -> str:
        """Return the protocol."""
        return self._protocol

    def read(self) -> dict[str, Any]:
        """Return the protocol, the images of the study, and the analyses that it made there already."""
        study = self._client.study(self._study)
        protocol = self._client.protocol(self._protocol)
        return {
            "study": {"study": study.study, "title": study.title},
            "protocol": protocol.model_dump(mode="json", include={"protocol", "name", "status", "effective"}),
            "images": [_image_row(one) for one in self._client.images() if one.study == self._study],
            "applications": self._client.applications(self._protocol, self._study),
            "may_apply": {Action.ANALYSIS_START, Action.ANALYSIS_EDIT} <= {*study.actions},
        }

    @answers(Chosen)
    def apply(self, given: Chosen) -> dict[str, Any]:
        """Make an analysis of an image as the protocol says; the view stays as it is."""
        return _made(self._client.apply_protocol(self._protocol, given.request))
