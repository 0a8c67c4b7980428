"""`.gel` of Molecular Dynamics, later GE and Cytiva: a TIFF file whose values stand for counts.

Private tags of TIFF: 33445 says how values are coded (2: square roots of the counts, 128: as they are), 33446 by what
the decoded value is multiplied. A value v then stands for v² · scale, or v · scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from blotter_records.adapters.image_files.tiff_directory import Directory, Tag
from blotter_records.densitometry.shapes import Counts
from blotter_records.errors import Invalid
from blotter_records.ports.files import ReadImage

_SQUARE_ROOT = 2
_LINEAR = 128


@dataclass(frozen=True, slots=True)
class Coding:
    """How the values of a `.gel` file are coded; ``scale`` is a fraction of two whole numbers."""

    is_root: bool
    numerator: int
    denominator: int

    def decoded(self, image: ReadImage) -> ReadImage:
        """Return an image of the counts that the values stand for: 32-bit floats, unless nothing has to be changed.

        Computed in doubles and rounded once to a float: the relative error is at most 6e-8.
        """
        if image.counts.dtype.kind != "u":
            raise Invalid("image.encoding", "The .gel file holds floating-point values.")
        if not self.is_root and self.numerator == self.denominator:
            return image
        counts = self._linear(image.counts)
        counts.flags.writeable = False
        power = "squared, " if self.is_root else ""
        ceiling = np.array([int(image.saturation_level)], dtype=image.counts.dtype)
        told = (
            f"Molecular Dynamics coding: each count is the stored value {power}times "
            f"{self.numerator}/{self.denominator}, as a 32-bit float."
        )
        return replace(
            image,
            counts=counts,
            bits=32,
            saturation_level=float(self._linear(ceiling)[0]),
            notes=(*image.notes, told),
        )

    def _linear(self, values: Counts) -> Counts:
        """Decode in pieces of rows, so that doubles of a large image are never all in memory."""
        linear = np.empty(values.shape, dtype=np.float32)
        step = max(1, (1 << 22) // max(1, values[0].size))
        for start in range(0, len(values), step):
            piece = values[start : start + step].astype(np.float64)
            if self.is_root:
                piece *= piece
            piece *= self.numerator
            piece /= self.denominator
            linear[start : start + step] = piece
        return linear


def coding_of(directories: list[Directory]) -> Coding | None:
    """Return how values are coded, None if the file is no `.gel`. The tags may be in the first or second directory.

    Raises
    ------
    Invalid
        ``image.encoding``: a coding that nobody knows, a scale of nothing.
    """
    said = next((one for one in directories[:2] if Tag.MD_FILE_TAG in one.numbers), None)
    if said is None:
        return None
    kind = said.one(Tag.MD_FILE_TAG)
    if kind not in {_SQUARE_ROOT, _LINEAR}:
        raise Invalid("image.encoding", f"The .gel file codes its values in a way that is not known ({kind}).")
    scale = said.numbers.get(Tag.MD_SCALE, (1, 1))
    if len(scale) != 2 or not all(scale):
        raise Invalid("image.encoding", "The .gel file has no usable scale for its values.")
    return Coding(kind == _SQUARE_ROOT, scale[0], scale[1])
