"""Notifications: what somebody has to look at, and what was done about it (11.300(d))."""

from __future__ import annotations

import re

from blotter_records.contract.notifications import NotificationView
from blotter_records.errors import BlotterError
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import ShownError, shown

_ID = re.compile(r"NTF-[0-9]{6,12}\Z")
_MAX_COMMENT = 2000


class NotificationsPage(BlotterPage):
    """The notifications that nobody has acknowledged, or all of them."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Acknowledge one, with what was done about it."""
        name, comment = self.get_argument("notification", ""), self.get_argument("comment", "")[:_MAX_COMMENT]
        if not _ID.match(name):
            raise ShownError(400, "There is no such notification.")
        try:
            done = await self.ask(lambda client: client.acknowledge(name, comment))
        except BlotterError as error:
            await self._page(problem=error, typed={name: comment})
            return
        await self._page(done=done)

    async def _page(
        self,
        problem: BlotterError | None = None,
        typed: dict[str, str] | None = None,
        done: NotificationView | None = None,
    ) -> None:
        is_all = self.get_query_argument("all", "") == "yes"
        try:
            notifications = await self.ask(lambda client: client.notifications(only_open=not is_all))
        except BlotterError as error:
            raise shown(error) from error
        await self.show(
            "notifications.html",
            status=problem.status if problem is not None else 200,
            notifications=notifications,
            is_all=is_all,
            problem=problem,
            typed=typed or {},
            done=done,
        )
