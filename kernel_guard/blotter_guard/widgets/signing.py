"""What every widget shares in which something is signed.

User name and password are typed in a page of the records service, shown in a frame of another origin: neither this
half nor the JavaScript half can see them.
"""

from __future__ import annotations

from typing import Any

from blotter_records.contract.base import Json, ProposalId, Reason, ReasonCode
from blotter_records.contract.signing import ProposalView, SigningIntentRequest, SigningIntentView
from blotter_records.vocabulary import Action
from pydantic import Field

from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.requests import Given, answers


class IntentAsked(Given):
    """Which action is to be signed, with what it needs, a reason and a comment."""

    action: Action
    details: Json = Field({}, max_length=10)
    reason: Reason = ""
    reason_code: ReasonCode = ""
    comment: str = Field("", max_length=2000)


class CountersignAsked(Given):
    """Which proposal is to be confirmed, by signing as the second person."""

    proposal: ProposalId
    reason: Reason = ""
    reason_code: ReasonCode = ""
    comment: str = Field("", max_length=2000)


class DeclineAsked(Given):
    """Which proposal is declined, and why."""

    proposal: ProposalId
    reason: Reason
    reason_code: ReasonCode = ""


class IntentNamed(Given):
    """Names a signing page that was prepared."""

    intent: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")


class SigningWidget(BlotterWidget):
    """A widget about a record on which actions are signed."""

    def signing_origin(self) -> str:
        """Return the origin of the signing page; the browser refuses any other."""
        return self._client.system().signing_origin

    def waiting(self) -> list[ProposalView]:
        """Return what waits on the record for a second person, if this person made it or could confirm it."""
        return [one for one in self._client.proposals() if one.record == self.record()]

    @answers(IntentAsked)
    def prepare(self, given: IntentAsked) -> SigningIntentView:
        """Ask the records service for a page on which to sign an action on the record."""
        return self._client.create_signing_intent(SigningIntentRequest(record=self.record(), **given.model_dump()))

    @answers(CountersignAsked)
    def prepare_second(self, given: CountersignAsked) -> SigningIntentView:
        """Ask the records service for a page on which to sign as the second person."""
        more: dict[str, Any] = given.model_dump(exclude={"proposal"})
        return self._client.create_signing_intent(
            SigningIntentRequest(record=given.proposal, action=Action.PROPOSAL_COUNTERSIGN, **more)
        )

    @answers(DeclineAsked)
    def decline(self, given: DeclineAsked) -> ProposalView:
        """Decline a proposal, or take the own one back; show the record as it is then."""
        declined = self._client.decline_proposal(given.proposal, given.reason, given.reason_code)
        self.reload()
        return declined

    @answers(IntentNamed)
    def outcome(self, given: IntentNamed) -> SigningIntentView:
        """Return how a signing page stands; once it has ended, show the record as it is then."""
        intent = self._client.signing_intent(given.intent)
        if intent.state != "open":
            self.reload()
        return intent
