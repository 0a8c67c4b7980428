"""Characters that no record can hold are refused at the door: NUL, and halves of a surrogate pair.

PostgreSQL stores no NUL in a text, and UTF-8 has no half pairs; everything else is kept as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request, Response
from fastapi.routing import APIRoute

from blotter_records.errors import Invalid


class CheckedRoute(APIRoute):
    """A route whose address and JSON body are looked through before anything else sees them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler behind the check. It raises ``Invalid('invalid.text')``."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            address = request.scope["path"].encode() + unquote_to_bytes(request.scope["query_string"])
            if b"\0" in address or not _can_be_kept(await _json_of(request)):
                raise Invalid(
                    "invalid.text",
                    "The text has a NUL or half of a surrogate pair in it, which no record can hold.",
                    "Type it again without that character.",
                )
            return await handle(request)

        return checked


async def _json_of(request: Request) -> Any:
    """Return the body where it is JSON (the request keeps it for whoever asks next), else None."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        return None
    try:
        return await request.json() if await request.body() else None
    except (ValueError, RecursionError) as error:
        raise Invalid("invalid.json", "The body of the request is not JSON.") from error


def _can_be_kept(value: Any) -> bool:
    """Tell whether every text in a JSON value can be stored. The depth is what the JSON parser takes."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one or not _is_unicode(one):
                return False
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return True


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
