"""How large an image file, and what it decodes to, may be; asked before a pixel is decoded, whatever the format."""

from __future__ import annotations

from dataclasses import dataclass

from blotter_records.errors import Invalid, TooLarge

#: Most rows and most columns of an image.
MOST_SIDE = 20_000

#: Most bytes of a file that is sealed already: what was taken in is read again, whatever the limit is now.
SEALED_BYTES = 1 << 40

#: Most channel images of one file.
MOST_CHANNELS = 16

#: A file of more than this many decoded bytes may not decode to more than `_MOST_RATIO` times its own size.
_BOMB_FROM = 64 << 20
_MOST_RATIO = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of a file, and most bytes of all its pixels together."""

    max_bytes: int

    def check_file(self, data: bytes, file_name: str) -> None:
        """Refuse a file that is too long. Raises ``TooLarge('image.too_large')``."""
        if len(data) > self.max_bytes:
            raise TooLarge("image.too_large", f"{file_name} has {len(data):,} bytes, {self.max_bytes:,} may be.")

    def check_pixels(self, rows: int, columns: int, pixel_bytes: int, file_bytes: int) -> None:
        """Refuse pixels that are too many to decode, or far more than their file can hold.

        Parameters
        ----------
        rows, columns : int
            As the file says.
        pixel_bytes : int
            Bytes of a pixel, of all channels together.
        file_bytes : int

        Raises
        ------
        Invalid
            ``image.format``: there is no pixel.
        TooLarge
            ``image.too_large``.
        """
        if rows < 1 or columns < 1:
            raise Invalid("image.format", "The file says that it has no pixels.")
        if rows > MOST_SIDE or columns > MOST_SIDE:
            raise TooLarge(
                "image.too_large", f"The image has {rows:,} rows and {columns:,} columns; {MOST_SIDE:,} may be."
            )
        decoded = rows * columns * pixel_bytes
        if decoded > self.max_bytes:
            raise TooLarge("image.too_large", f"The pixels need {decoded:,} bytes, {self.max_bytes:,} may be.")
        if decoded > _BOMB_FROM and decoded > _MOST_RATIO * file_bytes:
            raise TooLarge(
                "image.too_large",
                f"{file_bytes:,} bytes of file would become {decoded:,} bytes of pixels: no camera's image.",
            )


def check_channels(count: int) -> None:
    """Refuse a file of too many channels. Raises ``TooLarge('image.channels')``."""
    if count > MOST_CHANNELS:
        raise TooLarge("image.channels", f"The file holds {count} images; {MOST_CHANNELS} channels may be.")
