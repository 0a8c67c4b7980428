"""The certification letter to the agency, kept on file (11.100(c)(1))."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date

from blotter_records.contract.reviews import LetterView
from blotter_records.domain.records import Letter
from blotter_records.errors import Invalid
from blotter_records.ports.clock import Clock
from blotter_records.ports.entries import Revision
from blotter_records.ports.files import Store
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate, newest_of
from blotter_records.services.acting.writing import write
from blotter_records.vocabulary import Action, RecordKind


class Letters:
    """Keeps and lists letters."""

    def __init__(self, ledger: Ledger, clock: Clock, store: Store, *, gate: Gate) -> None:
        self._ledger = ledger
        self._clock = clock
        self._store = store
        self._gate = gate

    def list(self, actor: Actor) -> list[LetterView]:
        """Return the letters, newest first."""
        with self._gate.acting(actor, Action.USER_VIEW, "letter"), self._ledger.begin() as work:
            return [_view(one) for one in reversed(work.records(RecordKind.LETTER))]

    def file(self, actor: Actor, letter: str) -> tuple[LetterView, Iterator[bytes]]:
        """Return a letter with the file that was kept, in pieces. Raises ``NotFound('not_found.letter')``."""
        stream = f"letter:{letter}"
        with self._gate.acting(actor, Action.USER_VIEW, stream), self._ledger.begin() as work:
            revision = newest_of(work, stream)
        return _view(revision), self._store.open(revision.content["file_sha256"])

    def record(
        self,
        actor: Actor,
        file_name: str,
        data: bytes,
        *,
        sent_on: date,
        address: str,
        reason: str,
        reason_code: str = "",
    ) -> LetterView:
        """Keep a letter that was sent.

        Raises
        ------
        Invalid
            ``letter.file``: nothing was sent; ``letter.name``; ``letter.date``: not yet; ``reason.*``.
        """
        with self._gate.acting(actor, Action.LETTER_RECORD, "letter") as acting:
            given = acting.reason(reason, reason_code)
            name = unicodedata.normalize("NFC", file_name).strip()
            if not data:
                raise Invalid("letter.file", "The file is empty.")
            if not name or any(unicodedata.category(one)[0] == "C" for one in name + address) or not address.strip():
                raise Invalid("letter.name", "A letter has a file name and an address that can be read.")
            if sent_on > self._clock.now().date():
                raise Invalid("letter.date", "The letter is kept once it was sent.")
            stored = self._store.put(data)
            with self._ledger.begin() as work:
                letter = work.next_id(RecordKind.LETTER)
                content = Letter(
                    letter,
                    name,
                    stored.sha256,
                    stored.bytes,
                    sent_on.isoformat(),
                    address.strip(),
                    actor.person(),
                    actor.name(),
                )
                made = write(
                    work,
                    actor,
                    acting.role,
                    Action.LETTER_RECORD,
                    content,
                    record_id=letter,
                    expected_rev=0,
                    version=1,
                    new=content.as_json(),
                    reason=given,
                    summary=f"{actor.name()} kept {letter} {name}, sent on {content.sent_on} to {content.address}",
                )
                work.commit()
        return _view(made)


def _view(revision: Revision) -> LetterView:
    content = Letter.from_json(revision.content)
    return LetterView(
        letter=content.letter,
        file_name=content.file_name,
        bytes=content.file_bytes,
        sha256=content.file_sha256,
        sent_on=date.fromisoformat(content.sent_on),
        address=content.address,
        recorded_by=content.recorded_by_name,
        recorded_at=revision.entry.at,
    )
