"""One person's dossier (11.100(c)(2)), and who could do what at a time (11.10(g))."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from blotter_records.contract.accounts import AuthorityRow, AuthorityView, DossierView
from blotter_records.contract.exports import ExportView
from blotter_records.domain import accounts as rules
from blotter_records.domain import authority
from blotter_records.domain.authority import Standing
from blotter_records.domain.canonical import canonical
from blotter_records.domain.records import Account
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import NewEntry, RecordFilter, Revision, TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.ports.rendering import Attachment, ReportRenderer
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Acting, Gate
from blotter_records.services.acting.writing import entry_ref
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.copies.exports import Exports, MadeFile
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.people.finding import found
from blotter_records.services.people.showing import account_view
from blotter_records.services.reports.dossier_document import compose_dossier
from blotter_records.services.signing.manifestation import signature_view
from blotter_records.vocabulary import AccountStatus, Action, ExportKind, RecordKind

#: A person's signatures in a dossier, at most.
_MOST = 100_000


class Dossiers:
    """Shows and makes dossiers."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        renderer: ReportRenderer,
        *,
        exports: Exports,
        gate: Gate,
        configurations: Configurations,
        imprint: Imprint,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._renderer = renderer
        self._exports = exports
        self._gate = gate
        self._configurations = configurations
        self._imprint = imprint

    def view(self, actor: Actor, account: str) -> DossierView:
        """Return everything on record about a person's signatures; that it was asked for is an entry.

        Raises
        ------
        NotFound
            ``not_found.account``.
        """
        with self._gate.acting(actor, Action.USER_DOSSIER_EXPORT, f"account:{account}") as acting:
            return self._gathered(acting, account)

    def make(self, actor: Actor, account: str) -> ExportView:
        """Make the dossier as PDF with its data as JSON inside.

        Raises
        ------
        NotFound, Unavailable
            ``not_found.account``; ``unavailable.fonts``, ``unavailable.renderer``.
        """
        with self._gate.acting(actor, Action.USER_DOSSIER_EXPORT, f"account:{account}") as acting:
            view = self._gathered(acting, account)
            data = canonical(view.model_dump(mode="json")).encode()
            document = compose_dossier(view, self._imprint, printed_by=f"{actor.name()} ({actor.user_name})", data=data)
            rendered = self._renderer.render(
                document,
                pictures={},
                attachments=[Attachment("dossier.json", data, "application/json", "Everything here, as stored")],
                made_at=view.made_at,
            )
            made = MadeFile(
                kind=ExportKind.DOSSIER,
                record=account,
                record_version=view.account.version,
                made_from=f"account:{account}",
                study="",
                file_name=f"{account}-dossier-{view.made_at:%Y%m%dT%H%M%SZ}.pdf",
                media_type="application/pdf",
                pages=rendered.pages,
            )
            return self._exports.keep(actor, acting.role, Action.USER_DOSSIER_EXPORT, made, rendered.pdf)

    def _gathered(self, acting: Acting, account: str) -> DossierView:
        now = self._ledger.now()
        with self._ledger.begin() as work:
            newest = found(work, account)
            history = work.history(newest.stream)
            entry = work.note(
                NewEntry(
                    stream=newest.stream,
                    action=Action.USER_DOSSIER_EXPORT,
                    subject=acting.actor.subject(acting.role),
                    context=acting.actor.context,
                    record_kind=RecordKind.ACCOUNT,
                    record_id=account,
                    summary=f"{acting.actor.name()} exported the dossier of {newest.content['printed_name']}",
                )
            )
            view = DossierView(
                account=account_view(work, newest, self._configurations.current(work), self._clock.now()),
                history=_history(work, history),
                statements=[dict(one) for one in _statements(history)],
                signatures=_signatures(work, account),
                made_at=now,
                entry=entry_ref(entry),
            )
            work.commit()
        return view

    def authority(self, actor: Actor, at: datetime | None) -> AuthorityView:
        """Return who has, or had at a time, which roles and actions, under the configuration of that time."""
        with self._gate.acting(actor, Action.USER_VIEW, "system"):
            now = self._ledger.now()
            moment = at or now
            with self._ledger.begin(as_of=min(moment, now)) as work:
                configuration = self._configurations.current(work)
                accounts = [Account.from_json(one.content) for one in work.records(RecordKind.ACCOUNT)]
            day = rules.today(moment, configuration.policies)
            rows = []
            for one in accounts:
                lapsed = rules.lapsed_roles(one, day, configuration.policies)
                standing = Standing(one.account, tuple(one.roles), lapsed=lapsed)
                is_usable = not rules.why_not_usable(one, day)
                rows.append(
                    AuthorityRow(
                        account=one.account,
                        user_name=one.user_name,
                        printed_name=one.printed_name,
                        status=AccountStatus(one.status),
                        roles=one.roles,
                        actions=authority.allowed_actions(configuration, standing) if is_usable else [],
                    )
                )
        return AuthorityView(at=moment, configuration=configuration.revision, people=rows)


def _history(work: UnitOfWork, history: list[Revision]) -> list[dict[str, Any]]:
    entries = {one.written.id: one for one in work.entries(TrailFilter(streams=[history[0].stream], limit=_MOST))}
    return [
        {
            "revision": one.rev,
            "at": one.entry.at.isoformat(),
            "by": one.subject.printed_name or (one.subject.service or ""),
            "action": entries[one.entry.id].body["action"],
            "summary": entries[one.entry.id].body.get("summary", ""),
            "reason": entries[one.entry.id].body.get("reason", ""),
            "signature": entries[one.entry.id].body.get("signature"),
            "content": dict(one.content),
        }
        for one in history
    ]


def _statements(history: list[Revision]) -> list[dict[str, Any]]:
    """Return each acceptance of a statement once, oldest first."""
    accepted: dict[str, dict[str, Any]] = {}
    for one in history:
        statement = one.content.get("statement")
        if statement is not None:
            accepted.setdefault(statement["sha256"], statement)
    return list(accepted.values())


def _signatures(work: UnitOfWork, account: str) -> list[dict[str, Any]]:
    size = work.tree_size()
    signed = work.search(RecordFilter(RecordKind.SIGNATURE, keys=((f"person:{account}",),), limit=_MOST))
    return [
        signature_view(work, one.revision, one.revision.content["version"], size).model_dump(mode="json")
        for one in signed
    ]
