"""The blot maker: a western blot with known truth, for the demo, the tests and the instrument simulator.

Model
-----
Rows ``y`` and columns ``x`` in px, everything in counts, more signal = larger count::

    counts(y, x) = clip(round(g * Poisson((S + B) / g) + N(0, r)), 0, W)

    S = Σ_b V_b · across(u) · along(v)           signal of all bands, V_b the band's volume (counts·px)
        u = x - x_lane - skew · (y - rows/2)      lanes lean
        v = y - y_b - smile · (2x/columns - 1)² - curl_b · (u/half)²
                                                  bands bend up or down towards the membrane's edges and their own
    across(u) = [erf((u + half)/(s√2)) - erf((u - half)/(s√2))] / (4 half)
                                                  a box as wide as the lane, edges blurred by s = 0.1 half
    along(v)  = exp(-v²/2σ²) · 2/((σ_a + σ_b)√(2π)),  σ = σ_a above the centre (v < 0), σ_b below it
                                                  a Gaussian with a tail
    B = offset + tilt·(plane) + glow·(dome) + lane smear                        the membrane

``across`` and ``along`` have unit area, so a band's pixels add up to ``V_b`` as far as it lies on the image. The truth
is noise-free: :attr:`Band.volume` is the sum of the band's own pixels before noise, clipping and rounding.

The same arguments give the same blot with the same versions of numpy and scipy (``numpy.random.Generator`` keeps its
streams within a version).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from blotter_records.densitometry.shapes import Counts, Rectangle
from blotter_records.errors import Invalid

_Plane = NDArray[np.float64]

#: Largest count of a 16-bit detector.
WHITE = 65535

#: Blur of a lane's edges, as a part of its half width.
_EDGE = 0.1


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make. Lengths px, intensities counts; every strength may be 0 to leave that part out.

    Parameters
    ----------
    seed : int
        Decides everything random: where bands lie, how strong they are, the noise.
    rows, columns : int
        Size of the image.
    lanes, bands : int
        Lanes across, bands in each lane. With ``ladder`` the first lane is a ladder of evenly strong bands.
    weakest, strongest : float
        Peak height of the bands, spread evenly on a logarithmic scale between the two.
    saturated : int
        How many bands are made 1.2 to 1.8 times as high as the detector can tell.
    sigma : float
        Half thickness of a band along its lane (standard deviation).
    smile, skew : float
        Bend of the rows at the membrane's edges (px); lean of the lanes (columns per row).
    offset, tilt, glow, smear : float
        Background: flat, plane, dome, and along the lanes.
    gain, read_noise : float
        Counts per detected photon (0 = no shot noise); standard deviation of the detector's noise.
    specks : int
        Bright specks of dust; they belong to no band.
    ladder : bool
    """

    seed: int = 0
    rows: int = 900
    columns: int = 1200
    lanes: int = 10
    bands: int = 5
    weakest: float = 600.0
    strongest: float = 30000.0
    saturated: int = 1
    sigma: float = 5.0
    smile: float = 8.0
    skew: float = 0.008
    offset: float = 900.0
    tilt: float = 400.0
    glow: float = 500.0
    smear: float = 120.0
    gain: float = 4.0
    read_noise: float = 12.0
    specks: int = 12
    ladder: bool = True

    def __post_init__(self) -> None:
        pitch = 0.92 * self.columns / max(1, self.lanes)
        room = 0.8 * self.rows / max(1, self.bands)
        lengths = min(self.lanes, self.bands) < 1 or pitch < 12 or room < 8 * self.sigma or self.sigma <= 0
        strengths = (self.offset, self.tilt, self.glow, self.smear, self.gain, self.read_noise, self.specks)
        if lengths or min(strengths) < 0 or not 0 < self.weakest <= self.strongest:
            raise Invalid(
                "blot.recipe",
                f"{self.lanes} lanes of {self.bands} bands do not fit on {self.rows} x {self.columns} px, "
                "or a strength is negative.",
                "A lane needs 13 columns; a band needs 10 sigma of rows.",
            )


@dataclass(frozen=True, slots=True)
class Band:
    """A band as it was made.

    ``row``, ``column``: its centre, px. ``rectangle``: a box around it (3.5 standard deviations), on the image.
    ``volume``: sum of the band's own noise-free, unclipped pixels on the image, counts·px; ``volume_in_rectangle``: of
    those inside the rectangle; ``other_in_rectangle``: what other bands add there; ``background_in_rectangle``: the
    noise-free background there. ``saturated``: pixels of the rectangle at the detector's largest count.
    """

    lane: int
    level: int
    row: float
    column: float
    peak: float
    volume: float
    rectangle: Rectangle
    volume_in_rectangle: float
    other_in_rectangle: float
    background_in_rectangle: float
    saturated: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known about a made blot."""

    recipe: Recipe
    lane_columns: tuple[float, ...]
    lane_half_width: float
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A band before it is drawn: place, height, shape."""

    lane: int
    level: int
    column: float
    row: float
    peak: float
    above: float
    below: float
    curl: float


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A band's own noise-free pixels and where they lie."""

    window: Rectangle
    pixels: _Plane


def make_blot(recipe: Recipe | None = None) -> tuple[NDArray[np.uint16], Truth]:
    """Make a blot.

    Parameters
    ----------
    recipe : Recipe, optional
        Default: 900 x 1200 px, a ladder and nine lanes of five bands, one of them saturated.

    Returns
    -------
    counts : ndarray of uint16, shape (rows, columns)
    truth : Truth

    Raises
    ------
    Invalid
        ``blot.recipe`` (by :class:`Recipe`) if the lanes and bands do not fit.
    """
    recipe = recipe or Recipe()
    random = np.random.default_rng(recipe.seed)
    pitch = 0.92 * recipe.columns / recipe.lanes
    half = 0.34 * pitch
    lanes = tuple(recipe.columns * 0.04 + pitch * (lane + 0.5) for lane in range(recipe.lanes))
    plans = _plan(recipe, random, lanes)
    signal: _Plane = np.zeros((recipe.rows, recipe.columns))
    drawn = [_draw(recipe, half, plan) for plan in plans]
    for one in drawn:
        _window(signal, one.window)[...] += one.pixels
    background = _background(recipe, random, lanes, half)
    counts = _detect(recipe, random, signal + background)
    bands = tuple(
        _band(recipe, half, plan, one, signal=signal, background=background, counts=counts)
        for plan, one in zip(plans, drawn, strict=True)
    )
    return counts, Truth(recipe, lanes, half, bands)


def _plan(recipe: Recipe, random: np.random.Generator, lanes: tuple[float, ...]) -> list[_Plan]:
    """Decide where each band lies, how strong it is, and what it looks like."""
    room = 0.8 * recipe.rows / recipe.bands
    levels = 0.1 * recipe.rows + room * (np.arange(recipe.bands) + 0.5)
    # Rows of one protein stay aligned from lane to lane; rows lie unevenly, as proteins do, at least 8 sigma apart.
    levels = levels + random.uniform(-0.5, 0.5, recipe.bands) * max(0.0, room - 8 * recipe.sigma)
    heights = np.exp(random.uniform(np.log(recipe.weakest), np.log(recipe.strongest), (recipe.lanes, recipe.bands)))
    if recipe.ladder and recipe.lanes > 1:
        heights[0] = math.sqrt(recipe.weakest * recipe.strongest)
    places = [(lane, level) for lane in range(recipe.lanes) for level in range(recipe.bands)]
    clipped = random.permutation(len(places))[: recipe.saturated]
    for place in clipped:
        heights[places[place]] = WHITE * random.uniform(1.2, 1.8)
    plans = []
    for lane, level in places:
        above = recipe.sigma * random.uniform(0.8, 1.1)
        plans.append(
            _Plan(
                lane=lane,
                level=level,
                column=lanes[lane] + random.normal(0, 0.02 * recipe.columns / recipe.lanes),
                row=levels[level] + random.normal(0, 0.15 * recipe.sigma),
                peak=float(heights[lane, level]),
                above=above,
                below=above * random.uniform(1.0, 1.35),
                curl=recipe.sigma * random.uniform(-0.5, 0.15),
            )
        )
    return plans


def _centre(recipe: Recipe, plan: _Plan) -> tuple[float, float]:
    """Return row and column of a band's centre after smile and skew."""
    row = plan.row + recipe.smile * (2 * plan.column / recipe.columns - 1) ** 2
    return row, plan.column + recipe.skew * (row - recipe.rows / 2)


def _box(recipe: Recipe, half: float, plan: _Plan, spread: float) -> Rectangle:
    """Return the box of ``spread`` standard deviations around a band, cut at the image's edges."""
    row, column = _centre(recipe, plan)
    bend = abs(recipe.smile) * 8 * half / recipe.columns
    up = spread * plan.above + max(0.0, -plan.curl) + bend
    down = spread * plan.below + max(0.0, plan.curl) + bend
    across = half + spread * _EDGE * half + abs(recipe.skew) * max(up, down)
    return Rectangle(
        min(recipe.rows - 1, max(0, math.floor(row - up))),
        min(recipe.columns - 1, max(0, math.floor(column - across))),
        max(1, min(recipe.rows, math.ceil(row + down) + 1)),
        max(1, min(recipe.columns, math.ceil(column + across) + 1)),
    )


def _draw(recipe: Recipe, half: float, plan: _Plan) -> _Drawn:
    """Draw one band, noise-free, in the box outside which it has less than 1e-9 of its height."""
    window = _box(recipe, half, plan, 7.0)
    y = np.arange(window.row0, window.row1, dtype=np.float64)[:, np.newaxis]
    x = np.arange(window.column0, window.column1, dtype=np.float64)[np.newaxis, :]
    u = x - plan.column - recipe.skew * (y - recipe.rows / 2)
    # Past its edge a band bends no further: what is left of it there would run away from its lane.
    bend = np.minimum(1.2, np.abs(u) / half) ** 2
    v = y - plan.row - recipe.smile * (2 * x / recipe.columns - 1) ** 2 - plan.curl * bend
    edge = _EDGE * half * math.sqrt(2)
    across = (erf((u + half) / edge) - erf((u - half) / edge)) / (4 * half)
    sigma = np.where(v < 0, plan.above, plan.below)
    along = np.exp(-0.5 * (v / sigma) ** 2) * (2 / ((plan.above + plan.below) * math.sqrt(2 * math.pi)))
    top = (erf(half / edge) / (2 * half)) * (2 / ((plan.above + plan.below) * math.sqrt(2 * math.pi)))
    return _Drawn(window, across * along * (plan.peak / top))


def _background(recipe: Recipe, random: np.random.Generator, lanes: tuple[float, ...], half: float) -> _Plane:
    """Draw the membrane: offset, plane, dome, and a smear along each lane that grows downwards."""
    y = np.linspace(0.0, 1.0, recipe.rows)[:, np.newaxis]
    x = np.linspace(0.0, 1.0, recipe.columns)[np.newaxis, :]
    plane = recipe.tilt * (0.65 * x + 0.35 * y)
    dome = recipe.glow * np.exp(-((x - 0.46) ** 2 + (y - 0.54) ** 2) / (2 * 0.33**2))
    columns = np.arange(recipe.columns, dtype=np.float64)
    edge = 0.3 * half * math.sqrt(2)
    lanes_across = np.zeros(recipe.columns)
    for lane in lanes:
        u = columns - lane
        lanes_across += random.uniform(0.3, 1.0) * (erf((u + half) / edge) - erf((u - half) / edge)) / 2
    smear = recipe.smear * (0.5 + 0.5 * y) * lanes_across[np.newaxis, :]
    membrane: _Plane = recipe.offset + plane + dome + smear
    return membrane


def _detect(recipe: Recipe, random: np.random.Generator, light: _Plane) -> NDArray[np.uint16]:
    """Turn light into counts: shot noise, detector noise, dust, clipping, rounding."""
    seen = random.poisson(light / recipe.gain) * recipe.gain if recipe.gain else light.copy()
    if recipe.read_noise:
        seen = seen + random.normal(0, recipe.read_noise, light.shape)
    for _ in range(recipe.specks):
        row, column = random.uniform(0, recipe.rows), random.uniform(0, recipe.columns)
        radius, height = random.uniform(0.7, 2.2), random.uniform(1500, 20000)
        reach = math.ceil(5 * radius)
        y = np.arange(max(0, int(row) - reach), min(recipe.rows, int(row) + reach + 1))[:, np.newaxis]
        x = np.arange(max(0, int(column) - reach), min(recipe.columns, int(column) + reach + 1))[np.newaxis, :]
        seen[y, x] += height * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * radius**2))
    return np.clip(np.rint(seen), 0, WHITE).astype(np.uint16)


def _band(
    recipe: Recipe,
    half: float,
    plan: _Plan,
    drawn: _Drawn,
    *,
    signal: _Plane,
    background: _Plane,
    counts: Counts,
) -> Band:
    """Write down what is known about a band."""
    row, column = _centre(recipe, plan)
    box = _box(recipe, half, plan, 3.5)
    inside = drawn.pixels[
        box.row0 - drawn.window.row0 : box.row1 - drawn.window.row0,
        box.column0 - drawn.window.column0 : box.column1 - drawn.window.column0,
    ]
    own = float(inside.sum())
    return Band(
        lane=plan.lane,
        level=plan.level,
        row=row,
        column=column,
        peak=plan.peak,
        volume=float(drawn.pixels.sum()),
        rectangle=box,
        volume_in_rectangle=own,
        other_in_rectangle=float(_window(signal, box).sum()) - own,
        background_in_rectangle=float(_window(background, box).sum()),
        saturated=int(np.count_nonzero(counts[box.row0 : box.row1, box.column0 : box.column1] >= WHITE)),
    )


def _window(plane: _Plane, rectangle: Rectangle) -> _Plane:
    """Return the part of a plane inside a rectangle, as a view."""
    return plane[rectangle.row0 : rectangle.row1, rectangle.column0 : rectangle.column1]
