"""Lanes pasted from a spreadsheet or read from a CSV file: read exactly, or refused by row and column."""

from __future__ import annotations

import pytest
from blotter_records.contract.lane_text import lanes_of
from blotter_records.errors import Invalid
from messages import study_contents

FIRST = study_contents().samples[0]
NAMED = FIRST.model_copy(
    update={"sample": "SMP-000007", "name": "Lysate; 2", "group": "drug", "biological_replicate": 3}
)
TWIN = FIRST.model_copy(update={"sample": "SMP-000008"})
SAMPLES = [FIRST, NAMED]


def told(text: str, samples=SAMPLES) -> list[tuple]:
    return [
        (one.lane, one.load.value, one.sample, one.ladder, one.micrograms, one.technical_replicate, one.note)
        for one in lanes_of(text, samples)
    ]


WANTED = [
    (1, "ladder", None, "PageRuler", None, None, ""),
    (2, "sample", FIRST.sample, "", 20.0, 1, "left"),
    (3, "sample", "SMP-000007", "", 0.5, 2, ""),
    (5, "blank", None, "", None, None, ""),
]


def test_a_paste_and_a_file_say_the_same():
    pasted = (
        f"Lane\tLadder\tSample\tAmount (µg)\tReplicate\tGroup\tNote\r\n1\tPageRuler\r\n"
        f"2\t\t{FIRST.name}\t20\t1\t{FIRST.group}\tleft\r\n3\t\tSMP-000007\t500 ng\t2\tdrug\t\r\n\r\n5\r\n"
    )
    assert told(pasted) == WANTED
    semicolons = (
        "\ufefflane;load;ladder;sample;amount [mg];technical replicate;biological replicate;note\n"
        "5;blank;;;;;;\n1;ladder;PageRuler;;;;;\n"
        f'3;sample;;"Lysate; 2";0,0005;2;3;\n2;Sample;;{FIRST.sample};0,02;1;;left\n'
    )
    assert told(semicolons) == WANTED
    commas = (
        "lane,sample,ladder,amount,replicate,note\n1,,PageRuler,,,\n"
        f"2,{FIRST.name},,20 ug,1,left\n3,SMP-000007,,0.5ug,2,\n5,,,,,\n"
    )
    assert told(commas) == WANTED


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There is nothing to read"),
        ("lane\n", "There is nothing to read"),
        ("sample\nx\n", "Row 1: there is no column “lane”."),
        ("lane\tcolour\n1\tred\n", "Row 1, column 2 “colour”: it is not of a lane."),
        ("lane\ttarget\n1\tp53\n", "Row 1, column 2 “target”: targets are said in the probing round."),
        ("lane\tamount (kg)\n1\t2\n", "Row 1, column 2 “amount (kg)”: kg is not µg, ng or mg."),
        ("lane\tload\tloaded\n1\tblank\tblank\n", "Row 1: two columns say the same."),
        (
            "lane\tsample\none\tnobody\n",
            "Row 2, column lane: “one” is no whole number from 1 to 2000; row 2, column sample: “nobody”: there is no ",
        ),
        ("lane\n1\n\n1\n", "Row 4, column lane: lane 1 is there twice."),
        ("lane\tload\n1\tsample\n", "Row 2, column sample: no sample is named."),
        ("lane\tload\tsample\n1\tblank\tSMP-000007\n", "Row 2, column sample: the lane holds a blank."),
        ("lane\tload\tladder\n1\tblank\tPageRuler\n", "Row 2, column ladder: the lane holds a blank."),
        ("lane\tload\n1\tgel\n", "Row 2, column load: “gel” is not sample, ladder or blank."),
        ("lane\tsample\tamount\n1\tSMP-000007\t20\n", "Row 2, column amount: “20”: say the unit, µg, ng or mg"),
        ("lane\tsample\tamount (µg)\n1\tSMP-000007\tmuch\n", "Row 2, column amount (µg): “much” is no amount."),
        ("lane\tsample\tamount (mg)\n1\tSMP-000007\t99\n", "Row 2, column amount (mg): “99” is more than 10 mg."),
        ("lane\tamount (µg)\n1\t2\n", "Row 2, column amount (µg): the lane holds nothing."),
        ("lane\tsample\tGroup\n1\tSMP-000007\tvehicle\n", "Row 2, column Group: “vehicle”: SMP-000007 is of “drug”."),
        (
            "lane\tsample\tbiological replicate\n1\tSMP-000007\t2\n",
            "Row 2, column biological replicate: 2: SMP-000007 is 3.",
        ),
        ("lane\n1\textra\n", "Row 2 has more cells than the heading."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_row_and_column(text, says):
    with pytest.raises(Invalid) as refused:
        lanes_of(text, SAMPLES)
    assert refused.value.code == "lanes.text"
    assert refused.value.message.startswith(says)


def test_a_name_that_two_samples_have_asks_for_the_id():
    with pytest.raises(Invalid, match=f"{FIRST.sample}, SMP-000008 have this name; write the id"):
        lanes_of(f"lane\tsample\n1\t{FIRST.name}\n", [FIRST, TWIN])
    assert told("lane\tsample\n1\tSMP-000008\n", [FIRST, TWIN])[0][2] == "SMP-000008"
