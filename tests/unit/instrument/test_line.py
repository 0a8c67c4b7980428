"""Lines of pyserial, SCPI in the clear, blocks."""

from __future__ import annotations

import contextlib
import os
import tty

import pytest
from blotter_instrument.line import scpi
from blotter_instrument.line.blocks import LARGEST, PREFIX, announced, prefix
from blotter_instrument.line.serial_line import SerialLine
from blotter_instrument.line.text import TextConnection
from blotter_instrument.ports import FrameRefused, LineFault
from blotter_instrument.transfer.session import synchronise
from blotter_records.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def loop():
    """A line that hears what it says."""
    line = SerialLine("loop://", silence_s=0.05)
    yield line
    line.close()


@pytest.fixture
def terminal():
    """A pseudo terminal: the device's side, the line."""
    device, host = os.openpty()
    tty.setraw(host)
    line = SerialLine(os.ttyname(host), silence_s=0.05)
    yield device, line
    line.close()
    for end in (device, host):
        with contextlib.suppress(OSError):
            os.close(end)


def test_what_is_written_is_read(loop):
    loop.write(b"abc\ndef")
    assert loop.read(2) == b"ab"
    assert loop.read_line(10) == b"c\n"
    assert loop.read_some() == b"def"


def test_silence_is_a_fault_of_the_line(loop):
    loop.write(b"ab")
    with pytest.raises(LineFault) as fault:
        loop.read(3)
    assert fault.value.code == "line.silent"


def test_a_line_that_is_not_there_or_cut_is_said(terminal, tmp_path):
    for url in (str(tmp_path / "tty"), "nonsense://x", "socket://127.0.0.1:1"):
        with pytest.raises(LineFault) as fault:
            SerialLine(url)
        assert fault.value.code == "line.cut"
    device, line = terminal
    os.close(device)
    with pytest.raises(LineFault) as fault:
        line.read(1)
    assert fault.value.code == "line.cut"


def test_a_closed_line_reads_nothing_even_if_its_number_is_another_file_s(terminal, tmp_path):
    _, line = terminal
    number = line._descriptor
    line.close()
    (tmp_path / "other").write_bytes(b"not of the line")
    with (tmp_path / "other").open("rb") as other:
        assert other.fileno() == number
        with pytest.raises(LineFault) as fault:
            line.read(3)
    assert fault.value.code == "line.cut"


def test_a_second_process_does_not_get_the_line(terminal):
    _, line = terminal
    with pytest.raises(LineFault, match="does not open"):
        SerialLine(line.url)


def test_queries_in_the_clear(terminal):
    device, line = terminal
    text = TextConnection(line)
    os.write(device, b"Maker,Model,S1,1.0\r\n")
    assert text.ask("*IDN?") == "Maker,Model,S1,1.0"
    assert os.read(device, 100) == b"*IDN?\n"
    for answer in (b"\xff\n", b"x" * 1024):
        os.write(device, answer)
        with pytest.raises(FrameRefused, match="no line of ASCII"):
            text.ask("*IDN?")


def test_blocks_of_any_width_of_length(terminal):
    device, line = terminal
    text = TextConnection(line)
    for block, content in ((b"#15hello\n", b"hello"), (b"#3005he\nlo\n", b"he\nlo"), (b"#800000000\n", b"")):
        os.write(device, block)
        assert text.ask_block("CURVe?", 5) == content
    for block in (b"#0hello\n", b"hello\n", b"#16hello!\n", b"#1xhello\n", b"#15hello!"):
        os.write(device, block)
        with pytest.raises(FrameRefused):
            text.ask_block("CURVe?", 5)
        with contextlib.suppress(LineFault):
            line.read_some()
    os.write(device, b"#15hell")
    with pytest.raises(LineFault):
        text.ask_block("CURVe?", 5)


@given(st.integers(0, LARGEST))
def test_a_prefix_announces_its_length(length):
    assert len(prefix(length)) == PREFIX
    assert announced(prefix(length), LARGEST) == length
    with pytest.raises(FrameRefused):
        announced(prefix(length), length - 1)


@given(st.binary(max_size=12))
def test_nothing_else_announces_a_length(head):
    try:
        length = announced(head, LARGEST)
    except FrameRefused:
        return
    assert head == prefix(length)


def test_a_line_that_only_makes_noise_is_given_up(terminal, monkeypatch):
    device, line = terminal
    monkeypatch.setattr("blotter_instrument.transfer.session._LEFT_OVER", 1000)
    os.write(device, b"x" * 2000)
    with pytest.raises(LineFault) as fault:
        synchronise(line)
    assert fault.value.code == "line.noise"


def test_headers_in_both_forms():
    for header in ("ACQuisition:INTegration", "ACQ:INT", "acq:integration", ":ACQUISITION:INT"):
        assert scpi.matches("ACQuisition:INTegration", header)
    for header in ("ACQ", "ACQ:INTE", "ACQ:INT:X", "ACQU:INT", ""):
        assert not scpi.matches("ACQuisition:INTegration", header)
    assert scpi.matches("*IDN", "*idn")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
def test_strings_come_back(text):
    assert scpi.unquoted(scpi.quoted(text)) == text
    assert scpi.parse(f"SYSTem:NOTE {scpi.quoted(text)}").arguments == (text,)


def test_messages_are_taken_apart():
    assert scpi.parse('ACQ:STAR? "a,b", 3') == scpi.Message("ACQ:STAR", True, ("a,b", "3"))
    assert scpi.arguments('1, "a ""b"",c" ,,d e ,"\n') == ("1", 'a "b",c', "", "d e", '"')
    assert scpi.parse("*CLS") == scpi.Message("*CLS", False, ())
    for text in ("", "1", "ACQ:INT;*CLS", "??", "#8"):
        with pytest.raises(Invalid):
            scpi.parse(text)
