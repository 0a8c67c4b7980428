"""The PDF, read back by poppler: nothing typed is lost, interpreted or drawn over something else."""

import json
import re
import struct
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from blotter_records.adapters.typst_report import TypstRenderer
from blotter_records.errors import Unavailable
from blotter_records.ports.rendering import Attachment
from unit.report.report_samples import HOSTILE, document, png

MADE_AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
DATA = json.dumps({"texts": HOSTILE}).encode()
ATTACHMENTS = [
    Attachment("data.json", DATA, "application/json", "Everything as stored"),
    Attachment("log.csv", b"number\r\n1\r\n", "text/csv", "The log", "alternative"),
]


def render(wanted, attachments=ATTACHMENTS, made_at=MADE_AT):
    pictures = {"IMG-000001.png": png()}
    return TypstRenderer().render(wanted, pictures=pictures, attachments=attachments, made_at=made_at)


def tool(*arguments):
    return subprocess.run([str(one) for one in arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(render(document(40)).pdf)
    return path


def test_it_is_tagged_a4_pdf_a_3_with_its_time(pdf):
    said = tool("pdfinfo", "-isodates", pdf)
    assert re.search(r"Tagged: +yes", said)
    assert "(A4)" in said
    assert "2026-11-23T10:30:00Z" in said
    metadata = tool("pdfinfo", "-meta", pdf)
    assert re.search(r"pdfaid:part>3<", metadata)
    assert re.search(r"pdfaid:conformance>A<", metadata)
    assert re.search(r"pdfuaid:part>1<", metadata)


def test_every_page_has_number_digest_and_mark(pdf):
    pages = tool("pdftotext", "-layout", pdf, "-").rstrip("\f").split("\f")
    assert f"Pages:           {len(pages)}\n" in tool("pdfinfo", pdf)
    for at, page in enumerate(pages, 1):
        assert f"page {at} of {len(pages)}" in page
        assert "0123456789abcdef" * 4 in page
        assert "DEMONSTRATION" in page
        assert "Static copy" in page


def test_markup_is_shown_as_typed_and_unseen_characters_as_code_points(pdf):
    text = tool("pdftotext", "-layout", pdf, "-")
    for shown in (
        "</script><script>alert(1)</script>",
        '#import "data.json": *',
        "*bold* _it_ `raw` @label <label> \\ // [x]",
        "evil⟨U+202E⟩gnp.exe⟨U+202C⟩ end",
        "样品编号 三號 サンプル 시료",
        "bell⟨U+0007⟩ nul-like⟨U+0001⟩ zero⟨U+200B⟩width private⟨U+E000⟩",
        "⟨U+1F600⟩",
        "⟨U+30000⟩",
    ):
        assert shown in text
    assert "root:" not in text
    assert "دگ" not in text
    joined = "".join(text.split())
    assert "W" * 40 in joined
    assert text.count("W") >= 220


def test_arabic_and_hebrew_are_there(pdf):
    text = tool("pdftotext", pdf, "-")
    assert "عينة" in text
    assert "דגימה" in text


def test_nothing_lies_outside_the_page_or_over_another_column(pdf):
    tree = ET.fromstring(tool("pdftotext", "-bbox", pdf, "-").replace("\x00", ""))
    for page in tree.iter("{http://www.w3.org/1999/xhtml}page"):
        words = [
            (float(word.get("xMin")), float(word.get("yMin")), float(word.get("xMax")), float(word.get("yMax")))
            for word in page
        ]
        margin = 18 / 25.4 * 72
        assert min(word[0] for word in words) >= margin - 1
        assert max(word[2] for word in words) <= float(page.get("width")) - margin + 1
        for at, one in enumerate(words):
            for other in words[at + 1 :]:
                across = min(one[2], other[2]) - max(one[0], other[0])
                down = min(one[3], other[3]) - max(one[1], other[1])
                assert not (across > 1 and down > 0.6 * min(one[3] - one[1], other[3] - other[1])), (one, other)


def test_a_digest_can_be_copied_whole(pdf):
    assert f"{'0123456789abcdef' * 4}\n" in tool("pdftotext", "-raw", pdf, "-")


def test_attachments_come_out_byte_for_byte(pdf, tmp_path):
    tool("pdfdetach", "-saveall", "-o", tmp_path, pdf)
    assert (tmp_path / "data.json").read_bytes() == DATA
    assert json.loads((tmp_path / "data.json").read_text())["texts"] == list(HOSTILE)
    assert (tmp_path / "log.csv").read_bytes() == b"number\r\n1\r\n"


def test_the_same_twice_is_the_same_bytes_and_another_time_is_not():
    wanted = document(3)
    assert render(wanted).pdf == render(wanted).pdf
    assert render(wanted).pdf != render(wanted, made_at=MADE_AT.replace(hour=11)).pdf


def test_a_text_that_no_font_can_set_does_not_stop_the_report():
    # Letters of many scripts with marks of others, one of which no single font has together.
    odd = "".join(chr(base) + chr(mark) for base in range(0x0900, 0x0E80, 7) for mark in (0x0301, 0x0670, 0x0E47))
    made = render(replace(document(2), subtitle=odd))
    assert made.pdf.startswith(b"%PDF-1.7")


@pytest.mark.parametrize("text", ["W" * 2000, "ع" * 2000, "a" + "\u0301" * 500, "(" * 2000])
def test_a_very_long_text_without_a_space_is_set_whole(text, tmp_path):
    made = render(replace(document(1), subtitle=text))
    (tmp_path / "long.pdf").write_bytes(made.pdf)
    letters = "".join(tool("pdftotext", "-l", 2, tmp_path / "long.pdf", "-").split())
    assert letters.count(text[-1]) >= text.count(text[-1]) * 0.99 or text[0] == "a"


def test_six_hundred_entries_are_all_there(tmp_path):
    made = render(document(600))
    (tmp_path / "long.pdf").write_bytes(made.pdf)
    text = tool("pdftotext", "-layout", tmp_path / "long.pdf", "-")
    numbers = {int(one) for one in re.findall(r"^ *(\d+) +2026-11-23", text, re.MULTILINE)}
    assert numbers == set(range(1, 600))
    assert f"of {made.pages}\n" in text


def test_missing_fonts_are_named_with_their_package(tmp_path):
    with pytest.raises(Unavailable) as caught:
        TypstRenderer([tmp_path]).render(document(1), pictures={}, attachments=[], made_at=MADE_AT)
    assert caught.value.code == "unavailable.fonts"
    assert "fonts-noto-cjk fonts-noto-core fonts-noto-mono" in caught.value.diagnostics()


def test_a_chart_becomes_a_png_of_300_dots_per_inch():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"><text x="2" y="20">kDa</text></svg>'
    painted = TypstRenderer().png(svg)
    assert painted.startswith(b"\x89PNG")
    assert struct.unpack(">II", painted[16:24]) == (300, 150)
