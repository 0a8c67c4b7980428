"""Which reader reads a file: decided by its first bytes, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from blotter_records.adapters.image_files.biorad_1sc import read_1sc
from blotter_records.adapters.image_files.biorad_scn import MARK, MARK_WITHIN, read_scn
from blotter_records.adapters.image_files.licor_zip import read_zip
from blotter_records.adapters.image_files.limits import SEALED_BYTES, Limits
from blotter_records.adapters.image_files.pictures import read_jpeg, read_png
from blotter_records.adapters.image_files.tiff import read_tiff
from blotter_records.errors import Invalid
from blotter_records.ports.files import ReadFile

Read = Callable[[bytes, Limits, int | None], ReadFile]


@dataclass(frozen=True, slots=True)
class _Kind:
    """First bytes of files, and what reads them."""

    starts: tuple[bytes, ...]
    read: Read


_KINDS = (
    _Kind((b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"MM\x00\x2b"), read_tiff),
    _Kind((b"\xaf\xaf",), read_1sc),
    _Kind((b"PK\x03\x04",), partial(read_zip, read_tiff=read_tiff)),
    _Kind((b"\x89PNG\r\n\x1a\n",), read_png),
    _Kind((b"\xff\xd8\xff",), read_jpeg),
)

#: First bytes of formats that are not read, to name what somebody tried.
_OTHERS = {
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an Office document",
}


class ImageFiles:
    """Reads image files (``ports.files.ImageReader``).

    Parameters
    ----------
    max_bytes : int
        Most bytes of the file, and most bytes of its decoded pixels.
    """

    def __init__(self, *, max_bytes: int = 1 << 30) -> None:
        self._limits = Limits(max_bytes)

    def read(self, data: bytes, *, file_name: str, only: int | None = None, is_sealed: bool = False) -> ReadFile:
        """Return the channels of an image file.

        Parameters
        ----------
        data : bytes
            The whole file.
        file_name : str
            For messages only; never decides how the bytes are read.
        only : int, optional
            Decode just the channel at this position, counted from 0.
        is_sealed : bool
            It was taken in already: the limit, which may have been another one then, is not asked.

        Returns
        -------
        ReadFile
            ``counts`` of each channel are read-only, shape (rows, columns), native byte order.

        Raises
        ------
        Invalid
            ``image.format`` for a format that is not read, ``image.channel`` for a channel that is not there, and
            what the readers raise.
        TooLarge
            ``image.too_large``, ``image.channels``, before anything is decoded.
        """
        limits = Limits(SEALED_BYTES) if is_sealed else self._limits
        limits.check_file(data, file_name)
        try:
            return _reader(data, file_name)(data, limits, only)
        except IndexError:
            raise Invalid("image.channel", f"{file_name} has no channel {only}.") from None


def _reader(data: bytes, file_name: str) -> Read:
    for kind in _KINDS:
        if data.startswith(kind.starts):
            return kind.read
    if MARK in data[:MARK_WITHIN]:
        return read_scn
    what = next((name for start, name in _OTHERS.items() if data.startswith(start)), "in no format that is known")
    raise Invalid(
        "image.format",
        f"{file_name} is {what}; it is not read.",
        "Export the original image of the instrument as TIFF, 8 or 16 bits, grey.",
    )
