"""Compiles one report or chart: ``python -m blotter_records.adapters.typst_report.compiling ROOT TIME FOLDER...``.

A process of its own for each report: Typst keeps whatever it has compiled (about 60 MB for 300 log entries), and with
the process that memory ends. Nothing but the files under ROOT and the font folders is read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typst

#: PDF/A-3, level a (tagged, with attachments), and PDF/UA-1 (readable by assistive technology).
STANDARDS: list[Any] = ["a-3a", "ua-1"]

#: Dots of a chart per inch.
CHART_PPI = 300

#: Exit code for a document that cannot be set; what is wrong is on standard error.
NOT_SET = 3


def fonts_in(folders: Sequence[Path]) -> typst.Fonts:
    """Return the fonts of some folders, and no others."""
    present = [str(folder) for folder in folders if folder.is_dir()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=present)


def main() -> int:
    """Compile ``report.typ`` to ``report.pdf`` in the folder ROOT; without one, ``chart.typ`` to ``chart.png``."""
    root, timestamp, *folders = sys.argv[1:]
    is_report = Path(root, "report.typ").exists()
    packages = str(Path(root, "packages"))
    compiler = typst.Compiler(
        str(Path(root, "report.typ" if is_report else "chart.typ")),
        root=root,
        font_paths=fonts_in([Path(folder) for folder in folders]),
        ignore_system_fonts=True,
        # No package may be fetched or read from the machine.
        package_path=packages,
        package_cache_path=packages,
    )
    try:
        if is_report:
            output = str(Path(root, "report.pdf"))
            compiler.compile(output=output, format="pdf", pdf_standards=STANDARDS, timestamp=int(timestamp))
        else:
            compiler.compile(output=str(Path(root, "chart.png")), format="png", ppi=CHART_PPI)
    except typst.TypstError as error:
        sys.stderr.write(error.message)
        return NOT_SET
    return 0


if __name__ == "__main__":
    sys.exit(main())
