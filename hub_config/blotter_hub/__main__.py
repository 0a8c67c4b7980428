"""``python -m blotter_hub``: JupyterHub with Blotter's configuration. Environment: see ``settings.py``."""

from __future__ import annotations

import sys
from pathlib import Path

from blotter_records.errors import BlotterError
from blotter_records.installed.checking import of_this_process
from jupyterhub.app import main

CONFIGURATION_FILE = Path(__file__).with_name("loaded_by_jupyterhub.py")

if __name__ == "__main__":
    try:
        of_this_process()
    except BlotterError as error:
        sys.exit(f"hub: {error} {error.diagnostics()}")
    main(["--config", str(CONFIGURATION_FILE), *sys.argv[1:]])
