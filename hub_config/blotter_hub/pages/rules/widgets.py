"""Whitelisted widgets: which of them each role may use in notebooks (11.10(g))."""

from __future__ import annotations

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.configuration import ConfigurationView, WhitelistView
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from tornado import web

from blotter_hub.pages.rules.policies import CONFIGURATION
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

#: Every widget that there is, also one that no role may use.
WIDGETS = sorted(SPECIFICATIONS)


class WidgetsPage(SignedPage):
    """The table of roles and widgets."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        configuration = await self.configuration()
        await self.show(
            "system/widgets.html",
            configuration=configuration,
            widgets=WIDGETS,
            signed=await self.signed(),
        )


class WidgetPage(SignedPage):
    """One role's widgets with the form."""

    @web.authenticated
    async def get(self, role: str) -> None:
        """Show them."""
        await self._page(_row(await self.configuration(), role))

    @web.authenticated
    async def post(self, role: str) -> None:
        """Open the signing page with what was ticked."""
        row = _row(await self.configuration(), role)
        details: dict[str, object] = {"role": role, "widgets": self.get_arguments("widgets")[:100]}
        try:
            intent = await self.prepare_signing(CONFIGURATION, Action.WIDGET_WHITELIST_EDIT, details)
        except BlotterError as error:
            await self._page(row, error)
            return
        await self.show_signing(intent, title=f"Widgets of {row.label}", back="system/widgets", here="widgets")

    async def _page(self, row: WhitelistView, problem: BlotterError | None = None) -> None:
        await self.show(
            "system/widget.html",
            status=problem.status if problem is not None else 200,
            row=row,
            widgets=WIDGETS,
            chosen=set(self.get_arguments("widgets") if problem is not None else row.widgets),
            problem=problem,
            typed=self.typed_why() if problem is not None else {},
        )


def _row(configuration: ConfigurationView, role: str) -> WhitelistView:
    found = [one for one in configuration.whitelist if one.role == role]
    if not found:
        raise ShownError(404, "There is no such role.")
    return found[0]
