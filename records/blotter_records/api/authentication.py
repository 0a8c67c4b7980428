"""Who calls: a person by session token, or a service by its secret; from where, by the person's server."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request

from blotter_records.bootstrap import Services
from blotter_records.errors import Unauthenticated
from blotter_records.ports.ledger import Context, NewEntry, Subject
from blotter_records.services.acting import Actor
from blotter_records.vocabulary import Event, Outcome

_PLAIN = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}")


def services_of(request: Request) -> Services:
    """Return the services of the application."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


def _header(request: Request, name: str) -> str | None:
    """Return a header of plain characters, else None: what stands in the trail can be read."""
    value = request.headers.get(f"X-Blotter-{name}", "")
    return value if _PLAIN.fullmatch(value) else None


def context_of(request: Request) -> Context:
    """Return from where the person acts; the person's server says so, a kernel cannot."""
    version = _header(request, "Notebook-Version")
    return Context(
        notebook=_header(request, "Notebook"),
        notebook_version=int(version) if version is not None and version.isdigit() else None,
        cell=_header(request, "Cell"),
        kernel=_header(request, "Kernel"),
    )


def actor_of_request(request: Request) -> Actor:
    """Return who calls. Raises ``Unauthenticated``; the attempt is an ``api.unauthorised`` entry."""
    services = services_of(request)
    try:
        return _actor(request, services)
    except Unauthenticated as error:
        _note(request, services, error)
        raise


def _actor(request: Request, services: Services) -> Actor:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        raise Unauthenticated("unauthenticated.token", "You are not signed in.", "Sign in.")
    if token.startswith("service:"):
        _, name, secret = (*token.split(":", 2), "", "")[:3]
        return services.sessions.service(name, secret, process=_header(request, "Process"))
    return services.sessions.actor(token, address=_header(request, "Address"), context=context_of(request))


def _note(request: Request, services: Services, error: Unauthenticated) -> None:
    address = _header(request, "Address") or (request.client.host if request.client else "")
    route = request.scope.get("route")
    path = getattr(route, "path", request.url.path)
    services.refusals.write(
        NewEntry(
            stream="system",
            action=Event.API_UNAUTHORISED,
            subject=Subject(address=address),
            outcome=Outcome.REFUSED,
            new={"method": request.method, "path": path, "rule": error.code},
            summary=f"Refused {request.method} {path} from {address or 'nowhere'}: {error.message}",
        ),
        key=(address, error.code),
    )


Caller = Annotated[Actor, Depends(actor_of_request)]
Joined = Annotated[Services, Depends(services_of)]
