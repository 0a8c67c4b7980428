"""The imager's driver: each property by command and response, then the same over a pseudo terminal and a socket."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from blotter_instrument.driver.imager import Imager, ImagerOnLine
from blotter_instrument.ports import FrameRefused, Identity, Provenance
from blotter_instrument.transfer.description import Description, Purpose
from blotter_records.errors import Invalid, Refused
from simulated_instruments import NAME, SECRET, SETTINGS, MemorySink, line_to, on_a_wire

FINE = ("SYSTem:ERRor?", '0,"No error"')


class Pairs:
    """A connection that expects these commands in this order, and has these responses (None: no answer is due)."""

    def __init__(self, *pairs):
        self.left = list(pairs)

    def write(self, message):
        expected, answer = self.left.pop(0)
        assert (message, answer) == (expected, None)

    def ask(self, message):
        expected, answer = self.left.pop(0)
        assert message == expected
        assert answer is not None
        return answer


def imager(*pairs):
    connection = Pairs(*pairs)
    return Imager(connection), connection.left


MEASURED = [
    ("state", "SYSTem:STATe?", "IDLE", "IDLE"),
    ("temperature_c", "SYSTem:TEMPerature?", "-9.97", -9.97),
    ("counter", "SYSTem:COUNter?", "1207", 1207),
    ("calibrated_on", "SYSTem:CALibration:DATE?", "2026,1,15", dt.date(2026, 1, 15)),
    ("calibration_due_on", "SYSTem:CALibration:DUE?", "2027,1,15", dt.date(2027, 1, 15)),
    ("purpose", "ACQuisition:PURPose?", "PREV", Purpose.PREVIEW),
    ("channels_nm", "ACQuisition:CHANnels?", "700,800", (700, 800)),
    ("integration_ms", "ACQuisition:INTegration?", "12.5", 12.5),
    ("resolution_um", "ACQuisition:RESolution?", "168", 168),
    ("focus_mm", "ACQuisition:FOCus?", "1.5", 1.5),
    ("region_um", "ACQuisition:REGion?", "0,84,8400,16800", (0, 84, 8400, 16800)),
]


@pytest.mark.parametrize(("name", "sent", "received", "value"), MEASURED)
def test_a_property_is_read(name, sent, received, value):
    device, left = imager((sent, received))
    assert getattr(device, name) == value
    assert not left


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("purpose", Purpose.FINAL, "ACQuisition:PURPose FIN"),
        ("channels_nm", (800,), "ACQuisition:CHANnels 800"),
        ("integration_ms", 12.5, "ACQuisition:INTegration 12.5"),
        ("resolution_um", 336, "ACQuisition:RESolution 336"),
        ("focus_mm", 4, "ACQuisition:FOCus 4"),
        ("region_um", (0, 84, 8400, 16800), "ACQuisition:REGion 0,84,8400,16800"),
    ],
)
def test_a_property_is_set_and_the_error_queue_read(name, value, sent):
    device, left = imager((sent, None), FINE)
    setattr(device, name, value)
    assert not left


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("purpose", "FIN?"),
        ("channels_nm", ()),
        ("channels_nm", (800, 700)),
        ("channels_nm", (700, 700)),
        ("channels_nm", (520,)),
        ("integration_ms", 0.49),
        ("integration_ms", 200.1),
        ("integration_ms", float("nan")),
        ("resolution_um", 100),
        ("focus_mm", -0.1),
        ("focus_mm", 4.1),
        ("region_um", (0, 0, 90_721, 84)),
        ("region_um", (84, 0, 84, 84)),
        ("region_um", (-1, 0, 84, 84)),
    ],
)
def test_what_is_outside_the_limits_is_never_sent(name, value):
    device, left = imager()
    with pytest.raises(Invalid) as fault:
        setattr(device, name, value)
    assert fault.value.code == "instrument.limits"
    assert not left


@pytest.mark.parametrize("name", ["state", "temperature_c", "counter", "calibrated_on", "calibration_due_on"])
def test_what_is_measured_is_not_set(name):
    device, _ = imager()
    with pytest.raises(AttributeError, match="is measured, not set"):
        setattr(device, name, 1)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("temperature_c", "cold"),
        ("counter", ""),
        ("calibrated_on", "2026,13,1"),
        ("region_um", "1,2"),
        ("purpose", "X"),
    ],
)
def test_an_answer_that_is_none_is_refused(name, answer):
    device, _ = imager((f"{vars(Imager)[name].header}?", answer))
    with pytest.raises(FrameRefused, match="answers"):
        getattr(device, name)


def test_what_the_device_refuses_is_an_error_with_its_words():
    device, left = imager(
        ("ACQuisition:FOCus 3", None), ("SYSTem:ERRor?", '-222,"Data out of range"'), ("SYSTem:ERRor?", '7,"Lid"'), FINE
    )
    with pytest.raises(Refused, match="-222 Data out of range; 7 Lid"):
        device.focus_mm = 3
    assert not left


def test_identity_self_test_and_error_queue():
    device, left = imager(
        ("*IDN?", "Maker, NIR-2 ,S1,1.0"), ("*TST?", "0"), ("*CLS", None), ("SYSTem:ERRor?", '-113,"Undefined"'), FINE
    )
    assert device.idn() == Identity("Maker", "NIR-2", "S1", "1.0")
    assert device.self_test() == 0
    device.clear()
    assert device.errors() == [(-113, "Undefined")]
    assert not left
    for text in ("", "Maker,NIR-2,S1", "Maker,,S1,1.0"):
        with pytest.raises(FrameRefused, match="no identity"):
            imager(("*IDN?", text))[0].idn()


SET = [
    ("ACQuisition:PURPose FIN", None),
    FINE,
    ("ACQuisition:CHANnels 700,800", None),
    FINE,
    ("ACQuisition:INTegration 10", None),
    FINE,
    ("ACQuisition:RESolution 84", None),
    FINE,
    ("ACQuisition:FOCus 0", None),
    FINE,
    ("ACQuisition:REGion 0,0,3024,4032", None),
    FINE,
    ('ACQuisition:STARt? "t1"', "8"),
]


def test_a_start_sets_everything_and_compares_what_the_device_does():
    described = '8,"t1",65535,6912,FIN,700:800,10,84,0,0,0,3024,4032'
    device, left = imager(*SET, ("ACQuisition:DESCribe? 8", described))
    assert device.start(SETTINGS, "t1").settings == SETTINGS
    assert not left
    for other in (
        described.replace("8,", "9,", 1),
        described.replace("t1", "t2"),
        described.replace(",10,", ",11,"),
        described.replace("6912", "6913"),
        described.replace("FIN", "PREV"),
        "",
    ):
        with pytest.raises(FrameRefused) as fault:
            imager(*SET, ("ACQuisition:DESCribe? 8", other))[0].start(SETTINGS, "t1")
        assert fault.value.code == "device.description"


def test_settings_are_checked_as_a_whole_before_the_first_is_sent():
    for wrong in (replace(SETTINGS, focus_mm=9.0), replace(SETTINGS, resolution_um=168, region_um=(0, 84, 168, 336))):
        device, left = imager()
        with pytest.raises(Invalid):
            device.start(wrong)
        assert not left


# --- the same over a wire -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["pty", "socket"])
def url(request, tmp_path_factory):
    with on_a_wire(request.param, tmp_path_factory.mktemp("line")) as found:
        yield found


@pytest.fixture(scope="module")
def instrument(url):
    return ImagerOnLine(lambda: line_to(url), NAME, SECRET)


def test_properties_over_a_wire(instrument):
    with instrument.session() as device:
        assert device.idn().serial == "SIM-0001"
        assert (device.self_test(), device.state, device.temperature_c) == (0, "IDLE", -10.0)
        assert device.calibrated_on < device.calibration_due_on
        for name, values in {
            "purpose": (Purpose.PREVIEW, Purpose.FINAL),
            "channels_nm": ((700,), (800,), (700, 800)),
            "integration_ms": (0.5, 200.0, 10.0),
            "resolution_um": (336, 84),
            "focus_mm": (4.0, 0.0),
            "region_um": ((84, 168, 252, 336), (0, 0, 3024, 4032)),
        }.items():
            for value in values:
                setattr(device, name, value)
                assert getattr(device, name) == value
        with pytest.raises(Refused, match="-222"):  # this membrane is smaller than the model's largest
            device.region_um = (0, 0, 3024, 4116)
        with pytest.raises(Refused, match="-113"):
            device.command("ACQuisition:LASer 1")


def test_a_scan_over_a_wire_is_whole_and_counted_once(instrument):
    with instrument.session() as device:
        before = device.counter
        one, again = (device.start(SETTINGS, f"token-{before}") for _ in range(2))
        assert one == again
        assert (one.number, device.counter) == (before + 1, before + 1)
    sink = MemorySink()
    outcome = instrument.deliver(str(one.number), sink)
    assert (outcome.fate, outcome.sessions, sink.sealed) == ("whole", 1, (outcome.digest, SETTINGS.size))
    assert instrument.provenance is Provenance.ACQUIRED
    with instrument.session() as device:
        assert device.lines_done(one.number) == SETTINGS.shape[0]
        device.release(one.number)
        with pytest.raises(Refused, match="103 No such acquisition"):
            device.abort(one.number)


def test_another_device_or_secret_is_refused(url):
    with (
        pytest.raises(Refused) as fault,
        ImagerOnLine(lambda: line_to(url), NAME, SECRET, Identity("Blotter", "NIR-2", "S2", "1")).session(),
    ):
        pass
    assert fault.value.code == "instrument.identity"
    with pytest.raises(Refused) as fault:
        ImagerOnLine(lambda: line_to(url), NAME, SECRET[::-1]).identity()
    assert fault.value.code == "scram.refused"


def test_descriptions_that_cannot_be_are_refused():
    good = '8,"t1",65535,6912,FIN,700:800,10,84,0,0,0,3024,4032'
    assert Description.read(good).written() == good
    for wrong in (
        good.replace("3024,4032", "-3024,-4032"),
        good.replace("0,0,3024,4032", "3024,4032,0,0"),
        good.replace(",84,", ",0,"),
        good.replace(",84,", ",-84,"),
        good.replace("6912", "0"),
        good + ",1",
        good.replace("FIN", "FINAL"),
    ):
        with pytest.raises(FrameRefused, match="cannot be"):
            Description.read(wrong)
