"""Analysis protocols: how images are analysed, written as drafts, effective by two signatures (11.10(f))."""

from __future__ import annotations

from typing import Any

from blotter_records.contract.protocols import REPORT_COLUMNS, ProtocolDraftRequest, ProtocolRequest, ProtocolView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Action, BackgroundMethod, BackgroundSides, LadderFit, NormalisationMethod
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.rules.protocol_form import FIELDS, method_of, typed_of
from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

_ACTS = {"effective": Action.PROTOCOL_EFFECTIVE, "retire": Action.PROTOCOL_RETIRE}
_TITLES = {Action.PROTOCOL_EFFECTIVE: "Make effective", Action.PROTOCOL_RETIRE: "Retire"}
#: Backgrounds that a protocol can have: user-defined ones are of shapes.
_BACKGROUNDS = [one.value for one in BackgroundMethod if one is not BackgroundMethod.USER_DEFINED]


class ProtocolsPage(SignedPage):
    """The list."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        protocols = await self.read(lambda client: client.protocols())
        await self.show("system/protocols.html", protocols=protocols, signed=await self.signed())


class ProtocolPage(SignedPage):
    """One protocol: what its versions say, and what can be signed."""

    @web.authenticated
    async def get(self, protocol: str) -> None:
        """Show it."""
        await self._page(protocol)

    @web.authenticated
    async def post(self, protocol: str) -> None:
        """Open the signing page of a step."""
        action = _ACTS.get(self.get_argument("act", ""))
        if action is None:
            raise ShownError(400, "This form cannot be read.")
        try:
            intent = await self.prepare_signing(protocol, action)
        except BlotterError as error:
            await self._page(protocol, action, error)
            return
        await self.show_signing(
            intent, title=f"{_TITLES[action]}: {protocol}", back=f"system/protocols/{protocol}", here="protocols"
        )

    async def _page(self, protocol: str, tried: Action | None = None, problem: BlotterError | None = None) -> None:
        view = await self.read(lambda client: client.protocol(protocol))
        await self.show(
            "system/protocol.html",
            status=problem.status if problem is not None else 200,
            view=view,
            typed_of=typed_of,
            signed=await self.signed(),
            problem=problem,
            tried=tried,
            typed=self.typed_why() if problem is not None else {},
        )


class ProtocolDraftPage(SignedPage):
    """The form of a draft; ``new`` is a protocol that does not exist yet."""

    @web.authenticated
    async def get(self, protocol: str) -> None:
        """Show the form with the draft, or with the version in use."""
        view = await self._view(protocol)
        said = (view.draft or view.effective) if view is not None else None
        typed = {"sensitivity": "5", "background": "median", "width": "3"} if said is None else typed_of(said.method)
        await self._form(view, typed)

    @web.authenticated
    async def post(self, protocol: str) -> None:
        """Save the draft."""
        view = await self._view(protocol)
        try:
            saved = await self._save(view)
        except BlotterError as error:
            await self._form(view, self._typed(), error)
            return
        self.redirect(f"{self.hub.base_url}system/protocols/{saved.protocol}")

    async def _view(self, protocol: str) -> ProtocolView | None:
        return None if protocol == "new" else await self.read(lambda client: client.protocol(protocol))

    def _typed(self) -> dict[str, Any]:
        typed: dict[str, Any] = {name: self.get_argument(name, "")[:8000] for name in ("name", *FIELDS)}
        return {**typed, "columns": self.get_arguments("columns")[:100]}

    async def _save(self, view: ProtocolView | None) -> ProtocolView:
        typed = self._typed()
        method = method_of(typed, typed["columns"])
        try:
            if view is None:
                new = ProtocolRequest(name=typed["name"], method=method)
                return await self.ask(lambda client: client.create_protocol(new))
            rev = int(self.get_argument("rev", "0"))
            changed = ProtocolDraftRequest(method=method, expected_rev=rev, **self.typed_reason())
        except (ValidationError, ValueError) as error:
            raise Invalid("protocol.form", "A protocol needs a name of 3 to 80 letters.") from error
        return await self.ask(lambda client: client.edit_protocol(view.protocol, changed))

    async def _form(
        self, view: ProtocolView | None, typed: dict[str, Any], problem: BlotterError | None = None
    ) -> None:
        await self.show(
            "system/protocol_draft.html",
            status=problem.status if problem is not None else 200,
            view=view,
            backgrounds=_BACKGROUNDS,
            sides=[one.value for one in BackgroundSides],
            fits=[one.value for one in LadderFit],
            normalisations=[one.value for one in NormalisationMethod],
            report_columns=REPORT_COLUMNS,
            problem=problem,
            typed={**typed, **(self.typed_why() if problem is not None else {})},
        )
