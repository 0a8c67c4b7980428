"""Brings the templates of a release: effective the first time, later as drafts that people of the site sign."""

from __future__ import annotations

from collections.abc import Sequence

from blotter_records import __version__
from blotter_records.domain import names
from blotter_records.domain.records import Template
from blotter_records.domain.templates import TemplateText, brought
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor, system_actor
from blotter_records.services.acting.writing import write
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.templates.rules import checked_text
from blotter_records.services.templates.shipped import SHIPPED_TEMPLATES, ShippedTemplate
from blotter_records.services.templates.templates import NAMES, as_told
from blotter_records.vocabulary import Event, RecordKind


class Shipping:
    """Writes what a release brings; a second start writes nothing.

    Parameters
    ----------
    ledger : Ledger
    configurations : Configurations
    shipped : sequence of ShippedTemplate
        Of this release; tests bring others.
    """

    def __init__(
        self,
        ledger: Ledger,
        configurations: Configurations,
        shipped: Sequence[ShippedTemplate] = SHIPPED_TEMPLATES,
    ) -> None:
        self._ledger = ledger
        self._configurations = configurations
        self._shipped = shipped

    def install(self) -> None:
        """Bring what is missing, and as drafts what this release says differently."""
        with self._ledger.begin() as work:
            work.lock("templates")
            actor = system_actor(f"start of release {__version__}", self._configurations.current(work))
            there = {one.content["shipped"]: one for one in work.records(RecordKind.TEMPLATE)}
            for one in self._shipped:
                _bring(work, actor, one, there.get(one.key))
            work.commit()


def _bring(work: UnitOfWork, actor: Actor, shipped: ShippedTemplate, before: Revision | None) -> None:
    content = Template.from_json(before.content) if before is not None else None
    roles = [role.value for role in shipped.roles]
    text: TemplateText = checked_text(shipped.purpose, shipped.cells(), shipped.may_use(), roles, roles)
    if content is not None:
        identifier = content.template
    else:
        # A template of the site that has the name already keeps it.
        if work.record_of_name(NAMES, names.folded(shipped.name)) is not None:
            return
        identifier = work.next_id(RecordKind.TEMPLATE)
        work.claim_name(NAMES, names.folded(shipped.name), identifier)
    after = brought(content, identifier, shipped.key, shipped.name, text)
    if after is None:
        return
    rev = before.rev if before is not None else 0
    status = "effective" if before is None else "a draft, for the site to make effective"
    write(
        work,
        actor,
        None,
        Event.SYSTEM_INSTALL if before is None else Event.SYSTEM_UPGRADE,
        after,
        record_id=identifier,
        expected_rev=rev,
        version=rev + 1,
        old=as_told(content.effective) if content else None,
        new=as_told(after.draft or after.effective),
        summary=f"Release {__version__} brings template {identifier}.{after.versions} “{after.name}”: {status}",
    )
