from blotter_hub.configuration import configure

configure(get_config())  # noqa: F821 - JupyterHub puts get_config into this file's names
