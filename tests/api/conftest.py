"""Fixtures of the API tests: the real service over HTTP on a real database, with a clock that can be moved.

===========  ========  ============================================================================================
fixture      scope     gives
===========  ========  ============================================================================================
``service``  module    ``Service``: the records service on 127.0.0.1, filled with the demo's people and blots
===========  ========  ============================================================================================
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import uvicorn
from blotter_records.api.__main__ import server_options
from blotter_records.api.application import create_app
from blotter_records.bootstrap import Ports, build, outside
from blotter_records.domain.note import SigningKey
from blotter_records.settings import Settings
from service_over_http import CHEAP, CLI_SECRET, HUB_SECRET, INSTRUMENT_SECRET, MovedClock, Service


@pytest.fixture(scope="module")
def service(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    # The protocol is named, so that asyncio sets TCP_NODELAY: without it each answer waits 40 ms for its ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    (folder / "password").write_text(database.password("blotter_runtime"))
    secrets = {"hub": HUB_SECRET, "cli": CLI_SECRET, "instrument": INSTRUMENT_SECRET}
    hashes = {name: hashlib.sha256(secret.encode()).hexdigest() for name, secret in secrets.items()}
    (folder / "services.json").write_text(json.dumps(hashes))
    (folder / "checkpoints").mkdir()
    key = SigningKey.make("blotter/fedcba9876543210")
    settings = Settings(
        database_url=database.url("blotter_runtime"),
        database_password_file=folder / "password",
        store_url=(folder / "store").as_uri(),
        signing_origin=url,
        hub_origins="http://localhost:8000",
        service_secrets_file=folder / "services.json",
        is_demo=True,
        installation="test",
        origin=key.name,
        checkpoint_key=str(key.verifier()),
    )
    ports: Ports = outside(settings)
    clock = MovedClock(ports.ledger)
    # Hashes of a low cost: the rules are tested here, the cost where passwords are.
    services = build(settings, replace(ports, clock=clock), CHEAP)
    services.demo.prepare()
    server = uvicorn.Server(uvicorn.Config(create_app(services), **server_options(settings)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    running = Service(url, services, clock, database, folder / "checkpoints", key)
    yield running
    for client in running.opened:
        client.close()
    server.should_exit = True
    thread.join()
    ports.ledger.close()


@pytest.fixture(autouse=True)
def clock_is_right(request):
    yield
    if "service" in request.fixturenames:
        request.getfixturevalue("service").clock.offset = timedelta()
