"""``python -m blotter_records.api``: the records service, on 127.0.0.1 and the port of ``BLOTTER_PORT``."""

from __future__ import annotations

import logging
import sys
from typing import Any

import uvicorn

from blotter_records.api.application import create_app
from blotter_records.bootstrap import build, outside
from blotter_records.errors import BlotterError
from blotter_records.installed.checking import of_this_process
from blotter_records.settings import Settings


def server_options(settings: Settings) -> dict[str, Any]:
    """Return how the server runs, wherever it listens."""
    return {
        # No access log: a signing page's address is a capability, and queries hold reasons. ``limits`` logs the rest.
        "access_log": False,
        "server_header": False,
        "log_config": None,
        "timeout_graceful_shutdown": 10,
        # Longer than a client keeps a connection that it does not use (5 s): who asks is never met by a closing one.
        "timeout_keep_alive": 30,
        "h11_max_incomplete_event_size": 32 * 1024,
        # Every program of this machine could say so of itself: taken only where a proxy is known to say it.
        "proxy_headers": settings.proxy_headers,
    }


def main() -> None:
    """Run the service until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    settings = Settings()  # type: ignore[call-arg]  # from the environment
    try:
        sealed = of_this_process()
        app = create_app(build(settings, outside(settings), packages=sealed.content))
    except BlotterError as error:
        sys.exit(f"{error.code}: {error.message} {error.diagnostics()}")
    uvicorn.run(app, host="127.0.0.1", port=settings.port, **server_options(settings))


if __name__ == "__main__":
    main()
