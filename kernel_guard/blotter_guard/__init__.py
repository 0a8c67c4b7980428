"""The guarded kernel: a cell is a command, and the operating system confines whoever gets past that."""

import sys

# httpx brings a command-line program where rich and click are installed, and loads them: a tenth of a kernel's start.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: an import of it fails, which httpx expects
