"""Instruments: what may acquire images, written down, registered and calibrated by signature (11.10(h))."""

from __future__ import annotations

from typing import Any

from blotter_records.contract.instruments import InstrumentEdit, InstrumentRequest, InstrumentView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Action
from pydantic import ValidationError
from tornado import web

from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError

_ACTS = {
    "register": Action.INSTRUMENT_REGISTER,
    "calibrate": Action.INSTRUMENT_CALIBRATION_RECORD,
    "retire": Action.INSTRUMENT_RETIRE,
}
_TITLES = {
    Action.INSTRUMENT_REGISTER: "Register",
    Action.INSTRUMENT_CALIBRATION_RECORD: "Record a calibration",
    Action.INSTRUMENT_RETIRE: "Retire",
}
_CALIBRATION = ("done_on", "due_on", "certificate")
_TEXTS = ("name", "maker", "model", "serial", "firmware")
_LISTS = ("channels_nm", "resolutions_um")
_NUMBERS = ("integration_ms_low", "integration_ms_high", "focus_mm_low", "focus_mm_high", "bottom_um", "right_um")
_FIELDS = (*_TEXTS, *_LISTS, *_NUMBERS)


class InstrumentsPage(SignedPage):
    """The list."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        instruments = await self.read(lambda client: client.instruments())
        await self.show("system/instruments.html", instruments=instruments)


class InstrumentPage(SignedPage):
    """One instrument: what is written of it, and what can be signed."""

    @web.authenticated
    async def get(self, instrument: str) -> None:
        """Show it."""
        await self._page(instrument)

    @web.authenticated
    async def post(self, instrument: str) -> None:
        """Open the signing page of a step."""
        action = _ACTS.get(self.get_argument("act", ""))
        if action is None:
            raise ShownError(400, "This form cannot be read.")
        typed = self._calibration()
        details: dict[str, object] = {**typed} if action is Action.INSTRUMENT_CALIBRATION_RECORD else {}
        try:
            intent = await self.prepare_signing(instrument, action, details)
        except BlotterError as error:
            await self._page(instrument, action, error)
            return
        await self.show_signing(
            intent,
            title=f"{_TITLES[action]}: {instrument}",
            back=f"system/instruments/{instrument}",
            here="instruments",
        )

    def _calibration(self) -> dict[str, str]:
        return {name: self.get_argument(name, "")[:100] for name in _CALIBRATION}

    async def _page(self, instrument: str, tried: Action | None = None, problem: BlotterError | None = None) -> None:
        view = await self.read(lambda client: client.instrument(instrument))
        await self.show(
            "system/instrument.html",
            status=problem.status if problem is not None else 200,
            view=view,
            signed=await self.signed(),
            problem=problem,
            tried=tried,
            typed={**self.typed_why(), **self._calibration()} if problem is not None else {},
        )


class InstrumentFormPage(SignedPage):
    """The form of what is written of an instrument; ``new`` is one that does not exist yet."""

    @web.authenticated
    async def get(self, instrument: str) -> None:
        """Show the form."""
        view = await self._view(instrument)
        await self._form(view, typed_of(view) if view is not None else {})

    @web.authenticated
    async def post(self, instrument: str) -> None:
        """Save it."""
        view = await self._view(instrument)
        typed = {name: self.get_argument(name, "")[:200] for name in _FIELDS}
        try:
            saved = await self._save(view, typed)
        except BlotterError as error:
            await self._form(view, {**typed, **self.typed_reason()}, error)
            return
        self.redirect(f"{self.hub.base_url}system/instruments/{saved.instrument}")

    async def _view(self, instrument: str) -> InstrumentView | None:
        return None if instrument == "new" else await self.read(lambda client: client.instrument(instrument))

    async def _save(self, view: InstrumentView | None, typed: dict[str, str]) -> InstrumentView:
        said: dict[str, Any] = {name: typed[name].strip() for name in _TEXTS}
        limits: dict[str, Any] = {name: typed[name].replace(",", " ").split() for name in _LISTS}
        said["limits"] = {**limits, **{name: typed[name].strip() for name in _NUMBERS}}
        said |= self.typed_reason()
        try:
            if view is None:
                new = InstrumentRequest.model_validate(said)
                return await self.ask(lambda client: client.create_instrument(new))
            changed = InstrumentEdit.model_validate({**said, "expected_rev": self.get_argument("rev", "0")})
        except ValidationError as error:
            raise Invalid("instrument.form", _told(error)) from error
        return await self.ask(lambda client: client.edit_instrument(view.instrument, changed))

    async def _form(
        self, view: InstrumentView | None, typed: dict[str, str], problem: BlotterError | None = None
    ) -> None:
        await self.show(
            "system/instrument_form.html",
            status=problem.status if problem is not None else 200,
            view=view,
            problem=problem,
            typed=typed,
        )


def typed_of(view: InstrumentView) -> dict[str, str]:
    """Return what is written of an instrument as it is typed."""
    limits = view.limits.model_dump()
    texts = {name: str(getattr(view, name)) for name in _TEXTS}
    lists = {name: " ".join(str(one) for one in limits[name]) for name in _LISTS}
    return {**texts, **lists, **{name: f"{limits[name]:.12g}" for name in _NUMBERS}}


def _told(error: ValidationError) -> str:
    """Return what is wrong with what was typed, field by field."""
    parts = []
    for one in error.errors(include_url=False, include_input=False):
        name = " ".join(str(part) for part in one["loc"] if part != "limits").replace("_", " ")
        parts.append(f"{name}: {one['msg']}" if name else str(one["msg"]))
    return "; ".join(dict.fromkeys(parts))[:800] + "."
