"""What the client's parts share: typed questions and requests over one connection."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from blotter_records.client.transport import Transport
from blotter_records.errors import Unavailable

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def read_answer(kind: type[T], content: bytes) -> T:
    """Return what an answer says. Raises ``Unavailable('unavailable.answer')`` for one that cannot be read."""
    reader: TypeAdapter[T] = _reader(kind)  # type: ignore[arg-type]  # classes are hashable
    try:
        return reader.validate_json(content)
    except ValidationError as error:
        raise Unavailable(
            "unavailable.answer",
            "The records service answered in a way that this program cannot read.",
            "Try again; if it stays so, tell the System Manager: the two may be of different releases.",
        ) from error


@functools.cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    """Return what reads a kind of answer: to make one takes longer than to read with it."""
    return TypeAdapter(kind)


class Calls:
    """Base of the parts of the client."""

    _transport: Transport

    def _get(self, model: type[M], path: str, **params: object) -> M:
        return read_answer(model, self._transport.send("GET", path, params=params).content)

    def _maybe(self, model: type[M], path: str) -> M | None:
        content = self._transport.send("GET", path).content
        return None if content == b"null" else read_answer(model, content)

    def _list(self, model: type[M], path: str, **params: object) -> list[M]:
        answer = self._transport.send("GET", path, params=params).content
        return read_answer(list[model], answer)  # type: ignore[valid-type]

    def _send(
        self,
        model: type[M],
        method: str,
        path: str,
        body: BaseModel | Mapping[str, str] | None = None,
        *,
        wait_s: float | None = None,
    ) -> M:
        return read_answer(model, self._transport.send(method, path, body=body, wait_s=wait_s).content)


def new_key() -> str:
    """Return a key for a request that its caller does not mean to send again."""
    return secrets.token_hex(16)


def asked(question: BaseModel) -> dict[str, object]:
    """Return a question as parameters of an address."""
    return question.model_dump(mode="json", exclude_none=True)
