"""``notify.toml``: by which server mail goes out, to which address the webhook; written by people, read at the start.

See docs/how-to/send-notifications.md. Secrets stand in files of their own, never here.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError

from blotter_records.adapters.smtp import MailServer
from blotter_records.errors import Invalid

_HELP = "See docs/how-to/send-notifications.md."


class MailSettings(MailServer):
    """A mail server; ``to`` are addresses that are told of everything, such as a QA mailbox."""

    to: tuple[str, ...] = ()


class WebhookSettings(BaseModel):
    """An address that takes notifications; ``secret_file`` holds what signs them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: HttpUrl
    secret_file: Path
    ca_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0


class NotifySettings(BaseModel):
    """The file; without it notifications are in the panel alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None


def read_notify(file: Path) -> NotifySettings:
    """Return what a ``notify.toml`` says; nothing goes out when there is no file.

    Raises
    ------
    Invalid
        ``notify.invalid``, with what is wrong.
    """
    try:
        return NotifySettings.model_validate(tomllib.loads(file.read_text()))
    except FileNotFoundError:
        return NotifySettings()
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise Invalid("notify.invalid", f"{file}: {said}", _HELP) from error
    except (OSError, ValueError) as error:
        raise Invalid("notify.invalid", f"{file}: {error}", _HELP) from error
