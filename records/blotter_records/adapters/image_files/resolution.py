"""How long the side of a pixel is, where a TIFF file says it: by OME, ImageJ, or TIFF's own tags (TIFF 6.0, section 8).

It is for rulers alone: no number is made from it. What cannot be made out, and what programs write when they do not
know (72 and 96 dots per inch), is taken as not said.
"""

from __future__ import annotations

import re

from blotter_records.adapters.image_files import ome
from blotter_records.adapters.image_files.tiff_directory import Directory, Tag

#: Micrometres of the units that are read; TIFF's units by their numbers (1 is none).
_UNITS = {
    "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4,
    "inch": 25_400.0, "in": 25_400.0,
}  # fmt: skip
_TIFF_UNITS = {2: _UNITS["inch"], 3: _UNITS["cm"]}
#: Dots per inch that say nothing.
_UNSAID = (72.0, 96.0)
#: What a pixel of a gel or blot can be, µm, and how far from a square it can be.
_LEAST, _MOST, _SKEW = 0.1, 10_000.0, 1e-3


def pixel_um(page: Directory) -> float | None:
    """Return the side of a pixel of a page, µm; None where the file does not say it, or its pixels are no squares."""
    description = page.texts.get(Tag.DESCRIPTION, "")
    sides = _by_ome(description) if ome.is_ome(description) else _by_tags(page, description)
    if sides is None:
        return None
    across, down = sides
    is_square = abs(across - down) <= _SKEW * across
    return across if is_square and _LEAST <= across <= _MOST else None


def _by_ome(description: str) -> tuple[float, float] | None:
    """Read OME's ``PhysicalSizeX`` and ``PhysicalSizeY``, micrometres where no unit is said."""
    sides = []
    for axis in "XY":
        size = re.search(rf'\bPhysicalSize{axis}="([0-9.eE+-]{{1,30}})"', description)
        unit = re.search(rf'\bPhysicalSize{axis}Unit="([^"]{{1,20}})"', description)
        scale = _UNITS.get(unit[1] if unit else "µm")
        if size is None or scale is None:
            return None
        try:
            sides.append(float(size[1]) * scale)
        except ValueError:
            return None
    return sides[0], sides[1]


def _by_tags(page: Directory, description: str) -> tuple[float, float] | None:
    """Read pixels per unit, of ImageJ's unit where ImageJ wrote the file."""
    named = re.search(r"^unit=(\S{1,12})$", description, re.MULTILINE) if description.startswith("ImageJ=") else None
    unit = page.numbers.get(Tag.RESOLUTION_UNIT, (1,))[0]
    scale = _UNITS.get(named[1]) if named else _TIFF_UNITS.get(unit)
    ratios = [page.numbers.get(tag, (0, 0)) for tag in (Tag.X_RESOLUTION, Tag.Y_RESOLUTION)]
    if scale is None or any(0 in ratio for ratio in ratios):
        return None
    across, down = (scale * per / pixels for pixels, per in ratios)
    is_unsaid = not named and any(abs(_UNITS["inch"] / across - dots) < 0.5 for dots in _UNSAID)
    return None if is_unsaid else (across, down)
