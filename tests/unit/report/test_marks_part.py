"""Annotations over the picture of a report: lines where the viewer draws them; hidden ones are not printed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from blotter_records.ports.rendering import AnalysisPart, ImagePart, Picture
from blotter_records.services.reports.marks_part import with_marks

IMAGE: Any = SimpleNamespace(image="IMG-000001", rows=900, columns=450)
PART = ImagePart("Image", (), (AnalysisPart("Analysis", Picture("a.png", 900, 450, "Image", "Grey."), (), ()),))
ENDS = {"row": 100, "column": 50, "row1": 100, "column1": 150}


def dossier(*marks: dict[str, Any], is_shown: bool = True, pinned: bool = True) -> Any:
    """Return a dossier whose result pins these marks as version 2; version 3 of them came later."""
    names = {"annotation": "ANN-000001", "image": "IMG-000001", "study": "STU-000001", "contributors": []}
    given = [{"mark": f"M{at}", "text": "", **mark} for at, mark in enumerate(marks, 1)]
    revisions = [
        SimpleNamespace(record_id="ANN-000001", rev=rev, content={**names, "marks": shown, "is_shown": is_shown})
        for rev, shown in ((2, given), (3, []))
    ]
    pin = {"record": "ANN-000001", "rev": 2} if pinned else None
    layers = [{"image": {"record": "IMG-000001"}, "annotation": pin}]
    return SimpleNamespace(content=SimpleNamespace(layers=layers), revisions=revisions)


def test_lines_lie_where_the_viewer_draws_them() -> None:
    kinds = (
        {"kind": "text", "row": 5, "column": 6, "text": "α"},
        {"kind": "arrow", **ENDS},
        {"kind": "bracket", **ENDS},
    )
    (analysis,) = with_marks(PART, IMAGE, dossier(*kinds)).analyses
    text, arrow, bracket = analysis.picture.marks
    assert (text.strokes, text.row, text.column, text.text) == ((), 5, 6, "α")
    assert arrow.strokes[0] == (100, 50, 100, 150)
    # Both wings begin at its end and go back by the head's length, a 90th of the longer side.
    assert [stroke[:2] for stroke in arrow.strokes[1:]] == [(100, 150), (100, 150)]
    assert sorted(stroke[2] for stroke in arrow.strokes[1:]) == pytest.approx([95.5, 104.5])
    assert [stroke[3] for stroke in arrow.strokes[1:]] == pytest.approx([140, 140])
    # Drawn from left to right its feet point down.
    assert bracket.strokes == ((100, 50, 100, 150), (100, 50, 110, 50), (100, 150, 110, 150))
    assert (bracket.row, bracket.column, bracket.is_centred) == (100, 100, True)
    assert analysis.picture.caption == "Grey. Over it the annotations ANN-000001.2."
    assert analysis.picture.alternative_text == "Image; annotations α"


def test_hidden_and_unpinned_ones_are_not_printed() -> None:
    line = {"kind": "line", **ENDS}
    for made in (dossier(line, is_shown=False), dossier(line, pinned=False), dossier()):
        assert with_marks(PART, IMAGE, made) is PART
