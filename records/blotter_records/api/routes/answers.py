"""What every endpoint may answer besides its own: the problems of the error tree, for the published description."""

from __future__ import annotations

from typing import Any

from blotter_records.contract.base import Problem

_SAID = {
    401: "Nobody is signed in, or the session has ended.",
    403: "The rules forbid it; the refusal is in the audit trail.",
    404: "There is no such record, or none that you may see.",
    409: "The record has changed, or its status does not allow it.",
    413: "More bytes than are taken.",
    422: "What was given is wrong.",
    500: "A stored record does not verify, or something went wrong inside.",
    503: "A part that is needed does not answer; nothing was written.",
}

#: For ``responses=`` of a router: every problem that any of its endpoints may answer.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": said,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status, said in _SAID.items()
}
