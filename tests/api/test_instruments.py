"""The register of instruments: who writes it, what is signed, when an instrument may be used (11.10(h))."""

from __future__ import annotations

from datetime import timedelta

import pytest
from blotter_records.contract.instruments import InstrumentEdit, InstrumentRequest
from blotter_records.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from blotter_records.vocabulary import Action, Event, InstrumentStatus, Role
from pydantic import ValidationError
from requests_of_endpoints import INSTRUMENT

WHY = "Installed on bench 3, report IQ-7"


@pytest.fixture
def ivan(service):
    return service.signed_in(Role.INSTRUMENT_MANAGER)


@pytest.fixture
def anna(service):
    return service.signed_in(Role.ANALYST)


def asked(**values) -> dict:
    return {**INSTRUMENT, "reason": WHY, **values}


def written(ivan, **values):
    return ivan.create_instrument(InstrumentRequest(**asked(**values)))


def edited(ivan, view, **values):
    given = {name: getattr(view, name) for name in ("name", "maker", "model", "serial", "firmware", "limits")}
    return ivan.edit_instrument(
        view.instrument, InstrumentEdit(**{**given, "expected_rev": view.rev, "reason": WHY, **values})
    )


def calibrated(service, ivan, instrument, *, days: int = 365, since: int = 0):
    today = service.clock.now().date()
    done, due = (str(today + timedelta(days=number)) for number in (-since, days))
    action = Action.INSTRUMENT_CALIBRATION_RECORD
    return service.sign(ivan, instrument, action, done_on=done, due_on=due, certificate="K-17")


def test_two_signatures_make_an_instrument_usable_and_its_calibration_runs_out(service, ivan, anna):
    view = written(ivan, serial="A-1")
    assert view.instrument.startswith("INS-")
    assert (view.status, view.is_usable, view.acquiring) == (InstrumentStatus.DRAFT, False, "")
    assert "not registered" in view.why_not
    service.sign(ivan, view.instrument, Action.INSTRUMENT_REGISTER, WHY)
    there = anna.instrument(view.instrument)
    assert (there.status, len(there.signatures), there.is_usable) == (InstrumentStatus.REGISTERED, 1, False)
    assert "No calibration" in there.why_not
    calibrated(service, ivan, view.instrument, days=30)
    there = anna.instrument(view.instrument)
    assert (there.is_usable, there.why_not) == (True, "")
    assert (there.calibration["certificate"], there.calibration["by"]) == ("K-17", "Ivan Petrov")
    entry = service.entries(action=Action.INSTRUMENT_CALIBRATION_RECORD)[-1]
    assert (entry["signature"], entry["role"]) == (there.calibration["signature"], "instrument_manager")
    calibrated(service, ivan, view.instrument, days=-1, since=400)
    late = anna.instrument(view.instrument)
    assert (late.is_usable, late.why_not.startswith("The calibration of")) == (False, True)


def test_only_the_instrument_manager_writes_the_register(service, ivan, anna):
    with pytest.raises(Refused) as no:
        written(anna)
    assert no.value.entry is not None
    view = written(ivan, serial="A-2")
    for who in (Role.ANALYST, Role.SYSTEM_MANAGER, Role.APPROVER):
        with pytest.raises(Refused):
            service.intend(service.signed_in(who), view.instrument, Action.INSTRUMENT_REGISTER, WHY)
    with pytest.raises(Invalid) as why:
        service.intend(ivan, view.instrument, Action.INSTRUMENT_REGISTER)
    assert why.value.code.startswith("reason.")


def test_a_registered_instrument_stays_the_device_that_it_is(service, ivan):
    view = written(ivan, serial="A-3")
    moved = edited(ivan, view, serial="A-4")
    service.sign(ivan, view.instrument, Action.INSTRUMENT_REGISTER, WHY)
    there = ivan.instrument(view.instrument)
    with pytest.raises(Conflict) as no:
        edited(ivan, there, serial="A-5")
    assert no.value.code == "conflict.instrument"
    newer = edited(ivan, there, firmware="1.2.", name="Imager on bench 4")
    entry = service.entries(action=Action.INSTRUMENT_EDIT)[-1]
    assert entry["new"] == {"name": "Imager on bench 4", "firmware": "1.2."}
    assert entry["old"] == {"name": moved.name, "firmware": "1."}
    with pytest.raises(Conflict) as stale:
        edited(ivan, there, firmware="1.3.")
    assert stale.value.code == "conflict.stale"
    with pytest.raises(Conflict) as same:
        edited(ivan, newer)
    assert same.value.code == "conflict.same"


def test_a_device_is_registered_once_and_again_when_it_was_retired(service, ivan):
    view = written(ivan, serial="A-6")
    with pytest.raises(Conflict) as twice:
        written(ivan, serial="A-6")
    assert twice.value.code == "conflict.instrument"
    other = written(ivan, serial="A-7")
    with pytest.raises(Conflict):
        edited(ivan, other, serial="A-6")
    service.sign(ivan, view.instrument, Action.INSTRUMENT_RETIRE, WHY)
    retired = ivan.instrument(view.instrument)
    assert (retired.status, retired.is_usable) == (InstrumentStatus.RETIRED, False)
    for action in (Action.INSTRUMENT_REGISTER, Action.INSTRUMENT_RETIRE):
        with pytest.raises(Conflict):
            service.intend(ivan, view.instrument, action, WHY)
    with pytest.raises(Conflict):
        edited(ivan, retired, name="Once more")
    assert written(ivan, serial="A-6").instrument != view.instrument


@pytest.mark.parametrize(("days", "since"), [(-2, 1), (30, -1)])
def test_a_calibration_of_days_that_cannot_be_is_refused(service, ivan, days, since):
    view = written(ivan, serial=f"B{days}")
    with pytest.raises(Invalid) as no:
        calibrated(service, ivan, view.instrument, days=days, since=since)
    assert no.value.code == "instrument.calibration"


@pytest.mark.parametrize(
    "wrong",
    [
        {"serial": "A,1"},
        {"serial": " A"},
        {"limits": {**INSTRUMENT["limits"], "integration_ms_low": 300}},
        {"limits": {**INSTRUMENT["limits"], "channels_nm": [800, 700]}},
    ],
)
def test_what_no_device_says_and_limits_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        InstrumentRequest(**asked(**wrong))


def test_there_is_no_such_instrument(ivan):
    with pytest.raises(NotFound) as none:
        ivan.instrument("INS-999999")
    assert none.value.code == "not_found.instrument"


def test_the_agent_has_no_authority_of_a_person(service):
    agent = service.agent
    with pytest.raises(Refused) as no:
        agent.instruments()
    assert no.value.code == "refused.service"
    with pytest.raises(Refused):
        written(agent, serial="C-1")
    before = len(service.entries(action=Event.API_UNAUTHORISED))
    with pytest.raises(Unauthenticated):
        service.client("service:instrument:guessed").instruments()
    assert len(service.entries(action=Event.API_UNAUTHORISED)) == before + 1
