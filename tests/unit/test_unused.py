"""Reasons for what a result does not use: what they name, what they bind, and what is asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from blotter_records.contract.unused import InventoryItem, ItemPlace
from blotter_records.domain.digests import result_digest, version_digest
from blotter_records.domain.policies import Policies
from blotter_records.domain.policy_table import POLICIES
from blotter_records.domain.records import Analysis
from blotter_records.services.reports.inventory_part import inventory_tables
from blotter_records.services.results.inventory import open_items, told, unused
from blotter_records.verifier.signatures import bound_digest
from blotter_records.vocabulary import ItemKind, UnusedRule

AT = datetime(2026, 11, 27, 7, 30, 5, tzinfo=UTC)


class Stored:
    """Records of a bundle: one analysis, and the image that it was measured on."""

    def __init__(self, analysis: Analysis) -> None:
        image = {"file_sha256": analysis.file_sha256, "pixels_sha256": analysis.pixels_sha256}
        self._found = {("analysis:ANL-000001", 3): analysis.as_json(), ("image:IMG-000001", 1): image}
        self.digests = {}

    def find(self, stream: str, rev: int):
        return self._found.get((stream, rev))


def item(kind=ItemKind.IMAGE, record="IMG-000002", **given):
    told_ = {"name": record, "made_at": AT, "made_by": "Ana", "status": "acquired", "used": False}
    return InventoryItem(kind=kind, record=record, **{**told_, **given})


def test_reasons_are_part_of_what_is_signed_and_the_verifier_of_a_bundle_knows_them():
    analysis = Analysis(
        "ANL-000001", "IMG-000001", "f" * 64, "", [], {}, [], "2026.1", next_shape=1, contributors=[], versions=[]
    )
    pin = {"analysis": "ANL-000001", "version": 2, "rev": 3, "digest": version_digest(analysis)}
    given = {"kind": "image", "record": "IMG-000002", "number": None, "reason": "Too short"}
    digests = []
    for reasons in ([], [given], [{**given, "reason": "Too long"}], [{**given, "record": "IMG-000003"}]):
        content = {"pins": [pin], "layers": [], "title": "T", "study": "STU-000001", "unused_reasons": reasons}
        ours = result_digest("RES-000001", 1, "T", "STU-000001", [("ANL-000001", 2, analysis)], [], [], reasons)
        assert bound_digest(Stored(analysis), "RES-000001", 1, content) == ours
        digests.append(ours)
    assert len(set(digests)) == 4
    # A result of before has no such field, and the digest that it had.
    del content["unused_reasons"]
    assert bound_digest(Stored(analysis), "RES-000001", 1, content) == digests[0]
    assert result_digest("RES-000001", 1, "T", "STU-000001", [("ANL-000001", 2, analysis)], []) == digests[0]


@pytest.mark.parametrize(
    "place",
    [
        {"kind": "image", "record": "ANL-000001"},
        {"kind": "image", "record": "IMG-000001", "number": 1},
        {"kind": "analysis", "record": "ANL-000001"},
        {"kind": "draft", "record": "ANL-000001"},
        {"kind": "acquisition", "record": "RES-000001"},
    ],
)
def test_a_place_that_names_nothing_is_refused(place):
    with pytest.raises(ValueError, match="validation error"):
        ItemPlace(**place)


def test_only_what_the_policy_asks_for_and_nobody_has_answered_is_open():
    asked = item(rule=UnusedRule.REASON)
    assert open_items([item(used=True), item(), item(rule=UnusedRule.REASON, reason="Too short")]) is None
    error = open_items([asked, item(record="IMG-000003", rule=UnusedRule.REASON, reason="Too short")])
    assert error is not None
    assert error.code == "conflict.unused_reasons"
    assert "IMG-000002 (2026-11-27 07:30 UTC, Ana; acquired)" in error.message
    assert "IMG-000003" not in error.message
    many = open_items([asked.model_copy(update={"name": f"IMG-{at:06}"}) for at in range(9)])
    assert many is not None
    assert "and 4 more" in many.message


def test_the_signing_page_is_told_another_line_when_anything_comes_in():
    exposure = item(ItemKind.ACQUISITION, "ACQ-000001", standing="each of its images is listed")
    alone = item(ItemKind.ACQUISITION, "ACQ-000002")
    assert told([exposure, item(used=True)]) == ""
    assert told([exposure, alone, item()]) == "2: ACQ-000002, IMG-000002"
    assert unused([exposure, alone]) == [alone]
    lines = {told([item(record=f"IMG-{at:06}") for at in range(count)]) for count in (40, 41, 42)}
    assert len(lines) == 3


def test_a_report_says_of_each_why_not():
    rows = inventory_tables(
        [
            item(used=True),
            item(reason="Too short", reason_code="other", given_by_name="Ana"),
            item(standing="invalidated: cracked gel"),
            item(),
        ],
        [],
    )[0].rows
    assert [row[-1] for row in rows] == [
        "–",
        "other: Too short (Ana)",
        "invalidated: cracked gel",
        "no reason was given",
    ]
    assert [row[-2] for row in rows] == ["yes", "no", "no", "no"]


def test_the_policy_is_shipped_as_noted():
    assert POLICIES["results.unused"].choices == ("noted", "reason")
    assert Policies().unused_rule is UnusedRule.NOTED
    assert Policies({"results.unused": "reason"}).unused_rule is UnusedRule.REASON
