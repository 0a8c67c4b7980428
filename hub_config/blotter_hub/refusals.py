"""What the hub itself refuses a signed-in person, told to the trail: closed doors, others' servers (11.10(d)).

What the records service refuses, failed sign-ins and signings with it, it writes itself, one by one.
"""

from __future__ import annotations

from typing import Any

from blotter_records.client.refusals import Context, RefusalReporter
from blotter_records.contract.notebooks import GateRefusal
from blotter_records.errors import Unauthenticated


class HubRefusals:
    """One reporter for each person: bursts of one are never counted into those of another.

    Parameters
    ----------
    authenticator : ComplianceAuthenticator
        Knows the session's token of a person, and the way to the service.
    """

    def __init__(self, authenticator: Any) -> None:
        self._authenticator = authenticator
        self._reporters: dict[str, RefusalReporter] = {}

    async def tell(self, handler: Any, why: str) -> int | None:
        """Write the refusal of a request, or count it into the burst that it belongs to.

        Parameters
        ----------
        handler : SignedIn
            The request of a signed-in person.
        why : str
            Which door it was.

        Returns
        -------
        int or None
            The trail's id of the burst's first; None where nobody could write it.
        """
        request, user = handler.request, handler.current_user
        what = f"The hub refused {request.method} {request.path}: {why}"
        if user.name not in self._reporters:
            self._reporters[user.name] = RefusalReporter(lambda refusal, where: self._send(user, refusal, where))
        address = str(request.remote_ip)
        entry = await self._reporters[user.name].tell("route", what, {"Address": address}, f"{address} {what}")
        return None if entry is None else int(entry.id)

    async def flush(self, user_name: str | None = None) -> None:
        """Write what is counted and not yet told, of one person or of all."""
        names = list(self._reporters) if user_name is None else [user_name]
        for name in names:
            if name in self._reporters:
                await self._reporters[name].flush()

    async def _send(self, user: Any, refusal: GateRefusal, where: Context) -> Any:
        """Send a refusal as the person whom it was. Raises the service's errors."""
        token = await self._authenticator.session_token(user)
        if token is None:
            raise Unauthenticated("session.ended", f"The session of {user.name} has ended.")
        address = where.get("Address") or ""
        return await self._authenticator.door.ask(token, address, lambda client: client.report_refusal(refusal))
