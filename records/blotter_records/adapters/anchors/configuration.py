"""``anchors.toml``: where checkpoints go besides the installation's own folder; written by people, read at the start.

See docs/how-to/anchor-checkpoints.md. Secrets stand in files of their own, never here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blotter_records.adapters.smtp import MailServer
from blotter_records.errors import Invalid


class _Place(BaseModel):
    """What every place has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    every_hours: Annotated[int, Field(ge=0, le=168)] = 0


class FolderPlace(_Place):
    """A folder on another disk or machine; it must be there (a disk that is not mounted is a fault)."""

    kind: Literal["folder"]
    path: Path


class ObjectStorePlace(_Place):
    """A bucket: ``s3://``, ``gs://``, ``az://`` as obstore knows them; ``secret_file`` holds options as JSON."""

    kind: Literal["object_store"]
    url: str
    options: dict[str, str] = {}
    secret_file: Path | None = None


class MailPlace(_Place, MailServer):
    """A mailbox."""

    kind: Literal["mail"]
    to: Annotated[list[str], Field(min_length=1)]


class TimeStampPlace(_Place):
    """A time-stamping authority (RFC 3161); ``roots_file`` (PEM) holds the certificates to trust."""

    kind: Literal["time_stamp"]
    url: str
    roots_file: Path


PlaceSettings = Annotated[FolderPlace | ObjectStorePlace | MailPlace | TimeStampPlace, Field(discriminator="kind")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    place: list[PlaceSettings] = []

    @model_validator(mode="after")
    def _names_differ(self) -> _File:
        if len({one.name for one in self.place}) != len(self.place):
            raise ValueError("two places have one name")
        return self


def read_places(file: Path) -> Sequence[PlaceSettings]:
    """Return the places of an ``anchors.toml``; none when there is no file.

    Raises
    ------
    Invalid
        ``anchors.invalid``, with what is wrong.
    """
    try:
        return _File.model_validate(tomllib.loads(file.read_text())).place
    except FileNotFoundError:
        return []
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}".lstrip(": ") for one in error.errors()
        )
        raise Invalid("anchors.invalid", f"{file}: {said}", "See docs/how-to/anchor-checkpoints.md.") from error
    except (OSError, ValueError) as error:
        raise Invalid("anchors.invalid", f"{file}: {error}", "See docs/how-to/anchor-checkpoints.md.") from error
