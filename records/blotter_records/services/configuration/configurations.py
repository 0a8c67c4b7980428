"""The configuration as it is kept: one record, every change a revision, earlier ones retrievable."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from blotter_records import __version__
from blotter_records.domain.configuration import Configuration, SignatureRequirement
from blotter_records.domain.notifying import NotificationRule
from blotter_records.domain.policies import Policies
from blotter_records.domain.policy_table import DEFAULT_VALUES, POLICIES, Value
from blotter_records.domain.records import ConfigurationRecord, Json
from blotter_records.domain.roles import SHIPPED, RoleDefinition
from blotter_records.errors import NotFound
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import system_actor
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import Action, Alarm, Event, Severity

CONFIGURATION = "CFG-000001"
STREAM = f"configuration:{CONFIGURATION}"
_KEPT = 64


class Configurations:
    """Reads configurations, and writes the first one.

    Parameters
    ----------
    ledger : Ledger
    initial : mapping of str to value
        Policies with which a new installation begins.
    """

    def __init__(self, ledger: Ledger, initial: Mapping[str, Value] = DEFAULT_VALUES) -> None:
        self._ledger = ledger
        self._initial = initial
        self._kept: OrderedDict[int, Configuration] = OrderedDict()
        self._lock = threading.Lock()

    def current(self, work: UnitOfWork) -> Configuration:
        """Return the newest configuration."""
        return self.at(work, work.newest_rev(STREAM))

    def at(self, work: UnitOfWork, revision: int) -> Configuration:
        """Return the configuration of a revision. Raises ``NotFound('not_found.configuration')``."""
        with self._lock:
            if revision in self._kept:
                self._kept.move_to_end(revision)
                return self._kept[revision]
        if revision == 0:
            return Configuration()
        found = work.revision(STREAM, revision)
        if found is None:
            raise NotFound("not_found.configuration", f"There is no configuration {revision}.")
        return self._keep(found)

    def _keep(self, revision: Revision) -> Configuration:
        with self._lock:
            kept = self._kept.get(revision.rev)
            if kept is None:
                kept = configuration_of(revision)
                self._kept[revision.rev] = kept
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return kept

    def install(self) -> None:
        """Write the first configuration; or give the shipped roles the actions that this release brings."""
        with self._ledger.begin() as work:
            work.lock("configuration")
            newest = work.latest(STREAM)
            if newest is None:
                self._write_first(work)
            else:
                _upgrade(work, newest, self._initial)
            work.commit()

    def _write_first(self, work: UnitOfWork) -> None:
        assert work.next_id(ConfigurationRecord.kind) == CONFIGURATION
        content = ConfigurationRecord(
            configuration=CONFIGURATION,
            policies={name: self._initial.get(name, row.default) for name, row in POLICIES.items()},
            roles=[as_json(role) for role in SHIPPED.values()],
            known=sorted(action.value for action in Action),
            software=__version__,
        )
        write(
            work,
            system_actor("first start"),
            None,
            Event.SYSTEM_INSTALL,
            content,
            record_id=CONFIGURATION,
            expected_rev=0,
            version=1,
            new={"policies": content.policies, "roles": [role["role"] for role in content.roles]},
            summary=f"Configuration 1: {len(content.policies)} policies, {len(content.roles)} roles, as shipped",
        )


def _upgrade(work: UnitOfWork, newest: Revision, initial: Mapping[str, Value]) -> None:
    """Give what is new in this release to the shipped roles; what a site has set stays as it is."""
    content = ConfigurationRecord.from_json(newest.content)
    known = set(content.known)
    fresh = {action.value for action in Action} - known
    missing = {name: initial.get(name, row.default) for name, row in POLICIES.items() if name not in content.policies}
    if not fresh and not missing:
        return
    roles = []
    for one in content.roles:
        shipped = SHIPPED.get(one["role"])
        gained = as_json(shipped) if shipped is not None else {"actions": [], "across": []}
        actions, across = (sorted({*one[name], *(fresh & set(gained[name]))}) for name in ("actions", "across"))
        roles.append({**one, "actions": actions, "across": across})
    after = replace(
        content,
        policies={**content.policies, **missing},
        roles=roles,
        known=sorted(known | fresh),
        software=__version__,
    )
    write(
        work,
        system_actor("start of a new release", configuration_of(newest)),
        None,
        Event.SYSTEM_UPGRADE,
        after,
        record_id=CONFIGURATION,
        expected_rev=newest.rev,
        version=newest.rev + 1,
        old={"software": content.software},
        new={"software": __version__, "actions": sorted(fresh), "policies": missing},
        summary=f"Configuration {newest.rev + 1}: release {__version__} brings {len(fresh)} actions for the shipped "
        f"roles and {len(missing)} policies",
    )


def as_json(role: RoleDefinition) -> Json:
    """Return a role as the configuration's record holds it."""
    return {
        "role": role.name,
        "label": role.label,
        "purpose": role.purpose,
        "actions": sorted(action.value for action in role.actions),
        "across": sorted(action.value for action in role.across),
        "is_shipped": role.is_shipped,
        "is_retired": role.is_retired,
    }


def role_of(content: Json) -> RoleDefinition:
    """Return a role from the configuration's record; an action that this release does not know is nobody's."""
    known = set(Action)
    return RoleDefinition(
        name=content["role"],
        label=content["label"],
        purpose=content["purpose"],
        actions=frozenset(Action(one) for one in content["actions"] if one in known),
        across=frozenset(Action(one) for one in content["across"] if one in known),
        is_shipped=content["is_shipped"],
        is_retired=content["is_retired"],
    )


def configuration_of(revision: Revision) -> Configuration:
    """Return the configuration that a revision of its record holds."""
    content = ConfigurationRecord.from_json(revision.content)
    roles = {one["role"]: role_of(one) for one in content.roles}
    ordered = {name: roles[name] for name in SHIPPED if name in roles} | roles
    return Configuration(
        revision.rev,
        Policies(content.policies),
        MappingProxyType(ordered),
        MappingProxyType(_requirements(content)),
        MappingProxyType({one["role"]: frozenset(one["widgets"]) for one in content.whitelist}),
        MappingProxyType(_rules(content)),
    )


def _requirements(content: ConfigurationRecord) -> dict[Action, SignatureRequirement]:
    known = set(Action)
    return {
        Action(one["action"]): SignatureRequirement(comment=one["comment"], code=one["code"])
        for one in content.signature_requirements
        if one["action"] in known
    }


def current_rules(work: UnitOfWork) -> Mapping[Alarm, NotificationRule]:
    """Return the notification rules of the site that hold now; none before there is a configuration."""
    newest = work.latest(STREAM)
    return _rules(ConfigurationRecord.from_json(newest.content)) if newest is not None else {}


def _rules(content: ConfigurationRecord) -> dict[Alarm, NotificationRule]:
    known = set(Alarm)
    return {
        Alarm(one["alarm"]): NotificationRule(
            severity=Severity(one["severity"]),
            roles=tuple(one["roles"]),
            emails=tuple(one["emails"]),
            webhook=one["webhook"],
            escalate_roles=tuple(one["escalate_roles"]),
            escalate_emails=tuple(one["escalate_emails"]),
        )
        for one in content.notification_rules
        if one["alarm"] in known
    }
