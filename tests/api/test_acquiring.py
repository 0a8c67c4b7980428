"""From a person's order to sealed images: the service over HTTP, an agent, a simulated imager on a pseudo terminal."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pytest
from blotter_instrument.agent import Agent, checked_address, settings_of
from blotter_instrument.ports import Identity
from blotter_instrument.simulator.faults import Fault
from blotter_instrument.simulator.imager import MODEL
from blotter_instrument.simulator.optics import detect
from blotter_records.contract.acquiring import AbortRequest, AcquisitionRequest, DeviceSaid, ScanSettings, WholeScan
from blotter_records.contract.instruments import InstrumentRequest
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.vocabulary import AcquisitionState, Action, Event, ImageStatus, Provenance, Role
from requests_of_endpoints import INSTRUMENT
from service_over_http import STUDY
from simulated_instruments import NAME, SECRET, SMALL, line_to, on_a_wire

WHY = "The membrane was put in upside down"
SETTINGS = {
    "channels_nm": [700, 800],
    "integration_ms": 10,
    "resolution_um": 84,
    "focus_mm": 0,
    "region_um": (0, 0, *SMALL.extent_um),
}
SERIALS = iter(range(1, 100))


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def ivan(service):
    return service.signed_in(Role.INSTRUMENT_MANAGER)


@pytest.fixture
def instrument(service, ivan):
    """Return a registered, calibrated instrument and what the device of it says of itself."""
    return registered(service, ivan)


def registered(service, ivan, *, days=365, is_registered=True):
    serial = f"SIM-{next(SERIALS):04}"
    asked = {**INSTRUMENT, "model": MODEL, "serial": serial, "reason": "Installed on bench 3"}
    name = ivan.create_instrument(InstrumentRequest(**asked)).instrument
    if is_registered:
        service.sign(ivan, name, Action.INSTRUMENT_REGISTER, "Installed on bench 3")
    today = service.clock.now().date()
    days_ = {"done_on": str(today - timedelta(days=400)), "due_on": str(today + timedelta(days=days))}
    service.sign(ivan, name, Action.INSTRUMENT_CALIBRATION_RECORD, certificate="K-17", **days_)
    return name, Identity("Blotter", MODEL, serial, "1.0.0")


def ordered(service, client, name, **settings):
    scan = ScanSettings(**{**SETTINGS, **settings})
    request = AcquisitionRequest(study=STUDY, settings=scan, idempotency_key=service.key())
    return client.acquire(name, request)


@contextmanager
def serving(service, name, url, secret=SECRET):
    """Run the agent of an instrument in a thread."""
    stopped, told = threading.Event(), []
    agent = Agent(service.agent, name, lambda: line_to(url), NAME, secret)
    thread = threading.Thread(target=agent.run, args=(stopped, told.append))
    thread.start()
    try:
        yield told
    finally:
        stopped.set()
        thread.join()


def ended(client, acquisition, seconds=60):
    """Wait until an acquisition has ended; return it."""
    until = time.monotonic() + seconds
    while (view := client.order(acquisition)).state is AcquisitionState.ACQUIRING and time.monotonic() < until:
        time.sleep(0.1)
    return view


def truth(order, number=1):
    """Return what the simulator makes: rows, channels, columns."""
    expected = SMALL.expected(settings_of(order))
    return np.stack([detect(line, (SMALL.seed, number, at)) for at, line in enumerate(expected)])


def pixels(client, image):
    """Return the counts of a small image, read as the viewer reads them."""
    view = client.image(image)
    tile = client.tile(image, view.pixels_sha256, 0, 0, 0)
    return np.frombuffer(tile.data, dtype="<u2").reshape(tile.rows, tile.columns)


def test_a_scan_of_two_channels_is_sealed_and_holds_what_the_device_scanned(service, anna, instrument, tmp_path):
    name, identity = instrument
    with on_a_wire("pty", tmp_path, Fault.read("flip@6:100"), identity=identity) as url, serving(service, name, url):
        order = ordered(service, anna, name)
        assert (order.state, order.images, order.held) == (AcquisitionState.ACQUIRING, [], 0)
        view = ended(anna, order.acquisition)
    assert (view.state, len(view.images), view.held) == (AcquisitionState.SEALED, 2, view.bytes)
    scanned = truth(order)
    for at, (wavelength, image) in enumerate(zip((700, 800), view.images, strict=True)):
        there = anna.image(image)
        assert np.array_equal(pixels(anna, image), scanned[:, at, :])
        assert (there.provenance, there.channel, there.status) == (
            Provenance.ACQUIRED, f"{wavelength} nm", ImageStatus.ACQUIRED,
        )  # fmt: skip
        assert (there.acquisition, there.pixel_um, there.saturation_level) == (order.acquisition, 84, 65535)
        assert there.imported_by == order.ordered_by
    digest = hashlib.sha256(scanned.astype("<u2").tobytes()).hexdigest()
    sealed = [one for one in service.entries(action=Event.IMAGE_ACQUIRE_SEAL) if one["outcome"] == "done"]
    [taken, *images] = [one for one in sealed if order.acquisition in one["summary"] or one["record_id"] in view.images]
    assert (taken["new"]["sha256"], [one["record_id"] for one in images]) == (digest, view.images)
    assert {one["service"] for one in sealed} == {"instrument"}
    assert order.acquisition in taken["initiator"]
    assert identity.serial in taken["instrument"]
    contents = next(one for one in anna.study_contents(STUDY).acquisitions if one.acquisition == order.acquisition)
    assert (contents.instrument, contents.images) == (name, view.images)


def test_a_cancelled_scan_is_aborted_and_nothing_of_it_is_kept(service, anna, instrument, tmp_path):
    name, identity = instrument
    before = len(anna.images())
    with on_a_wire("pty", tmp_path, identity=identity, speed=0.01) as url, serving(service, name, url) as told:
        order = ordered(service, anna, name)
        with pytest.raises(Conflict) as busy:
            ordered(service, anna, name)
        assert busy.value.code == "conflict.instrument"
        assert busy.value.entry is not None
        while not anna.order(order.acquisition).held:
            time.sleep(0.1)
        with pytest.raises(Invalid):
            anna.abort_acquisition(order.acquisition, AbortRequest(reason="x"))
        view = anna.abort_acquisition(order.acquisition, AbortRequest(reason=WHY))
        assert (view.state, view.ending, view.held, view.images) == (AcquisitionState.ABORTED, WHY, 0, [])
        until = time.monotonic() + 30
        while not told and time.monotonic() < until:
            time.sleep(0.1)
    assert "aborted" in told[0]
    assert len(anna.images()) == before
    assert service.services.ports.store.staged(order.acquisition) == 0
    entry = service.entries(action=Action.IMAGE_ACQUIRE_ABORT)[-1]
    assert (entry["reason"], entry["record_id"]) == (WHY, order.acquisition)
    # The instrument is free, and the number of the exposure is not given again.
    again = ordered(service, anna, name)
    assert again.exposure == order.exposure + 1
    anna.abort_acquisition(again.acquisition, AbortRequest(reason=WHY))


@pytest.mark.parametrize("why", ["draft", "overdue", "limits", "retired"])
def test_an_instrument_that_may_not_acquire_is_refused_and_that_is_in_the_trail(service, anna, ivan, why):
    days = -1 if why == "overdue" else 30
    name, _ = registered(service, ivan, days=days, is_registered=why != "draft")
    if why == "retired":
        service.sign(ivan, name, Action.INSTRUMENT_RETIRE, "It was sold last week")
    settings = {"integration_ms": 500} if why == "limits" else {}
    with pytest.raises(Refused) as no:
        ordered(service, anna, name, **settings)
    assert no.value.code == "refused.instrument"
    entry = service.entries(action=Event.ACTION_REFUSED)[-1]
    assert (entry["new"]["action"], entry["new"]["rule"]) == (Action.IMAGE_ACQUIRE_START, "refused.instrument")
    assert name in entry["stream"]
    assert anna.instrument(name).acquiring == ""


def test_another_device_at_the_line_is_refused_and_nothing_is_scanned(service, anna, instrument, tmp_path):
    name, identity = instrument
    other = Identity(identity.maker, identity.model, "SIM-9999", identity.firmware)
    with on_a_wire("pty", tmp_path, identity=other) as url, serving(service, name, url):
        view = ended(anna, ordered(service, anna, name).acquisition)
    assert (view.state, view.images) == (AcquisitionState.ABORTED, [])
    assert "SIM-9999" in view.ending
    entry = next(one for one in reversed(service.entries(action=Event.ACTION_REFUSED)) if one["service"])
    assert (entry["new"]["rule"], entry["service"]) == ("refused.instrument", "instrument")


@pytest.mark.parametrize("how", ["secret", "line"])
def test_a_device_that_cannot_be_trusted_or_reached_ends_in_an_aborted_record(service, anna, instrument, tmp_path, how):
    name, identity = instrument
    with on_a_wire("pty", tmp_path, identity=identity) as url:
        given = {"secret": SECRET[::-1]} if how == "secret" else {}
        with serving(service, name, url if how == "secret" else str(tmp_path / "nothing"), **given):
            view = ended(anna, ordered(service, anna, name).acquisition)
    assert (view.state, view.images) == (AcquisitionState.ABORTED, [])
    assert ("scram" if how == "secret" else "line") in view.ending
    assert service.entries(action=Action.IMAGE_ACQUIRE_ABORT)[-1]["service"] == "instrument"


def said(identity, **values):
    return DeviceSaid(**{name: getattr(identity, name) for name in ("maker", "model", "serial", "firmware")} | values)


def test_the_service_takes_bytes_in_order_only_and_seals_only_what_the_device_scanned(service, anna, instrument):
    name, identity = instrument
    order = ordered(service, anna, name)
    agent = service.agent
    data = truth(order).astype("<u2").tobytes()
    with pytest.raises(Conflict):
        agent.send_piece(order.acquisition, 0, data)  # no device was checked
    with pytest.raises(Refused):
        agent.connect_device(order.acquisition, said(identity, firmware="2.0.0"))
    with pytest.raises(Refused):
        agent.connect_device(order.acquisition, said(identity, calibration_due_on="2020-01-01"))
    agent.connect_device(order.acquisition, said(identity))
    assert agent.send_piece(order.acquisition, 0, data[:1000]).held == 1000
    for wrong in (0, 999, 1001):
        with pytest.raises(Conflict) as no:
            agent.send_piece(order.acquisition, wrong, data[1000:])
        assert no.value.code == "conflict.offset"
    with pytest.raises(Conflict) as many:
        agent.send_piece(order.acquisition, 1000, data)
    assert many.value.code == "conflict.size"
    sha256 = hashlib.sha256(data).hexdigest()
    whole = WholeScan(number=1, saturation=65535, bytes=len(data), sha256=sha256)
    with pytest.raises(Conflict) as early:
        agent.seal_acquisition(order.acquisition, whole)
    assert early.value.code == "conflict.digest"
    agent.connect_device(order.acquisition, said(identity))  # an agent that was started again begins anew
    flipped = bytes([data[0] ^ 1]) + data[1:]
    agent.send_piece(order.acquisition, 0, flipped)
    with pytest.raises(Conflict) as other:
        agent.seal_acquisition(order.acquisition, whole)
    assert other.value.code == "conflict.digest"
    agent.connect_device(order.acquisition, said(identity))
    agent.send_piece(order.acquisition, 0, data)
    sealed = agent.seal_acquisition(order.acquisition, whole)
    assert agent.seal_acquisition(order.acquisition, whole).images == sealed.images  # the answer was lost
    with pytest.raises(Conflict):
        anna.abort_acquisition(order.acquisition, AbortRequest(reason=WHY))


def test_people_cannot_do_the_agents_part_nor_the_agent_theirs(service, anna, instrument):
    name, identity = instrument
    order = ordered(service, anna, name)
    for ask in (
        lambda: anna.orders(name),
        lambda: anna.connect_device(order.acquisition, said(identity)),
        lambda: anna.send_piece(order.acquisition, 0, b"1"),
        lambda: ordered(service, service.agent, name),
        lambda: service.agent.order(order.acquisition),
        lambda: ordered(service, service.signed_in(Role.AUDITOR), name),
    ):
        with pytest.raises(Refused) as no:
            ask()
        assert no.value.entry is not None
    with pytest.raises(NotFound):
        anna.order("ACQ-000001")  # it was imported
    anna.abort_acquisition(order.acquisition, AbortRequest(reason=WHY))


def test_an_order_that_is_sent_again_is_one_order(service, anna, instrument):
    name, _ = instrument
    request = AcquisitionRequest(study=STUDY, settings=ScanSettings(**SETTINGS), idempotency_key=service.key())
    first = anna.acquire(name, request)
    assert anna.acquire(name, request).acquisition == first.acquisition
    anna.abort_acquisition(first.acquisition, AbortRequest(reason=WHY))


def test_the_agents_secret_goes_over_no_network_in_the_clear():
    assert checked_address("http://127.0.0.1:8001")
    with pytest.raises(Invalid) as no:
        checked_address("http://records.example.org")
    assert no.value.code == "serve.tls"
