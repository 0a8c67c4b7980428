"""Whatever the line or either end does: the image is whole and identical, or it is none and a reason is there.

The device, the frames and the receiver are the real ones; only the wire is memory, so that a fault can be put at each
frame and each byte, and time goes as fast as it is asked for. Over wires: test_driver.py, test_man_in_the_middle.py.
"""

from __future__ import annotations

import hashlib
import math
import tracemalloc
from collections import Counter
from dataclasses import replace

import pytest
from blotter_instrument.line import scpi
from blotter_instrument.line.blocks import PREFIX
from blotter_instrument.ports import Fate, FrameRefused, Identity, LineFault
from blotter_instrument.simulator.faults import Fault, FaultKind
from blotter_instrument.transfer.description import Description, Purpose, Settings
from blotter_instrument.transfer.device_end import DataRange, DeviceEnd
from blotter_instrument.transfer.frames import LONGEST_MESSAGE, OVERHEAD
from blotter_instrument.transfer.receiver import Receiver, Stage
from blotter_instrument.transfer.session import ATTENTION, Session
from blotter_records.errors import Invalid
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_instruments import CREDENTIALS, NAME, SECRET, SETTINGS, Bench, Clock, MemoryLine, MemorySink

#: 12 lines of the membrane: 20 frames in two requests.
SOME = replace(SETTINGS, region_um=(0, 0, 12 * 84, SETTINGS.region_um[3]))
FRAME = 120


def scanned(*faults, **make):
    """Return a bench whose device has scanned, or goes on to, these lines as number 1."""
    bench = Bench(*faults, **make)
    for message in ("ACQ:REG " + ",".join(map(str, SOME.region_um)), 'ACQ:STAR? "t"', "ACQ:PROG? 1"):
        bench.device.run(message, is_authenticated=True)
    return bench


def receiver(bench, **more):
    return Receiver(bench.connect, NAME, SECRET, bench.make.identity, frame=FRAME, pause=bench.pause, **more)


@pytest.fixture(scope="module")
def truth():
    """The bytes of the first scan."""
    return scanned().device.read(1, 0, SOME.size)


def judged(outcome, sink, truth):
    """See that it is one of the three, and nothing between; return which."""
    assert len(truth) == SOME.size
    assert truth.startswith(sink.bytes)
    assert outcome.size == len(sink.bytes)
    if outcome.fate is Fate.WHOLE:
        assert sink.bytes == truth
        assert sink.sealed == (outcome.digest, len(truth))
        assert (outcome.code, sink.aborted) == ("", None)
    else:
        assert sink.sealed is None
        assert outcome.code
        assert outcome.reason
        assert (sink.aborted is None) == (outcome.fate is Fate.INTERRUPTED)
    return outcome.fate


@pytest.fixture(scope="module")
def passing(truth):
    """How long each frame and line of a transfer without faults is, from the device and to it."""
    bench, lengths = scanned(), ([], [])
    send, take = bench.plain.send, bench.plain.receive

    def sending():
        data = send()
        if data:
            lengths[False].append(len(data))
        return data

    def taking(data):
        lengths[True].append(len(data))
        take(data)

    bench.plain.send, bench.plain.receive = sending, taking
    sink = MemorySink()
    outcome = receiver(bench).receive(1, sink)
    assert judged(outcome, sink, truth) is Fate.WHOLE
    assert outcome.sessions == 1
    return lengths


PLACED = {FaultKind.FLIP, FaultKind.TRUNCATE, FaultKind.CUT, FaultKind.RESTART}


def faults(lengths, *, is_incoming):
    """Return a fault of each kind at each frame and line, and at four places inside where that matters."""
    for kind in FaultKind:
        if is_incoming and kind in {FaultKind.CUT, FaultKind.DELAY}:
            continue  # a cut is one for both directions; what the host sends later is a slower host
        for at, length in enumerate(lengths[is_incoming]):
            inside = {place % length for place in (0, 10, length // 2, length - 1)}
            for within in sorted(inside) if kind in PLACED else [2]:
                yield Fault(kind, at, within, is_incoming)


@pytest.mark.parametrize(("is_incoming", "least"), [(False, 550), (True, 145)], ids=["from the device", "to it"])
def test_one_fault_anywhere_costs_time_and_nothing_else(passing, truth, is_incoming, least):
    cases = Counter()
    for fault in faults(passing, is_incoming=is_incoming):
        bench, sink = scanned(fault), MemorySink()
        cases[judged(receiver(bench).receive(1, sink), sink, truth)] += 1
    assert set(cases) == {Fate.WHOLE}
    assert cases[Fate.WHOLE] >= least


FAULTS = st.builds(Fault, st.sampled_from(FaultKind), st.integers(0, 60), st.integers(0, 200), st.booleans()).filter(
    lambda fault: not (fault.is_incoming and fault.kind in {FaultKind.CUT, FaultKind.DELAY})
)


@given(st.lists(FAULTS, max_size=12), st.sampled_from([math.inf, 1.0, 0.01]))
@settings(max_examples=100, deadline=None)
def test_any_faults_during_a_scan_leave_a_whole_image_or_a_reason(truth, faults, speed):
    bench, sink = scanned(*faults, speed=speed), MemorySink()
    judged(receiver(bench).receive(1, sink), sink, truth)
    bench.end.__init__(bench.plain, [], bench.device.restart, bench.clock)  # the line is mended
    if sink.aborted is None and sink.sealed is None:
        outcome = receiver(bench).receive(1, sink)
        assert judged(outcome, sink, truth) is Fate.WHOLE or outcome.code == "transfer.lost"


# --- either end starts anew -----------------------------------------------------------------------------------------


def test_a_host_that_is_killed_goes_on_where_its_sink_stands(truth):
    for held in (0, 1, 119, 120, 121, 1919, 1920, SOME.size - 1, SOME.size):
        bench, sink = scanned(), MemorySink([truth[:held]])
        assert judged(receiver(bench).receive(1, sink), sink, truth) is Fate.WHOLE
        assert b"".join(sink.chunks[1:]) == truth[held:]


def test_a_host_whose_store_was_altered_does_not_go_on(truth):
    for held in (b"\0" * 120, truth[:119] + b"\0", truth + b"\0"):
        sink = MemorySink([held])
        outcome = receiver(scanned()).receive(1, sink)
        assert (outcome.fate, outcome.code) == (Fate.ABORTED, "transfer.prefix")
        assert sink.sealed is None


def test_a_device_that_restarts_in_a_scan_has_lost_it(truth):
    bench, sink = scanned(Fault(FaultKind.RESTART, 12), speed=1.0), MemorySink()
    outcome = receiver(bench).receive(1, sink)
    assert judged(outcome, sink, truth) is Fate.ABORTED
    assert outcome.code == "transfer.lost"
    assert "103 No such acquisition" in outcome.reason
    assert bench.make.counter == 1


def test_a_scan_that_is_stopped_at_the_device_is_aborted_with_its_reason(truth):
    bench, sink = scanned(speed=1.0), MemorySink()

    def stop(held, _size):
        if held >= 1000:
            bench.device.run("ACQ:ABOR 1", is_authenticated=True)

    outcome = receiver(bench, progress=stop).receive(1, sink)
    assert judged(outcome, sink, truth) is Fate.ABORTED
    assert 1000 <= outcome.size < SOME.size
    assert "105 Acquisition aborted" in outcome.reason


def test_a_cancelled_scan_stops_at_the_device_too(truth):
    bench, sink, seen = scanned(speed=0.05), MemorySink(), []
    outcome = receiver(bench, progress=lambda *at: seen.append(at), is_cancelled=lambda: len(sink.bytes) > 500).receive(
        1, sink
    )
    assert judged(outcome, sink, truth) is Fate.ABORTED
    assert sink.aborted == ("transfer.cancelled", "Cancelled.")
    assert seen[-1] == (outcome.size, SOME.size)
    assert bench.device.run("SYST:STAT?", is_authenticated=True) == "IDLE"
    assert int(bench.device.run("ACQ:PROG? 1", is_authenticated=True)) < 12


def test_a_line_that_stays_dead_leaves_a_transfer_to_take_up_again(truth):
    bench, sink = scanned(*(Fault(FaultKind.DROP, at) for at in range(12, 60))), MemorySink()
    stages = []
    one = receiver(bench, progress=lambda *_: stages.append(one.stage))
    outcome = one.receive(1, sink)
    assert judged(outcome, sink, truth) is Fate.INTERRUPTED
    assert (outcome.code, one.stage, set(stages)) == ("line.silent", Stage.INTERRUPTED, {Stage.RECEIVING})
    assert outcome.sessions >= 5
    assert 0 < outcome.size < SOME.size
    bench.end.__init__(bench.plain, [], bench.device.restart, bench.clock)
    assert judged(receiver(bench).receive(1, sink, one.description), sink, truth) is Fate.WHOLE


# --- a device that is another, or lies ------------------------------------------------------------------------------


def test_another_device_at_the_line_is_aborted():
    bench, sink = scanned(), MemorySink()
    other = Receiver(bench.connect, NAME, SECRET, Identity("Blotter", "NIR-2", "S2", "1"), pause=bench.pause)
    assert other.receive(1, sink).code == "instrument.identity"
    assert sink.chunks == []


def test_a_wrong_secret_is_given_up_after_the_second_proof():
    bench, sink = scanned(), MemorySink()
    outcome = Receiver(bench.connect, NAME, SECRET[::-1], bench.make.identity, pause=bench.pause).receive(1, sink)
    assert (outcome.fate, outcome.code, outcome.sessions) == (Fate.INTERRUPTED, "scram.refused", 2)
    assert (sink.chunks, bench.plain.in_session) == ([], False)


def test_a_device_whose_digest_is_not_that_of_its_bytes_is_aborted():
    bench, sink = scanned(), MemorySink()
    bench.device._scans[1]._hash.update(b"!")
    outcome = receiver(bench).receive(1, sink)
    assert (outcome.fate, outcome.code, sink.sealed) == (Fate.ABORTED, "transfer.digest", None)


def test_a_device_that_describes_the_scan_otherwise_is_aborted(truth):
    bench, sink = scanned(), MemorySink()
    asked = Description.read(bench.device.run("ACQ:DESC? 1", is_authenticated=True))
    for other in (replace(asked, token="u"), replace(asked, settings=replace(SOME, integration_ms=11.0))):
        sink = MemorySink()
        assert receiver(bench).receive(1, sink, other).code == "transfer.description"
    assert judged(receiver(bench).receive(1, sink := MemorySink(), asked), sink, truth) is Fate.WHOLE


# --- what the device's end takes ------------------------------------------------------------------------------------


def test_without_a_session_the_device_tells_who_and_how_it_is_and_no_more():
    bench = scanned()
    line = bench.connect()
    for message in ("*IDN?", "*TST?", "SYST:STAT?"):
        line.write(message.encode() + b"\n")
        assert line.read_line(100).strip()
    for message in ('ACQ:STAR? "x"', "ACQ:DESC? 1", "ACQ:DATA 1,0,10,10", "ACQ:ABOR 1", "ACQ:FOC 1", "SYST:COUN?"):
        line.write(b"*CLS\n" + message.encode() + b"\nSYST:ERR?\n")
        answer = line.read_line(100)
        assert b"-203" in (answer if answer.strip() else line.read_line(100))
    assert bench.make.counter == 1


@given(st.lists(st.binary(max_size=700), max_size=6))
@settings(max_examples=50, deadline=None)
def test_whatever_comes_a_host_can_get_the_device_s_attention(junk):
    bench = scanned()
    line = bench.connect()
    session = Session.open(line, NAME, SECRET)
    for one in junk:
        line.write(one)
    again = Session.open(line, NAME, SECRET)
    assert again.ask("SYSTem:STATe?") == "IDLE"
    with pytest.raises((LineFault, FrameRefused)):
        session.ask("SYSTem:STATe?")


def test_the_flood_is_longer_than_any_frame_that_a_device_may_wait_for():
    assert len(ATTENTION) > PREFIX + OVERHEAD + LONGEST_MESSAGE


def test_a_session_that_has_ended_says_so_and_long_messages_are_not_sent():
    session = Session.open(scanned().connect(), NAME, SECRET)
    with pytest.raises(Invalid):
        session.ask("x" * (LONGEST_MESSAGE + 1))
    session.close()
    with pytest.raises(LineFault, match="has ended"):
        session.ask("*IDN?")


def test_requests_beyond_what_there_is_get_an_error_and_no_data():
    session = Session.open(scanned().connect(), NAME, SECRET)
    for asked in (f"1,0,{SOME.size + 1},100", "1,-1,10,100", "1,0,10,0", "1,0,10,999999", "2,0,10,100", "1,0,10"):
        assert session.ask(f"ACQ:DATA {asked}") == ""
        assert session.ask("SYST:ERR?").split(",")[0] in {"-222", "103", "-104"}


# --- memory ---------------------------------------------------------------------------------------------------------


class Endless:
    """A device with a large image that it makes up as it is asked; the real one's end is in front of it."""

    size = 24 << 20

    def __init__(self):
        self.settings = Settings(Purpose.FINAL, (700,), 1.0, 84, 0.0, (0, 0, 84 * 1024, 84 * (self.size >> 11)))
        self.digest = hashlib.sha256(bytes(self.size)).hexdigest()

    def run(self, message, **_):
        given = scpi.parse(message)
        if scpi.matches("ACQuisition:DATA", given.header):
            return DataRange(*map(int, given.arguments))
        if scpi.matches("ACQuisition:DESCribe", given.header):
            return Description(1, "t", 65535, self.size, self.settings).written()
        if scpi.matches("ACQuisition:DIGest", given.header):
            return scpi.quoted(self.digest)
        return "Blotter,Endless,1,1" if given.header == "*IDN" else None

    def note(self, *said):
        raise AssertionError(said)

    def read(self, _number, _offset, at_most):
        return bytes(at_most)

    def is_over(self, _number):
        return True


def test_memory_does_not_grow_with_the_image():
    clock = Clock()
    end = DeviceEnd(Endless(), CREDENTIALS, clock)  # has hashed its image before memory is watched
    sink = MemorySink()
    sink.write = lambda _chunk: None
    one = Receiver(lambda: MemoryLine(end, clock), NAME, SECRET, Identity("Blotter", "Endless", "1", "1"))
    tracemalloc.start()
    try:
        outcome = one.receive(1, sink)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (outcome.fate, outcome.size) == (Fate.WHOLE, Endless.size)
    assert peak < 3 << 20
