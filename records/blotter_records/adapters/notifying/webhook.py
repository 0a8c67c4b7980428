"""Notifications to an address of the laboratory's own, signed with a shared secret.

Headers of a request: ``X-Blotter-Timestamp`` (seconds since 1970) and ``X-Blotter-Signature`` (``sha256=`` and the
HMAC-SHA-256, hexadecimal, of the time stamp, a full stop and the body). Who receives it computes the same, compares in
constant time, and refuses what is older than some minutes: nothing can be made up, changed or played again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl

import httpx

from blotter_records.adapters.notifying.configuration import WebhookSettings
from blotter_records.errors import Unavailable
from blotter_records.ports.messengers import Messenger, Told


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return what stands in the header ``X-Blotter-Signature``."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class WebhookMessenger:
    """Posts notifications as JSON."""

    name = "webhook"

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        context = ssl.create_default_context(cafile=settings.ca_file)
        self._http = httpx.Client(timeout=settings.timeout_s, verify=context, trust_env=False, follow_redirects=False)

    def wants(self, told: Told) -> bool:
        """Tell whether the rule of the alarm asks for it."""
        return told.webhook

    def send(self, told: Told) -> None:
        """Post a notification; anything but 2xx is a failure."""
        body = json.dumps(
            {
                "notification": told.notification,
                "alarm": told.alarm,
                "severity": told.severity,
                "message": told.message,
                "about": told.about,
                "raised_at": told.raised_at.isoformat(),
                "stage": told.stage,
                "installation": told.installation,
            },
            sort_keys=True,
        ).encode()
        timestamp = str(int(told.sent_at.timestamp()))
        try:
            secret = self._settings.secret_file.read_bytes().strip()
            answer = self._http.post(
                str(self._settings.url),
                content=body,
                headers={
                    "Content-Type": "application/json",
                    "X-Blotter-Timestamp": timestamp,
                    "X-Blotter-Signature": signature(secret, timestamp, body),
                },
            )
        except (OSError, httpx.HTTPError) as error:
            raise Unavailable("notify.unavailable", f"webhook: {error!r}") from error
        if not answer.is_success:
            raise Unavailable("notify.unavailable", f"webhook: answered {answer.status_code}")


def _fits_the_port(messenger: WebhookMessenger) -> Messenger:
    return messenger
