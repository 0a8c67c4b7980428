"""Transforms of whole images (formula B33): each gives a new image, the pixels of the old one stay as they are.

Flips, quarter turns and crops move counts and change none. The median filter takes one of the counts that are there,
so it is exact, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import ndimage

from blotter_records.densitometry.shapes import Counts
from blotter_records.errors import Invalid


def flip(counts: Counts, axis: str) -> Counts:
    """Flip top to bottom (``rows``) or left to right (``columns``).

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    axis : {"rows", "columns"}

    Examples
    --------
    >>> flip(np.array([[1, 2], [3, 4]], np.uint16), "rows").tolist()
    [[3, 4], [1, 2]]
    """
    return np.ascontiguousarray(counts[::-1] if axis == "rows" else counts[:, ::-1])


def rotate(counts: Counts, degrees: int) -> Counts:
    """Turn counter-clockwise by 90, 180 or 270 degrees.

    Examples
    --------
    >>> rotate(np.array([[1, 2], [3, 4]], np.uint16), 90).tolist()
    [[2, 4], [1, 3]]
    """
    return np.ascontiguousarray(np.rot90(counts, degrees // 90))


def crop(counts: Counts, row0: int, column0: int, row1: int, column1: int) -> Counts:
    """Cut out rows ``row0 <= r < row1`` and columns ``column0 <= c < column1``.

    Raises
    ------
    Invalid
        ``transform.crop``: the rectangle is empty or not on the image.
    """
    rows, columns = counts.shape
    if not (0 <= row0 < row1 <= rows and 0 <= column0 < column1 <= columns):
        raise Invalid(
            "transform.crop",
            f"The rectangle (rows {row0} to {row1}, columns {column0} to {column1}) is not on the image of "
            f"{rows} rows and {columns} columns.",
        )
    return np.ascontiguousarray(counts[row0:row1, column0:column1])


def denoise(counts: Counts, size: int) -> Counts:
    """Return the median of `size` × `size` px around each pixel; edges are mirrored without repeating the outermost.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    size : int
        Odd, px.
    """
    filtered: Counts = ndimage.median_filter(counts, size=size, mode="mirror")
    return filtered


_BY_NAME: Mapping[str, Callable[..., Counts]] = {"crop": crop, "denoise": denoise, "flip": flip, "rotate": rotate}


def transformed(counts: Counts, transform: Mapping[str, Any]) -> Counts:
    """Return counts after a transform as a record holds it: ``{"name", parameter: value}``.

    Raises
    ------
    Invalid
        ``transform.unknown``, ``transform.crop``.
    """
    function = _BY_NAME.get(str(transform.get("name")))
    if function is None:
        raise Invalid("transform.unknown", f"There is no transform {transform.get('name')!r}.")
    return function(counts, **{name: value for name, value in transform.items() if name != "name"})
