"""Notification rules: who is told of which alarm, and who is told when nobody acknowledges it (11.300(d))."""

from __future__ import annotations

from blotter_records.contract.notifications import NotificationRuleRequest, NotificationRuleView
from blotter_records.errors import BlotterError, Invalid
from blotter_records.vocabulary import Severity
from jupyterhub.utils import url_path_join
from pydantic import ValidationError
from tornado import web
from tornado.httputil import url_concat

from blotter_hub.pages.signing import SignedPage
from blotter_hub.shown import ShownError


class NotificationRulesPage(SignedPage):
    """The rules."""

    @web.authenticated
    async def get(self) -> None:
        """Show them."""
        rules = await self.read(lambda client: client.notification_rules())
        configuration = await self.configuration()
        await self.show(
            "system/notification_rules.html",
            rules=rules,
            labels={one.name: one.label for one in configuration.roles},
            done=self.get_query_argument("done", "")[:60],
        )


class NotificationRulePage(SignedPage):
    """One rule with its form."""

    @web.authenticated
    async def get(self, alarm: str) -> None:
        """Show it."""
        await self._page(await self._rule(alarm))

    @web.authenticated
    async def post(self, alarm: str) -> None:
        """Change it; it holds at once."""
        rule = await self._rule(alarm)
        try:
            request = NotificationRuleRequest.model_validate(
                {
                    "severity": self.get_argument("severity", ""),
                    "roles": self.get_arguments("roles"),
                    "emails": self._addresses("emails"),
                    "webhook": self.get_argument("webhook", "") == "yes",
                    "escalate_roles": self.get_arguments("escalate_roles"),
                    "escalate_emails": self._addresses("escalate_emails"),
                    "expected_version": self.get_argument("version", ""),
                    **self.typed_reason(),
                }
            )
            await self.ask(lambda client: client.edit_notification_rule(alarm, request))
        except ValidationError:
            await self._page(rule, Invalid("rule.form", "Check the e-mail addresses: one on each line."))
            return
        except BlotterError as error:
            await self._page(rule, error)
            return
        page = url_path_join(self.hub.base_url, "system/notification-rules")
        self.redirect(url_concat(page, {"done": alarm}))

    def _addresses(self, name: str) -> list[str]:
        return [one.strip() for one in self.get_argument(name, "")[:6000].splitlines() if one.strip()]

    async def _rule(self, alarm: str) -> NotificationRuleView:
        rules = await self.read(lambda client: client.notification_rules())
        found = [one for one in rules if one.alarm == alarm]
        if not found:
            raise ShownError(404, "There is no such alarm.")
        return found[0]

    async def _page(self, rule: NotificationRuleView, problem: BlotterError | None = None) -> None:
        configuration = await self.configuration()
        is_sent = problem is not None
        await self.show(
            "system/notification_rule.html",
            status=problem.status if problem is not None else 200,
            rule=rule,
            roles=[one for one in configuration.roles if not one.is_retired],
            severities=list(Severity),
            chosen={
                "severity": self.get_argument("severity", "") if is_sent else rule.severity.value,
                "roles": self.get_arguments("roles") if is_sent else rule.roles,
                "emails": self.get_argument("emails", "") if is_sent else "\n".join(rule.emails),
                "webhook": self.get_argument("webhook", "") == "yes" if is_sent else rule.webhook,
                "escalate_roles": self.get_arguments("escalate_roles") if is_sent else rule.escalate_roles,
                "escalate_emails": self.get_argument("escalate_emails", "")
                if is_sent
                else "\n".join(rule.escalate_emails),
            },
            typed=self.typed_reason() if is_sent else {},
            problem=problem,
        )
