"""A mailbox: each checkpoint as a message, the note as its text and as a file. What arrived is kept by its owner."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

from blotter_records.adapters.anchors.configuration import MailPlace
from blotter_records.adapters.anchors.naming import origin_of, path_of, unavailable
from blotter_records.ports.anchors import AnchorPlace

_TIMEOUT_S = 15.0
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
            server = self._connected()
            try:
                refused = server.send_message(self._message(size, note))
                server.quit()
            finally:
                server.close()  # without a farewell where it failed: the other side may not answer any more
        except (OSError, smtplib.SMTPException) as error:
            raise unavailable(self.name, error) from error
        if refused:
            raise unavailable(self.name, f"refused for {', '.join(refused)}")

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S)
        try:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.user and settings.password_file is not None:
                server.login(settings.user, settings.password_file.read_text().strip())
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

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
