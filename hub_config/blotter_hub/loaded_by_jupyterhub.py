"""What JupyterHub loads as its configuration file from an installed Blotter; everything is in ``configuration``."""

from blotter_hub.configuration import configure

configure(get_config())  # type: ignore[name-defined]  # noqa: F821 - JupyterHub puts it into this file's names
