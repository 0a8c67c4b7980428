"""The part of a unit of work that is no record: names, secrets, sessions, signing intents, answers already given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Text, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from blotter_records.adapters.postgres import questions, rows, tables
from blotter_records.adapters.postgres.trail import TrailPart
from blotter_records.domain.canonical import canonical
from blotter_records.errors import Conflict
from blotter_records.ports.ledger import (
    AddressFailures,
    Delivery,
    Failures,
    SignedIn,
    StoredIntent,
    StoredSecret,
    StoredSession,
    StoredTotp,
)

_session, _end, _input = tables.session, tables.session_end, tables.last_input
_intent, _use = tables.signing_intent, tables.intent_use


class MomentPart(TrailPart):
    """Keeps what is of the moment; see the port for what each method promises."""

    def put_secret(
        self, account: str, hashed: str, *, is_temporary: bool, ends_at: datetime | None, entry_id: int
    ) -> None:
        """Store a new password hash of an account."""
        values = {"account": account, "hashed": hashed, "is_temporary": is_temporary, "ends_at": ends_at}
        self.run(insert(tables.secret).values(**values, entry_id=entry_id).inline())

    def secrets(self, account: str) -> list[StoredSecret]:
        """Return an account's password hashes, newest first."""
        found = self.rows(questions.SECRETS, {"account": account})
        return [StoredSecret(row.hashed, row.is_temporary, row.set_at, row.ends_at, row.id) for row in found]

    def put_rehash(self, secret: StoredSecret, account: str, hashed: str, entry_id: int) -> None:
        """Store a hash of the same password at another cost."""
        values = {"account": account, "hashed": hashed, "is_temporary": secret.is_temporary, "ends_at": secret.ends_at}
        self.run(insert(tables.secret).values(**values, entry_id=entry_id, rehash_of=secret.id).inline())

    def count_attempt(self, account: str, *, is_good: bool, is_sign_in: bool) -> None:
        """Count an attempt with a password now."""
        self.run(insert(tables.attempt).values(account=account, is_good=is_good, is_sign_in=is_sign_in).inline())

    def failures(self, account: str) -> Failures:
        """Return the failed attempts of an account since its last good one, or since it was unlocked."""
        [failed] = self.rows(questions.FAILED, {"account": account})
        [good] = self.rows(questions.GOOD, {"account": account})
        return Failures(failed.times, failed.last, good.last, good.sign_in)

    def unlock(self, account: str, entry_id: int) -> None:
        """Count no attempt of an account any more that there was until now."""
        newest = select(func.coalesce(func.max(tables.attempt.c.id), 0)).where(tables.attempt.c.account == account)
        values = {"account": account, "upto": newest.scalar_subquery(), "entry_id": entry_id}
        self.run(insert(tables.unlock).values(**values).inline())

    def note_address_failure(self, address: str, *, is_known: bool) -> None:
        """Note a failed sign-in from an address."""
        self.run(insert(tables.address_failure).values(address=address, is_known=is_known).inline())

    def address_failures(self, address: str) -> AddressFailures:
        """Return the failed sign-ins from an address, of late."""
        [row] = self.rows(questions.FAILED_FROM, {"address": address})
        return AddressFailures(row.hour, row.unknown)

    def put_totp(self, account: str, secret: str, state: str, entry_id: int) -> None:
        """Store what becomes of a second factor."""
        values = {"account": account, "secret": secret, "state": state, "entry_id": entry_id}
        self.run(insert(tables.totp).values(**values).inline())

    def totp(self, account: str) -> StoredTotp | None:
        """Return the newest word on an account's second factor, or None."""
        kept = tables.totp
        row = self.row(select(kept).where(kept.c.account == account).order_by(kept.c.id.desc()).limit(1))
        return StoredTotp(row.secret, row.state, row.at) if row is not None else None

    def held_totp(self, account: str) -> str | None:
        """Return the secret of the second factor that an account holds, or None."""
        found = self.rows(questions.HELD_TOTP, {"account": account})
        return str(found[0].secret) if found and found[0].state == "held" else None

    def use_code(self, account: str, step: int) -> bool:
        """Use up the code of a step of 30 seconds; False if it was used before."""
        return self.run(upsert(tables.totp_use).values(account=account, step=step).on_conflict_do_nothing()) == 1

    def put_delivery(self, notification: str, channel: str, stage: str, *, is_done: bool) -> None:
        """Note that a notification was sent, or could not be."""
        values = {"notification": notification, "channel": channel, "stage": stage, "is_done": is_done}
        self.run(insert(tables.delivery).values(**values).inline())

    def deliveries(self, notification: str) -> list[Delivery]:
        """Return what was sent of a notification, oldest first."""
        sent = tables.delivery
        found = self.rows(select(sent).where(sent.c.notification == notification).order_by(sent.c.id))
        return [Delivery(row.channel, row.stage, row.is_done, row.at) for row in found]

    def open_session(
        self, session: str, account: str, token_sha256: str, address: str, *, configuration: int = 0
    ) -> None:
        """Store a session."""
        values = {"session": session, "account": account, "token_sha256": token_sha256, "address": address}
        self.run(insert(_session).values(**values, configuration=configuration))

    def signed_in(self, *, token_sha256: str = "", session: str = "") -> SignedIn | None:
        """Return the session of a token, or with an id, with its owner, or None."""
        by_token, by_session = {"token_sha256": token_sha256}, {"session": session}
        found = self.rows(questions.BY_TOKEN, by_token) if token_sha256 else self.rows(questions.BY_SESSION, by_session)
        if not found:
            return None
        [row] = found
        return _signed_in(row)

    def sessions_of(self, account: str) -> list[StoredSession]:
        """Return an account's sessions that have not ended."""
        return [_stored_session(row) for row in self.rows(questions.OF_ACCOUNT, {"account": account})]

    def all_signed_in(self) -> list[SignedIn]:
        """Return every session that has not ended, of the last two days, with its owner."""
        return [_signed_in(row) for row in self.rows(questions.ALL)]

    def ended_sessions(self, since: datetime) -> list[StoredSession]:
        """Return the sessions that ended at or after a time, in the order in which they ended."""
        return [_stored_session(row) for row in self.rows(questions.ENDED, {"since": since})]

    def has_used_address(self, account: str, address: str) -> bool:
        """Tell whether an account has ever had a session from an address."""
        there = _session.c.account == account, _session.c.address == address
        return self.row(select(literal(1)).where(*there).limit(1)) is not None

    def touch_session(self, session: str) -> None:
        """Note user input in a session now."""
        self._touch(session)

    def end_session(self, session: str, cause: str) -> bool:
        """End a session; False if it had ended before."""
        return self.run(upsert(_end).values(session=session, cause=cause).on_conflict_do_nothing()) == 1

    def put_intent(self, intent: str, content: Mapping[str, Any], ends_at: datetime) -> None:
        """Store a signing intent."""
        self.run(insert(_intent).values(intent=intent, content=canonical(content), ends_at=ends_at))

    def intent(self, intent: str) -> StoredIntent | None:
        """Return a signing intent, or None."""
        row = self.row(_intents().where(_intent.c.intent == intent))
        if row is None:
            return None
        content = json.loads(row.content)
        return StoredIntent(intent, content, row.created_at, row.ends_at, row.used_at, row.outcome, row.last_input_at)

    def touch_intent(self, intent: str) -> None:
        """Note user input on the signing page now."""
        self._touch(intent)

    def use_intent(self, intent: str, outcome: str) -> bool:
        """Use an intent up; False if it was used before."""
        return self.run(upsert(_use).values(intent=intent, outcome=outcome).on_conflict_do_nothing()) == 1

    def remember(self, key: str, account: str, response: Mapping[str, Any]) -> None:
        """Keep the answer to an idempotent request."""
        kept = upsert(tables.answer).values(key=key, account=account, response=canonical(response))
        if self.run(kept.on_conflict_do_nothing()) == 0:
            raise Conflict("conflict.repeated", "This request was answered before.", "Ask for the answer again.")

    def remembered(self, key: str, account: str) -> Mapping[str, Any] | None:
        """Return the answer kept under a key, or None."""
        answer = tables.answer
        row = self.row(select(answer.c.response).where(answer.c.key == key, answer.c.account == account))
        response: Mapping[str, Any] | None = json.loads(row.response) if row is not None else None
        return response

    def claim_name(self, space: str, folded: str, record_id: str) -> bool:
        """Take a name for ever; False if it is taken."""
        claim = upsert(tables.name_claim).values(space=space, folded=folded, record_id=record_id)
        return self.run(claim.on_conflict_do_nothing()) == 1

    def record_of_name(self, space: str, folded: str) -> str | None:
        """Return the record that holds a name, or None."""
        found = self.rows(questions.HOLDER, {"space": space, "folded": folded})
        return str(found[0].record_id) if found else None

    def derive(self, parent: str, child: str) -> None:
        """Note that a record was made from another; again changes nothing."""
        self.run(upsert(tables.derivation).values(parent=parent, child=child).on_conflict_do_nothing())

    def derived(self, parent: str) -> list[str]:
        """Return the streams of the records that were made directly from a record, oldest first."""
        made = tables.derivation
        found = self.rows(select(made.c.child).where(made.c.parent == parent).order_by(made.c.id))
        return [row.child for row in found]

    def descendants(self, stream: str) -> list[str]:
        """Return the stream and those of everything made from it, each once."""
        made = tables.derivation
        found = select(literal(stream, Text).label("stream")).cte("found", recursive=True)
        found = found.union(select(made.c.child).join(found, made.c.parent == found.c.stream))
        return [row.stream for row in self.rows(select(found.c.stream))]

    def _touch(self, subject: str) -> None:
        # The trigger sets the time; what is written here only makes it an update.
        if self.run(update(_input).where(_input.c.subject == subject).values(at=func.clock_timestamp())) == 0:
            self.run(upsert(_input).values(subject=subject).on_conflict_do_nothing())


def _intents() -> Select[Any]:
    return select(
        _intent.c.content,
        _intent.c.created_at,
        _intent.c.ends_at,
        _use.c.used_at,
        _use.c.outcome,
        _input.c.at.label("last_input_at"),
    ).select_from(
        _intent.outerjoin(_use, _use.c.intent == _intent.c.intent).outerjoin(
            _input, _input.c.subject == _intent.c.intent
        )
    )


def _signed_in(row: Row[Any]) -> SignedIn:
    secret = StoredSecret(row.hashed, row.is_temporary, row.set_at, row.ends_at) if row.hashed is not None else None
    return SignedIn(_stored_session(row), rows.revision(row), secret, row.now)


def _stored_session(row: Row[Any]) -> StoredSession:
    return StoredSession(
        row.session,
        row.account,
        row.address,
        row.opened_at,
        row.last_input_at,
        row.ended_at,
        row.cause,
        row.configuration,
    )
