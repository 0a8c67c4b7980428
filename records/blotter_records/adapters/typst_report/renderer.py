"""Runs Typst in a folder of its own, with the fonts that were installed with Blotter and no others."""

from __future__ import annotations

import functools
import json
import re
import shutil
import tempfile
from collections.abc import Container, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from blotter_records.adapters.typst_report.coverage import Coverage
from blotter_records.adapters.typst_report.visible import shown, walk
from blotter_records.errors import Unavailable
from blotter_records.ports.rendering import Attachment, RenderedReport, ReportDocument

TEMPLATE = Path(__file__).with_name("report.typ")

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

#: PDF/A-3, level a (tagged, with attachments), and PDF/UA-1 (readable by assistive technology).
STANDARDS: list[Any] = ["a-3a", "ua-1"]

_SAFE_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class TypstRenderer:
    """Sets reports with Typst (``ports.rendering.ReportRenderer``).

    Parameters
    ----------
    font_folders : sequence of Path
        Folders with the fonts; fonts of the system are not looked at.
    """

    def __init__(self, font_folders: Sequence[Path] = FONT_FOLDERS) -> None:
        self._folders = tuple(font_folders)

    def render(
        self,
        document: ReportDocument,
        *,
        pictures: dict[str, bytes],
        attachments: Sequence[Attachment],
        made_at: datetime,
    ) -> RenderedReport:
        """Return the PDF; see the port."""
        fonts, coverage = _fonts(self._folders)
        # The second try is for letters with marks that no one font has together: basic letters always work.
        for drawable in (coverage, _basic()):
            try:
                return _set(document, pictures, attachments, made_at, fonts, drawable)
            except typst.TypstError as error:
                failed = error
        raise Unavailable("unavailable.renderer", f"The report could not be set: {failed.message}") from failed


@functools.cache
def _fonts(folders: tuple[Path, ...]) -> tuple[typst.Fonts, Coverage]:
    present = [folder for folder in folders if folder.is_dir()]
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in present]
    )
    families = set(fonts.families())
    packages = sorted({package for family, package in NEEDED.items() if family not in families})
    if packages:
        raise Unavailable(
            "unavailable.fonts",
            "Fonts for the report are missing on the server.",
            f"Install them there: apt-get install {' '.join(packages)}",
        )
    files = {Path(font.path) for font in fonts.fonts() if font.path}
    return fonts, Coverage(sorted(files))


@functools.cache
def _basic() -> frozenset[str]:
    return frozenset(
        chr(code) for code in [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2013, 0x2026, 0x2212, 0x27E8, 0x27E9]
    )


def _set(
    document: ReportDocument,
    pictures: dict[str, bytes],
    attachments: Sequence[Attachment],
    made_at: datetime,
    fonts: typst.Fonts,
    drawable: Container[str],
) -> RenderedReport:
    """Write everything into a new folder, compile there, and remove the folder."""
    made_at = made_at.astimezone(UTC).replace(microsecond=0)
    root = Path(tempfile.mkdtemp(prefix="blotter-report-"))
    try:
        for folder in ("pictures", "attachments", "packages"):
            (root / folder).mkdir()
        for name, png in pictures.items():
            (root / "pictures" / _safe(name)).write_bytes(png)
        for attachment in attachments:
            (root / "attachments" / _safe(attachment.name)).write_bytes(attachment.data)
        data = {
            "document": walk(asdict(document), lambda text: shown(text, drawable)),
            "date": {name: getattr(made_at, name) for name in ("year", "month", "day", "hour", "minute", "second")},
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
        compiler = typst.Compiler(
            str(root / "report.typ"),
            root=str(root),
            font_paths=fonts,
            ignore_system_fonts=True,
            # No package may be fetched or read from the machine.
            package_path=str(root / "packages"),
            package_cache_path=str(root / "packages"),
        )
        pdf = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=made_at)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    assert isinstance(pdf, bytes)
    return RenderedReport(pdf, _pages(pdf))


def _pages(pdf: bytes) -> int:
    """Return the number of pages: the largest count in a page tree of the file that we have just written."""
    return max(int(count) for count in re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", pdf))


def _safe(name: str) -> str:
    if not _SAFE_FILE.fullmatch(name):
        raise ValueError(f"not a file name for a report: {name!r}")
    return name
