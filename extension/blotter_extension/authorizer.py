"""Who may use this server: its person, and nobody else, whatever the hub's scopes say."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import User
from jupyterhub.singleuser.extension import JupyterHubAuthorizer

from blotter_extension.person import person

_ALLOWED = frozenset(
    {
        ("api", "read"),
        ("blotter", "read"),
        ("blotter", "write"),
        ("contents", "read"),
        ("contents", "write"),
        ("csp", "write"),
        ("kernels", "execute"),
        ("kernels", "read"),
        ("kernels", "write"),
        ("kernelspecs", "read"),
        ("server", "read"),
        ("sessions", "read"),
        ("sessions", "write"),
    }
)


class OwnerOnly(JupyterHubAuthorizer):
    """Allows a short list of actions to the one person of this server.

    A hub administrator with the scope `access:servers` would otherwise make records in the person's name.
    """

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """Return whether this user may do this here."""
        if user.username != person().user_name or (resource, action) not in _ALLOWED:
            return False
        return bool(super().is_authorized(handler, user, action, resource))
