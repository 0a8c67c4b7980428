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
from blotter_hub.pages.own import OwnAccountPage, SecondFactorPage
from blotter_hub.pages.password import PasswordPage
from blotter_hub.pages.people.account import AccountPage
from blotter_hub.pages.people.accounts import AccountsPage, NewAccountPage
from blotter_hub.pages.people.authority import AuthorityPage
from blotter_hub.pages.people.reviews import ReviewPage, ReviewsPage
from blotter_hub.pages.proposals import ProposalPage, ProposalsPage
from blotter_hub.pages.rules.notification_rules import NotificationRulePage, NotificationRulesPage
from blotter_hub.pages.rules.policies import PoliciesPage, PolicyChangePage
from blotter_hub.pages.rules.protocols import ProtocolDraftPage, ProtocolPage, ProtocolsPage
from blotter_hub.pages.rules.requirements import RequirementPage, RequirementsPage
from blotter_hub.pages.rules.roles import RolePage, RolesPage
from blotter_hub.pages.rules.templates import TemplateDraftPage, TemplatePage, TemplatesPage
from blotter_hub.pages.rules.widgets import WidgetPage, WidgetsPage
from blotter_hub.pages.session import SessionPage
from blotter_hub.pages.sign_in import SignInPage, SignOutPage
from blotter_hub.pages.system.exports import ExportPage, LetterFilePage
from blotter_hub.pages.system.images import ImagePage, ImagesPage, PicturePage
from blotter_hub.pages.system.instruments import InstrumentFormPage, InstrumentPage, InstrumentsPage
from blotter_hub.pages.system.overview import OverviewPage
from blotter_hub.pages.system.status import ManifestPage, StatusPage
from blotter_hub.pages.system.tasks import LettersPage, TasksPage
from blotter_hub.pages.system.user_log import UserLogPage

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
    (r"/account", OwnAccountPage),
    (r"/second-factor", SecondFactorPage),
    (r"/session", SessionPage),
    (r"/system", OverviewPage),
    (r"/system/tasks", TasksPage),
    (r"/system/accounts", AccountsPage),
    (r"/system/accounts/new", NewAccountPage),
    (r"/system/accounts/(ACC-[0-9]{6,12})", AccountPage),
    (r"/system/authority", AuthorityPage),
    (r"/system/access-reviews", ReviewsPage),
    (r"/system/access-reviews/(ARV-[0-9]{6,12})", ReviewPage),
    (r"/system/letters", LettersPage),
    (r"/system/letters/(LET-[0-9]{6,12})/file", LetterFilePage),
    (r"/system/roles", RolesPage),
    (r"/system/roles/([a-z][a-z0-9_]{2,39})", RolePage),
    (r"/system/policies", PoliciesPage),
    (r"/system/policies/change", PolicyChangePage),
    (r"/system/signature-requirements", RequirementsPage),
    (r"/system/signature-requirements/([a-z._]{3,60})", RequirementPage),
    (r"/system/notification-rules", NotificationRulesPage),
    (r"/system/notification-rules/([a-z._]{3,60})", NotificationRulePage),
    (r"/system/widgets", WidgetsPage),
    (r"/system/widgets/([a-z][a-z0-9_]{2,39})", WidgetPage),
    (r"/system/protocols", ProtocolsPage),
    (r"/system/protocols/(PRT-[0-9]{6,12})", ProtocolPage),
    (r"/system/protocols/(new|PRT-[0-9]{6,12})/draft", ProtocolDraftPage),
    (r"/system/instruments", InstrumentsPage),
    (r"/system/instruments/(INS-[0-9]{6,12})", InstrumentPage),
    (r"/system/instruments/(new|INS-[0-9]{6,12})/form", InstrumentFormPage),
    (r"/system/templates", TemplatesPage),
    (r"/system/templates/(TPL-[0-9]{6,12})", TemplatePage),
    (r"/system/templates/(new|TPL-[0-9]{6,12})/draft", TemplateDraftPage),
    (r"/system/user-log", UserLogPage),
    (r"/system/images", ImagesPage),
    (r"/system/images/(IMG-[0-9]{6,12})", ImagePage),
    (r"/system/images/(IMG-[0-9]{6,12})/picture", PicturePage),
    (r"/system/exports/(EXP-[0-9]{6,12})", ExportPage),
    (r"/system/status", StatusPage),
    (r"/system/manifest(\.json)?", ManifestPage),
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
