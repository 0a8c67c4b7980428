"""The configuration as people read it, at any revision (requirements A2, "configuration manifest")."""

from __future__ import annotations

from collections.abc import Iterable

from blotter_records import __version__
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.configuration import (
    ActionView,
    ConfigurationView,
    PolicyView,
    RoleView,
    SignatureRequirementView,
    WhitelistView,
)
from blotter_records.contract.sessions import ActionAsks
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.configuration import Configuration
from blotter_records.domain.policy_table import POLICIES
from blotter_records.domain.records import ConfigurationRecord
from blotter_records.domain.roles import RoleDefinition
from blotter_records.errors import NotFound
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.configuration.configurations import CONFIGURATION, STREAM, configuration_of
from blotter_records.vocabulary import Action, ReasonRule


class Manifest:
    """Shows the configuration."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def view(self, actor: Actor, revision: int | None = None) -> ConfigurationView:
        """Return the newest configuration, or that of a revision. Raises ``NotFound('not_found.configuration')``."""
        with self._gate.acting(actor, Action.CONFIGURATION_VIEW, STREAM), self._ledger.begin() as work:
            newest = work.latest(STREAM)
            found = newest if revision is None else work.revision(STREAM, revision)
            if found is None or newest is None:
                raise NotFound(
                    "not_found.configuration", f"There is no configuration {revision or ''}.".replace(" .", ".")
                )
            content = ConfigurationRecord.from_json(found.content)
            configuration = configuration_of(found)
            return ConfigurationView(
                configuration=CONFIGURATION,
                revision=found.rev,
                newest=newest.rev,
                digest=found.sha256,
                software=content.software or __version__,
                policies=_policies(configuration),
                roles=[role_view(role) for role in configuration.roles.values()],
                actions=actions(configuration),
                signature_requirements=requirements(configuration),
                whitelist=_whitelist(configuration),
                changed_by=found.subject.printed_name or (found.subject.service or ""),
                changed_at=found.entry.at,
                entry=entry_ref(found.entry),
            )


def _policies(configuration: Configuration) -> list[PolicyView]:
    return [
        PolicyView(
            name=name,
            value=configuration.policies.values[name],
            default=rule.default,
            meaning=rule.meaning,
            unit=rule.unit,
            least=rule.least,
            most=rule.most,
            choices=list(rule.choices),
            is_fixed=rule.is_fixed,
        )
        for name, rule in POLICIES.items()
    ]


def role_view(role: RoleDefinition) -> RoleView:
    """Return a role as the contract shows it."""
    return RoleView(
        name=role.name,
        label=role.label,
        purpose=role.purpose,
        actions=sorted(role.actions),
        across=sorted(role.across),
        is_shipped=role.is_shipped,
        is_retired=role.is_retired,
        administers=role.administers,
    )


def actions(configuration: Configuration) -> list[ActionView]:
    """Return the catalogue with the reason rules of a configuration."""
    return [
        ActionView(
            action=action,
            label=rule.label,
            description=rule.description,
            scope=rule.scope.value,
            meaning=rule.meaning,
            reason=configuration.policies.reason_rule(action),
            reason_from=rule.reason_from,
            statuses=sorted(rule.statuses) if rule.statuses is not None else None,
            changes_data=rule.changes_data,
            needs_second=rule.second.value if rule.second is not None else None,
        )
        for action, rule in CATALOGUE.items()
    ]


def requirements(configuration: Configuration) -> list[SignatureRequirementView]:
    """Return what the signature of each signed action asks for."""
    return [
        SignatureRequirementView(
            action=action,
            label=rule.label,
            meaning=rule.meaning,
            reason=configuration.policies.reason_rule(action),
            needs_second=rule.second.value if rule.second is not None else None,
            comment=configuration.requirement(action).comment,
            code=configuration.requirement(action).code,
        )
        for action, rule in CATALOGUE.items()
        if rule.meaning is not None
    ]


def asks(configuration: Configuration, allowed: Iterable[Action]) -> dict[Action, ActionAsks]:
    """Return what the allowed actions ask of a person, without those that ask nothing."""
    found = {
        action: ActionAsks(
            reason=configuration.policies.reason_rule(action),
            is_signed=CATALOGUE[action].meaning is not None,
            needs_comment=configuration.requirement(action).comment,
        )
        for action in allowed
    }
    return {action: one for action, one in found.items() if one.is_signed or one.reason is not ReasonRule.NONE}


def _whitelist(configuration: Configuration) -> list[WhitelistView]:
    return [
        WhitelistView(role=role.name, label=role.label, widgets=configuration.widgets([role.name], [*SPECIFICATIONS]))
        for role in configuration.roles.values()
        if not role.is_retired
    ]
