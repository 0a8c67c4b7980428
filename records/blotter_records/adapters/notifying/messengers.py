"""Makes the messengers that ``notify.toml`` names."""

from __future__ import annotations

from pathlib import Path

from blotter_records.adapters.notifying.configuration import read_notify
from blotter_records.adapters.notifying.mail import MailMessenger
from blotter_records.adapters.notifying.webhook import WebhookMessenger
from blotter_records.ports.messengers import Messenger


def make_messengers(file: Path) -> list[Messenger]:
    """Return the messengers of a file, none when there is no file. Raises ``Invalid('notify.invalid')``."""
    settings = read_notify(file)
    made: list[Messenger] = []
    if settings.mail is not None:
        made.append(MailMessenger(settings.mail))
    if settings.webhook is not None:
        made.append(WebhookMessenger(settings.webhook))
    return made
