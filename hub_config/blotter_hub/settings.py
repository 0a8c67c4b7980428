"""Settings of the hub: environment variables that ``blotter up`` sets.

================================== =================================================================================
``BLOTTER_PORT``                   public port of hub and proxy; people open ``http://localhost:PORT``
``BLOTTER_HUB_API_PORT``           port of the hub itself, behind the proxy, on 127.0.0.1
``BLOTTER_PROXY_API_PORT``         port of Traefik's own API, on 127.0.0.1
``BLOTTER_API_URL``                records service, e.g. ``http://127.0.0.1:8001``
``BLOTTER_HUB_SECRET_FILE``        secret of the service identity ``hub`` at the records service
``BLOTTER_DATA_DIR``               data directory; the hub owns ``hub/`` in it
``BLOTTER_RUN_DIR``                run directory with the launcher's socket, ``launcher.sock``
``BLOTTER_HUB_DATABASE_URL``       database ``hub`` without its password (``postgresql+psycopg://blotter_hub@/hub?host=...``)
``BLOTTER_HUB_DATABASE_PASSWORD_FILE``  its password
``BLOTTER_SIGNING_ORIGIN``         origin of the signing pages, handed on to people's servers
``BLOTTER_IS_DEMO``                ``1``: a banner on every page
``BLOTTER_IS_EVALUATION``          ``1``: every process runs as one system user; said on every page
``BLOTTER_PUBLIC_URL``             optional; default ``http://localhost:PORT/``
================================== =================================================================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingMissing(RuntimeError):
    """A required environment variable is not set: the hub does not start."""


@dataclass(frozen=True)
class HubSettings:
    """What the hub must know to start; see the table above."""

    port: int
    hub_api_port: int
    proxy_api_port: int
    api_url: str
    service_secret_file: Path
    data_dir: Path
    run_dir: Path
    database_url: str
    database_password_file: Path
    signing_origin: str
    is_demo: bool
    is_evaluation: bool
    public_url: str

    @property
    def hub_dir(self) -> Path:
        """Where the hub keeps its cookie secret, its encryption key and the proxy's configuration."""
        return self.data_dir / "hub"

    @property
    def launcher_socket(self) -> Path:
        """The launcher's unix socket."""
        return self.run_dir / "launcher.sock"

    def database_password(self) -> str:
        """Read the password of the database role of the hub."""
        return self.database_password_file.read_text(encoding="utf-8").strip()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> HubSettings:
        """Read the settings.

        Raises
        ------
        SettingMissing
            Names the first variable that is missing.
        """
        source = os.environ if environment is None else environment

        def need(name: str) -> str:
            value = source.get(name, "")
            if not value:
                raise SettingMissing(f"{name} is not set; start the hub with `blotter up`")
            return value

        port = int(need("BLOTTER_PORT"))
        return cls(
            port=port,
            hub_api_port=int(need("BLOTTER_HUB_API_PORT")),
            proxy_api_port=int(need("BLOTTER_PROXY_API_PORT")),
            api_url=need("BLOTTER_API_URL").rstrip("/"),
            service_secret_file=Path(need("BLOTTER_HUB_SECRET_FILE")),
            data_dir=Path(need("BLOTTER_DATA_DIR")),
            run_dir=Path(need("BLOTTER_RUN_DIR")),
            database_url=need("BLOTTER_HUB_DATABASE_URL"),
            database_password_file=Path(need("BLOTTER_HUB_DATABASE_PASSWORD_FILE")),
            signing_origin=need("BLOTTER_SIGNING_ORIGIN"),
            is_demo=_is_true(source.get("BLOTTER_IS_DEMO", "")),
            is_evaluation=_is_true(source.get("BLOTTER_IS_EVALUATION", "")),
            public_url=source.get("BLOTTER_PUBLIC_URL", "") or f"http://localhost:{port}/",
        )


def _is_true(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes"}
