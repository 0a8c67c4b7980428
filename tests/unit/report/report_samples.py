"""A report with everything that people may type into it."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from blotter_records.densitometry.masks import Ellipse, Polygon
from blotter_records.densitometry.regions import drawn
from blotter_records.densitometry.shapes import Rectangle
from blotter_records.ports.rendering import (
    AnalysisPart,
    Column,
    Fact,
    ImagePart,
    LogPart,
    LogRow,
    Outline,
    Picture,
    ReportDocument,
    SignaturePart,
    Table,
)
from PIL import Image

HOSTILE = (
    "</script><script>alert(1)</script>",
    '#import "data.json": *',
    '#read("/etc/passwd") $x^2$ *bold* _it_ `raw` @label <label> \\ // [x]',
    "evil\u202egnp.exe\u202c end",
    "W" * 220,
    "样品编号 三號 サンプル 시료",
    "عينة الاختبار رقم ٣",
    "דגימה",
    "bell\x07 nul-like\x01 zero\u200bwidth private\ue000 emoji\U0001f600 rare\U00030000",
    '=HYPERLINK("http://x")',
)


def png(rows: int = 120, columns: int = 200) -> bytes:
    """Return a grey picture."""
    ramp = np.linspace(0, 255, columns, dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.tile(ramp, (rows, 1))).save(buffer, "PNG")
    return buffer.getvalue()


def log_rows(count: int) -> tuple[LogRow, ...]:
    """Return log rows, every tenth with hostile texts."""
    rows = []
    for at in range(count):
        text = HOSTILE[at % len(HOSTILE)]
        rows.append(
            LogRow(
                number=str(at + 1) if at < count - 1 else "pending",
                time="2026-11-23 10:25:31.123456",
                who="Dr. Søren Kierkegård-Müller" if at % 3 else "张伟",
                who_detail="skierkegaard · Analyst",
                action="analysis.edit" if at % 2 else "result.review.sign",
                outcome="done" if at % 5 else "refused",
                record="ANL-000001 rev 12",
                lines=(
                    Fact("what", f"S{at} moved from rows 10–20, columns 30–45 to rows 12–22, columns 30–45"),
                    Fact("old → new", '{"shape":"S1","label":"x"} → {"shape":"S1","label":"y"}', is_code=True),
                    Fact("reason", text),
                    Fact("notebook", "NBK-000001 version 3, cell 8f1d3c2a"),
                ),
            )
        )
    return tuple(rows)


def document(rows: int = 12) -> ReportDocument:
    """Return a report of one image, three signatures and `rows` log entries."""
    digest = "0123456789abcdef" * 4
    intensity = Table(
        "Intensity",
        (
            Column("Shape", is_number=False, share=8),
            Column("Label", is_number=False, share=20),
            Column("Area", "px", share=8),
            Column("Total", "counts·px", share=13),
            Column("Mean", "counts", share=11),
            Column("Min", "counts", share=8),
            Column("Max", "counts", share=8),
            Column("SD", "counts", share=11),
            Column("Median", "counts", share=10),
            Column("Saturated", "px (%)", share=13),
        ),
        tuple(
            (
                f"S{at}",
                HOSTILE[at % len(HOSTILE)],
                "1800",
                "12345678",
                "6858.71",
                "101",
                "65535",
                "1234.57",
                "6801.5",
                "12 (0.67 %)",
            )
            for at in range(1, 9)
        ),
        ("6 significant digits; the stored values are in the attached data.json.",),
    )
    facts = (
        Fact("Identifier", "RES-000001"),
        Fact("Title", HOSTILE[0]),
        Fact("Status", "approved"),
        Fact("Digest", digest, is_code=True),
        *(Fact("Comment", text) for text in HOSTILE),
    )
    picture = Picture(
        "IMG-000001.png",
        120,
        200,
        "Image IMG-000001 in grey",
        "Counts 120 to 40 000, more signal darker",
        tuple(
            Outline(name, tuple(drawn(outline)))
            for name, outline in (
                ("S1", Rectangle(20, 20, 60, 50)),
                ("S2", Ellipse(40, 95, 20, 15, turned=20.0)),
                ("S3", Polygon(((0, 150), (0, 200), (30, 180)))),
            )
        ),
    )
    signature = SignaturePart(
        "SIG-000001",
        "valid",
        "✓ valid",
        "Dr. Søren Kierkegård-Müller",
        "Authorship",
        "2026-11-23 10:25:31 UTC (UTC+00:00)",
        (
            Fact("User name, role", "skierkegaard, Analyst"),
            Fact("Action", "Submitted this version as final"),
            Fact("Comment", HOSTILE[1]),
            Fact("Binds digest", digest, is_code=True),
            Fact("Seal", "entry 17"),
        ),
    )
    return ReportDocument(
        title="Report of result RES-000001, version 1",
        subtitle="Loading control, blot 12",
        status="Approved",
        marks=("demonstration",),
        notice="Static copy of electronic records. The records in the system prevail.",
        digest_label="Record digest (SHA-256)",
        digest=digest,
        facts=facts,
        signatures=(
            signature,
            replace(
                signature,
                title="SIG-000002",
                printed_name="张伟 (Zhang Wei)",
                meaning="Review",
                state="outdated",
                state_text="⚠ outdated: signed on version 1",
            ),
            replace(
                signature,
                title="SIG-000003",
                printed_name="محمد علي",
                meaning="Approval",
                state="invalid",
                state_text="✕ invalid",
            ),
        ),
        no_signatures="",
        images=(
            ImagePart(
                "Image IMG-000001",
                facts[:4],
                (AnalysisPart("Analysis ANL-000001.2", picture, facts[:3], (intensity,)),),
            ),
        ),
        logs=(LogPart("Image log of IMG-000001", f"{rows} entries; none was left out.", log_rows(rows)),),
        seal=(
            Fact("Origin", "lab.example/blotter/1"),
            Fact("Verifier key", "lab.example/blotter/1+abcdef01+" + "A" * 44, is_code=True),
        ),
        seal_text="Entries 1 to 12 are covered by this checkpoint.",
        seal_lines=("lab.example/blotter/1", "17", "B" * 43 + "=", "", "— lab.example/blotter/1 " + "C" * 92),
        copy=(Fact("Printed by", "Dr. Søren Kierkegård-Müller"), Fact("Software", "blotter 0.1.0")),
        printed="Printed 2026-11-23 10:30:00 UTC by Dr. Søren Kierkegård-Müller · EXP-000001",
    )
