"""The report as PDF/A-3a and PDF/UA-1, set by Typst."""

from blotter_records.adapters.typst_report.renderer import TypstRenderer

__all__ = ["TypstRenderer"]
