"""A device's secret is changed over the line: the new one never passes it, and no moment locks either end out."""

from __future__ import annotations

import pytest
from blotter_instrument.ports import LineFault
from blotter_instrument.simulator.faults import Fault, FaultKind, FaultyEnd
from blotter_instrument.simulator.kept import Kept
from blotter_instrument.transfer.device_end import DeviceEnd
from blotter_instrument.transfer.session import Session
from blotter_records.errors import Invalid, Refused
from simulated_instruments import CREDENTIALS, NAME, SECRET, Bench


def bench_with(credentials, keep=lambda _credentials: None, *faults):
    bench = Bench()
    bench.plain = DeviceEnd(bench.device, credentials, bench.clock, keep)
    bench.end = FaultyEnd(bench.plain, list(faults), bench.device.restart, bench.clock)
    return bench


def opens(bench, name, secret):
    try:
        return Session.open(bench.connect(), name, secret)
    except Refused as fault:
        assert fault.code == "scram.refused"
        return None


def test_the_old_secret_goes_when_the_new_one_is_first_used():
    known = dict(CREDENTIALS)
    bench = bench_with(known)
    session = opens(bench, NAME, SECRET)
    secret = session.next_secret("agent.2")
    session.rotate("agent.2")
    assert session.ask("SYSTem:STATe?") == "IDLE"
    assert len(secret) == 32
    assert secret != SECRET
    assert opens(bench, NAME, SECRET)  # the answer might have been lost
    assert opens(bench, "agent.2", SECRET) is None
    assert opens(bench, "agent.2", secret)
    assert opens(bench, NAME, SECRET) is None
    assert opens(bench, "agent.2", secret)
    assert list(known) == ["agent.2"]


def test_each_session_makes_another_secret_and_only_the_last_waits():
    known = dict(CREDENTIALS)
    bench = bench_with(known)
    first = opens(bench, NAME, SECRET)
    one = first.next_secret("agent.2")
    first.rotate("agent.2")
    second = opens(bench, NAME, SECRET)
    other = second.next_secret("agent.3")
    second.rotate("agent.3")
    assert one != other
    assert set(known) == {NAME, "agent.3"}
    assert opens(bench, "agent.2", one) is None
    assert opens(bench, "agent.3", other)


@pytest.mark.parametrize("name", [NAME, "", "a,b", 'a"b', "x" * 65])
def test_a_name_that_is_taken_or_none_is_refused(name):
    session = opens(bench_with(dict(CREDENTIALS)), NAME, SECRET)
    with pytest.raises(Refused, match="-"):
        session.rotate(name)
    assert session.ask("SYSTem:STATe?") == "IDLE"


@pytest.mark.parametrize("is_incoming", [False, True])
def test_after_a_lost_rotation_one_of_the_two_opens(is_incoming):
    bench = bench_with(
        dict(CREDENTIALS), lambda _: None, Fault(FaultKind.DROP, 4 if is_incoming else 3, 0, is_incoming)
    )
    session = opens(bench, NAME, SECRET)
    secret = session.next_secret("agent.2")
    with pytest.raises(LineFault):
        session.rotate("agent.2")
    assert bool(opens(bench, "agent.2", secret)) is not is_incoming
    assert bool(opens(bench, NAME, SECRET)) is is_incoming


def test_a_device_keeps_what_it_accepted_without_power(tmp_path):
    path = tmp_path / "state.json"
    kept = Kept(path)
    kept.save_credentials(dict(CREDENTIALS))
    kept.save_counter(7)
    session = opens(bench_with(kept.credentials, kept.save_credentials), NAME, SECRET)
    secret = session.next_secret("agent.2")
    session.rotate("agent.2")
    again = Kept(path)
    assert (again.counter, again.credentials) == (7, kept.credentials)
    assert opens(bench_with(again.credentials, again.save_credentials), "agent.2", secret)
    assert list(Kept(path).credentials) == ["agent.2"]
    assert secret not in path.read_text()
    for text in ("", "[]", "{}", '{"counter": 1, "credentials": [{}]}', '{"counter": "x", "credentials": []}'):
        path.write_text(text)
        with pytest.raises(Invalid):
            Kept(path)


def test_nothing_of_the_new_secret_passes_the_line():
    bench = bench_with(dict(CREDENTIALS))
    line, passed = bench.connect(), []
    send, write = bench.end.send, line.write
    bench.end.send = lambda: passed.append(data := send()) or data
    line.write = lambda data: passed.append(data) or write(data)
    session = Session.open(line, NAME, SECRET)
    secret = session.next_secret("agent.2")
    session.rotate("agent.2")
    wire = b"".join(passed)
    assert b"agent.2" in wire
    assert secret.encode()[:12] not in wire
