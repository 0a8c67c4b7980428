"""The signing page: shows what will be signed, from the records, and takes user name and password (11.50, 11.200).

It stands on the records service's own origin, so no script of a notebook can read it, and uses no cookies: the intent's
id is in the path. ``Origin`` is checked on every POST, and only the hub's origins may frame it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from blotter_records.bootstrap import Services
from blotter_records.errors import BlotterError, NotFound, Refused
from blotter_records.services.acting.declaring import declares
from blotter_records.services.reports.wording import utc_zone
from blotter_records.services.signing.intents import SigningPage
from blotter_records.vocabulary import Action

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

#: A form of three fields is never longer than this (bytes).
_MAX_FORM = 8192
_MOST_FIELDS = 4

router = APIRouter(prefix="/sign", include_in_schema=False)

Intent = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{20,100}$")]


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Joined = Annotated[Services, Depends(_services)]


def six(value: float | None) -> str:
    """Return a number as it is shown: six significant digits, integers whole; a dash where it is not defined."""
    if value is None:
        return "–"
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else f"{value:.6g}"


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_TEMPLATES.filters["six"] = six
_TEMPLATES.filters["moment"] = lambda one: utc_zone(one.signed_at, one.zone, one.utc_offset)
_TEMPLATES.filters["words"] = lambda text: str(text).replace("_", " ")


@router.get("/{intent}")
@declares(open_because="the unguessable intent is what lets somebody see this page; it does nothing")
def show(request: Request, services: Joined, intent: Intent) -> HTMLResponse:
    """Show what will be signed, or what was."""
    try:
        page = services.intents.page(intent, address=_address(request, services))
    except BlotterError as error:
        return _message(services, error)
    return _answer(services, page)


@router.get("/{intent}/pictures/{position}.png")
@declares(open_because="part of the page")
def show_picture(
    request: Request, services: Joined, intent: Intent, position: Annotated[int, PathParameter(ge=0)]
) -> Response:
    """Return the picture of one pinned analysis."""
    page = services.intents.page(intent, address=_address(request, services))
    if page.result is None:
        raise NotFound("not_found.picture", "There is no such picture.")
    data = services.signing_pictures.png(page.result, position)
    return Response(data, media_type="image/png", headers=_headers(services))


@router.post("/{intent}/input", status_code=204)
@declares(open_because="keeps the page open while somebody types; the page belongs to a living session")
def note_input(request: Request, services: Joined, intent: Intent) -> Response:
    """Note that somebody gave input on the page."""
    _check_origin(request, services)
    services.intents.note_input(intent)
    return Response(status_code=204, headers=_headers(services))


@router.post("/{intent}")
@declares(Action.SIGNATURE_INTEND, open_because="user name and password are checked here; the session is the intent's")
async def sign(request: Request, services: Joined, intent: Intent) -> HTMLResponse:
    """Sign with user name and password, and a one-time code where one is asked for."""
    address = _address(request, services)
    try:
        _check_origin(request, services)
        user_name, password, code = await _fields(request)
        await run_in_threadpool(
            lambda: services.signatures.sign(intent, user_name, password, address=address, code=code)
        )
    except BlotterError as error:
        return await run_in_threadpool(_refused, services, intent, error, address)
    page = await run_in_threadpool(lambda: services.intents.page(intent, address=address))
    return _answer(services, page)


async def _fields(request: Request) -> tuple[str, str, str]:
    """Return user name, password and one-time code of the form. Nothing of it is kept, logged or answered."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise Refused("refused.form", "The form is too long.")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Refused("refused.form", "The form has more fields than the signing page.") from error
    user_name, password, code = (fields.get(name, [""])[0] for name in ("user_name", "password", "code"))
    return user_name, password, code


def _address(request: Request, services: Services) -> str:
    """Return from where somebody signs; empty where nobody can tell: the session's address counts."""
    return request.client.host if services.settings.proxy_headers and request.client is not None else ""


def _check_origin(request: Request, services: Services) -> None:
    if request.headers.get("Origin") != services.settings.signing_origin:
        raise Refused("refused.origin", "This form was not sent by the signing page.")


def _headers(services: Services) -> dict[str, str]:
    ancestors = " ".join(services.settings.hub_origins) or "'none'"
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        ),
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Permissions-Policy": "clipboard-read=(), publickey-credentials-get=()",
    }


def _render(services: Services, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    text = _TEMPLATES.get_template(template).render(
        installation=services.settings.installation,
        is_demo=services.settings.is_demo,
        hub_origins=" ".join(services.settings.hub_origins),
        **values,
    )
    return HTMLResponse(text, status, _headers(services))


def _answer(services: Services, page: SigningPage, error: BlotterError | None = None) -> HTMLResponse:
    state = page.intent.state
    if state == "signed":
        return _render(services, "signed.html", page=page, signed=page.signature)
    if state == "ended":
        ended = error or Refused("signature.ended", "This signing page has closed.", "Start the signing again.")
        return _message(services, ended)
    return _render(
        services,
        "sign.html",
        error.status if error else 200,
        page=page,
        error=error.message if error else "",
        help=_help(error) if error else "",
        seconds=page.seconds,
    )


def _refused(services: Services, intent: str, error: BlotterError, address: str) -> HTMLResponse:
    """Show the page again with what was refused, or only the message if there is nothing left to show."""
    try:
        return _answer(services, services.intents.page(intent, address=address), error)
    except BlotterError:
        return _message(services, error)


def _message(services: Services, error: BlotterError) -> HTMLResponse:
    return _render(services, "message.html", error.status, message=error.message, help=_help(error))


def _help(error: BlotterError) -> str:
    return f"{error.diagnostics()} {error.written()}".strip()
