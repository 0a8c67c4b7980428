"""The hub's configuration file; everything is in ``blotter_hub.configuration``."""

from blotter_hub.configuration import configure

configure(get_config())  # noqa: F821 - JupyterHub puts it into this file's names
