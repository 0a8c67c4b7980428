"""Studies: who works on what; nobody else sees anything of it (11.10(d), 11.10(g))."""

from __future__ import annotations

from dataclasses import replace

from blotter_records.contract.studies import MemberView, StudyEdit, StudyRequest, StudyView
from blotter_records.domain.authority import Situation, decide
from blotter_records.domain.catalogue import CATALOGUE, Scope
from blotter_records.domain.reasons import Reason
from blotter_records.domain.records import Account, Study
from blotter_records.domain.roles import DATA
from blotter_records.errors import Invalid
from blotter_records.ports.entries import RecordFilter, Revision
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting import repeats
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.stale import check_current
from blotter_records.services.acting.writing import entry_ref, write
from blotter_records.vocabulary import Action, RecordKind, StudyKind

#: Studies that a list shows, newest first.
_SHOWN = 1000


class Studies:
    """Makes, changes and shows studies. Members, holds and retention are signed: ``steps.py``."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def create(self, actor: Actor, request: StudyRequest) -> StudyView:
        """Make a study; whoever makes it is its first member.

        Raises
        ------
        Invalid
            ``study.kind`` (copies are made by bringing a bundle in), ``reason.*``.
        """
        with self._gate.acting(actor, Action.STUDY_CREATE, "study") as acting, self._ledger.begin() as work:
            answer = repeats.answered(work, actor, request, "study", StudyView)
            if answer is not None:
                return answer
            if request.kind is StudyKind.COPY:
                raise Invalid("study.kind", "A study of this kind is made only by bringing a bundle in.")
            reason = acting.reason(request.reason, request.reason_code)
            revision = add_study(
                work,
                actor,
                acting.role,
                Study(
                    study=work.next_id(RecordKind.STUDY),
                    title=" ".join(request.title.split()),
                    study_kind=request.kind.value,
                    purpose=request.purpose.strip(),
                    members=[{"account": actor.person(), "roles": data_roles(actor)}],
                    retention_class=f"{request.kind.value}, as policy",
                    retention_years=actor.configuration.policies.retention_years,
                    created_by=actor.person(),
                    created_by_name=actor.name(),
                    reason=reason.text,
                ),
                Action.STUDY_CREATE,
                reason=reason,
            )
            view = _view(work, actor, revision)
            repeats.keep(work, actor, request, "study", view)
            work.commit()
        return view

    def edit(self, actor: Actor, study: str, request: StudyEdit) -> StudyView:
        """Change title and purpose. Raises ``Conflict('conflict.stale')``, ``Invalid('reason.*')``."""
        stream = f"study:{study}"
        with self._gate.acting(actor, Action.STUDY_EDIT, stream) as acting, self._ledger.begin() as work:
            work.lock(stream)
            before = found(work, study)
            content = Study.from_json(before.content)
            role = acting.on(work, study)
            answer = repeats.answered(work, actor, request, stream, StudyView)
            if answer is not None:
                return answer
            check_current(work, before, request.expected_version)
            reason = acting.reason(request.reason, request.reason_code)
            after = replace(
                content, title=" ".join(request.title.split()), purpose=request.purpose.strip(), reason=reason.text
            )
            revision = write(
                work,
                actor,
                role,
                Action.STUDY_EDIT,
                after,
                record_id=study,
                expected_rev=before.rev,
                version=before.rev + 1,
                old={"title": content.title, "purpose": content.purpose},
                new={"title": after.title, "purpose": after.purpose},
                reason=reason,
                summary=f"Changed {study}: “{content.title}” → “{after.title}”",
            )
            view = _view(work, actor, revision)
            repeats.keep(work, actor, request, stream, view)
            work.commit()
        return view

    def view(self, actor: Actor, study: str) -> StudyView:
        """Return a study. Raises ``NotFound``, also to who is no member."""
        with self._gate.acting(actor, Action.STUDY_VIEW, f"study:{study}") as acting, self._ledger.begin() as work:
            revision = found(work, study)
            acting.on(work, study)
            return _view(work, actor, revision)

    def list(self, actor: Actor) -> list[StudyView]:
        """Return the studies that this person may see, newest first."""
        with self._gate.acting(actor, Action.STUDY_VIEW, "study"), self._ledger.begin() as work:
            seen = visible(work, actor, Action.STUDY_VIEW)
            wanted = RecordFilter(RecordKind.STUDY, studies=seen, newest_first=True, limit=_SHOWN)
            return [_view(work, actor, one.revision) for one in work.search(wanted)]


def found(work: UnitOfWork, study: str) -> Revision:
    """Return the newest revision of a study. Raises ``NotFound('not_found.study')``."""
    return newest_of(work, f"study:{study}")


def data_roles(actor: Actor) -> list[str]:
    """Return the roles of a person that have any action in a study."""
    return [role.name for role in actor.configuration.ordered(actor.roles) if role.actions & DATA]


def visible(work: UnitOfWork, actor: Actor, action: Action) -> list[str] | None:
    """Return the studies in which a person may do an action; None where one of the roles reaches across all."""
    configuration = actor.configuration
    if any(action in role.across for role in configuration.ordered(actor.roles)):
        return None
    mine = RecordFilter(RecordKind.STUDY, keys=((f"member:{actor.person()}",),), limit=_SHOWN)
    studies = []
    for one in work.search(mine):
        roles = Study.from_json(one.revision.content).roles_of(actor.person())
        if decide(configuration, action, actor.standing(), Situation(roles)).is_allowed:
            studies.append(one.revision.record_id)
    return studies


def add_study(
    work: UnitOfWork,
    actor: Actor,
    role: str | None,
    content: Study,
    action: Action,
    *,
    reason: Reason,
) -> Revision:
    """Write a new study."""
    return write(
        work,
        actor,
        role,
        action,
        content,
        record_id=content.study,
        expected_rev=0,
        version=1,
        new={"title": content.title, "kind": content.study_kind, "members": content.members},
        reason=reason,
        summary=f"Made {content.study} “{content.title}” ({content.study_kind})",
    )


def _view(work: UnitOfWork, actor: Actor, revision: Revision) -> StudyView:
    content = Study.from_json(revision.content)
    first = work.revision(revision.stream, 1) or revision
    return StudyView(
        study=content.study,
        version=revision.rev,
        title=content.title,
        kind=StudyKind(content.study_kind),
        purpose=content.purpose,
        members=[_member(work, one["account"], one["roles"]) for one in content.members],
        retention_class=content.retention_class,
        retention_years=content.retention_years,
        hold=content.hold,
        created_by=content.created_by_name,
        created_at=first.entry.at,
        images=work.count_records(RecordFilter(RecordKind.IMAGE, studies=[content.study])),
        results=work.count_records(RecordFilter(RecordKind.RESULT, studies=[content.study])),
        actions=actions_in(actor, content),
        copied_from=content.copied_from,
        entry=entry_ref(revision.entry),
    )


def actions_in(actor: Actor, content: Study) -> list[str]:
    """Return what a person may do in a study, whatever the record's status."""
    situation = Situation(content.roles_of(actor.person()), is_copy=content.study_kind == StudyKind.COPY)
    return [
        action.value
        for action, rule in CATALOGUE.items()
        if rule.scope is Scope.STUDY and decide(actor.configuration, action, actor.standing(), situation).is_allowed
    ]


def _member(work: UnitOfWork, account: str, roles: list[str]) -> MemberView:
    revision = work.latest(f"account:{account}")
    content = Account.from_json(revision.content) if revision is not None else None
    return MemberView(
        account=account,
        printed_name=content.printed_name if content else account,
        user_name=content.user_name if content else "",
        roles=roles,
        is_active=content.is_active if content else False,
    )
