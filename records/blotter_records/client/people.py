"""Sessions, notebooks, the installation."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from blotter_records.client.calls import Calls
from blotter_records.client.calls import asked as asked_for
from blotter_records.contract.accounts import CompromiseReport, PersonView, TotpOffer
from blotter_records.contract.base import EntryRef
from blotter_records.contract.condition import ConditionView
from blotter_records.contract.configuration import ConfigurationView
from blotter_records.contract.notebooks import (
    CellRuns,
    GateRefusal,
    NotebookMake,
    NotebookSave,
    NotebookSummary,
    NotebookView,
    WidgetsView,
)
from blotter_records.contract.notifications import Acknowledgement, NotificationView
from blotter_records.contract.sessions import EndedSessions, SessionOpened, SessionView, SignInRules
from blotter_records.contract.templates import TemplateDraftRequest, TemplateRequest, TemplateView
from blotter_records.contract.trail import SystemView, TrailPage, TrailQuestion


class PeopleCalls(Calls):
    """Calls about people and the installation."""

    def open_session(self, user_name: str, password: str, client_address: str, code: str = "") -> SessionOpened:
        """Sign a person in (service ``hub`` only)."""
        # A plain mapping: the models hide secrets whenever they are printed or dumped.
        request = {"user_name": user_name, "password": password, "client_address": client_address, "code": code}
        return self._send(SessionOpened, "POST", "/sessions", request)

    def ended_sessions(self, after: datetime | None = None) -> EndedSessions:
        """Return the sessions that ended since (service ``hub`` only); ask again with ``as_of`` of the answer."""
        return self._get(EndedSessions, "/sessions/ended", after=after.isoformat() if after else None)

    def sign_in_rules(self, client_address: str) -> SignInRules:
        """Return what the sign-in page has to ask for (service ``hub`` only)."""
        return self._get(SignInRules, "/sessions/rules", client_address=client_address)

    def session(self) -> SessionView:
        """Return the present session; raise ``Unauthenticated`` when it has ended."""
        return self._get(SessionView, "/session")

    def check(self) -> None:
        """Return if the service and its database answer. Raises ``Unavailable``."""
        self._transport.send("GET", "/healthz")

    def heartbeat(self) -> SessionView:
        """Tell that the person gave input just now."""
        return self._send(SessionView, "POST", "/session/heartbeat")

    def end_session(self) -> None:
        """Sign out."""
        self._transport.send("DELETE", "/session")

    def change_password(self, current_password: str, new_password: str) -> SessionView:
        """Change the own password."""
        request = {"current_password": current_password, "new_password": new_password}
        return self._send(SessionView, "POST", "/account/password", request)

    def report_compromise(self, reason: str, reason_code: str = "") -> None:
        """Report that somebody else may know the own password; every own session ends."""
        self._transport.send(
            "POST", "/account/compromise", body=CompromiseReport(reason=reason, reason_code=reason_code)
        )

    def offer_totp(self) -> TotpOffer:
        """Ask for a second factor; it is shown this one time."""
        return self._send(TotpOffer, "POST", "/account/totp")

    def prove_totp(self, code: str) -> SessionView:
        """Prove a code of the offered second factor."""
        return self._send(SessionView, "POST", "/account/totp/proof", {"code": code})

    def user_trail(
        self, *, after: int | None = None, limit: int = 200, asked: TrailQuestion | None = None
    ) -> TrailPage:
        """Return a page of the user log; `asked` says more than where it begins."""
        return self._get(TrailPage, "/trail/users", **asked_for(asked or TrailQuestion(after=after, limit=limit)))

    def people(self) -> list[PersonView]:
        """Return who works here."""
        return self._list(PersonView, "/people")

    def configuration(self, revision: int | None = None) -> ConfigurationView:
        """Return roles and policies as they are, or were at a revision."""
        return self._get(ConfigurationView, "/configuration", revision=revision)

    def notifications(self, *, only_open: bool = True) -> list[NotificationView]:
        """Return notifications, newest first."""
        return self._list(NotificationView, "/notifications", only_open=only_open)

    def acknowledge(self, notification: str, comment: str, reason_code: str = "") -> NotificationView:
        """Acknowledge a notification."""
        path = f"/notifications/{notification}/acknowledgement"
        return self._send(NotificationView, "POST", path, Acknowledgement(comment=comment, reason_code=reason_code))

    def notebooks(self) -> list[NotebookSummary]:
        """Return the own notebooks."""
        return self._list(NotebookSummary, "/notebooks")

    def notebook(self, name: str) -> NotebookView:
        """Return the newest version of an own notebook."""
        return self._get(NotebookView, f"/notebooks/{quote(name, safe='')}")

    def save_notebook(self, name: str, request: NotebookSave) -> NotebookView:
        """Save an own notebook as its next version."""
        return self._send(NotebookView, "PUT", f"/notebooks/{quote(name, safe='')}", request)

    def make_notebook(self, name: str, template: str) -> NotebookView:
        """Make an own notebook from the effective version of a template."""
        return self._send(NotebookView, "POST", "/notebooks", NotebookMake(name=name, template=template))

    def widgets(self) -> WidgetsView:
        """Return which widgets the notebook that asks may run, and which the person's roles may use."""
        return self._get(WidgetsView, "/widgets")

    def templates(self) -> list[TemplateView]:
        """Return every notebook template."""
        return self._list(TemplateView, "/templates")

    def template(self, template: str) -> TemplateView:
        """Return a notebook template."""
        return self._get(TemplateView, f"/templates/{template}")

    def create_template(self, request: TemplateRequest) -> TemplateView:
        """Write a new template: a draft."""
        return self._send(TemplateView, "POST", "/templates", request)

    def edit_template(self, template: str, request: TemplateDraftRequest) -> TemplateView:
        """Change the draft of a template, or begin one."""
        return self._send(TemplateView, "POST", f"/templates/{template}/draft", request)

    def report_refusal(self, request: GateRefusal) -> EntryRef:
        """Tell the trail what the gate or the guarded kernel refused."""
        return self._send(EntryRef, "POST", "/refusals", request)

    def log_cells(self, request: CellRuns) -> EntryRef:
        """Write cells that were sent to a kernel into the command log."""
        return self._send(EntryRef, "POST", "/cells", request)

    def command_log(self, asked: TrailQuestion | None = None) -> TrailPage:
        """Return a page of the command log."""
        return self._get(TrailPage, "/trail/commands", **asked_for(asked or TrailQuestion()))

    def system(self) -> SystemView:
        """Return what this installation is."""
        return self._get(SystemView, "/system")

    def condition(self) -> ConditionView:
        """Return versions, and how checkpoints, anchors, backups, clock and deliveries stand."""
        return self._get(ConditionView, "/system/condition")
