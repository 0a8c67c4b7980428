"""Errors as the hub's error page shows them: what happened and what to do, never a traceback."""

from __future__ import annotations

from blotter_records.errors import BlotterError
from tornado import web


class ShownError(web.HTTPError):
    """An HTTP error with a text for the person; JupyterHub's pages and API both show ``jupyterhub_message``."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, "%s", text)
        self.jupyterhub_message = text


def shown(error: BlotterError) -> ShownError:
    """Return an error of the records service as the hub's: its message, what the person can do, its entry."""
    return ShownError(error.status, " ".join(filter(None, (error.message, error.diagnostics(), error.written()))))
