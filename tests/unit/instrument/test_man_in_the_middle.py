"""Somebody on the wire who records, alters, withholds and replays: learns no secret, gets nothing accepted."""

from __future__ import annotations

import base64
import os
import select
import threading
import tty
from contextlib import contextmanager

import pytest
from blotter_instrument.driver.imager import ImagerOnLine
from blotter_instrument.ports import Fate, FrameRefused, LineFault
from blotter_instrument.transfer import scram
from blotter_instrument.transfer.receiver import Receiver
from blotter_instrument.transfer.session import Session
from blotter_records.errors import Refused
from simulated_instruments import CREDENTIALS, NAME, SECRET, SETTINGS, Bench, MemorySink, line_to, on_a_wire


class Wiretap:
    """A pseudo terminal between host and device that keeps what passes; ``url`` is what the host opens."""

    def __init__(self, device_url):
        self.device = line_to(device_url)
        self.ours, self.host = os.openpty()
        tty.setraw(self.host)
        self.url = os.ttyname(self.host)
        self.sent, self.answered = [], []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pass_on)

    def _pass_on(self):
        device = self.device._port.fileno()
        while not self._stopped.is_set():
            for end in select.select([self.ours, device], [], [], 0.02)[0]:
                data = os.read(end, 65536)
                kept, to = (self.sent, device) if end == self.ours else (self.answered, self.ours)
                kept.append(data)
                while data:
                    data = data[os.write(to, data) :]

    @contextmanager
    def listening(self):
        self._thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            self._thread.join()

    def close(self):
        self.device.close()
        for end in (self.ours, self.host):
            os.close(end)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A whole session over a tapped pseudo terminal: what the host sent, what the device answered, every key in it."""
    keys = []
    derive = scram.SessionKeys.derive.__func__
    with on_a_wire("pty", tmp_path_factory.mktemp("line")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            scram.SessionKeys,
            "derive",
            classmethod(lambda cls, key: keys.extend([key, (made := derive(cls, key)).host, made.device]) or made),
        )
        tap = Wiretap(url)
        with tap.listening():
            instrument = ImagerOnLine(lambda: line_to(tap.url), NAME, SECRET)
            with instrument.session() as imager:
                number = imager.start(SETTINGS, "t").number
            sink = MemorySink()
            assert instrument.deliver(str(number), sink).fate is Fate.WHOLE
        tap.close()
    return b"".join(tap.sent), b"".join(tap.answered), keys, sink.bytes


def test_nothing_secret_is_on_the_wire(recorded):
    sent, answered, keys, image = recorded
    wire = sent + answered
    assert image[:64] in answered  # the record is one: what is not secret is in it
    credential = CREDENTIALS[NAME]
    salted = scram._keys(NAME, SECRET, credential.salt, credential.iterations)
    secrets = {SECRET.encode(), base64.b32decode(SECRET), credential.stored_key, credential.server_key, *salted, *keys}
    assert len(secrets) == 5 + 2 * 3  # of the device, and of each of the two sessions
    for secret in secrets:
        for form in (secret, base64.b64encode(secret), secret.hex().encode(), secret.hex().upper().encode()):
            assert form not in wire
            assert form[:12] not in wire


def replayed(bench, data, step):
    """Write a record to a device, read what it answers."""
    line = bench.connect()
    answers = b""
    for at in range(0, len(data), step):
        line.write(data[at : at + step])
        while some := bench.end.send():
            answers += some
    return answers


@pytest.mark.parametrize("step", [1, 64, 1 << 20])
def test_what_a_host_sent_once_opens_no_session_a_second_time(recorded, step):
    bench = Bench()
    answers = replayed(bench, recorded[0], step)
    assert (bench.plain.in_session, bench.make.counter, bench.device._scans) == (False, 0, {})
    said = [base64.b64decode(line.strip(b'"')) for line in answers.split(b"\n") if line.startswith(b'"')]
    assert [one for one in said if one.startswith(b"v=")] == []
    assert said[-1] == b"e=invalid-proof"


def test_what_a_device_answered_once_is_taken_by_no_host(recorded):
    """Each step of the record is played to a host when it is due; only the host's new token is its own."""
    first, final = recorded[1].split(b"\n")[1:3]
    ours, host = os.openpty()
    tty.setraw(host)
    stopped = threading.Event()

    def play():
        heard = b""
        while not stopped.is_set():
            if select.select([ours], [], [], 0.02)[0]:
                *lines, heard = (heard + os.read(ours, 65536)).split(b"\n")
                for line in lines:
                    for asked, answer in (
                        (b"SYSTem:SYNChronise?", line[-33:-1]),
                        (b"AUTHenticate:FIRSt?", first),
                        (b"AUTHenticate:FINal?", final),
                    ):
                        if line.startswith(asked):
                            os.write(ours, answer + b"\n")

    thread = threading.Thread(target=play)
    thread.start()
    try:
        sink = MemorySink()
        bench = Bench()
        receiver = Receiver(
            lambda: line_to(os.ttyname(host), silence_s=0.3), NAME, SECRET, bench.make.identity, pause=lambda _s: None
        )
        outcome = receiver.receive(1, sink)
    finally:
        stopped.set()
        thread.join()
        os.close(ours)
        os.close(host)
    assert (outcome.fate, outcome.code, sink.chunks) == (Fate.INTERRUPTED, "scram.server", [])


def session_through(change):
    """Open a session and ask three things, while ``change`` alters what the device sends, frame by frame."""
    bench = Bench()
    line = bench.connect()
    session = Session.open(line, NAME, SECRET)
    kept = []
    send = bench.end.send
    bench.end.send = lambda: change(data, kept) if (data := send()) else data
    return session, bench


def test_answers_of_one_session_are_refused_in_another_and_in_another_place():
    keep = []
    session, _ = session_through(lambda data, _kept: keep.append(data) or data)
    session.ask("SYSTem:STATe?")
    session.ask("SYSTem:COUNter?")
    for change in (
        lambda _data, _kept: keep[0],  # of another session
        lambda data, kept: kept[0] if kept else kept.append(data) or data,  # the answer before once more
        lambda data, kept: kept.append(data) or b"" if not kept else data,  # the first one withheld
    ):
        other, _ = session_through(change)
        with pytest.raises((FrameRefused, LineFault)):
            [other.ask("SYSTem:STATe?") for _ in range(3)]
        with pytest.raises(LineFault, match="has ended"):
            other.ask("SYSTem:STATe?")


def test_a_command_that_is_altered_or_made_up_is_not_carried_out():
    bench = Bench()
    line = bench.connect()
    session = Session.open(line, NAME, SECRET)
    write = line.write
    line.write = lambda data: write(data.replace(b"FOCus 1", b"FOCus 2"))
    with pytest.raises(LineFault):
        session.ask("ACQuisition:FOCus 1")
    assert bench.device.run("ACQ:FOC?", is_authenticated=True) == "0"
    assert not bench.plain.in_session
    # The host's frame once more, in the same session.
    line = bench.connect()
    session, frames = Session.open(line, NAME, SECRET), []
    write = line.write
    line.write = lambda data: frames.append(data) or write(data)
    session.ask('ACQuisition:STARt? "t"')
    write(frames[0].replace(b"t", b"u"))
    assert bench.make.counter == 1
    assert not bench.plain.in_session


def test_a_middle_that_answers_for_the_device_without_the_secret_is_found_out():
    bench = Bench()
    other = scram.Credential.make(NAME, "guessed-secret", salt=CREDENTIALS[NAME].salt)
    bench.plain._credentials = {NAME: other}
    with pytest.raises(Refused) as fault:
        bench.instrument().identity()
    assert fault.value.code == "scram.refused"
    # It says "welcome" to whatever proof, and knows no key.
    bench.plain._prove = lambda _final: "v=" + base64.b64encode(bytes(32)).decode()
    with pytest.raises(Refused) as fault:
        bench.instrument().identity()
    assert fault.value.code == "scram.server"
