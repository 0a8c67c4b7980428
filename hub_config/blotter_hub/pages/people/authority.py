"""Who had which roles and actions on a day (11.10(d), 11.10(g))."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from pydantic import TypeAdapter, ValidationError
from tornado import web

from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError


class AuthorityPage(SignedPage):
    """The people with what they could do, now or at the end of a day."""

    @web.authenticated
    async def get(self) -> None:
        """Show the list."""
        given = self.get_query_argument("on", "").strip()
        try:
            day = TypeAdapter(date).validate_python(given) if given else None
        except ValidationError as error:
            raise ShownError(400, "A day is written as 2026-01-31.") from error
        at = datetime.combine(day, time(), UTC) + timedelta(days=1) if day else None
        authority = await self.read(lambda client: client.authority(at))
        configuration = await self.configuration()
        await self.show(
            "system/authority.html",
            authority=authority,
            day=given,
            labels={one.name: one.label for one in configuration.roles},
            action_labels={one.action: one.label for one in configuration.actions if one.scope != "self"},
        )
