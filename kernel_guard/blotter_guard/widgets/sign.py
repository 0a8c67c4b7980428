"""`Sign(result=...)`: the workflow actions on a result that need a signature.

User name and password are typed in a page of the records service, shown in a frame of another origin: neither this
half nor the JavaScript half can see them.
"""

from __future__ import annotations

from typing import Any

from blotter_records.client import RecordsClient
from blotter_records.contract.base import Reason
from blotter_records.contract.results import SigningIntentRequest, SigningIntentView
from blotter_records.vocabulary import Action
from pydantic import Field

from blotter_guard.registry import widget
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.requests import Given, answers
from blotter_guard.widgets.result import result_row


class IntentAsked(Given):
    """Which action is to be signed, with what reason and comment."""

    action: Action
    reason: Reason = ""
    comment: str = Field("", max_length=2000)


class IntentNamed(Given):
    """Names a signing page that was prepared."""

    intent: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")


@widget
class Sign(BlotterWidget):
    """Signs the next step of a result.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection.
    result : str
        ``RES-...``.
    """

    def __init__(self, client: RecordsClient, *, result: str) -> None:
        self._result = result
        super().__init__(client)

    def record(self) -> str:
        """Return the result's id."""
        return self._result

    def read(self) -> dict[str, Any]:
        """Return the result with signatures and steps, and the origin of the signing page."""
        return {
            "result": result_row(self._client.result(self._result)),
            "signing_origin": self._client.system().signing_origin,
        }

    @answers(IntentAsked)
    def prepare(self, given: IntentAsked) -> SigningIntentView:
        """Ask the records service for a signing page."""
        return self._client.create_signing_intent(
            SigningIntentRequest(result=self._result, action=given.action, reason=given.reason, comment=given.comment)
        )

    @answers(IntentNamed)
    def outcome(self, given: IntentNamed) -> SigningIntentView:
        """Return how a signing page stands; once it has ended, show the result as it is then."""
        intent = self._client.signing_intent(given.intent)
        if intent.state != "open":
            self.reload()
        return intent

    @answers()
    def take_for_review(self, _given: object) -> dict[str, Any]:
        """Take the result for review (no signature is needed for that)."""
        taken = self._client.start_review(self._result)
        self.reload()
        return result_row(taken)
