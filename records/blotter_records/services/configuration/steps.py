"""Signed changes of the configuration: policies and roles; each is a revision with old and new (11.10(g))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from blotter_records import __version__
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.domain.policy_table import POLICIES, Value
from blotter_records.domain.policy_values import checked_policy
from blotter_records.domain.records import ConfigurationRecord, Json
from blotter_records.domain.roles import DESK, RoleDefinition, checked_role
from blotter_records.errors import Conflict, Invalid, NotFound
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting
from blotter_records.services.acting.writing import write
from blotter_records.services.configuration.configurations import CONFIGURATION, STREAM, as_json, role_of
from blotter_records.services.operating.alarms import raise_alarm
from blotter_records.services.signing.steps import Facts, Prepared, Signing, prepared_change
from blotter_records.vocabulary import Action, Alarm, RecordKind, Severity


@dataclass(frozen=True)
class ConfigurationStep:
    """One of the signed changes."""

    action: Action
    kind: RecordKind = RecordKind.CONFIGURATION

    def prove(self, actor: Actor, record: str, details: Json) -> None:
        """Nothing of the configuration lies outside the trail."""

    def prepare(self, work: UnitOfWork, acting: Acting, record: str, details: Json) -> Prepared:
        """Say what would change.

        Raises
        ------
        NotFound
            ``not_found.configuration``, ``not_found.role``.
        Invalid
            ``policy.*``, ``role.*``: unknown, fixed, out of range, or weaker than a fixed rule.
        Conflict
            ``conflict.configuration``: it is so already.
        """
        before = work.latest(STREAM)
        if before is None or record != CONFIGURATION:
            raise NotFound("not_found.configuration", f"There is no configuration {record}.")
        content = ConfigurationRecord.from_json(before.content)
        _, facts = self._changed(content, details)
        return prepared_change(
            self.action,
            before,
            details,
            role=acting.role,
            title=f"Configuration {before.rev}",
            facts=facts,
        )

    def _changed(self, content: ConfigurationRecord, details: Json) -> tuple[ConfigurationRecord, Facts]:
        match self.action:
            case Action.POLICY_EDIT:
                return _policies(content, details["values"])
            case Action.ROLE_CREATE:
                return _created(content, details)
            case Action.ROLE_EDIT:
                return _edited(content, details)
            case Action.SIGNATURE_REQUIREMENT_EDIT:
                return _required(content, details)
            case Action.WIDGET_WHITELIST_EDIT:
                return _whitelisted(content, details)
            case _:
                return _retired(content, details["name"])

    def carry_out(self, work: UnitOfWork, actor: Actor, prepared: Prepared, signing: Signing) -> Revision:
        """Write the next revision; it holds for sessions that are opened from now on."""
        content = ConfigurationRecord.from_json(prepared.before.content)
        changed, facts = self._changed(content, prepared.details)
        after = replace(changed, software=__version__)
        rev = prepared.before.rev + 1
        told = "; ".join(f"{name}: {before or 'nothing'} → {now or 'nothing'}" for name, before, now in facts)
        raise_alarm(
            work,
            actor,
            Alarm.CONFIGURATION_CHANGED,
            Severity.INFORMATION,
            f"{actor.name()} changed the configuration to revision {rev}: {told}"[:500],
            about=f"configuration-{rev}",
        )
        return write(
            work,
            actor,
            prepared.role,
            self.action,
            after,
            record_id=CONFIGURATION,
            expected_rev=prepared.before.rev,
            version=rev,
            old={name: before for name, before, _ in facts},
            new={name: now for name, _, now in facts},
            reason=signing.reason,
            summary=f"Configuration {rev}, for new sessions: {told}",
            signature=signing.signature,
            proposer=signing.proposer,
            authoriser=signing.authoriser,
        )


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "; ".join(value) if isinstance(value, list) else str(value)


def _policies(content: ConfigurationRecord, values: dict[str, Value]) -> tuple[ConfigurationRecord, Facts]:
    checked = {name: checked_policy(name, value) for name, value in sorted(values.items())}
    changed = {name: value for name, value in checked.items() if content.policies.get(name) != value}
    if not changed:
        raise Conflict("conflict.configuration", "These policies have these values already.")
    facts = tuple(
        (
            f"{name} ({POLICIES[name].unit})" if POLICIES[name].unit else name,
            _shown(content.policies[name]),
            _shown(value),
        )
        for name, value in changed.items()
    )
    return replace(content, policies={**content.policies, **changed}), facts


def _definition(details: Json, *, is_shipped: bool) -> RoleDefinition:
    return checked_role(
        RoleDefinition(
            name=details["name"],
            label=details["label"],
            purpose=details["purpose"],
            actions=frozenset(Action(one) for one in details["actions"]),
            across=frozenset(Action(one) for one in details["across"]),
            is_shipped=is_shipped,
        )
    )


def _created(content: ConfigurationRecord, details: Json) -> tuple[ConfigurationRecord, Facts]:
    role = _definition(details, is_shipped=False)
    if any(one["role"] == role.name or one["label"].casefold() == role.label.casefold() for one in content.roles):
        raise Conflict("conflict.role", f"There is, or was, a role {role.name} or one called {role.label}.")
    return replace(content, roles=[*content.roles, as_json(role)]), _role_facts(None, role)


def _edited(content: ConfigurationRecord, details: Json) -> tuple[ConfigurationRecord, Facts]:
    before = _role(content, details["name"])
    role = _definition(details, is_shipped=before.is_shipped)
    others = [one for one in content.roles if one["role"] != role.name]
    if any(one["label"].casefold() == role.label.casefold() for one in others):
        raise Conflict("conflict.role", f"Another role is called {role.label}.")
    if before.administers != role.administers:
        raise Invalid(
            "role.fixed", "A fixed rule: a role cannot begin or cease to administer people, roles or policies."
        )
    facts = _role_facts(before, role)
    if not facts:
        raise Conflict("conflict.configuration", "The role is so already.")
    return _with_role(content, role), facts


def _retired(content: ConfigurationRecord, name: str) -> tuple[ConfigurationRecord, Facts]:
    role = _role(content, name)
    if role.is_shipped:
        raise Invalid("role.fixed", "A fixed rule: a shipped role cannot be retired; take actions from it instead.")
    gone = replace(role, is_retired=True)
    return _with_role(content, gone), ((f"Role {role.label}", "in use", "retired"),)


def _required(content: ConfigurationRecord, details: Json) -> tuple[ConfigurationRecord, Facts]:
    """Return what the signature of an action asks for; nothing makes it ask for less than name and password."""
    action = Action(details["action"])
    rule = CATALOGUE[action]
    if not rule.is_signed:
        raise Invalid("signature.action", f"{action.value} is not an action that is signed.")
    rows = {one["action"]: one for one in content.signature_requirements}
    before = rows.get(action.value, {"comment": False, "code": False})
    facts = tuple(
        (f"{rule.label}: {what}", _shown(before[name]), _shown(details[name]))
        for name, what in (("comment", "asks for a comment"), ("code", "asks for a one-time code"))
        if before[name] != details[name]
    )
    if not facts:
        raise Conflict("conflict.configuration", "The signature asks for exactly this already.")
    rows[action.value] = {"action": action.value, "comment": details["comment"], "code": details["code"]}
    return replace(content, signature_requirements=[rows[name] for name in sorted(rows)]), facts


def _whitelisted(content: ConfigurationRecord, details: Json) -> tuple[ConfigurationRecord, Facts]:
    """Return which widgets a role may use in notebooks."""
    role = _role(content, details["role"])
    wanted = sorted(set(details["widgets"]))
    unknown = sorted({*wanted} - {*SPECIFICATIONS})
    if unknown:
        raise Invalid("widget.unknown", f"There is no widget {', '.join(unknown)}.")
    rows = {one["role"]: one for one in content.whitelist}
    before = rows.get(role.name, {"widgets": sorted(SPECIFICATIONS)})["widgets"]
    if before == wanted:
        raise Conflict("conflict.configuration", "The role may use exactly these widgets already.")
    rows[role.name] = {"role": role.name, "widgets": wanted}
    facts = ((f"Widgets of {role.label}", ", ".join(before), ", ".join(wanted)),)
    return replace(content, whitelist=[rows[name] for name in sorted(rows)]), facts


def _role(content: ConfigurationRecord, name: str) -> RoleDefinition:
    for one in content.roles:
        if one["role"] == name and not one["is_retired"]:
            return role_of(one)
    raise NotFound("not_found.role", f"There is no role {name}.")


def _with_role(content: ConfigurationRecord, role: RoleDefinition) -> ConfigurationRecord:
    return replace(content, roles=[as_json(role) if one["role"] == role.name else one for one in content.roles])


def _role_facts(before: RoleDefinition | None, after: RoleDefinition) -> Facts:
    """Return what is different: label, purpose, actions gained and lost."""
    facts: list[tuple[str, str, str]] = []
    name = f"Role {after.name}"
    if before is None:
        facts.append((name, "", after.label))
    else:
        if before.label != after.label:
            facts.append((f"{name}: label", before.label, after.label))
        if before.purpose != after.purpose:
            facts.append((f"{name}: purpose", before.purpose, after.purpose))
    for what, old, new in (
        ("actions", before.actions if before else frozenset(), after.actions),
        ("across studies", before.across if before else frozenset(), after.across),
    ):
        gained, lost = _listed(new - old - DESK), _listed(old - new)
        if gained:
            facts.append((f"{name}: {what} gained", "", gained))
        if lost:
            facts.append((f"{name}: {what} lost", lost, ""))
    return tuple(facts)


def _listed(actions: Sequence[Action] | frozenset[Action]) -> str:
    return ", ".join(f"{CATALOGUE[action].label} ({action.value})" for action in sorted(actions))


STEPS = {
    action: ConfigurationStep(action)
    for action in (
        Action.POLICY_EDIT,
        Action.ROLE_CREATE,
        Action.ROLE_EDIT,
        Action.ROLE_RETIRE,
        Action.SIGNATURE_REQUIREMENT_EDIT,
        Action.WIDGET_WHITELIST_EDIT,
    )
}
