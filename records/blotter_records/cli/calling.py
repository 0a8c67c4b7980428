"""Who calls the command line: program, process, operating-system user, and on whose behalf."""

from __future__ import annotations

import getpass
import os

from blotter_records.ports.entries import Subject
from blotter_records.services.acting.actor import Actor
from blotter_records.vocabulary import ServiceIdentity


def initiator() -> str:
    """Return the person behind the process, as the operating system knows: who became root by sudo, or the user."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def caller_headers(command: str) -> dict[str, str]:
    """Return the headers by which the records service writes down who called."""
    return {
        "X-Blotter-Process": f"{command}, process {os.getpid()}",
        "X-Blotter-Os-User": getpass.getuser(),
        "X-Blotter-Initiator": initiator(),
    }


def caller(command: str) -> Actor:
    """Return who acts in a command."""
    return Actor(
        service=ServiceIdentity.CLI,
        process=f"{command}, process {os.getpid()}",
        os_user=getpass.getuser(),
        initiator=initiator(),
    )


def caller_subject(command: str) -> Subject:
    """Return the subject of an entry that a command writes itself."""
    return caller(command).subject()
