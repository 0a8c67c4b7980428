"""Who is told of an alarm: shown and changed; a change is a revision of the configuration and holds at once."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.notifications import NotificationRuleRequest, NotificationRuleView
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.notifying import FIXED, severity_of
from blotter_records.domain.records import ConfigurationRecord
from blotter_records.errors import Conflict, Invalid
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import write
from blotter_records.services.configuration.configurations import CONFIGURATION, STREAM, Configurations
from blotter_records.vocabulary import Action, Alarm


class NotificationRules:
    """Shows and changes rules."""

    def __init__(self, ledger: Ledger, *, gate: Gate, configurations: Configurations) -> None:
        self._ledger = ledger
        self._gate = gate
        self._configurations = configurations

    def list(self, actor: Actor) -> list[NotificationRuleView]:
        """Return the rule of every alarm."""
        with self._gate.acting(actor, Action.NOTIFICATION_VIEW, STREAM), self._ledger.begin() as work:
            configuration = self._configurations.current(work)
        return [rule_view(alarm, configuration) for alarm in Alarm]

    def edit(self, actor: Actor, alarm: Alarm, request: NotificationRuleRequest) -> NotificationRuleView:
        """Change the rule of an alarm.

        Raises
        ------
        Invalid
            ``notification.fixed``: such an alarm is never less serious, and somebody is always told;
            ``notification.roles``, ``reason.*``.
        Conflict
            ``conflict.configuration``: it is so already; ``conflict.stale``: the configuration has changed meanwhile.
        """
        with self._gate.acting(actor, Action.NOTIFICATION_RULE_EDIT, STREAM) as acting, self._ledger.begin() as work:
            given = acting.reason(request.reason, request.reason_code)
            work.lock(STREAM)
            before = work.latest(STREAM)
            assert before is not None
            if before.rev != request.expected_version:
                raise Conflict("conflict.stale", "The rules have changed since you looked at them.", "Look again.")
            configuration = self._configurations.current(work)
            _check(alarm, request, configuration)
            content = ConfigurationRecord.from_json(before.content)
            said = request.model_dump(mode="json", exclude={"expected_version", "reason", "reason_code"})
            row = {"alarm": alarm.value, **said}
            old = rule_view(alarm, configuration).model_dump(mode="json", exclude={"is_default", "version"})
            if old == row:
                raise Conflict("conflict.configuration", "The rule is so already.")
            rows = {one["alarm"]: one for one in content.notification_rules} | {alarm.value: row}
            write(
                work,
                actor,
                acting.role,
                Action.NOTIFICATION_RULE_EDIT,
                replace(content, notification_rules=[rows[name] for name in sorted(rows)]),
                record_id=CONFIGURATION,
                expected_rev=before.rev,
                version=before.rev + 1,
                old={name: old[name] for name in row if old[name] != row[name]},
                new={name: row[name] for name in row if old[name] != row[name]},
                reason=given,
                summary=f"{actor.name()} changed who is told of {alarm.value}",
            )
            view = rule_view(alarm, self._configurations.current(work))
            work.commit()
        return view


def _check(alarm: Alarm, request: NotificationRuleRequest, configuration: Configuration) -> None:
    unknown = sorted({*request.roles, *request.escalate_roles} - set(configuration.roles))
    if unknown:
        raise Invalid("notification.roles", f"There is no role {', '.join(unknown)}.")
    if "" in request.emails or "" in request.escalate_emails:
        raise Invalid("notification.roles", "An e-mail address is empty.")
    if alarm in FIXED and (request.severity is not severity_of(alarm) or not (request.roles or request.emails)):
        raise Invalid("notification.fixed", "A fixed rule: this alarm stays as serious as it is, and somebody is told.")


def rule_view(alarm: Alarm, configuration: Configuration) -> NotificationRuleView:
    """Return a rule as the contract shows it."""
    rule = configuration.rule(alarm)
    return NotificationRuleView(
        alarm=alarm,
        severity=rule.severity,
        roles=list(rule.roles),
        emails=list(rule.emails),
        webhook=rule.webhook,
        escalate_roles=list(rule.escalate_roles),
        escalate_emails=list(rule.escalate_emails),
        is_default=alarm not in configuration.rules,
        version=configuration.revision,
    )
