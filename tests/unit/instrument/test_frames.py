"""A frame opens where it belongs, and nowhere else."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from blotter_instrument.line.blocks import PREFIX
from blotter_instrument.ports import FrameRefused
from blotter_instrument.transfer.frames import HEADER, FrameReader, FrameWriter, Kind, RunningDigest
from hypothesis import given
from hypothesis import strategies as st

KEY, OTHER = bytes(range(32)), bytes(32)
ALL = tuple(Kind)


def content(frame):
    assert int(frame[2:PREFIX]) == len(frame) - PREFIX
    return frame[PREFIX:]


def refused(code, reader, frame, kinds=ALL, running=None):
    with pytest.raises(FrameRefused) as fault:
        reader.open(frame, kinds, running)
    assert fault.value.code == code


def test_bytes_of_a_frame_are_those_of_the_specification():
    image = b"seven rows of a blot"
    writer, running = FrameWriter(KEY), RunningDigest()
    writer.data(running, image[:6])
    frame = writer.data(running, image[6:])
    header = b"\x03" + (1).to_bytes(8, "big") + (6).to_bytes(8, "big")
    mac = hmac.new(KEY, header + hashlib.sha256(image).digest(), "sha256").digest()
    assert frame == b"#800000063" + header + image[6:] + mac
    command = FrameWriter(KEY).message(Kind.COMMAND, 0, b"*IDN?")[1]
    header = b"\x01" + bytes(16)
    assert command == b"#800000054" + header + b"*IDN?" + hmac.new(KEY, header + b"*IDN?", "sha256").digest()


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_an_image_comes_back(chunks):
    writer, sent = FrameWriter(KEY), RunningDigest()
    reader, got = FrameReader(KEY), RunningDigest()
    frames = [content(writer.data(sent, chunk)) for chunk in chunks]
    assert [reader.open(frame, (Kind.DATA,), got).payload for frame in frames] == chunks
    assert got.hexdigest() == hashlib.sha256(b"".join(chunks)).hexdigest()


@given(st.data())
def test_one_flipped_bit_anywhere_is_refused_and_changes_nothing(data):
    writer, sent = FrameWriter(KEY), RunningDigest()
    frame = content(writer.data(sent, b"twelve bytes"))
    bit = data.draw(st.integers(0, 8 * len(frame) - 1))
    altered = bytearray(frame)
    altered[bit // 8] ^= 1 << bit % 8
    reader, got = FrameReader(KEY), RunningDigest()
    refused("frame.mac", reader, bytes(altered), running=got)
    assert got.size == 0
    assert reader.open(frame, ALL, got).payload == b"twelve bytes"


def test_every_cut_or_lengthened_frame_is_refused():
    frame = content(FrameWriter(KEY).message(Kind.RESPONSE, 0, b"IDLE")[1])
    for end in range(len(frame)):
        refused("frame.mac", FrameReader(KEY), frame[:end])
        refused("frame.mac", FrameReader(KEY), frame[end + 1 :])
    refused("frame.mac", FrameReader(KEY), frame + b"\n")


def test_lost_doubled_and_exchanged_frames_are_refused():
    writer = FrameWriter(KEY)
    one, two = (content(writer.message(Kind.RESPONSE, 0, text)[1]) for text in (b"1", b"2"))
    refused("frame.sequence", FrameReader(KEY), two)
    reader = FrameReader(KEY)
    reader.open(one, ALL)
    refused("frame.sequence", reader, one)
    assert reader.open(two, ALL).payload == b"2"


def test_a_frame_of_another_session_or_direction_is_refused():
    refused("frame.mac", FrameReader(KEY), content(FrameWriter(OTHER).message(Kind.RESPONSE, 0, b"IDLE")[1]))
    command = content(FrameWriter(KEY).message(Kind.COMMAND, 0, b"*IDN?")[1])
    refused("frame.kind", FrameReader(KEY), command, (Kind.RESPONSE, Kind.DATA))


def test_data_after_other_bytes_or_from_elsewhere_is_refused():
    frame = content(FrameWriter(KEY).data(RunningDigest([b"begun"]), b" and gone on"))
    for held in ([], [b"BEGUN"], [b"begun", b" "]):
        refused("frame.mac", FrameReader(KEY), frame, running=RunningDigest(held))
    assert FrameReader(KEY).open(frame, ALL, RunningDigest([b"beg", b"un"])).payload == b" and gone on"
    # A device that is itself wrong about where it is: the MAC is right, the place is not.
    header, after = HEADER.pack(Kind.DATA, 0, 9), hashlib.sha256(b"begun!").digest()
    wrong = header + b"!" + hmac.new(KEY, header + after, "sha256").digest()
    refused("frame.offset", FrameReader(KEY), wrong, running=RunningDigest([b"begun"]))


def test_data_is_no_answer():
    refused("frame.mac", FrameReader(KEY), content(FrameWriter(KEY).data(RunningDigest(), b"1")), (Kind.RESPONSE,))
