"""What a report holds, and who turns it into a PDF.

Everything here is text as it is to be read: numbers are formatted, times have their zone. A renderer never interprets
a value: mark-up inside one is shown as typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True)
class Fact:
    """A name and a value. ``is_code`` is for digests and other strings that are compared character by character."""

    name: str
    value: str
    is_code: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table; ``share`` is its part of the width, in 1/100 of the text width."""

    name: str
    unit: str = ""
    is_number: bool = True
    share: int = 10


@dataclass(frozen=True)
class Table:
    """A table of texts; every row has as many cells as there are columns."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A shape to draw over a picture: its corners (row, column), px from the image's upper left, and its name."""

    name: str
    corners: tuple[tuple[float, float], ...]


#: A straight line on a picture: row and column of both ends, px from the image's upper left.
Stroke = tuple[float, float, float, float]


@dataclass(frozen=True)
class PictureMark:
    """A mark to draw over a picture: straight lines, and a text that begins, or has its middle, at a place, px."""

    strokes: tuple[Stroke, ...]
    text: str
    row: float
    column: float
    is_centred: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture of an image. ``file`` names the PNG among the pictures given; size is that of the image, in pixels."""

    file: str
    rows: int
    columns: int
    alternative_text: str
    caption: str
    outlines: tuple[Outline, ...] = ()
    marks: tuple[PictureMark, ...] = ()


@dataclass(frozen=True)
class ChartPart:
    """A chart; ``file`` names the SVG among the pictures given."""

    title: str
    file: str
    alternative_text: str


@dataclass(frozen=True)
class AnalysisPart:
    """One pinned version of an analysis."""

    title: str
    picture: Picture
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    charts: tuple[ChartPart, ...] = ()


@dataclass(frozen=True)
class ImagePart:
    """One image and what was measured on it."""

    title: str
    facts: tuple[Fact, ...]
    analyses: tuple[AnalysisPart, ...]


@dataclass(frozen=True)
class SignaturePart:
    """The manifestation of an electronic signature (11.50): printed name, time with zone, meaning."""

    title: str
    state: Literal["valid", "outdated", "invalid"]
    state_text: str
    printed_name: str
    meaning: str
    signed_at: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class ReviewPart:
    """A signed review of an audit trail: who, when, how much, and what was written."""

    title: str
    facts: tuple[Fact, ...]
    table: Table


@dataclass(frozen=True)
class LogRow:
    """An entry of the image log."""

    number: str
    time: str
    who: str
    who_detail: str
    action: str
    outcome: str
    record: str
    lines: tuple[Fact, ...]


@dataclass(frozen=True)
class LogPart:
    """The whole image log; ``statement`` says how many entries there are and whether any were left out."""

    title: str
    statement: str
    rows: tuple[LogRow, ...]


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF (PDF/A-3)."""

    name: str
    data: bytes
    media_type: str
    description: str
    relationship: Literal["source", "data", "alternative", "supplement"] = "data"


@dataclass(frozen=True)
class ReportDocument:
    """A report, ready to be set.

    Parameters
    ----------
    title, subtitle : str
    marks : tuple of str
        What every page has to say of the installation (*demonstration*, *evaluation*); empty in production.
    notice : str
        That this is a static copy, and of what.
    digest : str
        Digest of the result version, on every page.
    digest_label : str
    front : tuple of Table
        Tables that come before anything else, each with a heading of its own.
    """

    title: str
    subtitle: str
    status: str
    marks: tuple[str, ...]
    notice: str
    digest_label: str
    digest: str
    facts: tuple[Fact, ...]
    signatures: tuple[SignaturePart, ...]
    no_signatures: str
    images: tuple[ImagePart, ...]
    logs: tuple[LogPart, ...]
    seal: tuple[Fact, ...]
    seal_text: str
    seal_lines: tuple[str, ...]
    copy: tuple[Fact, ...]
    language: str = "en"
    author: str = "Blotter"
    printed: str = ""
    front: tuple[Table, ...] = ()
    reviews: tuple[ReviewPart, ...] = ()


@dataclass(frozen=True)
class RenderedReport:
    """A PDF and its number of pages."""

    pdf: bytes
    pages: int


class ChartPainter(Protocol):
    """Turns a drawn chart into pixels."""

    def png(self, svg: bytes) -> bytes:
        """Return a PNG of an SVG, 300 dots per inch. Raises as :class:`ReportRenderer`."""


class ReportRenderer(Protocol):
    """Sets a report as PDF."""

    def render(
        self,
        document: ReportDocument,
        *,
        pictures: dict[str, bytes],
        attachments: Sequence[Attachment],
        made_at: datetime,
    ) -> RenderedReport:
        """Return the PDF; the same arguments give the same bytes.

        Raises ``Unavailable('unavailable.fonts')`` if fonts are missing (says which package has them),
        ``Unavailable('unavailable.renderer')`` if the document could not be set.
        """
