"""Image files: one module for each format, and one place that decides by a file's first bytes which reads it."""

from blotter_records.adapters.image_files.reading import ImageFiles
from blotter_records.adapters.image_files.tiff_writing import to_tiff

__all__ = ["ImageFiles", "to_tiff"]
