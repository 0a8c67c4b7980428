"""Results as the contract shows them, with the steps that a person may take."""

from __future__ import annotations

from collections.abc import Collection

from blotter_records.contract.results import Layer, ResultView, Step
from blotter_records.contract.signing import asked_for
from blotter_records.domain.authority import Parties, Situation, decide, needs_second
from blotter_records.domain.catalogue import CATALOGUE, STEPS
from blotter_records.domain.records import Analysis, Json, Result
from blotter_records.errors import BlotterError
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import newest_of, study_roles
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.analyses import showing
from blotter_records.services.results import pinning
from blotter_records.services.results.flags import open_flags, result_flags
from blotter_records.services.results.inventory import inventory, open_items
from blotter_records.services.signing.manifestation import signature_views
from blotter_records.services.signing.proposals import waiting_on
from blotter_records.services.trail_reviews.standing import why_not
from blotter_records.vocabulary import Action, ReasonRule, ResultStatus

#: What a person may be offered to do with a result: the steps, and giving an absent person's part to another.
_OFFERED = {**STEPS, Action.RESULT_REASSIGN: CATALOGUE[Action.RESULT_REASSIGN]}


def found(work: UnitOfWork, result: str) -> Revision:
    """Return the newest revision of a result. Raises ``NotFound('not_found.result')``."""
    return newest_of(work, f"result:{result}")


def parties(work: UnitOfWork, content: Result) -> Parties:
    """Return who had a hand in a result: who made it, or anything that it pins (architecture, section 8)."""
    contributors = {*content.contributors, *pinning.layer_makers(work, content)}
    for pin in content.pins:
        contributors.update(Analysis.from_json(showing.found(work, pin["analysis"]).content).contributors)
    return Parties(sorted(contributors), content.submitter, content.reviewer, content.former_submitters)


def result_view(work: UnitOfWork, revision: Revision, actor: Actor) -> ResultView:
    """Return a result as this person sees it."""
    content = Result.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    by = parties(work, content)
    pinned = pinning.pinned_by(work, content)
    flags = result_flags(work, content, pinned, actor.configuration.policies)
    items = inventory(work, content, actor.configuration.policies)
    open_ = open_flags(flags) or open_items(items)
    names = _names(work, {*by.contributors, content.submitter or "", content.reviewer or ""})
    return ResultView(
        result=content.result,
        study=content.study,
        version=content.version,
        rev=revision.rev,
        title=content.title,
        status=ResultStatus(content.status),
        images=content.images,
        layers=[_layer(one) for one in content.layers],
        supersedes=content.supersedes,
        successor=content.successor,
        deviation=content.deviation,
        archived_as=content.archived_as,
        submitter=names.get(content.submitter or "", ""),
        reviewer=names.get(content.reviewer or "", ""),
        waiting=waiting_on(work, content.result),
        analyses=[showing.version_view(work, one) for one in pinned],
        flags=flags,
        inventory=items,
        digest=content.digest,
        created_by=content.created_by_name,
        created_at=first.entry.at,
        contributors=[names[one] for one in by.contributors if one in names],
        signatures=signature_views(work, content),
        steps=[] if work.as_of is not None else steps(work, content, actor, by, open_),
        entry=entry_ref(revision.entry),
    )


def steps(work: UnitOfWork, content: Result, actor: Actor, by: Parties, open_: BlotterError | None) -> list[Step]:
    """Return everything that can be done with a result in its status, and whether this person may do it.

    ``open_``: what has to be answered before it is submitted.
    """
    roles = study_roles(work, content.study, actor)
    situation = Situation(roles, content.status, by)
    required = (ReasonRule.REQUIRED, ReasonRule.LIST)
    offered = []
    for action, rule in _OFFERED.items():
        if content.status not in (rule.statuses or ()):
            continue
        verdict = decide(actor.configuration, action, actor.standing(), situation)
        missing = _missing(work, content, action, actor, open_) if verdict.is_allowed else None
        offered.append(
            Step(
                action=action,
                label=rule.label,
                meaning=rule.meaning,
                needs_signature=rule.is_signed,
                needs_reason=actor.configuration.policies.reason_rule(action) in required,
                needs_second=needs_second(actor.configuration, action, status=content.status),
                asks=asked_for(action),
                allowed=verdict.is_allowed and missing is None,
                why_not=verdict.why_not if missing is None else missing.message,
            )
        )
    return offered


def _missing(
    work: UnitOfWork, content: Result, action: Action, actor: Actor, open_: BlotterError | None
) -> BlotterError | None:
    """Return what is missing before a step that the person may take: reasons, a look through the trail."""
    if action is Action.RESULT_SUBMIT:
        return open_
    return why_not(work, content, action, actor.configuration.policies)


def _layer(layer: Json) -> Layer:
    def shown(pin: Json | None) -> str | None:
        return f"{pin['record']}.{pin['rev']}" if pin else None

    return Layer(
        image=shown(layer["image"]) or "",
        annotation=shown(layer["annotation"]),
        display=shown(layer["display"]),
        acquisition=shown(layer["acquisition"]),
        membrane=shown(layer["membrane"]),
        probing=shown(layer["probing"]),
        samples=[f"{pin['record']}.{pin['rev']}" for pin in layer["samples"]],
    )


def _names(work: UnitOfWork, accounts: Collection[str]) -> dict[str, str]:
    found_accounts = [work.latest(f"account:{account}") for account in accounts if account]
    return {one.record_id: one.content["printed_name"] for one in found_accounts if one is not None}
