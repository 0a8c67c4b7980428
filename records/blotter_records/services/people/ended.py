"""Sessions that ended, for the hub: it closes cookies, servers and websockets of what is named here (11.10(d))."""

from __future__ import annotations

from datetime import datetime, timedelta

from blotter_records.contract.sessions import EndedSession, EndedSessions
from blotter_records.domain.records import Account
from blotter_records.ports.ledger import Ledger
from blotter_records.services.acting.actor import Actor
from blotter_records.services.acting.gate import Gate
from blotter_records.services.people.finding import found
from blotter_records.services.people.sessions import Sessions
from blotter_records.vocabulary import Event, ServiceIdentity

#: Ends are told again for so long: one that was committed late is told at least once.
OVERLAP = timedelta(seconds=30)
#: What is told to a hub that has just started.
FIRST = timedelta(days=1)


class Ended:
    """Tells which sessions ended."""

    def __init__(self, ledger: Ledger, sessions: Sessions, *, gate: Gate) -> None:
        self._ledger = ledger
        self._sessions = sessions
        self._gate = gate

    def since(self, actor: Actor, after: datetime | None) -> EndedSessions:
        """Return the sessions that ended since ``after``; those whose time is over end now, with their entry.

        Raises
        ------
        Refused
            ``refused.service`` unless the hub asks.
        """
        with self._gate.serving(actor, Event.SESSION_TERMINATED, "system", services={ServiceIdentity.HUB}):
            return self._since(after)

    def _since(self, after: datetime | None) -> EndedSessions:
        self._sessions.end_overdue()
        as_of = self._ledger.now()
        since = after - OVERLAP if after is not None else as_of - FIRST
        with self._ledger.begin() as work:
            ended = work.ended_sessions(since)
            names = {one: Account.from_json(found(work, one).content).user_name for one in {s.account for s in ended}}
        return EndedSessions(
            as_of=as_of,
            sessions=[
                EndedSession(
                    session=one.session,
                    account=one.account,
                    user_name=names[one.account],
                    cause=one.cause or "",
                    ended_at=one.ended_at,
                )
                for one in ended
                if one.ended_at is not None
            ],
        )
