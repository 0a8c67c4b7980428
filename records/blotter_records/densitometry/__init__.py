"""Densitometry: exact numbers from shapes on an image (formulas B1-B8, B13-B16), and the blot maker.

``backgrounds`` (B9, B10, B12, column-wise linear, all side by side), ``masks`` (ellipse, polygon), ``finding`` (lanes,
bands, spots without a person) and ``quantities`` (B17-B31) are packages and modules of their own, imported where
needed.

Pure functions on numpy arrays: no files, no clock, no database. The same pixels, shapes and parameters give the same
numbers on every machine, because sums are made in integers and rounded to IEEE doubles only at the end
(see :data:`blotter_records.densitometry.measure.EXACTNESS`).
"""

from blotter_records.densitometry.background import Background
from blotter_records.densitometry.measure import EXACTNESS, FORMULA_SET, Exactness, ShapeMeasurement, measure_shapes
from blotter_records.densitometry.shapes import Rectangle

__all__ = ["EXACTNESS", "FORMULA_SET", "Background", "Exactness", "Rectangle", "ShapeMeasurement", "measure_shapes"]
