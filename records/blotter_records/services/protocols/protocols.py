"""Analysis protocols: listed, looked at, and their drafts written; a signature makes a draft effective (steps.py)."""

from __future__ import annotations

from blotter_records.contract.protocols import (
    ProtocolDraftRequest,
    ProtocolMethod,
    ProtocolRequest,
    ProtocolVersionView,
    ProtocolView,
)
from blotter_records.densitometry.quantities.molecular_weight import LADDERS
from blotter_records.domain.protocols import method_digest, with_draft
from blotter_records.domain.records import AnalysisProtocol, Json
from blotter_records.errors import Invalid
from blotter_records.ports.entries import Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.drafts.writing import write_draft, write_first
from blotter_records.services.templates.rules import checked_name
from blotter_records.vocabulary import Action, RecordKind

#: Where names of protocols are claimed: none is used twice, also not after it was retired.
NAMES = RecordKind.PROTOCOL.value


class Protocols:
    """Lists protocols, and writes their drafts."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def list(self, actor: Actor) -> list[ProtocolView]:
        """Return every protocol, in the order in which they were made."""
        with self._gate.acting(actor, Action.PROTOCOL_VIEW, "protocol"), self._ledger.begin() as work:
            return [_view(one) for one in work.records(RecordKind.PROTOCOL)]

    def view(self, actor: Actor, protocol: str) -> ProtocolView:
        """Return a protocol. Raises ``NotFound('not_found.protocol')``."""
        with self._gate.acting(actor, Action.PROTOCOL_VIEW, f"protocol:{protocol}"), self._ledger.begin() as work:
            return _view(found(work, protocol))

    def create(self, actor: Actor, request: ProtocolRequest) -> ProtocolView:
        """Write a new protocol: a draft, by which nothing is analysed yet.

        Raises
        ------
        Invalid
            ``protocol.name``; ``protocol.ladder``.
        Conflict
            ``conflict.protocol``: there is, or was, one of this name.
        """
        with self._gate.acting(actor, Action.PROTOCOL_CREATE, "protocol") as acting, self._ledger.begin() as work:
            name, method = checked_name(request.name, RecordKind.PROTOCOL), _checked(request.method)
            revision = write_first(
                work,
                actor,
                acting,
                Action.PROTOCOL_CREATE,
                name,
                RecordKind.PROTOCOL,
                drafted=lambda new: with_draft(AnalysisProtocol(new, name, 0), method, actor.person(), actor.name()),
                as_told=as_told,
            )
            view = _view(revision)
            work.commit()
        return view

    def edit(self, actor: Actor, protocol: str, request: ProtocolDraftRequest) -> ProtocolView:
        """Change the draft, or begin one beside the effective version, which stays in use.

        Raises
        ------
        NotFound, Invalid
            ``not_found.protocol``; ``protocol.ladder``, ``reason.*``.
        Conflict
            ``conflict.stale``; ``conflict.protocol``: retired, or it says this already.
        """
        stream = f"protocol:{protocol}"
        with self._gate.acting(actor, Action.PROTOCOL_EDIT, stream) as acting, self._ledger.begin() as work:
            method = _checked(request.method)
            revision = write_draft(
                work,
                actor,
                acting,
                Action.PROTOCOL_EDIT,
                AnalysisProtocol,
                protocol,
                request,
                drafted=lambda old: with_draft(old, method, actor.person(), actor.name()),
                as_told=as_told,
            )
            view = _view(revision)
            work.commit()
        return view


def found(work: UnitOfWork, protocol: str) -> Revision:
    """Return the newest revision of a protocol. Raises ``NotFound('not_found.protocol')``."""
    return newest_of(work, f"protocol:{protocol}")


def as_told(version: Json | None) -> Json | None:
    """Return a version as an entry tells it: whole."""
    return version


def _checked(method: ProtocolMethod) -> Json:
    """Return a method as it is stored. Raises ``Invalid('protocol.ladder')`` for weights that the ladder has not."""
    ladder = method.ladder
    if ladder is not None:
        known = LADDERS.get(ladder.name)
        if known is None and not ladder.weights:
            raise Invalid("protocol.ladder", f"{ladder.name} is not in the library: say the weights of its bands.")
        if known is not None and not {*ladder.weights} <= {*known}:
            raise Invalid(
                "protocol.ladder", f"{ladder.name} has bands of {', '.join(f'{one:g}' for one in known)} kDa."
            )
        if ladder.weights != sorted({*ladder.weights}, reverse=True):
            raise Invalid("protocol.ladder", "Weights of a ladder go down from the top, each once.")
    return method.model_dump(mode="json")


def _view(revision: Revision) -> ProtocolView:
    content = AnalysisProtocol.from_json(revision.content)
    return ProtocolView(
        protocol=content.protocol,
        rev=revision.rev,
        name=content.name,
        status=content.status,
        effective=_version(content.effective),
        draft=_version(content.draft),
        changed_at=revision.entry.at,
        changed_by=revision.subject.printed_name or "",
        entry=entry_ref(revision.entry),
    )


def _version(stored: Json | None) -> ProtocolVersionView | None:
    if stored is None:
        return None
    return ProtocolVersionView(
        version=stored["version"],
        method=ProtocolMethod.model_validate(stored["method"]),
        sha256=method_digest(stored),
        authors=stored["author_names"],
        signers=stored["signers"],
        signatures=stored["signatures"],
    )
