"""Where System Management begins: what is open, what is due, and the way to every page."""

from __future__ import annotations

from blotter_records.contract.notifications import NotificationView
from blotter_records.contract.reviews import TaskView
from blotter_records.vocabulary import Action
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.pages.navigation import grouped, sections_for
from blotter_hub.shown import ShownError


class OverviewPage(BlotterPage):
    """The first of the System Management pages."""

    @web.authenticated
    async def get(self) -> None:
        """Show what waits and what there is."""
        session = self.session
        if session is None or not sections_for(session):
            raise ShownError(403, "System Management is for System Managers, Auditors and Instrument Managers.")
        system = await self.read(lambda client: client.system())
        notifications: list[NotificationView] = []
        if Action.NOTIFICATION_VIEW in session.actions:
            notifications = await self.read(lambda client: client.notifications())
        tasks: list[TaskView] = []
        if Action.TASK_VIEW in session.actions:
            tasks = await self.read(lambda client: client.tasks())
        await self.show(
            "system/overview.html",
            system=system,
            notifications=notifications,
            groups=[(group, pages) for group, pages in grouped(sections_for(session)) if group],
            late=[one for one in tasks if one.state == "overdue"],
        )
