"""Base of every widget: one read-only view for the browser, requests answered one by one."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any, ClassVar

from blotter_records.client import RecordsClient
from blotter_records.contract.base import EntryRef
from blotter_records.errors import BlotterError, Unavailable
from ipywidgets import DOMWidget
from pydantic import BaseModel, Field, ValidationError
from traitlets import Dict, Unicode

from blotter_guard.widgets.requests import (
    Envelope,
    Given,
    Handler,
    Nothing,
    answers,
    call,
    handlers_of,
    problem_of,
)

#: Version of what the two halves say to each other; equals ``PROTOCOL`` of the JavaScript half.
PROTOCOL_VERSION = "1.0.0"


def plain(value: Any) -> Any:
    """Return a contract message, or a list or dict of them, as JSON values."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


class EntryNamed(Given):
    """Names an audit entry of a record that a widget changed."""

    record: str = Field(pattern=r"^(ACQ|ANL|EXP|IMG|MEM|PRB|RES|SMP|STU)-[0-9]{6,12}$")
    entry: int = Field(ge=1)


class _WidgetMeta(type(DOMWidget), ABCMeta):  # type: ignore[misc]  # ipywidgets has no types
    """A widget class that may have abstract methods: one that lacks `read` cannot be opened."""


class BlotterWidget(DOMWidget, metaclass=_WidgetMeta):  # type: ignore[misc]
    """A widget of Blotter.

    The browser gets one synchronised dict, ``view``: ``{"state": "ready", ...}`` with what `read` returned, or
    ``{"state": "refused"|"offline", "problem": {...}}``. It never writes a trait: it sends requests, and each is
    answered by ``{"reply": id, "ok": ..., "value"|"problem": ...}``.

    Parameters
    ----------
    client : RecordsClient
        The kernel's connection to the records service.
    """

    # No layout model: a widget is then one comm only, and the gate has one kind of comm to allow.
    layout = None
    _model_name = Unicode("BlotterModel", read_only=True).tag(sync=True)
    _model_module = Unicode("blotter", read_only=True).tag(sync=True)
    _model_module_version = Unicode(PROTOCOL_VERSION, read_only=True).tag(sync=True)
    _view_module = Unicode("blotter", read_only=True).tag(sync=True)
    _view_module_version = Unicode(PROTOCOL_VERSION, read_only=True).tag(sync=True)
    view = Dict().tag(sync=True)

    _handlers: ClassVar[dict[str, Handler]] = {}

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        cls._handlers = handlers_of(cls)

    def __init__(self, client: RecordsClient) -> None:
        self._client = client
        # Read before the comm opens, so that the first message already shows the record.
        super().__init__(_view_name=f"{type(self).__name__}View", view=self._read_safely())

    @abstractmethod
    def read(self) -> dict[str, Any]:
        """Return what the browser should show, read from the records service."""

    def record(self) -> str:
        """Return the identifier that this widget is about, or nothing."""
        return ""

    def _read_safely(self) -> dict[str, Any]:
        try:
            return {"state": "ready", "record": self.record(), **plain(self.read())}
        except BlotterError as error:
            state = "offline" if isinstance(error, Unavailable) else "refused"
            return {"state": state, "record": self.record(), "problem": problem_of(error)}

    @answers(Nothing)
    def reload(self, _given: Nothing | None = None) -> dict[str, Any]:
        """Read again from the records service; the browser gets the new view."""
        self.view = self._read_safely()
        return {"state": self.view["state"]}

    @answers(EntryNamed)
    def find_number(self, given: EntryNamed) -> int | None:
        """Return the number that the sequencer gave to an entry; None while it is pending (or the record moved on)."""
        for entry in self._entries_of(given.record):
            if entry.id == given.entry:
                return entry.number
        return None

    def _entries_of(self, record: str) -> list[EntryRef]:
        """Read a record again; return the entries that it names."""
        match record.split("-", maxsplit=1)[0]:
            case "ANL":
                return [self._client.analysis(record).entry]
            case "EXP":
                return [self._client.export(record).entry]
            case "IMG":
                return [self._client.image(record).entry]
            case "STU":
                return [self._client.study(record).entry]
            case "RES":
                result = self._client.result(record)
                return [result.entry, *(signature.entry for signature in result.signatures)]
            case _:
                return []

    # ipywidgets' own hooks (documented as overridable): everything that the browser sends comes through here.

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        """Take requests and questions for the state; an ``update`` from the browser is dropped."""
        if msg["content"]["data"].get("method") in ("request_state", "custom"):
            super()._handle_msg(msg)

    def _handle_custom_msg(self, content: Any, _buffers: Any) -> None:
        try:
            envelope = Envelope.model_validate(content)
        except ValidationError:
            return  # no number to answer to; nothing of ours sends this
        self.send(self._answer(envelope))

    def _answer(self, envelope: Envelope) -> dict[str, Any]:
        try:
            value = call(self, self._handlers, envelope)
        except BlotterError as error:
            return {"reply": envelope.id, "ok": False, "problem": problem_of(error)}
        return {"reply": envelope.id, "ok": True, "value": plain(value)}
