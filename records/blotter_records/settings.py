"""Settings of the records service, from the environment (prefix ``BLOTTER_``) and files that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are, and how much is taken at most. Secrets come from files, never from the environment.

    ``checkpoint_key`` is the installation's public verifier key, or the path of a file that holds it.
    """

    model_config = SettingsConfigDict(env_prefix="BLOTTER_", extra="ignore", frozen=True)

    database_url: str
    database_password_file: Path | None = None
    store_url: str
    signing_origin: str = "http://127.0.0.1:8001"
    hub_origins: Annotated[tuple[str, ...], NoDecode] = ("http://localhost:8000",)
    service_secrets_file: Path | None = None
    checkpoint_key: str = ""
    is_demo: bool = False
    is_evaluation: bool = True
    installation: str = "blotter"
    origin: str = ""
    port: int = 8001
    proxy_headers: bool = Field(
        default=False, description="a proxy on this machine sets X-Forwarded-For itself, whatever came with a request"
    )

    max_message_bytes: int = Field(8 * 2**20, description="largest JSON request")
    max_image_bytes: int = Field(2**30, description="largest image file, and its decoded pixels")
    max_bundle_bytes: int = Field(256 * 2**30, description="largest bundle that is brought in")
    pixel_cache_bytes: int = Field(384 * 2**20, description="decoded images kept in memory")
    tile_cache_bytes: int = Field(2 * 2**30, description="images as tiles to look at, kept on the disk")
    tile_folder: str = Field("", description="on which disk tiles are kept; the system's folder for temporary files")

    @field_validator("hub_origins", mode="before")
    @classmethod
    def _origins(cls, given: object) -> object:
        if isinstance(given, str):
            return tuple(origin.strip().rstrip("/") for origin in given.split(",") if origin.strip())
        return given

    @field_validator("signing_origin")
    @classmethod
    def _origin(cls, given: str) -> str:
        return given.rstrip("/")

    def database_password(self) -> str | None:
        """Return the password of the run-time role."""
        return None if self.database_password_file is None else self.database_password_file.read_text().strip()

    def service_secrets(self) -> dict[str, str]:
        """Return SHA-256 (hexadecimal) of each service's secret, by service."""
        if self.service_secrets_file is None:
            return {}
        return dict(json.loads(self.service_secrets_file.read_text()))

    def checkpoint_origin(self) -> str:
        """Return the name of the audit trail: the origin of the installation's checkpoints."""
        return self.origin or f"blotter/{self.installation}"

    def verifier_key(self) -> str:
        """Return the verifier key of the installation's checkpoints, empty when there is none yet."""
        given = self.checkpoint_key.strip()
        if given.startswith("/"):
            path = Path(given)
            return path.read_text().strip() if path.exists() else ""
        return given
