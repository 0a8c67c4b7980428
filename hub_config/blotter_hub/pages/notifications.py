"""Notifications: what somebody has to look at, and what was done about it (11.300(d))."""

from __future__ import annotations

import re

from blotter_records.contract.notifications import NotificationView
from blotter_records.errors import BlotterError
from tornado import web

from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

_ID = re.compile(r"NTF-[0-9]{6,12}\Z")


class NotificationsPage(SignedPage):
    """The notifications that nobody has acknowledged, or all of them."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list."""
        await self._page()

    @web.authenticated
    async def post(self) -> None:
        """Acknowledge one, with what was done about it."""
        name, typed = self.get_argument("notification", ""), self.typed_why()
        if not _ID.match(name):
            raise ShownError(400, "There is no such notification.")
        try:
            done = await self.ask(lambda client: client.acknowledge(name, typed["comment"], typed["reason_code"]))
        except BlotterError as error:
            await self._page(problem=error, about=name)
            return
        await self._page(done=done)

    async def _page(
        self,
        problem: BlotterError | None = None,
        about: str = "",
        done: NotificationView | None = None,
    ) -> None:
        is_all = self.get_query_argument("all", "") == "yes"
        notifications = await self.read(lambda client: client.notifications(only_open=not is_all))
        await self.show(
            "notifications.html",
            status=problem.status if problem is not None else 200,
            notifications=notifications,
            is_all=is_all,
            problem=problem,
            about=about,
            typed=self.typed_why() if problem is not None else {},
            done=done,
        )
