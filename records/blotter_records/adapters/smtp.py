"""A mail server: how it is named in settings, and a connection to it."""

from __future__ import annotations

import smtplib
import ssl
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

TIMEOUT_S = 15.0


class MailServer(BaseModel):
    """Where mail is handed in, and as whom; the password stands in a file of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: str
    host: str
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password_file: Path | None = None

    @model_validator(mode="after")
    def _password_travels_hidden(self) -> Self:
        if self.user and (self.tls == "none" or self.password_file is None):
            raise ValueError("a user needs a password_file, and tls")
        return self


def connected(settings: MailServer) -> smtplib.SMTP:
    """Return a connection, signed in where a user is named. Raises ``OSError`` or ``smtplib.SMTPException``."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    try:
        if settings.tls == "starttls":
            server.starttls(context=context)
        if settings.user and settings.password_file is not None:
            server.login(settings.user, settings.password_file.read_text().strip())
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server
