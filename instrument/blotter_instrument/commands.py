"""``blotter instrument``: the commands of this package."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from blotter_records.errors import Invalid

from blotter_instrument.transfer.scram import Credential, new_secret

app = typer.Typer(name="instrument", help="Instruments: the agent, the simulator.", no_args_is_help=True)


@app.callback()
def instrument() -> None:
    """Instruments: the agent, the simulator."""


@app.command()
def simulate(
    secret_file: Annotated[Path, typer.Option(help="the device's secret; made, for its owner only, if not there")],
    link: Annotated[Path | None, typer.Option(help="name of the pseudo terminal, made and made anew")] = None,
    tcp: Annotated[int | None, typer.Option(help="or: a TCP port of this machine; 0 picks one")] = None,
    name: Annotated[str, typer.Option(help="who may open a session")] = "agent",
    serial: Annotated[str, typer.Option(help="serial number")] = "SIM-0001",
    speed: Annotated[float, typer.Option(help="1 is real time, inf makes every line at once")] = 1.0,
    warm_up: Annotated[float, typer.Option(help="seconds from start to the first scan")] = 20.0,
    seed: Annotated[int, typer.Option(help="decides the blot and the noise")] = 0,
    state: Annotated[Path | None, typer.Option(help="keeps use counter and credentials between runs")] = None,
    truth: Annotated[Path | None, typer.Option(help="writes what is known about the blot, as JSON")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="kind@n or kind@n:k, in-kind@n; may be repeated")] = None,
) -> None:
    """Be a two-channel near-infrared imager on a pseudo terminal or a socket, until ended.

    Faults are drop, duplicate, reorder, flip, truncate, cut, delay (k seconds), restart, at the n-th frame or line
    that the device sends (in-: receives), at its byte k.
    """
    from blotter_instrument.ports import Identity  # noqa: PLC0415
    from blotter_instrument.simulator.faults import Fault, FaultyEnd  # noqa: PLC0415
    from blotter_instrument.simulator.imager import MODEL, Make, SimulatedImager  # noqa: PLC0415
    from blotter_instrument.simulator.kept import Kept  # noqa: PLC0415
    from blotter_instrument.simulator.optics import Blot  # noqa: PLC0415
    from blotter_instrument.simulator.serving import PtyEndpoint, TcpEndpoint, serve  # noqa: PLC0415
    from blotter_instrument.transfer.device_end import DeviceEnd  # noqa: PLC0415

    if (link is None) == (tcp is None):
        raise Invalid("simulate.line", "Say --link FILE or --tcp PORT, one of them.")
    if not speed > 0 or not warm_up >= 0:
        raise Invalid("simulate.speed", "The speed is above 0, the warm-up not below 0.")
    kept = Kept(state)
    credential = Credential.make(name, _secret(secret_file))
    if not kept.credentials:  # else the device knows whom it lets in, and a rotated secret stays rotated
        kept.save_credentials({name: credential})
    planned = [Fault.read(one) for one in fault or []]
    blot = Blot(seed=seed)
    blot.prepare()
    if truth is not None:
        truth.write_text(json.dumps(_truth(blot), indent=1) + "\n", encoding="utf-8")
    make = Make(
        identity=Identity("Blotter", MODEL, serial, "1.0.0"),
        warm_up_s=warm_up,
        speed=speed,
        counter=kept.counter,
        save=kept.save_counter,
        blot=blot,
    )
    device = SimulatedImager(make, time.monotonic)
    plain = DeviceEnd(device, kept.credentials, time.monotonic, kept.save_credentials)
    end = FaultyEnd(plain, planned, device.restart, time.monotonic)
    endpoint = PtyEndpoint(link) if link is not None else TcpEndpoint(tcp or 0)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    typer.echo(f"ready: {endpoint.url}")
    try:
        serve(endpoint, end, stopped.is_set)
    finally:
        endpoint.stop()


@app.command()
def serve(
    api: Annotated[str, typer.Option(help="address of the records service; https, unless on this machine")],
    token_file: Annotated[Path, typer.Option(help="secret of the service identity instrument")],
    instrument: Annotated[str, typer.Option(help="which instrument of the register, INS-…")],
    line: Annotated[str, typer.Option(help="/dev/ttyUSB0, socket://…, rfc2217://…")],
    secret_file: Annotated[Path, typer.Option(help="the device's secret, for its owner only")],
    name: Annotated[str, typer.Option(help="who we are to the device")] = "agent",
    frame: Annotated[int, typer.Option(help="bytes of a frame: on a slow line about half a second's worth")] = 262_144,
) -> None:
    """Acquire with an instrument what people order, until ended. No other process may open the line."""
    from blotter_records.client import RecordsClient  # noqa: PLC0415

    from blotter_instrument.agent import Agent, checked_address  # noqa: PLC0415
    from blotter_instrument.line.serial_line import SerialLine  # noqa: PLC0415

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    token = f"service:instrument:{_kept(token_file)}"
    headers = {"X-Blotter-Process": f"blotter instrument serve, process {os.getpid()}"}
    with RecordsClient(checked_address(api), token=token, headers=headers) as records:
        agent = Agent(records, instrument, lambda: SerialLine(line), name, _kept(secret_file), frame=frame)
        typer.echo(f"ready: {instrument} at {line}")
        agent.run(stopped, typer.echo)


def _kept(path: Path) -> str:
    """Return the secret of a file that only its owner reads."""
    if path.stat().st_mode & 0o077:
        raise Invalid("serve.secret", f"{path} can be read by others.", "Say chmod 600, and make a new secret.")
    return path.read_text(encoding="ascii").strip()


def _secret(path: Path) -> str:
    """Return the secret of a file, making it if it is not there."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_secret() + "\n")
    if path.stat().st_mode & 0o077:
        raise Invalid("simulate.secret", f"{path} can be read by others.", "Say chmod 600, and make a new secret.")
    return path.read_text(encoding="ascii").strip()


def _truth(blot: Any) -> dict[str, Any]:
    """Return what is known about a blot: volumes in counts·px at 10 ms, places in px of 84 µm."""
    from blotter_instrument.simulator.optics import CHANNELS_NM  # noqa: PLC0415

    channels = {}
    for wavelength in CHANNELS_NM:
        known = blot.channel(wavelength)[1]
        bands = [
            {
                "lane": band.lane,
                "row": band.row,
                "column": band.column,
                "volume": band.volume,
                "rectangle": [
                    band.rectangle.row0,
                    band.rectangle.column0,
                    band.rectangle.row1,
                    band.rectangle.column1,
                ],
            }
            for band in known.bands
        ]
        channels[str(wavelength)] = {"lane_columns": list(known.lane_columns), "bands": bands}
    return {"seed": blot.seed, "rows": blot.rows, "columns": blot.columns, "channels": channels}
