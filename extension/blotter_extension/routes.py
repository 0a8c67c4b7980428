"""What of the server can be reached at all: a list of methods and paths, and of hosts, in front of every handler.

An authorizer is asked only by handlers that ask it; this list is asked by nobody and passed by everybody.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from blotter_records.hosts import is_ours
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

from blotter_extension.person import person

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAME = r"[^/]{1,200}"

#: Methods, then a pattern of the path below the server's root; matched against the decoded path as a whole.
ROUTES = (
    ("GET", r""),
    ("GET", r"lab(?:/tree(?:/[^/]{1,200})?|/workspaces/[A-Za-z0-9_-]{1,60}(?:/tree/[^/]{1,200})?)?"),
    ("GET", r"doc(?:/tree/[^/]{1,200})?"),
    ("GET HEAD", r"static/[A-Za-z0-9@_./-]{1,200}"),
    ("GET HEAD", r"lab/(?:static|extensions|api/themes)/[A-Za-z0-9@_./-]{1,200}"),
    ("GET", r"lab/api/translations(?:/[A-Za-z_-]{1,20})?"),
    ("GET", r"lab/api/settings(?:/[A-Za-z0-9@_./:-]{1,200})?"),
    ("GET PUT", r"lab/api/workspaces(?:/[A-Za-z0-9_-]{1,60})?"),
    ("GET", r"lab/api/listings/[A-Za-z0-9@_./-]{1,200}"),
    ("GET", r"api(?:/status|/me)?"),
    ("GET", r"api/events/subscribe"),
    ("GET", r"api/kernelspecs(?:/blotter)?"),
    ("GET POST", r"api/kernels"),
    ("GET DELETE", rf"api/kernels/{_ID}"),
    ("POST", rf"api/kernels/{_ID}/(?:interrupt|restart)"),
    ("GET", rf"api/kernels/{_ID}/channels"),
    ("GET POST", r"api/sessions"),
    ("GET PATCH DELETE", rf"api/sessions/{_ID}"),
    ("GET POST", r"api/contents/?"),
    ("GET PUT PATCH POST DELETE", rf"api/contents/{_NAME}"),
    ("GET POST", rf"api/contents/{_NAME}/checkpoints"),
    ("POST", r"api/security/csp-report"),
    ("POST", r"blotter/(?:images|heartbeat)"),
    ("GET", r"blotter/(?:session|templates)"),
    ("GET", r"blotter/tiles/IMG-[0-9]{6,12}/[0-9a-f]{64}/[0-9]{1,2}/[0-9]{1,5}/[0-9]{1,5}"),
    ("GET", r"blotter/charts/ANL-[0-9]{6,12}/(?:draft|[0-9]{1,6})/[a-z]{3,20}/(?:all|[0-9]{1,4})"),
    ("GET", r"blotter/crops/ANL-[0-9]{6,12}/[0-9]{1,7}/[0-9]{1,7}/(?:before|after)"),
    ("GET", r"blotter/exports/EXP-[0-9]{6,12}"),
    ("GET", r"(?:login|logout|oauth_callback|favicon\.ico|logo|custom/custom\.css)"),
)
#: What every JupyterLab asks for out of habit: refused, but not worth an entry in the trail.
_HABITS = re.compile(
    r"(?:api/nbconvert|api/config/.*|api/terminals|api/licenses|lab/api/(?:build|news|extensions|"
    r"licenses|plugins|workspaces)(?:/.*)?|lsp/status|manifest\.webmanifest|service-worker\.js)\Z"
)
_RULES = tuple((frozenset(methods.split()), re.compile(rf"(?:{pattern})\Z")) for methods, pattern in ROUTES)


def is_allowed(method: str, below: str) -> bool:
    """Return whether a request may reach a handler.

    Parameters
    ----------
    method : str
        HTTP method.
    below : str
        Path below the server's root, as it was sent (percent-encoded).
    """
    path = unquote(below)
    is_plain = "%" not in path and "\\" not in path and all(character.isprintable() for character in path)
    # An encoded slash would be one path for this list and another for a handler.
    if not is_plain or "%2f" in below.lower() or "//" in path or ".." in path.split("/"):
        return False
    return any(method in methods and pattern.match(path) for methods, pattern in _RULES)


class NotHere(RequestHandler):
    """Answers what is not on the list."""

    status, said = 404, "This is not available in Blotter."

    def check_xsrf_cookie(self) -> None:
        """Check nothing; nothing is done."""

    def prepare(self) -> None:
        """Answer in a sentence."""
        self.set_status(self.status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.finish(f"{self.said}\n")


class NotThisHost(NotHere):
    """Answers what was sent to another host than this one."""

    status, said = 403, "This server is not asked under that name. Open Blotter at its own address."


def install(application: Application, base_url: str) -> None:
    """Put the list in front of every handler of an application.

    Parameters
    ----------
    application : Application
        The server's application, complete.
    base_url : str
        The server's root, with a slash at both ends.
    """
    original = application.find_handler

    def find_handler(request: HTTPServerRequest, **kwargs: Any) -> Any:
        path = request.path or ""
        if not is_ours(request.host, person().public_url):
            told = f"{request.method} {path[:200]} was sent to {request.host[:100]!r}, which is not this server's host."
            person().refusals.report("route", told, context={"Address": request.remote_ip}, apart="host")
            return application.get_handler_delegate(request, NotThisHost)
        below = path[len(base_url) :] if path.startswith(base_url) else None
        if path + "/" == base_url:
            below = ""
        if below is not None and is_allowed(request.method or "", below):
            return original(request, **kwargs)
        if below is None or not _HABITS.match(unquote(below)):
            person().refusals.report(
                "route", f"{request.method} {path[:300]} is not available.", context={"Address": request.remote_ip}
            )
        return application.get_handler_delegate(request, NotHere)

    application.find_handler = find_handler  # type: ignore[method-assign]
