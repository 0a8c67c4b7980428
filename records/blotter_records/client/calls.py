"""What the client's parts share: typed questions and requests over one connection."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter

from blotter_records.client.transport import Transport

M = TypeVar("M", bound=BaseModel)


class Calls:
    """Base of the parts of the client."""

    _transport: Transport

    def _get(self, model: type[M], path: str, **params: object) -> M:
        return model.model_validate_json(self._transport.send("GET", path, params=params).content)

    def _maybe(self, model: type[M], path: str) -> M | None:
        content = self._transport.send("GET", path).content
        return None if content == b"null" else model.model_validate_json(content)

    def _list(self, model: type[M], path: str, **params: object) -> list[M]:
        answer = self._transport.send("GET", path, params=params).content
        return TypeAdapter(list[model]).validate_json(answer)  # type: ignore[valid-type]

    def _send(
        self,
        model: type[M],
        method: str,
        path: str,
        body: BaseModel | Mapping[str, str] | None = None,
        *,
        wait_s: float | None = None,
    ) -> M:
        return model.model_validate_json(self._transport.send(method, path, body=body, wait_s=wait_s).content)


def new_key() -> str:
    """Return a key for a request that its caller does not mean to send again."""
    return secrets.token_hex(16)


def asked(question: BaseModel) -> dict[str, object]:
    """Return a question as parameters of an address."""
    return question.model_dump(mode="json", exclude_none=True)
