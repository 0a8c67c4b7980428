"""A time-stamping authority (RFC 3161): a third party says when the checkpoint was there at the latest.

The token is verified when it comes and kept beside the checkpoint, as ``<size>.tsr``; ``openssl ts -verify`` reads it
too. It is the checkpoint's time by a clock that nobody here can set.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from blotter_records.adapters import durable
from blotter_records.adapters.anchors.configuration import TimeStampPlace
from blotter_records.adapters.anchors.naming import contradiction, unavailable
from blotter_records.ports.anchors import AnchorPlace

_TIMEOUT_S = 15.0
_LARGEST = 1 << 20


class TimeStampAnchor:
    """Asks for a token over each checkpoint.

    Parameters
    ----------
    settings : TimeStampPlace
    folder : Path
        Where the tokens are kept; made when missing.
    """

    kind = "time_stamp"

    def __init__(self, settings: TimeStampPlace, folder: Path) -> None:
        self.name = settings.name
        self.every = timedelta(hours=settings.every_hours)
        self._settings = settings
        self._folder = folder

    def send(self, size: int, note: str) -> None:
        """Get a token, verify it, keep it with the checkpoint."""
        file = self._folder / f"{size:020d}.note"
        try:
            if file.exists():
                if file.read_text() != note:
                    raise contradiction(self.name, str(file))
                return
            response, data = self._ask(note)
            self._check(response, note)
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            durable.put(file.with_suffix(".tsr"), data, 0o444)
            durable.put(file, note.encode(), 0o444)
        except (OSError, httpx.HTTPError, ValueError, VerificationError) as error:
            raise unavailable(self.name, error) from error

    def _ask(self, note: str) -> tuple[TimeStampResponse, bytes]:
        request = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
        headers = {"Content-Type": "application/timestamp-query"}
        with httpx.Client(timeout=_TIMEOUT_S) as client:
            answer = client.post(self._settings.url, content=request.as_bytes(), headers=headers)
        answer.raise_for_status()
        if len(answer.content) > _LARGEST:
            raise ValueError("the answer is too long")
        response = decode_timestamp_response(answer.content)
        if response.status == 0 and response.tst_info.nonce != request.nonce:
            raise VerificationError("the token answers another request")
        return response, answer.content

    def _check(self, response: TimeStampResponse, note: str) -> None:
        builder = VerifierBuilder()
        for root in x509.load_pem_x509_certificates(self._settings.roots_file.read_bytes()):
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(response, note.encode())

    def kept(self) -> Iterator[tuple[str, str]]:
        """Yield the checkpoints whose tokens verify; one whose token does not has no text, and its name says so."""
        for file in sorted(self._folder.glob("*.note")):
            name = f"{self.name} {file.name}"
            try:
                note = file.read_text(errors="replace")
                self._check(decode_timestamp_response(file.with_suffix(".tsr").read_bytes()), note)
            except (OSError, ValueError, VerificationError):
                name, note = f"{name} (its time stamp does not verify)", ""
            yield name, note


def _fits_the_port(place: TimeStampAnchor) -> AnchorPlace:
    return place
