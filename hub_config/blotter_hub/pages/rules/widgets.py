"""Whitelisted widgets: which of them each role may use in notebooks (11.10(g))."""

from __future__ import annotations

from blotter_records.contract.configuration import ConfigurationView, WhitelistView
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action
from tornado import web

from blotter_hub.pages.rules.policies import CONFIGURATION
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError, shown


class WidgetsPage(SignedPage):
    """The table of roles and widgets."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        configuration = await read(self)
        await self.show(
            "system/widgets.html",
            configuration=configuration,
            widgets=_known(configuration),
            signed=await self.signed(),
        )


class WidgetPage(SignedPage):
    """One role's widgets with the form."""

    @web.authenticated
    async def get(self, role: str) -> None:
        """Show them."""
        configuration = await read(self)
        await self._page(configuration, _row(configuration, role))

    @web.authenticated
    async def post(self, role: str) -> None:
        """Open the signing page with what was ticked."""
        configuration = await read(self)
        row = _row(configuration, role)
        details: dict[str, object] = {"role": role, "widgets": self.get_arguments("widgets")[:100]}
        try:
            intent = await self.prepare_signing(CONFIGURATION, Action.WIDGET_WHITELIST_EDIT, details)
        except BlotterError as error:
            await self._page(configuration, row, error)
            return
        await self.show_signing(intent, title=f"Widgets of {row.label}", back="system/widgets", here="widgets")

    async def _page(
        self, configuration: ConfigurationView, row: WhitelistView, problem: BlotterError | None = None
    ) -> None:
        await self.show(
            "system/widget.html",
            status=problem.status if problem is not None else 200,
            row=row,
            widgets=_known(configuration),
            chosen=set(self.get_arguments("widgets") if problem is not None else row.widgets),
            problem=problem,
            typed=self.typed_reason() if problem is not None else {},
            codes=self.reason_codes,
        )


async def read(page: SignedPage) -> ConfigurationView:
    """Return the configuration, or show why not."""
    try:
        return await page.ask(lambda client: client.configuration())
    except BlotterError as error:
        raise shown(error) from error


def _known(configuration: ConfigurationView) -> list[str]:
    return sorted({widget for row in configuration.whitelist for widget in row.widgets})


def _row(configuration: ConfigurationView, role: str) -> WhitelistView:
    found = [one for one in configuration.whitelist if one.role == role]
    if not found:
        raise ShownError(404, "There is no such role.")
    return found[0]
