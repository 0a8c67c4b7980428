"""Ways to tell people of a notification who are not looking at the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True)
class Told:
    """What is told: a notification, for the first time or because nobody has acknowledged it.

    Parameters
    ----------
    recipients : tuple of str
        E-mail addresses.
    webhook : bool
        Whether the rule of the alarm asks for the webhook.
    """

    notification: str
    alarm: str
    severity: str
    message: str
    about: str
    raised_at: datetime
    stage: Literal["raised", "escalated"]
    installation: str
    recipients: tuple[str, ...]
    webhook: bool
    sent_at: datetime


class Messenger(Protocol):
    """One way."""

    @property
    def name(self) -> str:
        """Return what it is called in the trail: ``mail``, ``webhook``."""

    def wants(self, told: Told) -> bool:
        """Tell whether anything goes out this way at all."""

    def send(self, told: Told) -> None:
        """Send it. Raises ``Unavailable('notify.unavailable')``."""


Messengers = Sequence[Messenger]
