"""``blotter status``: URLs, process ids and health."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from blotter_records.adapters.installation import Installation, open_existing
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.cli import anchors, demo
from blotter_records.cli import state as states
from blotter_records.cli.noticed import read_state


def command(
    data: Annotated[Path, typer.Option(help="the data directory")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Say whether the system runs and is healthy; the exit status is 0 only when it is."""
    found = inspect(data.expanduser().resolve())
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(_lines(found)))
    if not found["is_healthy"]:
        raise typer.Exit(1)


def inspect(data: Path) -> dict[str, Any]:
    """Return what is known about the system on `data`, asked of the processes themselves."""
    installation = open_existing(data)
    state = states.read(data)
    processes = {name: {"pid": process.pid, "is_alive": process.is_alive} for name, process in state.processes.items()}
    health = {
        "records": answers(f"{state.signing_url}/api/v1/healthz"),
        "hub": answers(f"{state.url}/hub/health"),
        "database": (installation.run / "pg" / ".s.PGSQL.5432").is_socket(),
    }
    return {
        "installation": installation.instance.installation,
        "data": str(data),
        "run": str(installation.run),
        "is_demo": installation.instance.is_demo,
        "is_evaluation": installation.is_evaluation,
        "is_running": state.is_running,
        "is_ready": state.is_running and state.is_ready,
        "is_healthy": state.is_running
        and state.is_ready
        and all(health.values())
        and all(process["is_alive"] for process in processes.values()),
        "url": state.url,
        "signing_url": state.signing_url,
        "api_url": f"{state.signing_url}/api/v1" if state.ports else "",
        "supervisor": state.supervisor.pid if state.supervisor and state.is_running else None,
        "demo_accounts": demo.accounts(installation) if installation.instance.is_demo else {},
        "processes": processes,
        "health": health,
        "care": _care(installation),
    }


def _care(installation: Installation) -> dict[str, Any]:
    """Return how old backup, drill and anchors are, and how the clock is, as the housekeeper saw it last."""
    noticed, now = read_state(installation.data / "housekeeping"), utc_now()
    kept = {what: noticed.get(what, {"at": None, "what": "", "is_overdue": False}) for what in ("backup", "drill")}
    clock = noticed.get("clock", {"at": None, "jumps": 0, "last_jump_at": None})
    return {
        **{what: {**one, "age_s": anchors.seconds_since(one["at"], now)} for what, one in kept.items()},
        "clock": {**clock, "age_s": anchors.seconds_since(clock["at"], now)},
        "anchors": [asdict(one) for one in anchors.anchors(installation)],
    }


def answers(url: str) -> bool:
    """Return whether a GET is answered with 200 (proxies of the environment are not used)."""
    if not url.startswith("http"):
        return False
    try:
        with httpx.Client(trust_env=False, timeout=3.0) as client:
            return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _lines(found: dict[str, Any]) -> list[str]:
    if not found["is_running"]:
        return [f"not running: {found['data']}"]
    lines = [f"{'healthy' if found['is_healthy'] else 'NOT HEALTHY'}: {found['url']}"]
    lines += [
        f"  {name:<10} {process['pid']:>7}  {'runs' if process['is_alive'] else 'DOWN'}"
        for name, process in found["processes"].items()
    ]
    lines += [f"  {name} does not answer" for name, is_well in found["health"].items() if not is_well]
    return lines + _care_lines(found["care"])


def _care_lines(care: dict[str, Any]) -> list[str]:
    lines = [
        f"  {what:<10} {anchors.age(care[what]['age_s'])} {care[what]['what']}".rstrip()
        + (" OVERDUE" if care[what]["is_overdue"] else "")
        for what in ("backup", "drill")
    ]
    clock = care["clock"]
    jumps = f"{clock['jumps']} jumps, the last at {clock['last_jump_at']}" if clock["jumps"] else "no jump"
    lines.append(f"  {'clock':<10} {jumps}; looked at {anchors.age(clock['age_s'])}")
    return lines + [anchors.Anchor(**one).line() for one in care["anchors"]]
