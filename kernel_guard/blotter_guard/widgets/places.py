"""Of what an image can be: the membranes and probing rounds of a study."""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.base import StudyId

from blotter_guard.widgets.requests import Given


class StudyNamed(Given):
    """Names the study that was chosen."""

    study: StudyId


def places_in(client: RecordsClient, study: str) -> dict[str, Any]:
    """Return the membranes and probing rounds of a study, as the browser's ``placeInputs`` takes them."""
    contents = client.study_contents(study)
    return {
        "membranes": [{"membrane": one.membrane, "name": one.name} for one in contents.membranes],
        "probings": [
            {
                "probing": one.probing,
                "membrane": one.membrane,
                "round": one.round,
                "kind": one.kind,
                "targets": [reagent.target for reagent in one.reagents],
            }
            for one in contents.probings
        ],
    }
