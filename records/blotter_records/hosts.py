"""Under which host names a part of Blotter may be asked: the published one, and this machine's own.

A page of somebody else can have its name lead to this machine after it was loaded (DNS rebinding). To the browser it is
then of one origin with whatever answers there; what gives it away is the name in `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?\Z")


def is_ours(host: str, *published: str) -> bool:
    """Return whether a request that was sent to this host was meant for us.

    Parameters
    ----------
    host : str
        The header `Host`, with or without a port.
    *published : str
        Addresses (``http://host:port/``) under which browsers open it.
    """
    found = _HOST.match(host.lower())
    if found is None:
        return False
    name = found["name"]
    if name == "localhost" or any(name == _name_of(address) for address in published):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _name_of(address: str) -> str:
    name = urlsplit(address).hostname or ""
    return f"[{name}]" if ":" in name else name
