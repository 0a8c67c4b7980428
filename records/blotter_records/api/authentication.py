"""Who calls: a person by session token, or a service by its secret; from where, by the person's server."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Annotated

from fastapi import Depends, Request

from blotter_records.bootstrap import Services
from blotter_records.errors import Unauthenticated
from blotter_records.ports.entries import Context, NewEntry, Subject
from blotter_records.services.acting.actor import Actor
from blotter_records.vocabulary import Event, Outcome

#: Digests of notebook versions that are remembered (a version never changes).
_MOST_DIGESTS = 5_000
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
    given, notebook = _header(request, "Notebook-Version"), _header(request, "Notebook")
    version = int(given) if given is not None and given.isdecimal() and len(given) < 9 else None
    return Context(
        notebook=notebook,
        notebook_version=version,
        cell=_header(request, "Cell"),
        kernel=_header(request, "Kernel"),
        notebook_sha256=_notebook_digest(request, notebook, version),
    )


def _notebook_digest(request: Request, notebook: str | None, version: int | None) -> str | None:
    """Return the digest of the notebook's version: the service's own, not what anybody says."""
    if notebook is None or version is None:
        return None
    kept: OrderedDict[tuple[str, int], str | None] = request.app.state.notebook_digests
    if (notebook, version) not in kept:
        kept[notebook, version] = services_of(request).notebooks.digest_of(notebook, version)
        while len(kept) > _MOST_DIGESTS:
            kept.popitem(last=False)
    return kept[notebook, version]


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
        return services.sessions.service(
            name,
            secret,
            process=_header(request, "Process"),
            os_user=_header(request, "Os-User"),
            initiator=_header(request, "Initiator"),
        )
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
