"""The trail as people read it: the log of an image and everything made from it, and the user log (11.10(e))."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from blotter_records.contract.trail import TrailEntryView, TrailPage, TrailQuestion
from blotter_records.domain.names import folded
from blotter_records.domain.records import CONTENT, Image
from blotter_records.errors import Invalid
from blotter_records.ports.entries import StoredEntry, TrailFilter
from blotter_records.ports.ledger import Ledger, UnitOfWork
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.images import images
from blotter_records.services.studies import studies
from blotter_records.vocabulary import Action, Event, Outcome, RecordKind

#: Entries on one page, at most.
LONGEST_PAGE = 1000
#: A word of a summary: letters and digits, as the index cuts it.
_WORD = re.compile(r"[^\W_]+")

#: What the user log shows: people, their sessions, and whatever was refused or failed.
USER_LOG = (
    Event.ACCOUNT_DISABLE,
    Event.ACTION_REFUSED,
    Event.API_UNAUTHORISED,
    Event.BACKUP_FAILED,
    Event.BACKUP_RESTORE,
    Event.BACKUP_RUN,
    Event.BREAKGLASS_OPEN,
    Event.CHECKPOINT_ANCHOR,
    Event.CHECKPOINT_ANCHOR_FAILED,
    Event.INTEGRITY_FAILED,
    Event.INTEGRITY_HOLD,
    Event.KERNEL_EXEC_REFUSED,
    Event.NOTIFICATION_ESCALATE,
    Event.NOTIFICATION_RAISE,
    Event.NOTIFICATION_SEND,
    Event.NOTIFICATION_SEND_FAILED,
    Event.PASSWORD_EXPIRED,
    Event.PASSWORD_REHASH,
    Event.RESTORE_DRILL,
    Event.SESSION_IDLE_END,
    Event.SESSION_LOGIN,
    Event.SESSION_LOGIN_FAILED,
    Event.SESSION_TERMINATED,
    Event.SIGNATURE_FAILED,
    Event.SYSTEM_CLOCK_JUMP,
    Event.SYSTEM_INSTALL,
    Event.SYSTEM_REBUILD,
    Event.SYSTEM_RECOMPUTE,
    Event.SYSTEM_START,
    Event.SYSTEM_STOP,
    Event.SYSTEM_UPGRADE,
    Event.SYSTEM_VERIFY,
    Action.ACCOUNT_REPORT_COMPROMISE,
    Action.INSTRUMENT_CALIBRATION_RECORD,
    Action.INSTRUMENT_EDIT,
    Action.INSTRUMENT_REGISTER,
    Action.INSTRUMENT_RETIRE,
    Action.LETTER_RECORD,
    Action.LOG_USER_EXPORT,
    Action.NOTIFICATION_ACKNOWLEDGE,
    Action.NOTIFICATION_RULE_EDIT,
    Action.PASSWORD_CHANGE,
    Action.POLICY_ACCEPT,
    Action.POLICY_EDIT,
    Action.PROTOCOL_CREATE,
    Action.PROTOCOL_EDIT,
    Action.PROTOCOL_EFFECTIVE,
    Action.PROTOCOL_RETIRE,
    Action.ROLE_CREATE,
    Action.ROLE_EDIT,
    Action.ROLE_RETIRE,
    Action.SESSION_END,
    Action.SIGNATURE_REQUIREMENT_EDIT,
    Action.TEMPLATE_CREATE,
    Action.TEMPLATE_EDIT,
    Action.TEMPLATE_EFFECTIVE,
    Action.TEMPLATE_RETIRE,
    Action.TOTP_ENROL,
    Action.TOTP_REMOVE,
    Action.USER_ACCESS_REVIEW_SIGN,
    Action.USER_ACCESS_REVIEW_START,
    Action.USER_ACTIVATE,
    Action.USER_CREATE,
    Action.USER_DEACTIVATE,
    Action.USER_DOSSIER_EXPORT,
    Action.USER_EXPIRY_SET,
    Action.USER_IDENTITY_VERIFY,
    Action.USER_PASSWORD_RESET,
    Action.USER_PROFILE_EDIT,
    Action.USER_REACTIVATE,
    Action.USER_ROLE_ASSIGN,
    Action.USER_ROLE_REMOVE,
    Action.USER_TRAINING_RECORD,
    Action.USER_UNLOCK,
    Action.WIDGET_WHITELIST_EDIT,
)

#: What the command log shows: every cell that was sent to a kernel, whether it was carried out or not.
COMMAND_LOG = (Event.CELL_RUN, Event.KERNEL_EXEC_REFUSED)


class Trail:
    """Reads the trail."""

    def __init__(self, ledger: Ledger, *, gate: Gate) -> None:
        self._ledger = ledger
        self._gate = gate

    def of_image(self, actor: Actor, image: str, asked: TrailQuestion) -> TrailPage:
        """Return a page of the image log: the image, its analyses, results, signatures and exports."""
        stream = f"image:{image}"
        with self._gate.acting(actor, Action.LOG_IMAGE_VIEW, stream) as acting, self._ledger.begin() as work:
            acting.on(work, Image.from_json(images.found(work, image).content).study)
            return _page(work, filter_of(work, asked, streams=work.descendants(stream), actions=asked.action))

    def of_study(self, actor: Actor, study: str, asked: TrailQuestion) -> TrailPage:
        """Return a page of the log of a study: the study and everything that is in it now.

        What was moved into another study is that one's, with all that was written of it.
        """
        stream = f"study:{study}"
        with self._gate.acting(actor, Action.LOG_STUDY_VIEW, stream) as acting, self._ledger.begin() as work:
            studies.found(work, study)
            acting.on(work, study)
            streams = work.in_study(study, CONTENT)
            return _page(work, filter_of(work, asked, streams=streams, actions=asked.action))

    def of_users(self, actor: Actor, asked: TrailQuestion) -> TrailPage:
        """Return a page of the user log."""
        with self._gate.acting(actor, Action.LOG_USER_VIEW, "system"), self._ledger.begin() as work:
            shown = [action.value for action in USER_LOG if asked.action is None or action.value in asked.action]
            return _page(work, filter_of(work, asked, actions=shown))

    def of_commands(self, actor: Actor, asked: TrailQuestion) -> TrailPage:
        """Return a page of the command log; the words of a question are looked for in the cells, too."""
        with self._gate.acting(actor, Action.LOG_USER_VIEW, "system"), self._ledger.begin() as work:
            shown = [action.value for action in COMMAND_LOG if asked.action is None or action.value in asked.action]
            return _page(work, filter_of(work, asked, actions=shown))


def filter_of(
    work: UnitOfWork,
    asked: TrailQuestion,
    *,
    streams: Sequence[str] | None = None,
    actions: Sequence[str] | None = None,
) -> TrailFilter:
    """Return a question as the ledger takes it. Raises ``Invalid('trail.text')`` for a text without a word."""
    words = tuple(word.lower() for word in _WORD.findall(asked.text or ""))
    if asked.text and not words:
        raise Invalid("trail.text", "There is no word in the text to look for.", "Type letters or digits.")
    account = asked.who
    if asked.who is not None:
        account = work.record_of_name(RecordKind.ACCOUNT, folded(asked.who)) or asked.who
    return TrailFilter(
        streams=streams,
        actions=actions,
        record_ids=None if asked.record is None else [asked.record],
        account=account,
        after=asked.after,
        before=asked.before,
        limit=asked.limit,
        newest_first=asked.newest_first,
        outcome=None if asked.outcome is None else asked.outcome.value,
        since=asked.since,
        until=asked.until,
        words=words,
    )


def _page(work: UnitOfWork, wanted: TrailFilter) -> TrailPage:
    size = max(1, min(wanted.limit, LONGEST_PAGE))
    # One more than asked tells whether there is another page.
    entries = work.entries(replace(wanted, limit=size + 1))
    shown = entries[:size]
    goes_on = shown[-1].written.id if len(entries) > size else None
    return TrailPage(
        entries=[entry_view(entry) for entry in shown],
        total=work.count(wanted),
        next_after=None if wanted.newest_first else goes_on,
        next_before=goes_on if wanted.newest_first else None,
    )


def entry_view(entry: StoredEntry) -> TrailEntryView:
    """Return an entry as it is read; nothing in it that was not hashed."""
    body, written = entry.body, entry.written
    return TrailEntryView(
        id=written.id,
        number=written.number,
        leaf=written.leaf,
        at=written.at,
        zone=body.get("zone", "UTC"),
        utc_offset=body.get("offset", "+00:00"),
        action=body["action"],
        outcome=Outcome(body["outcome"]),
        summary=body.get("summary", ""),
        account=body.get("account"),
        user_name=body.get("user_name"),
        printed_name=body.get("printed_name"),
        role=body.get("role"),
        service=body.get("service"),
        session=body.get("session"),
        address=body.get("address"),
        process=body.get("process"),
        os_user=body.get("os_user"),
        initiator=body.get("initiator"),
        configuration=body.get("configuration"),
        stream=body["stream"],
        rev=body.get("rev"),
        record_kind=body.get("record_kind"),
        record_id=body.get("record_id"),
        record_version=body.get("record_version"),
        old=body.get("old"),
        new=body.get("new"),
        reason=body.get("reason", ""),
        reason_code=body.get("reason_code", ""),
        notebook=body.get("notebook"),
        notebook_version=body.get("notebook_version"),
        notebook_sha256=body.get("notebook_sha256"),
        cell=body.get("cell"),
        kernel=body.get("kernel"),
        instrument=body.get("instrument"),
        signature=body.get("signature"),
        proposer=body.get("proposer"),
        authoriser=body.get("authoriser"),
        software=body.get("software", ""),
    )
