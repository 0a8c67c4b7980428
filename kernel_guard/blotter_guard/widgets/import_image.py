"""`ImportImage()`: brings an image file into the records.

The file goes from the browser through one route of the person's server to the records service; this half never sees
a byte of it and only says whether this person may import.
"""

from __future__ import annotations

from typing import Any

from blotter_records.contract.base import Digest
from blotter_records.vocabulary import Action

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.requests import Given, answers


class FileNamed(Given):
    """Names a file by its digest."""

    file_sha256: Digest


@widget
class ImportImage(BlotterWidget):
    """Asks for a file and a reason."""

    def read(self) -> dict[str, Any]:
        """Return whether this person's roles allow an import."""
        session = self._client.session()
        may = Action.IMAGE_IMPORT in session.actions
        return {
            "may_import": may,
            "why_not": "" if may else "None of your roles allows importing images. An Analyst or a Supervisor can.",
        }

    @answers(FileNamed)
    def find_file(self, given: FileNamed) -> Any:
        """Return the newest image with this file, or None: tells after a lost answer whether it was saved."""
        found = [image for image in self._client.images() if image.file_sha256 == given.file_sha256]
        return found[-1] if found else None
