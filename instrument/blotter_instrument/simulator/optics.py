"""What the simulated detector sees: a blot with known truth, through exposure, focus, pixels and noise.

::

    λ(row, channel, column) = Σ over the pixel's area of  E · light · t / 10 ms         electrons
    counts = clip(round(P + (Poisson(λ) + N(0, R)) / E), 0, 65535)

E = 2 electrons per count, P = 100 counts of pedestal, R = 8 electrons of read noise; ``light`` are the mean counts of
the noise-free blot at 10 ms and 84 µm, blurred by focus with σ = 1.5 px per mm. So four times the integration time
gives twice the signal-to-noise ratio, a pixel of twice the side gets four times the light, and either saturates sooner.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from blotter_records.densitometry.synthetic import WHITE, Recipe, Truth, make_blot
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from blotter_instrument.transfer.description import Settings

#: Side of the finest pixel, µm; integration time at which the truth is stated, ms.
PITCH_UM, REFERENCE_MS = 84, 10.0

CHANNELS_NM = (700, 800)

ELECTRONS, PEDESTAL, READ_NOISE = 2.0, 100.0, 8.0
_BLUR = 1.5


def _recipe(seed: int, rows: int, columns: int, lanes: int, bands: int) -> Recipe:
    """Return a blot without a detector: no noise, no dust, nothing clipped."""
    return Recipe(
        seed=seed,
        rows=rows,
        columns=columns,
        lanes=lanes,
        bands=bands,
        sigma=min(5.0, rows / 40),
        saturated=0,
        gain=0,
        read_noise=0,
        specks=0,
    )


@dataclass
class Blot:
    """A membrane on the glass: one blot for each channel, made when it is first looked at.

    Parameters
    ----------
    seed : int
    rows, columns : int
        Pixels of 84 µm.
    lanes, bands : int
        Of each channel.
    """

    seed: int = 0
    rows: int = 1080
    columns: int = 1440
    lanes: int = 10
    bands: int = 4
    _made: dict[int, tuple[NDArray[np.float32], Truth]] = field(default_factory=dict, init=False)

    @property
    def extent_um(self) -> tuple[int, int]:
        """Bottom and right edge, µm."""
        return self.rows * PITCH_UM, self.columns * PITCH_UM

    def prepare(self) -> None:
        """Make all channels now, so that the first scan does not keep a host waiting."""
        for wavelength in CHANNELS_NM:
            self.channel(wavelength)

    def channel(self, wavelength_nm: int) -> tuple[NDArray[np.float32], Truth]:
        """Return light (rows, columns), mean counts at 10 ms and 84 µm, and what is known about the bands."""
        if wavelength_nm not in self._made:
            recipe = _recipe(self.seed * 1000 + wavelength_nm, self.rows, self.columns, self.lanes, self.bands)
            counts, truth = make_blot(recipe)
            self._made[wavelength_nm] = (counts.astype(np.float32), truth)
        return self._made[wavelength_nm]

    def expected(self, settings: Settings) -> NDArray[np.float32]:
        """Return the mean electrons of a scan: (rows, channels, columns), float32."""
        top, left, bottom, right = (edge // PITCH_UM for edge in settings.region_um)
        side = settings.resolution_um // PITCH_UM
        rows, channels, columns = settings.shape
        seen = np.empty((rows, channels, columns), np.float32)
        for at, wavelength in enumerate(settings.channels_nm):
            light = self.channel(wavelength)[0]
            if settings.focus_mm:
                light = gaussian_filter(light, _BLUR * settings.focus_mm)
            part = light[top:bottom, left:right].reshape(rows, side, columns, side)
            seen[:, at, :] = part.sum(axis=(1, 3)) * (ELECTRONS * settings.integration_ms / REFERENCE_MS)
        return seen


def detect(expected: NDArray[np.float32], seed: tuple[int, ...]) -> NDArray[np.uint16]:
    """Return the counts of a line whose mean electrons are known.

    Parameters
    ----------
    expected : ndarray of float32
    seed : tuple of int
        The same seed gives the same noise.
    """
    random = np.random.default_rng(seed)
    electrons = random.poisson(expected) + random.normal(0, READ_NOISE, expected.shape)
    return np.clip(np.rint(PEDESTAL + electrons / ELECTRONS), 0, WHITE).astype("<u2")
