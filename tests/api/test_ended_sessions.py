"""The hub learns which sessions ended, those that nobody asked about included; how many one person may have."""

from __future__ import annotations

from datetime import timedelta

import pytest
from blotter_records.errors import Refused, Unauthenticated
from blotter_records.vocabulary import Action, Alarm, Role


def test_the_hub_is_told_of_every_end_with_its_cause(service):
    first = service.hub.ended_sessions()
    paul, rosa = service.signed_in(Role.APPROVER), service.signed_in(Role.REVIEWER)
    sessions = {paul.session().session: "signed out", rosa.session().session: "idle"}
    paul.end_session()
    service.clock.offset = timedelta(minutes=61)
    told = service.hub.ended_sessions(first.as_of)
    found = {one.session: one.cause for one in told.sessions if one.session in sessions}
    assert found == sessions
    assert {one.user_name for one in told.sessions} >= {"paul.approver", "rosa.reviewer"}
    service.clock.offset = timedelta()
    with pytest.raises(Unauthenticated):
        rosa.session()
    for client in (service.cli, service.signed_in(Role.SYSTEM_MANAGER)):
        with pytest.raises(Refused):
            client.ended_sessions()


def test_a_change_of_roles_ends_the_session_at_once_and_the_hub_hears_of_it(service):
    account, sara = service.person("sara.session")
    session = sara.session().session
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    why = "Decided by the quality board"
    proposal = service.sign(mia, account, Action.USER_ROLE_ASSIGN, why, role="reviewer").proposal
    service.sign(service.signed_in("max.manager"), proposal, Action.PROPOSAL_COUNTERSIGN)
    with pytest.raises(Unauthenticated):
        sara.session()
    told = service.hub.ended_sessions()
    assert next(one.cause for one in told.sessions if one.session == session) == "roles changed"
    [entry] = service.entries(action="session.terminated", record_id=session)
    assert entry["summary"] == "Session of Petra Person ended: roles changed"
    assert entry["new"] == {"cause": "roles changed", "account": account}
    # Who ended it, in the own session; not whose it was.
    assert (entry["user_name"], entry["session"] == session) == ("max.manager", False)


def test_so_many_sessions_as_the_policy_says_and_another_place_is_told(service):
    service.set_policies(session__concurrent=2)
    _, first = service.person("lea.laptop")
    second = service.signed_in("lea.laptop")
    assert first.session().session != second.session().session
    opened = service.hub.open_session("lea.laptop", service.password("lea.laptop"), "192.0.2.44")
    with pytest.raises(Unauthenticated):
        service.client(first._transport._token).session()
    assert second.session()
    assert opened.view.account
    told = [
        one for one in service.signed_in(Role.SYSTEM_MANAGER).notifications() if one.alarm is Alarm.CONCURRENT_SESSION
    ]
    assert any("192.0.2.44" in one.message for one in told)
