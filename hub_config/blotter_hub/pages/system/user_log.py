"""The user log: searched, sorted, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from blotter_records.contract.exports import UserLogFileRequest, UserLogRequest
from blotter_records.contract.trail import TrailQuestion
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Outcome
from jupyterhub.utils import url_path_join
from pydantic import TypeAdapter, ValidationError
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import ShownError

PAGE_SIZE = 100
#: What the form above a log asks for.
FILTERS = ("who", "action", "outcome", "since", "until", "text")
_DIGITS = 19


class LogPage(BlotterPage):
    """What the pages of both logs share: reading the form's filter."""

    def typed_filter(self) -> dict[str, str]:
        """Return the filter as typed."""
        return {name: self.get_argument(name, "").strip() for name in FILTERS}

    def question(self, typed: dict[str, str]) -> TrailQuestion:
        """Return what the form asks for. Raises ``ShownError`` with status 400."""
        try:
            after, before = self._number("after"), self._number("before")
            if self.get_argument("order", "") == "oldest" and before is None:
                after = after or 0
            return question(typed, after=after, before=before)
        except ValidationError as error:
            raise ShownError(400, "The filter cannot be read. Dates are written as 2026-01-31.") from error

    def _number(self, name: str) -> int | None:
        given = self.get_argument(name, "")
        if given and not (given.isascii() and given.isdigit() and len(given) < _DIGITS):
            raise ShownError(400, "The page's number is not a number.")
        return int(given) if given else None


class UserLogPage(LogPage):
    """The user log: sign-ins, failed ones, accounts, sessions, refusals."""

    @web.authenticated
    async def get(self) -> None:
        """Show one page of the log."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Make a file of what the filter leaves, and lead to it."""
        asked = self.question(self.typed_filter())
        fields = asked.model_dump(mode="json", include=set(UserLogRequest.model_fields))
        form = self.get_argument("form", "")
        try:
            if form == "bundle":
                wanted = UserLogRequest.model_validate(fields)
                export = await self.ask(lambda client: client.make_user_log_bundle(wanted))
            else:
                request = UserLogFileRequest.model_validate({**fields, "form": form})
                export = await self.ask(lambda client: client.make_user_log_file(request))
        except ValidationError as error:
            raise ShownError(400, "This form cannot be read.") from error
        except BlotterError as error:
            await self._page(error)
            return
        self.redirect(url_path_join(self.hub.base_url, "system/exports", export.export))

    async def _page(self, problem: BlotterError | None = None) -> None:
        typed = self.typed_filter()
        asked = self.question(typed)
        page = await self.read(lambda client: client.user_trail(asked=asked))
        link = urlencode({name: value for name, value in typed.items() if value})
        await self.show(
            "system/user_log.html",
            status=problem.status if problem is not None else 200,
            page=page,
            asked=asked,
            typed=typed,
            link=link,
            outcomes=list(Outcome),
            problem=problem,
        )


def question(typed: dict[str, str], *, after: int | None, before: int | None) -> TrailQuestion:
    """Return what a log's form asks for; a day counts as a whole, in UTC. Raises ``ValidationError``."""
    given = {name: value for name, value in typed.items() if value}
    days = {name: TypeAdapter(date).validate_python(given.pop(name)) for name in ("since", "until") if name in given}
    times = {name: datetime.combine(day, time(), UTC) for name, day in days.items()}
    if "until" in times:
        times["until"] += timedelta(days=1)
    action = [given.pop("action")] if "action" in given else None
    return TrailQuestion.model_validate(
        {**given, **times, "action": action, "after": after, "before": before, "limit": PAGE_SIZE,
         "newest_first": after is None}
    )  # fmt: skip
