"""Errors as ``application/problem+json`` (RFC 9457): known ones as they are, others without a word of their inside."""

from __future__ import annotations

import logging
import secrets

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from blotter_records.contract.base import Problem
from blotter_records.errors import BlotterError

LOG = logging.getLogger("blotter.records")

_TITLES = {
    401: "Not signed in",
    403: "Refused",
    404: "Not found",
    405: "Not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Invalid",
    500: "Internal error",
    503: "Unavailable",
}


def problem(status: int, code: str, detail: str, diagnostics: str = "", entry: int | None = None) -> JSONResponse:
    """Return an error as the service answers it."""
    body = Problem(
        title=_TITLES.get(status, "Error"),
        status=status,
        code=code,
        detail=detail,
        diagnostics=diagnostics,
        entry=entry,
    )
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def known(_: Request, error: Exception) -> JSONResponse:
    """Answer an error of the tree."""
    assert isinstance(error, BlotterError)
    return problem(error.status, error.code, error.message, error.diagnostics(), entry=error.entry)


def invalid(_: Request, error: Exception) -> JSONResponse:
    """Answer a request that does not fit the contract; what was sent is never repeated (it may be a password)."""
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['type']}" for one in error.errors()[:10])
    return problem(422, "invalid.request", f"The request does not fit the contract: {told[:1000]}")


def http(_: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses (no such path, no such method)."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, f"http.{error.status_code}", str(error.detail))


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """Answer anything else: an incident id, nothing more; the traceback is in the service's log under that id."""
    incident = secrets.token_hex(6)
    LOG.error("incident %s at %s %s", incident, request.method, request.url.path, exc_info=error)
    return problem(
        500,
        "internal.error",
        f"Something went wrong inside the records service (incident {incident}).",
        "Read the record again before you repeat the action; tell the System Manager the incident.",
    )


def install(app: FastAPI) -> None:
    """Let the application answer all errors so."""
    app.add_exception_handler(BlotterError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
