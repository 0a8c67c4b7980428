"""What the housekeeper noticed last: a file that it writes, and that ``blotter status`` and ``anchors`` read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: In the housekeeper's folder.
STATE = "state.json"


def read_state(folder: Path) -> dict[str, Any]:
    """Return what the housekeeper noticed last; empty where there is nothing to read."""
    try:
        content: dict[str, Any] = json.loads((folder / STATE).read_text())
    except (OSError, ValueError):
        return {}
    return content
