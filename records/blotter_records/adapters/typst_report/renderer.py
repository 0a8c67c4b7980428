"""Sets a report with Typst, in a folder and a process of its own, with the fonts that Blotter needs and no others."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from blotter_records.adapters.typst_report import compiling
from blotter_records.adapters.typst_report.compiling import fonts_in
from blotter_records.adapters.typst_report.coverage import Coverage
from blotter_records.adapters.typst_report.visible import shown, walk
from blotter_records.errors import Unavailable
from blotter_records.ports.rendering import Attachment, RenderedReport, ReportDocument

TEMPLATE = Path(__file__).with_name("report.typ")
CHART = Path(__file__).with_name("chart.typ")

#: Where Debian's packages put the fonts.
FONT_FOLDERS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/opentype/noto"))

#: Families that a report needs, and the package that has each.
NEEDED = {
    "Noto Sans": "fonts-noto-core",
    "Noto Sans Arabic": "fonts-noto-core",
    "Noto Sans Hebrew": "fonts-noto-core",
    "Noto Sans Mono": "fonts-noto-mono",
    "Noto Sans CJK SC": "fonts-noto-cjk",
    "Noto Sans Mono CJK SC": "fonts-noto-cjk",
}

#: Seconds that one report may take (5,000 entries take about 30 on one free core).
LONGEST_S = 300

_SAFE_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class TypstRenderer:
    """Sets reports and paints charts with Typst (``ports.rendering.ReportRenderer``, ``ChartPainter``).

    Parameters
    ----------
    font_folders : sequence of Path
        Folders with the fonts; fonts of the system are not looked at.
    """

    def __init__(self, font_folders: Sequence[Path] = FONT_FOLDERS) -> None:
        self._folders = tuple(font_folders)

    def png(self, svg: bytes) -> bytes:
        """Return a PNG of an SVG; see the port."""
        _coverage(self._folders)  # says which fonts are missing, if any are
        with _root() as root:
            (root / "pictures" / "chart.svg").write_bytes(svg)
            shutil.copyfile(CHART, root / "chart.typ")
            failed = _compile(root, datetime(2000, 1, 1, tzinfo=UTC), self._folders)
            if failed:
                raise Unavailable("unavailable.renderer", f"The chart could not be drawn: {failed}")
            return (root / "chart.png").read_bytes()

    def render(
        self,
        document: ReportDocument,
        *,
        pictures: dict[str, bytes],
        attachments: Sequence[Attachment],
        made_at: datetime,
    ) -> RenderedReport:
        """Return the PDF; see the port."""
        coverage = _coverage(self._folders)
        # The second try is for letters with marks that no one font has together: basic letters always work.
        for drawable in (coverage, _basic()):
            with _root() as root:
                _write(root, document, pictures, attachments, made_at=made_at, drawable=drawable)
                failed = _compile(root, made_at, self._folders)
                if not failed:
                    pdf = (root / "report.pdf").read_bytes()
                    return RenderedReport(pdf, _pages(pdf))
        raise Unavailable("unavailable.renderer", f"The report could not be set: {failed}")


@functools.cache
def _coverage(folders: tuple[Path, ...]) -> Coverage:
    """Return what the fonts can draw. Raises ``Unavailable('unavailable.fonts')`` if a family is missing."""
    fonts = fonts_in(folders)
    families = set(fonts.families())
    packages = sorted({package for family, package in NEEDED.items() if family not in families})
    if packages:
        raise Unavailable(
            "unavailable.fonts",
            "Fonts for the report are missing on the server.",
            f"Install them there: apt-get install {' '.join(packages)}",
        )
    return Coverage(sorted({Path(font.path) for font in fonts.fonts() if font.path}))


@functools.cache
def _basic() -> frozenset[str]:
    return frozenset(
        chr(code) for code in [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2013, 0x2026, 0x2212, 0x27E8, 0x27E9]
    )


@contextmanager
def _root() -> Iterator[Path]:
    """Make a folder for one report, and remove it with everything in it."""
    root = Path(tempfile.mkdtemp(prefix="blotter-report-"))
    try:
        for folder in ("pictures", "attachments", "packages"):
            (root / folder).mkdir()
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _write(
    root: Path,
    document: ReportDocument,
    pictures: dict[str, bytes],
    attachments: Sequence[Attachment],
    *,
    made_at: datetime,
    drawable: Container[str],
) -> None:
    """Write the template and everything that it reads."""
    moment = made_at.astimezone(UTC)
    for name, png in pictures.items():
        (root / "pictures" / _safe(name)).write_bytes(png)
    for attachment in attachments:
        (root / "attachments" / _safe(attachment.name)).write_bytes(attachment.data)
    data = {
        "document": walk(asdict(document), lambda text: shown(text, drawable)),
        "date": {name: getattr(moment, name) for name in ("year", "month", "day", "hour", "minute", "second")},
        "attachments": [
            {
                "file": attachment.name,
                "media_type": attachment.media_type,
                "description": attachment.description,
                "relationship": attachment.relationship,
            }
            for attachment in attachments
        ],
    }
    (root / "data.json").write_text(json.dumps(data), encoding="utf-8")
    shutil.copyfile(TEMPLATE, root / "report.typ")


def _compile(root: Path, made_at: datetime, folders: Sequence[Path]) -> str:
    """Run Typst in a process of its own; return what is wrong with the document, or nothing.

    Raises ``Unavailable('unavailable.renderer')`` if the process died or took too long.
    """
    command = [sys.executable, "-I", "-m", compiling.__name__, str(root), str(int(made_at.timestamp()))]
    try:
        done = subprocess.run(
            [*command, *map(str, folders)],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("unavailable.renderer", f"The report was not ready after {LONGEST_S} s.") from error
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode not in {0, compiling.NOT_SET}:
        raise Unavailable("unavailable.renderer", f"The report could not be set: {said[-300:]}")
    return said if done.returncode else ""


def _pages(pdf: bytes) -> int:
    """Return the number of pages: the largest count in a page tree of the file that we have just written."""
    return max(int(count) for count in re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", pdf))


def _safe(name: str) -> str:
    if not _SAFE_FILE.fullmatch(name):
        raise ValueError(f"not a file name for a report: {name!r}")
    return name
