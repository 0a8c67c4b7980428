"""The simulated imager sees what its blot is, with the noise of light and a detector, and behaves like a device."""

from __future__ import annotations

import itertools
import json
import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from blotter_instrument.commands import app
from blotter_instrument.driver.imager import ImagerOnLine
from blotter_instrument.line.serial_line import SerialLine
from blotter_instrument.ports import Fate, Identity
from blotter_instrument.simulator.faults import Fault, FaultKind
from blotter_instrument.simulator.optics import ELECTRONS, PEDESTAL, READ_NOISE, Blot, detect
from blotter_instrument.transfer.description import Purpose, Settings
from blotter_records.densitometry.synthetic import WHITE
from blotter_records.errors import Invalid, Refused
from simulated_instruments import NAME, SETTINGS, Bench, MemorySink, line_to, on_a_wire
from typer.testing import CliRunner

BLOT = Blot(seed=3, rows=240, columns=320, lanes=4, bands=2)
WHOLE = Settings(Purpose.FINAL, (700, 800), 10.0, 84, 0.0, (0, 0, *BLOT.extent_um))


def scan(number=1, **settings):
    """Scan the blot; counts (rows, channels, columns) as float."""
    expected = BLOT.expected(replace(WHOLE, **settings))
    return np.stack([detect(line, (3, number, at)) for at, line in enumerate(expected)]).astype(float)


# --- light, noise, pixels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("time_ms", [2.5, 10.0])
def test_noise_is_that_of_photons_and_detector(time_ms):
    one, two = scan(1, integration_ms=time_ms), scan(2, integration_ms=time_ms)
    electrons = BLOT.expected(replace(WHOLE, integration_ms=time_ms))
    found = (one - two) ** 2 / 2  # its mean is the variance of a pixel
    theory = (electrons + READ_NOISE**2) / ELECTRONS**2 + 1 / 12  # 1/12: rounding
    edges = np.quantile(electrons, (0, 0.5, 0.95, 1))
    assert edges[3] > 8 * edges[0]
    for low, high in itertools.pairwise(edges):
        here = (electrons >= low) & (electrons <= high)
        # A mean of n squares of normals is known to √(2/n) of itself: five of those.
        assert found[here].mean() == pytest.approx(theory[here].mean(), rel=5 * math.sqrt(2 / here.sum()))


def test_four_times_the_integration_time_gives_twice_the_signal_to_noise_ratio():
    ratio = []
    for time_ms in (5.0, 20.0):
        one, two = scan(1, integration_ms=time_ms), scan(2, integration_ms=time_ms)
        dim = BLOT.expected(replace(WHOLE, integration_ms=20.0)) < 20_000
        ratio.append((one[dim] - PEDESTAL).mean() / (one[dim] - two[dim]).std())
    assert ratio[1] / ratio[0] == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("channel", [0, 1])
def test_bands_have_the_volume_that_the_truth_says(channel):
    truth = BLOT.channel((700, 800)[channel])[1]
    for time_ms in (5.0, 10.0):
        counts = scan(1, integration_ms=time_ms)[:, channel, :]
        for band in truth.bands:
            box = band.rectangle
            part = counts[box.row0 : box.row1, box.column0 : box.column1]
            expected = band.volume_in_rectangle + band.other_in_rectangle + band.background_in_rectangle
            found = (part - PEDESTAL).sum() * 10 / time_ms
            # Noise of the sum, and the half count to which the light of a pixel is rounded.
            noise = math.sqrt(expected * 10 / time_ms / ELECTRONS + part.size * (READ_NOISE * 5 / time_ms) ** 2)
            assert found == pytest.approx(expected, abs=5 * noise + 0.1 * part.size)


def test_coarser_pixels_keep_the_sum_and_saturate_sooner():
    fine, coarse = (scan(1, resolution_um=side, integration_ms=4.0) - PEDESTAL for side in (84, 168))
    assert coarse.shape == (120, 2, 160)
    here = fine.reshape(120, 2, 2, 160, 2).sum(axis=(1, 4))
    unclipped = coarse < 60_000
    assert coarse[unclipped].sum() == pytest.approx(here[unclipped].sum(), rel=1e-3)
    brightest = BLOT.channel(700)[0].max()
    just_fits = 0.95 * 10 * (WHITE - PEDESTAL) / brightest
    settings = {"channels_nm": (700,), "integration_ms": just_fits}
    assert (scan(1, **settings) == WHITE).sum() == 0
    assert (scan(1, resolution_um=168, **settings) == WHITE).sum() > 0
    assert (scan(1, **settings | {"integration_ms": 1.2 * just_fits}) == WHITE).sum() > 0


def test_out_of_focus_a_band_is_lower_and_has_the_same_sum():
    sharp, soft = scan(focus_mm=0.0), scan(focus_mm=2.0)
    assert soft.max() < 0.9 * sharp.max()
    assert soft.sum() == pytest.approx(sharp.sum(), rel=2e-3)


def test_a_region_is_that_part_of_the_membrane():
    top, left, bottom, right = 84 * 40, 84 * 60, 84 * 100, 84 * 200
    part = BLOT.expected(replace(WHOLE, region_um=(top, left, bottom, right), channels_nm=(800,)))
    assert np.array_equal(part[:, 0, :], BLOT.expected(WHOLE)[40:100, 1, 60:200])


def test_a_scan_is_made_again_by_its_number_and_by_no_other():
    assert np.array_equal(scan(7), scan(7))
    assert not np.array_equal(scan(7), scan(8))


# --- a device in time -----------------------------------------------------------------------------------------------


def test_it_warms_up_and_scans_line_by_line():
    bench = Bench(warm_up_s=20.0, speed=2.0)
    with bench.instrument().session() as imager:
        assert imager.state == "WARM"
        assert 20 < imager.temperature_c <= 25
        with pytest.raises(Refused, match="101 Warming up"):
            imager.start(SETTINGS, "early")
        bench.clock.at += 20
        assert (imager.state, imager.counter) == ("IDLE", 0)
        assert imager.temperature_c == pytest.approx(-10, abs=0.2)
        number = imager.start(SETTINGS, "t").number
        begun = bench.clock.at
        with pytest.raises(Refused, match="102 Busy"):
            imager.start(SETTINGS, "other")
        for lines in (0, 5, 35, 36):  # (10 + 5) ms a line, twice as fast
            bench.clock.at = begun + (lines + 0.5) * 0.0075
            assert imager.lines_done(number) == lines
            assert imager.state == ("SCAN" if lines < 36 else "IDLE")
        assert imager.counter == 1


def test_counter_and_finished_scans_outlive_a_restart_and_settings_do_not():
    kept = []
    bench = Bench(counter=41, save=kept.append)
    instrument = bench.instrument()
    with instrument.session() as imager:
        number = imager.start(SETTINGS, "t").number
        assert imager.lines_done(number) == 32
        assert imager.lines_done(number) == 36
        imager.focus_mm = 2.0
        bench.device.restart()
        assert (number, kept, imager.counter, imager.focus_mm) == (42, [42], 42, 0.0)
    assert instrument.deliver("42", MemorySink()).fate is Fate.WHOLE


def test_memory_of_scans_ends_until_one_is_released():
    with Bench().instrument().session() as imager:
        for at in range(8):
            number = imager.start(SETTINGS, f"t{at}").number
            while imager.lines_done(number) < 36:
                pass
        with pytest.raises(Refused, match="106 Memory full"):
            imager.start(SETTINGS, "t8")
        imager.release(1)
        assert imager.start(SETTINGS, "t8").number == 9


def test_the_error_queue_is_in_order_and_says_when_it_is_full():
    with Bench().instrument().session() as imager:
        for _ in range(20):
            imager.connection.write("NONSense")
        imager.connection.write("ACQ:FOC")
        imager.connection.write("ACQ:FOC deep")
        assert imager.errors() == [(-113, "Undefined header")] * 15 + [(-350, "Queue overflow")]
        for message, code in {"ACQ:FOC": -109, "ACQ:FOC x": -104, "ACQ:FOC 5": -222, "?": -102}.items():
            imager.connection.write(message)
            assert [one for one, _ in imager.errors()] == [code]


# --- over wires -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pty", "socket"])
@pytest.mark.parametrize("fault", [FaultKind.CUT, FaultKind.RESTART, FaultKind.FLIP, FaultKind.DROP])
def test_a_fault_on_a_wire_is_survived(kind, fault, tmp_path):
    with on_a_wire(kind, tmp_path, Fault(fault, 40, 100)) as url:
        instrument = ImagerOnLine(lambda: line_to(url, silence_s=1.5), NAME, "K5QW2ZBTPFXGS3DFMU5HAYLCON2HEZLU")
        with instrument.session() as imager:
            number = imager.start(SETTINGS, "t").number
        sink = MemorySink()
        outcome = instrument.receiver(frame=300).receive(number, sink)
    assert (outcome.fate, outcome.sessions, sink.sealed) == (Fate.WHOLE, 2, (outcome.digest, SETTINGS.size))


def test_faults_are_read_as_they_are_written():
    assert Fault.read("flip@12:100") == Fault(FaultKind.FLIP, 12, 100)
    assert Fault.read("in-drop@3") == Fault(FaultKind.DROP, 3, 0, is_incoming=True)
    for text in ("flip", "melt@3", "flip@-1", "in-cut@3", "flip@1:2:3"):
        with pytest.raises(Invalid):
            Fault.read(text)


def test_the_command_is_a_device_until_it_is_ended(tmp_path):
    link, secret, state, truth = (tmp_path / name for name in ("tty", "secret", "state.json", "truth.json"))
    state.write_text('{"counter": 9, "credentials": []}')
    command = [sys.executable, "-c", "from blotter_instrument.commands import app; app()", "simulate"]
    command += ["--link", link, "--secret-file", secret, "--state", state, "--truth", truth]
    command += ["--serial", "SIM-7", "--speed", "inf", "--warm-up", "0"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == f"ready: {link}\n"
        assert secret.stat().st_mode & 0o077 == 0
        instrument = ImagerOnLine(lambda: SerialLine(str(link)), NAME, secret.read_text().strip())
        assert instrument.identity() == Identity("Blotter", "NIR-2 simulator", "SIM-7", "1.0.0")
        with instrument.session() as imager:
            number = imager.start(replace(WHOLE, resolution_um=336, region_um=(0, 0, 90_720, 120_960)), "t").number
        outcome = instrument.deliver(str(number), sink := MemorySink())
        assert (number, outcome.fate, len(sink.bytes)) == (10, Fate.WHOLE, 270 * 360 * 2 * 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()
    assert not link.is_symlink()
    assert json.loads(state.read_text())["counter"] == 10
    assert state.stat().st_mode & 0o077 == 0
    known = json.loads(truth.read_text())
    assert (known["rows"], known["columns"], len(known["channels"]["800"]["bands"])) == (1080, 1440, 40)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("simulate.line", []),
        ("simulate.line", ["--tcp", "0", "--link", "tty"]),
        ("simulate.speed", ["--tcp", "0", "--speed", "0"]),
        ("simulate.fault", ["--tcp", "0", "--fault", "melt@3"]),
        ("simulate.secret", ["--tcp", "0", "--secret-file", "open"]),
        ("simulate.state", ["--tcp", "0", "--state", "open"]),
        ("scram.name", ["--tcp", "0", "--name", "a,b"]),
    ],
)
def test_the_command_refuses_what_makes_no_sense(code, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("open").write_text("K5QW2ZBTPFXGS3DFMU5HAYLCON2HEZLU")
    Path("open").chmod(0o644)
    done = CliRunner().invoke(app, ["simulate", "--secret-file", "secret", *options])
    assert isinstance(done.exception, Invalid)
    assert done.exception.code == code
