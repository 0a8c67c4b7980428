"""Ports: taken ones are named, internal ones never collide."""

from __future__ import annotations

import socket

import pytest
from blotter_records.cli import ports
from blotter_records.cli.state import Ports
from blotter_records.errors import Unavailable


def test_any_free_pair():
    chosen = ports.choose(0, None)
    assert chosen.records == chosen.public + 1
    assert len({chosen.public, chosen.records, chosen.hub, chosen.proxy}) == 4


@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_is_named(offset):
    free = ports.choose(0, None).public
    with socket.socket() as other:
        other.bind(("127.0.0.1", free + offset))
        other.listen()
        with pytest.raises(Unavailable, match=f"port {free + offset} is taken") as fault:
            ports.choose(free, None)
    assert "--port" in fault.value.diagnostics()


def test_the_ports_of_the_last_run_are_taken_again():
    before = ports.choose(0, None)
    assert ports.choose(0, before) == before


def test_an_internal_port_that_somebody_took_is_replaced():
    before = ports.choose(0, None)
    with socket.socket() as other:
        other.bind(("127.0.0.1", before.hub))
        other.listen()
        after = ports.choose(before.public, before)
    assert after.hub != before.hub
    assert (after.public, after.proxy) == (before.public, before.proxy)
    assert isinstance(after, Ports)
