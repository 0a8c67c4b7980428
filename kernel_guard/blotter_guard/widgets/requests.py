"""Requests that a widget's JavaScript half may send: declared by a decorator, validated by a pydantic model each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from blotter_records.contract.base import IS_DEFERRED
from blotter_records.errors import BlotterError, Invalid, Refused
from pydantic import BaseModel, ConfigDict, Field, ValidationError

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "_blotter_request"


class Given(BaseModel):
    """Base of the arguments of a request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=IS_DEFERRED)


class Nothing(Given):
    """A request without arguments."""


class Envelope(Given):
    """What comes over the comm: a name, the browser's number for the answer, arguments."""

    command: str = Field(max_length=40)
    id: int = Field(ge=0)
    arguments: dict[str, Any] = {}


@dataclass(frozen=True)
class Handler:
    """A method of a widget that answers one request."""

    method: str
    arguments: type[Given]


def answers(arguments: type[Given] = Nothing) -> Callable[[F], F]:
    """Let the browser call this method of a widget, by its name, with arguments of this model."""

    def mark(method: F) -> F:
        setattr(method, _MARK, arguments)
        return method

    return mark


def handlers_of(cls: type) -> dict[str, Handler]:
    """Return the requests that a widget class answers, by name."""
    found: dict[str, Handler] = {}
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            arguments = getattr(member, _MARK, None) if callable(member) else None
            if arguments is not None:
                found[name] = Handler(name, arguments)
    return found


def call(widget: object, handlers: dict[str, Handler], envelope: Envelope) -> Any:
    """Call the method that answers a request.

    Raises
    ------
    Refused
        This widget answers no such request.
    Invalid
        The arguments don't fit; the message names the first field that is wrong.
    """
    handler = handlers.get(envelope.command)
    if handler is None:
        raise Refused("refused.request", f"{type(widget).__name__} does not know {envelope.command!r}.")
    try:
        given = handler.arguments.model_validate(envelope.arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise Invalid("invalid.request", f"{where}: {first['msg']}.") from error
    return getattr(widget, handler.method)(given)


def problem_of(error: BlotterError) -> dict[str, Any]:
    """Return an error in the form of ``contract.base.Problem``, for the browser."""
    return {
        "title": type(error).__name__,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
        "diagnostics": error.diagnostics(),
        "entry": error.entry,
    }
