"""The same request twice is one change: its answer is kept under the person's key, and given again."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import BaseModel

from blotter_records.domain.canonical import digest
from blotter_records.errors import Conflict
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor

View = TypeVar("View", bound=BaseModel)


class Repeatable(Protocol):
    """A request with a key of the person's making."""

    @property
    def idempotency_key(self) -> str:
        """The key: the same for the same request, sent again because its answer was lost."""

    def model_dump_json(self) -> str:
        """Return the whole request."""


def answered(work: UnitOfWork, actor: Actor, request: Repeatable, stream: str, answer: type[View]) -> View | None:
    """Return the answer to the same request on the same record, if it was answered before.

    Raises
    ------
    Conflict
        ``conflict.idempotency``: the key came with another request.
    """
    kept = work.remembered(request.idempotency_key, actor.person())
    if kept is None:
        return None
    if kept["asked"] != _asked(request, stream):
        raise Conflict("conflict.idempotency", "This key was used for another request.")
    return answer.model_validate(kept["answer"])


def keep(work: UnitOfWork, actor: Actor, request: Repeatable, stream: str, view: BaseModel) -> None:
    """Keep the answer to a request, in the transaction that carries it out.

    Raises
    ------
    Conflict
        ``conflict.repeated``: the same request is being answered at this moment; nothing is written twice.
    """
    answer = {"asked": _asked(request, stream), "answer": view.model_dump(mode="json")}
    work.remember(request.idempotency_key, actor.person(), answer)


def _asked(request: Repeatable, stream: str) -> str:
    return digest({"what": type(request).__name__, "stream": stream, "request": request.model_dump_json()})
