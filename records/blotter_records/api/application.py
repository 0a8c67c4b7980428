"""The application: every router, one door; it refuses to start with an endpoint that declares no action."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from blotter_records import __version__
from blotter_records.api import problems
from blotter_records.api.authentication import actor_of_request
from blotter_records.api.limits import Limits
from blotter_records.api.routes import (
    accounts,
    acquiring,
    analyses,
    copies,
    exports,
    images,
    instruments,
    notebooks,
    people,
    protocols,
    quantities,
    records,
    results,
    signing,
    studies,
    system,
    tables,
    tasks,
    templates,
    trail_reviews,
)
from blotter_records.bootstrap import Services
from blotter_records.errors import BlotterError
from blotter_records.pages import signing as signing_page
from blotter_records.services.acting.declaring import rule_of
from blotter_records.vocabulary import Event

LOG = logging.getLogger("blotter.records")

PREFIX = "/api/v1"

#: Everything under the prefix.
ROUTERS = (
    people.router,
    accounts.router,
    tasks.router,
    studies.router,
    images.router,
    analyses.router,
    quantities.router,
    tables.router,
    protocols.router,
    results.router,
    trail_reviews.router,
    signing.router,
    exports.router,
    copies.router,
    records.router,
    instruments.router,
    acquiring.router,
    notebooks.router,
    templates.router,
    system.router,
)

_STREAMED = frozenset({("POST", f"{PREFIX}/copies"), ("POST", f"{PREFIX}/images")})


class UndeclaredEndpoint(RuntimeError):
    """An endpoint declares no action, or asks nobody who calls."""


def create_app(services: Services, routers: Iterable[APIRouter] = ROUTERS) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    services : Services
    routers : iterable of APIRouter
        What stands under the prefix; tests give others.

    Raises
    ------
    UndeclaredEndpoint
        See :func:`check_declared`.
    """
    app = FastAPI(
        title="Blotter records",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        lifespan=_lifespan,
    )
    app.state.services = services
    app.state.notebook_digests = OrderedDict()
    for router in routers:
        app.include_router(router, prefix=PREFIX)
    app.include_router(system.health, prefix=PREFIX)
    app.include_router(signing_page.router)
    app.mount("/sign/static", StaticFiles(directory=signing_page.STATIC), name="static")
    problems.install(app)
    check_declared(app.routes)
    app.add_middleware(Limits, max_bytes=services.settings.max_message_bytes, streamed=_STREAMED)
    return app


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Check that every endpoint declares a rule, and that each that is not open asks who calls.

    Raises
    ------
    UndeclaredEndpoint
        With the path of the first that does not.
    """
    for route in _every(routes):
        if isinstance(route, Mount) and route.path == "/sign/static":
            continue
        path = getattr(route, "path", repr(route))
        if not isinstance(route, APIRoute):
            if path != f"{PREFIX}/openapi.json":
                raise UndeclaredEndpoint(f"{path} is no declared endpoint")
            continue
        rule = rule_of(route.endpoint)
        if rule is None:
            raise UndeclaredEndpoint(f"{path} declares no action")
        if not rule.is_open and not _asks_who(route.dependant):
            raise UndeclaredEndpoint(f"{path} does not ask who calls")
        route.openapi_extra = {"x-blotter-action": str(rule.action or "open"), **(route.openapi_extra or {})}


def _every(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield every route; FastAPI keeps included routers as one entry each."""
    for route in routes:
        inside = getattr(route, "original_router", None)
        if isinstance(inside, APIRouter):
            yield from _every(inside.routes)
        else:
            yield route


def _asks_who(dependant: Dependant) -> bool:
    return any(one.call is actor_of_request or _asks_who(one) for one in dependant.dependencies)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await run_in_threadpool(services.ports.store.discard_unfinished)
    await run_in_threadpool(services.system.note, Event.SYSTEM_START)
    closing = asyncio.create_task(_close_bursts(services))
    try:
        yield
    finally:
        closing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
        with contextlib.suppress(BlotterError):  # the database may be gone already; there is nobody left to tell
            await run_in_threadpool(services.refusals.close_bursts, everything=True)
            await run_in_threadpool(services.system.note, Event.SYSTEM_STOP)


async def _close_bursts(services: Services) -> None:
    """Close bursts of refusals, once a second, as long as the service runs."""
    while True:
        await asyncio.sleep(1)
        try:
            await run_in_threadpool(services.refusals.close_bursts)
        except BlotterError as error:
            LOG.warning("bursts of refusals could not be closed: %s", error.code)
