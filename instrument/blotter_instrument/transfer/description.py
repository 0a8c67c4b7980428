"""What a device says of an acquisition: the answer to ``ACQuisition:DESCribe?``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from blotter_instrument.line import scpi
from blotter_instrument.ports import FrameRefused


class Purpose(StrEnum):
    """What an acquisition is for. A preview is kept like any other (FDA on trial samples), only marked."""

    PREVIEW = "PREV"
    FINAL = "FIN"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person sets. Half-open region: top ≤ y < bottom, left ≤ x < right.

    Parameters
    ----------
    purpose : Purpose
    channels_nm : tuple of int
        Wavelengths, nm, ascending.
    integration_ms : float
        Integration time of a line, ms.
    resolution_um : int
        Side of a pixel, µm.
    focus_mm : float
        Focus above the glass, mm.
    region_um : tuple of int
        Top, left, bottom, right, µm; multiples of the resolution.
    """

    purpose: Purpose
    channels_nm: tuple[int, ...]
    integration_ms: float
    resolution_um: int
    focus_mm: float
    region_um: tuple[int, int, int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, channels, columns: the order in which the bytes come."""
        top, left, bottom, right = self.region_um
        return (bottom - top) // self.resolution_um, len(self.channels_nm), (right - left) // self.resolution_um

    @property
    def size(self) -> int:
        """Bytes of the image: a uint16, low byte first, for each pixel of each channel of each row."""
        rows, channels, columns = self.shape
        return 2 * rows * channels * columns


@dataclass(frozen=True, slots=True)
class Description:
    """An acquisition as the device describes it.

    ``number``: the device's use counter when it was started; never used twice. ``token``: the host's own name for it.
    ``saturation``: the count of a saturated pixel.
    """

    number: int
    token: str
    saturation: int
    size: int
    settings: Settings

    def written(self) -> str:
        """Return it as the device sends it."""
        one = self.settings
        fields = [self.number, scpi.quoted(self.token), self.saturation, self.size, one.purpose.value]
        fields += [":".join(map(str, one.channels_nm)), f"{one.integration_ms:g}", one.resolution_um]
        fields += [f"{one.focus_mm:g}", *one.region_um]
        return ",".join(map(str, fields))

    @classmethod
    def read(cls, text: str) -> Self:
        """Read it.

        Raises
        ------
        FrameRefused
            ``device.description``: it is none, or its size does not follow from its settings.
        """
        try:
            number, token, saturation, size, purpose, channels, integration, resolution, focus, *region = (
                scpi.arguments(text)
            )
            top, left, bottom, right = map(int, region)
            settings = Settings(
                Purpose(purpose),
                tuple(map(int, channels.split(":"))),
                float(integration),
                int(resolution),
                float(focus),
                (top, left, bottom, right),
            )
            description = cls(int(number), token, int(saturation), int(size), settings)
            is_inside = 0 <= top < bottom and 0 <= left < right and settings.resolution_um > 0
            fits = is_inside and description.size == settings.size > 0
        except (ValueError, ZeroDivisionError):
            fits = False
        if not fits:
            raise FrameRefused("device.description", f"The device describes an acquisition that cannot be: {text!r}.")
        return description
