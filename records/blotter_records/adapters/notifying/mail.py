"""Notifications by mail (SMTP)."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from blotter_records.adapters.notifying.configuration import MailSettings
from blotter_records.adapters.smtp import connected
from blotter_records.errors import Unavailable
from blotter_records.ports.messengers import Messenger, Told

_TEXT = """\
{message}

Notification {notification} ({severity}), raised {raised_at:%Y-%m-%d %H:%M:%S} UTC, about {about}.
{stage}Acknowledge it in Blotter, with what was done about it. This mail is a copy: the entry is in the audit trail.
"""
_ESCALATED = "Nobody has acknowledged it so far. "


class MailMessenger:
    """Sends mail."""

    name = "mail"

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def wants(self, told: Told) -> bool:
        """Tell whether there is anybody to write to."""
        return bool(self._to(told))

    def send(self, told: Told) -> None:
        """Send a mail to everybody who is told."""
        try:
            server = connected(self._settings)
            try:
                refused = server.send_message(self._message(told), to_addrs=self._to(told))
                server.quit()
            finally:
                server.close()  # without a farewell where it failed: the other side may not answer any more
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise Unavailable("notify.unavailable", f"mail: {error}") from error
        if refused:
            raise Unavailable("notify.unavailable", f"mail: refused for {', '.join(refused)}")

    def _to(self, told: Told) -> list[str]:
        return sorted({*told.recipients, *self._settings.to})

    def _message(self, told: Told) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        # Who else was told is nobody's business: addresses stand in the envelope alone.
        message["To"] = "undisclosed-recipients:;"
        message["Date"] = format_datetime(told.raised_at)
        message["Message-ID"] = make_msgid(domain=self._settings.sender.rpartition("@")[2] or None)
        line = " ".join(told.message.split())
        message["Subject"] = f"[{told.installation}] {told.severity}: {line}"[:180]
        stage = _ESCALATED if told.stage == "escalated" else ""
        message.set_content(
            _TEXT.format(
                message=told.message,
                notification=told.notification,
                severity=told.severity,
                raised_at=told.raised_at,
                about=told.about,
                stage=stage,
            )
        )
        return message


def _fits_the_port(messenger: MailMessenger) -> Messenger:
    return messenger
