"""A chart as SVG: axes, marks and texts by numbers; one way to a picture for the screen, for files and for the report.

Colours are of Okabe and Ito's palette (told apart also by who sees fewer colours), and every mark has a shape of its
own besides. Text goes in escaped; nothing in a picture can run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

INK, QUIET, GRID = "#1a1a1a", "#5f6a73", "#d5dade"
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00"
#: Space around the plot for axes and their texts, px.
LEFT, RIGHT, TOP, BOTTOM = 66.0, 14.0, 30.0, 46.0
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from ``low`` to ``high`` with its ticks, named; ``is_log``: by powers of ten."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def part(self, value: float) -> float:
        """Return where a value lies between the ends: 0 at low, 1 at high."""
        low, high, at = self.low, self.high, value
        if self.is_log:
            low, high, at = (math.log10(one) for one in (low, high, max(value, 1e-300)))
        return (at - low) / (high - low)


def linear_axis(name: str, values: Iterable[float], *, from_zero: bool = False) -> Axis:
    """Return an axis with round ticks around values.

    Examples
    --------
    >>> linear_axis("Signal", [3, 97]).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    """
    known = [*values, *([0.0] if from_zero else [])]
    low, high = min(known, default=0.0), max(known, default=1.0)
    if low == high:
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if low else (0.0, 1.0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(float(f"{step * at:.12g}") for at in range(first, last + 1))
    return Axis(name, ticks[0], ticks[-1], ticks)


def log_axis(name: str, values: Iterable[float]) -> Axis:
    """Return a logarithmic axis around values above 0, with ticks at 1, 2 and 5 times the powers of ten."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = min(known) / 1.15, max(known) * 1.15
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [float(f"{first}e{power}") for power in powers for first in (1, 2, 5)]
    shown = tuple(one for one in ticks if low <= one <= high)
    if len(shown) > 9:
        shown = tuple(one for one in shown if f"{one:e}".startswith("1.0"))
    return Axis(name, low, high, shown, is_log=True)


def tick_text(value: float) -> str:
    """Return a tick as text: at most six digits, powers of ten where it is long."""
    return (
        f"{value:g}"
        if value == 0 or 1e-4 <= abs(value) < 1e6
        else f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
    )


@dataclass
class Panel:
    """A plot at a place of a picture, px; marks are given in the axes' own units."""

    x: Axis
    y: Axis
    left: float
    top: float
    width: float
    height: float
    title: str = ""
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return a place on the picture."""
        return self.left + self.x.part(x) * self.width, self.top + (1 - self.y.part(y)) * self.height

    def line(self, points: Sequence[tuple[float, float]], colour: str, *, dash: str = "", width: float = 1.4) -> None:
        """Draw a line through points, clipped to the plot's height."""
        places = [self.at(*one) for one in points]
        low, high = self.top, self.top + self.height
        text = " ".join(f"{x:.2f},{min(max(y, low), high):.2f}" for x, y in places)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes}/>')

    def mark(self, x: float, y: float, kind: str, colour: str, size: float = 3.2) -> None:
        """Draw a mark: dot, ring, diamond or cross."""
        a, b = self.at(x, y)
        match kind:
            case "dot":
                self.parts.append(f'<circle cx="{a:.2f}" cy="{b:.2f}" r="{size}" fill="{colour}"/>')
            case "ring":
                shape = f'cx="{a:.2f}" cy="{b:.2f}" r="{size}"'
                self.parts.append(f'<circle {shape} fill="#ffffff" stroke="{colour}" stroke-width="1.3"/>')
            case "diamond":
                path = f"M{a:.2f} {b - size - 1:.2f}l{size} {size + 1}l-{size} {size + 1}l-{size} -{size + 1}z"
                self.parts.append(f'<path d="{path}" fill="{colour}"/>')
            case _:
                path = f"M{a - size:.2f} {b - size:.2f}l{2 * size} {2 * size}m0 -{2 * size}l-{2 * size} {2 * size}"
                self.parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')

    def box(self, x0: float, x1: float, y0: float, y1: float, colour: str, opacity: float = 1.0) -> None:
        """Fill a rectangle."""
        (a, b), (c, d) = self.at(x0, y0), self.at(x1, y1)
        place = f'x="{min(a, c):.2f}" y="{min(b, d):.2f}" width="{abs(c - a):.2f}" height="{abs(d - b):.2f}"'
        self.parts.append(f'<rect {place} fill="{colour}" fill-opacity="{opacity}"/>')

    def label(self, x: float, y: float, said: str, *, up: float = 6.0, size: float = 8.0, colour: str = INK) -> None:
        """Write a text above a place."""
        a, b = self.at(x, y)
        self.parts.append(text(a, b - up, said, size=size, anchor="middle", colour=colour))

    def drawn(self, *, x_texts: Sequence[tuple[float, str]] | None = None) -> str:
        """Return the panel with its axes; ``x_texts`` stand for the ticks of x."""
        base, right = self.top + self.height, self.left + self.width
        out = []
        for value in self.y.ticks:
            _, y = self.at(self.x.low, value)
            out.append(f'<path d="M{self.left:.2f} {y:.2f}H{right:.2f}" stroke="{GRID}" stroke-width="0.6"/>')
            out.append(text(self.left - 5, y + 3, tick_text(value), size=8.5, anchor="end"))
        named = x_texts if x_texts is not None else [(one, tick_text(one)) for one in self.x.ticks]
        for value, said in named:
            x, _ = self.at(value, self.y.low)
            out.append(text(x, base + 13, said, size=8.5, anchor="middle"))
            if x_texts is None:
                out.append(f'<path d="M{x:.2f} {base:.2f}v4" stroke="{INK}" stroke-width="0.8"/>')
        out += self.parts
        out.append(f'<path d="M{self.left:.2f} {self.top:.2f}V{base:.2f}H{right:.2f}" fill="none" stroke="{INK}"/>')
        out.append(text(self.left + self.width / 2, base + 29, self.x.name, size=9, anchor="middle"))
        middle = self.top + self.height / 2
        out.append(text(self.left - 50, middle, self.y.name, size=9, anchor="middle", turn=True))
        if self.title:
            out.append(text(self.left, self.top - 10, self.title, size=10, bold=True))
        return "".join(out)


def text(
    x: float,
    y: float,
    said: str,
    *,
    size: float,
    anchor: str = "start",
    colour: str = INK,
    turn: bool = False,
    bold: bool = False,
) -> str:
    """Return a text element."""
    turned = f' transform="rotate(-90 {x:.2f} {y:.2f})"' if turn else ""
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{x:.2f}" y="{y:.2f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}{weight}{turned}>{escape(_NOT_XML.sub('�', said))}</text>"


def picture(panels: Iterable[str], *, width: float, height: float, title: str, notes: Sequence[str] = ()) -> bytes:
    """Return a whole SVG; ``notes`` stand below the panels, a line each."""
    below = "".join(text(8, height + 12 + 12 * at, note, size=8, colour=QUIET) for at, note in enumerate(notes))
    full = height + 12 * len(notes) + (8 if notes else 0)
    head = f'xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{full:g}" viewBox="0 0 {width:g} {full:g}"'
    font = "font-family=\"'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans Arabic', 'Noto Sans Hebrew', sans-serif\""
    said = quoteattr(_NOT_XML.sub("�", title))
    ground = f'<rect width="{width:g}" height="{full:g}" fill="#ffffff"/>'
    return f'<svg {head} role="img" aria-label={said} {font}>{ground}{"".join(panels)}{below}</svg>'.encode()
