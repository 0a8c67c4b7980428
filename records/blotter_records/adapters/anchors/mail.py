"""A mailbox: each checkpoint as a message, the note as its text and as a file. What arrived is kept by its owner."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

from blotter_records.adapters.anchors.configuration import MailPlace
from blotter_records.adapters.anchors.naming import origin_of, path_of, unavailable
from blotter_records.adapters.smtp import connected
from blotter_records.ports.anchors import AnchorPlace

_TEXT = """\
This is a signed checkpoint of the audit trail of {origin}: it stands for its first {size} entries. Keep it.
Whether today's trail still continues it, this shows:

    blotter verify --data DATA --since {file}

{note}"""


class MailAnchor:
    """Sends each checkpoint by SMTP."""

    kind = "mail"

    def __init__(self, settings: MailPlace) -> None:
        self.name = settings.name
        self.every = timedelta(hours=settings.every_hours)
        self._settings = settings

    def send(self, size: int, note: str) -> None:
        """Send a checkpoint."""
        try:
            server = connected(self._settings)
            try:
                refused = server.send_message(self._message(size, note))
                server.quit()
            finally:
                server.close()  # without a farewell where it failed: the other side may not answer any more
        except (OSError, smtplib.SMTPException) as error:
            raise unavailable(self.name, error) from error
        if refused:
            raise unavailable(self.name, f"refused for {', '.join(refused)}")

    def _message(self, size: int, note: str) -> EmailMessage:
        origin = origin_of(note)
        file = path_of(size, note).rpartition("/")[2]
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.to)
        message["Subject"] = f"Checkpoint of {origin} over {size} entries"
        message.set_content(_TEXT.format(origin=origin, size=size, file=file, note=note))
        message.add_attachment(note.encode(), maintype="application", subtype="octet-stream", filename=file)
        return message

    def kept(self) -> Iterator[tuple[str, str]]:
        """Yield nothing: what was sent is out of reach, which is the point."""
        yield from ()


def _fits_the_port(place: MailAnchor) -> AnchorPlace:
    return place
