"""Which pages and APIs of the hub exist.

JupyterHub takes an authenticator's handlers before its own, so this list decides. A pattern of JupyterHub's that is
not named here, or that a later version adds, is closed: the lists say what is open, not what is forbidden.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyterhub import apihandlers, handlers
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.static import CacheControlStaticFilesHandler

from blotter_hub.pages.gate import ClosedApi, ClosedPage, Forced
from blotter_hub.pages.home import HomePage
from blotter_hub.pages.notifications import NotificationsPage
from blotter_hub.pages.password import PasswordPage
from blotter_hub.pages.proposals import ProposalPage, ProposalsPage
from blotter_hub.pages.sign_in import SignInPage, SignOutPage
from blotter_hub.pages.system import AccountsPage, UserLogPage

STATIC = Path(__file__).parent.parent / "static"

#: Open to anybody: they show or give nothing of a person.
OPEN = frozenset({"", r"/error/(\d+)", r"/health$", r"/api/health$", r"/security/csp-report"})

#: Behind the gate: a person's own server, and what that server asks the hub.
GATED = frozenset(
    {
        "/",
        r"/user/(?P<user_name>[^/]+)(?P<user_path>/.*)?",
        r"/spawn",
        r"/spawn/([^/]+)",
        r"/spawn-pending/([^/]+)",
        r"/api/?",
        r"/api/user",
        r"/api/users/([^/]+)/server",
        r"/api/users/([^/]+)/server/progress",
        r"/api/users/([^/]+)/activity",
        r"/api/oauth2/authorize",
        r"/api/oauth2/token",
    }
)

OURS: list[tuple[Any, ...]] = [
    (r"/login", SignInPage),
    (r"/logout", SignOutPage),
    (r"/home", HomePage),
    (r"/password", PasswordPage),
    (r"/notifications", NotificationsPage),
    (r"/proposals", ProposalsPage),
    (r"/proposals/(PRP-[0-9]{6,12})", ProposalPage),
    (r"/system/accounts", AccountsPage),
    (r"/system/user-log", UserLogPage),
    (r"/blotter/(.*)", CacheControlStaticFilesHandler, {"path": str(STATIC)}),
]


def routes() -> list[tuple[Any, ...]]:
    """Return every handler of the hub: ours, JupyterHub's behind the gate, and closed ones for the rest."""
    own = {pattern for pattern, *_ in OURS}
    found: list[tuple[Any, ...]] = list(OURS)
    for pattern, handler, *arguments in [*handlers.default_handlers, *apihandlers.default_handlers]:
        if pattern in own:
            continue
        if pattern in OPEN:
            found.append((pattern, handler, *arguments))
        elif pattern in GATED:
            found.append((pattern, type(f"Forced{handler.__name__}", (Forced, handler), {}), *arguments))
        else:
            found.append((pattern, ClosedApi if issubclass(handler, APIHandler) else ClosedPage))
    return found
