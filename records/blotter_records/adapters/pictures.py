"""Pictures of an image for people: 8 bits, windowed, shapes drawn and labelled; never for numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from blotter_records.adapters.colours import colours
from blotter_records.densitometry.regions import Outline, drawn
from blotter_records.densitometry.shapes import Counts, Rectangle
from blotter_records.errors import Invalid

#: Colour of shapes: orange of the Okabe-Ito palette, told apart from grey by all kinds of colour vision.
_LINE = (213, 94, 0)
_PLATE = (255, 255, 255)


class ShapePictures:
    """Pictures with shapes (``ports.files.Pictures``)."""

    def png(
        self,
        counts: Counts,
        window: tuple[float, float],
        *,
        longest_side: int,
        shapes: Sequence[tuple[str, Outline]],
        gamma: float = 1.0,
        is_inverted: bool = True,
        colour: str = "grey",
    ) -> bytes:
        """Return PNG; shapes are (label, outline). An empty window becomes 1 count."""
        low, high = window
        return thumbnail_png(
            counts,
            low,
            high if high > low else low + 1,
            longest_side,
            invert=is_inverted,
            shapes=shapes,
            gamma=gamma,
            colour=colour,
        )


def thumbnail_png(
    counts: Counts,
    lo: float,
    hi: float,
    max_side: int,
    invert: bool,
    shapes: Sequence[tuple[str, Outline]] | None = None,
    *,
    gamma: float = 1.0,
    colour: str = "grey",
) -> bytes:
    """Return a picture of an image as PNG.

    ``D = round(255 · clip((I - lo) / (hi - lo), 0, 1)^(1/γ))`` (formula B32), where I is the mean of the counts that
    fall into a pixel of the picture.

    Parameters
    ----------
    counts : ndarray of uint8, uint16 or float32, shape (rows, columns)
    lo, hi : float
        Window, counts: ``lo`` is drawn black and ``hi`` white; ``lo < hi``.
    max_side : int
        Longest side of the picture, px. Smaller images are not enlarged.
    invert : bool
        Draw ``lo`` white and ``hi`` black, as blots are usually shown.
    shapes : sequence of (label, Rectangle, Ellipse or Polygon), optional
        Drawn as outlines, of rectangles just outside their pixels, with their label; the picture is then in colour.
        Letters that the built-in font lacks are drawn as boxes.
    gamma : float, optional
        γ of the formula.
    colour : str, optional
        ``grey``, or a map of ``adapters.colours``.

    Returns
    -------
    bytes
        PNG; the same for the same arguments and versions.

    Raises
    ------
    Invalid
        ``picture.window`` unless ``lo < hi``, ``picture.size`` unless ``max_side`` is 16 to 10,000.
    """
    if not lo < hi:
        raise Invalid("picture.window", f"The window from {lo} to {hi} counts is empty.")
    if not 16 <= max_side <= 10_000:
        raise Invalid("picture.size", f"A picture of {max_side} px: it may be 16 to 10,000 px.")
    rows, columns = counts.shape
    scale = min(1.0, max_side / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    plane = counts.astype(np.float32)
    if scale < 1:
        plane = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX))
    part = np.clip((plane - lo) / (hi - lo), 0, 1)
    grey = np.rint(255 * (part if gamma == 1 else part ** (1 / gamma))).astype(np.uint8)
    shade = 255 - grey if invert else grey
    picture = Image.fromarray(shade if colour == "grey" else colours(colour)[shade])
    if shapes:
        picture = picture.convert("RGB")
        _draw(picture, shapes, size[0] / columns, size[1] / rows)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def _draw(picture: Image.Image, shapes: Sequence[tuple[str, Outline]], across: float, down: float) -> None:
    """Draw outlines, then labels above them (or below, at the upper edge), so that no line crosses a label."""
    drawing = ImageDraw.Draw(picture)
    height = max(10, min(18, round(max(picture.size) / 60)))
    font = ImageFont.load_default(size=height)
    boxes = []
    for _, outline in shapes:
        corners = [(column * across, row * down) for row, column in drawn(outline)]
        left, right = round(min(x for x, _ in corners)), round(max(x for x, _ in corners))
        top, bottom = round(min(y for _, y in corners)), round(max(y for _, y in corners))
        box = (left - 1, top - 1, right, bottom)
        boxes.append(box)
        if isinstance(outline, Rectangle):
            drawing.rectangle(box, outline=_LINE)
        else:
            drawing.line([*corners, corners[0]], fill=_LINE)
    for (label, _), (left, top, right, bottom) in zip(shapes, boxes, strict=True):
        one_line = " ".join(label.split())
        x0, y0, x1, y1 = drawing.textbbox((0, 0), one_line, font=font)
        wide, high = x1 - x0 + 4, y1 - y0 + 4
        x = max(0, min((left + right - wide) // 2, picture.width - wide))
        y = top - high if top >= high else min(bottom + 1, picture.height - high)
        drawing.rectangle((x, y, x + wide - 1, y + high - 1), fill=_PLATE)
        drawing.text((x + 2 - x0, y + 2 - y0), one_line, fill=_LINE, font=font)
