"""`ImportImage()`: brings an image file into the records.

The file goes from the browser through one route of the person's server to the records service; this half never sees
a byte of it and only says whether this person may import.
"""

from __future__ import annotations

from typing import Any

from blotter_records.contract.base import Digest
from blotter_records.contract.image_formats import ENDINGS, IMAGE_FORMATS
from blotter_records.contract.images import ImageView
from blotter_records.vocabulary import Action
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.places import StudyNamed, places_in
from blotter_guard.widgets.reasons import reasons_of
from blotter_guard.widgets.requests import Nothing, answers


class FileSent(StudyNamed):
    """Names a file that was sent by its digest; ``after`` is the number of the newest image of before."""

    file_sha256: Digest
    after: int = Field(ge=0)


@widget
class ImportImage(BlotterWidget):
    """Asks for a study, where in it the image belongs, a file and a reason."""

    def read(self) -> dict[str, Any]:
        """Return the studies into which this person may import, newest first."""
        session = self._client.session()
        studies = [study for study in self._client.studies() if Action.IMAGE_IMPORT in study.actions]
        return {
            "studies": [{"study": study.study, "title": study.title, "kind": study.kind} for study in studies],
            "endings": list(ENDINGS),
            "formats": [{"label": one.label, "is_picture": one.is_picture} for one in IMAGE_FORMATS],
            "reasons": reasons_of(self._client, session, Action.IMAGE_IMPORT),
            "why_not": "" if studies else "There is no study in which you may import images. Studies() makes one.",
        }

    @answers(StudyNamed)
    def places(self, given: StudyNamed) -> dict[str, Any]:
        """Return the membranes and probing rounds of a study, to say what the image is of."""
        return places_in(self._client, given.study)

    @answers()
    def newest(self, _given: Nothing) -> int:
        """Return the number of the newest image, 0 if there is none: asked before a file is sent."""
        return max((_number(image) for image in self._client.images()), default=0)

    @answers(FileSent)
    def find_file(self, given: FileSent) -> ImageView | None:
        """Return the image that a file became, or None: tells after a lost answer whether it was saved.

        Not any image with these bytes: they may have been imported before, for another study, or by somebody else.
        """
        me = self._client.session().printed_name
        for image in self._client.images():
            is_its = image.study == given.study and image.imported_by == me and _number(image) > given.after
            if is_its and image.file_sha256 == given.file_sha256:
                return image
        return None


def _number(image: ImageView) -> int:
    return int(image.image.partition("-")[2])
