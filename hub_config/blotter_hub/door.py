"""The hub's door to the records service: the typed client, in threads, so that the hub's event loop never waits."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from blotter_records.client import RecordsClient
from blotter_records.contract.sessions import SessionOpened

T = TypeVar("T")

#: Limits of the contract; longer input can't be right and is cut, so that the attempt is still seen and recorded.
USER_NAME_LIMIT = 256
PASSWORD_LIMIT = 1024
CODE_LIMIT = 16
THREADS = 16

_address: contextvars.ContextVar[str] = contextvars.ContextVar("address", default="")


class RecordsDoor:
    """Asks the records service as the hub (to sign in) or as a person (everything else)."""

    def __init__(self, api_url: str, service_secret: str) -> None:
        self._api_url = api_url
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="records")
        self._as_hub = RecordsClient(api_url, token=f"service:hub:{service_secret}")
        self._as_person: dict[str, RecordsClient] = {}

    async def check(self) -> None:
        """Return if the service and its database answer. Raises ``Unavailable``.

        The hub's own database is kept by the same server: asked while that is gone, it would show a signed-in person
        the sign-in page, or, while the server stands still, hold up the hub's only thread.
        """
        await self._run(self._as_hub.check)

    async def open_session(self, user_name: str, password: str, address: str, code: str = "") -> SessionOpened:
        """Sign a person in; raises what the service raises (``Unauthenticated``, ``Unavailable``...)."""
        name, secret = user_name[:USER_NAME_LIMIT], password[:PASSWORD_LIMIT]
        return await self._run(lambda: self._as_hub.open_session(name, secret, address[:64], code[:CODE_LIMIT]))

    async def as_hub(self, question: Callable[[RecordsClient], T]) -> T:
        """Run ``question`` with the client of the service identity ``hub``."""
        return await self._run(lambda: question(self._as_hub))

    async def ask(self, token: str, address: str, question: Callable[[RecordsClient], T]) -> T:
        """Run ``question`` with a client that holds a person's session token."""
        client = self._as_person.get(token)
        if client is None:
            client = RecordsClient(self._api_url, token=token, headers=_address_header)
            self._as_person[token] = client
        _address.set(address)
        return await self._run(lambda: question(client))

    def forget(self, token: str) -> None:
        """Drop the connection of a session that has ended."""
        client = self._as_person.pop(token, None)
        if client is not None:
            self._threads.submit(client.close)

    async def _run(self, work: Callable[[], T]) -> T:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(work))


def _address_header() -> dict[str, str]:
    address = _address.get()
    return {"X-Blotter-Address": address} if address else {}
