"""The home page: open the notebooks, and see what waits."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.contract.results import ResultView, Step
from blotter_records.contract.signing import ProposalView
from blotter_records.errors import BlotterError, Refused, Unauthenticated
from blotter_records.vocabulary import Action, ResultStatus
from jupyterhub.utils import url_path_join
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import shown

#: Steps that a person is waited for, by status; making a new version or withdrawing is nobody's duty.
_DUTIES = {
    ResultStatus.SUBMITTED: {Action.RESULT_REVIEW_START},
    ResultStatus.IN_REVIEW: {Action.RESULT_REVIEW_SIGN, Action.RESULT_RETURN},
    ResultStatus.REVIEWED: {Action.RESULT_APPROVE},
    ResultStatus.RETURNED: {Action.RESULT_SUBMIT},
}


@dataclass(frozen=True)
class Waiting:
    """A result that waits for this person."""

    result: ResultView
    steps: list[Step]


class HomePage(BlotterPage):
    """Who is signed in, the way to the notebooks, what waits for this person."""

    @web.authenticated
    async def get(self) -> None:
        """Show the page."""
        user, session = self.current_user, self.session
        if user.running:
            await user.spawner.poll_and_notify()
        path = url_path_join(self.base_url, "user", user.escaped_name) if user.active else ""
        waiting: list[Waiting] = []
        proposals: list[ProposalView] = []
        problem: BlotterError | None = None
        if session is not None:
            try:
                proposals = [one for one in await self.ask(lambda client: client.proposals()) if one.may_countersign]
                if Action.RESULT_VIEW in session.actions:
                    waiting = waiting_for(await self.ask(lambda client: client.results()))
            except Unauthenticated as error:
                raise shown(error) from error
            except Refused:
                waiting = []
            except BlotterError as error:
                problem = error
        await self.show(
            "home.html",
            server_url=path or url_path_join(self.hub.base_url, "spawn"),
            is_running=bool(user.active),
            waiting=waiting,
            proposals=proposals,
            problem=problem,
        )


def waiting_for(results: list[ResultView]) -> list[Waiting]:
    """Return the results on which this person is to act, oldest first."""
    found = []
    for result in results:
        duties = _DUTIES.get(result.status, set())
        steps = [step for step in result.steps if step.allowed and step.action in duties]
        if steps:
            found.append(Waiting(result, steps))
    return sorted(found, key=lambda item: item.result.entry.at)
