"""The picture of a plate: wells at their places, colours by value, labels that name no place."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from blotter_records.contract.plates import PlateNumbers, WellNumber
from blotter_records.services.charts.plate import placed, plate
from blotter_records.vocabulary import WellUse


def well(name: str, value: float | None = 1.0, **more) -> WellNumber:
    given = {
        "shape": "S1",
        "use": WellUse.SAMPLE,
        "group": "",
        "signal": 10,
        "corrected": 9,
        "normaliser": None,
        "percent": None,
        "is_saturated": False,
        "left_out": "",
    }
    return WellNumber(**{**given, **more}, well=name, value=value)


def circles(wells: list[WellNumber]) -> list[dict[str, str]]:
    svg = ET.fromstring(plate(PlateNumbers(wells=wells, groups=[], z_prime=None)))
    return [one.attrib for one in svg.iter("{http://www.w3.org/2000/svg}circle")]


@pytest.mark.parametrize(
    ("name", "place"),
    [("A1", (0, 0)), ("H12", (7, 11)), ("P24", (15, 23)), ("AF48", (31, 47)), ("AG1", None), ("A49", None),
     ("A0", None), ("a1", None), ("Blank", None), ("A1 ", None), ("<b>", None)],
)  # fmt: skip
def test_a_label_names_its_place(name, place):
    assert [(one.row, one.column) for one in placed([well(name)])] == ([place] if place else [])


def test_a_larger_value_is_darker_and_lies_at_its_place():
    one, two, three = circles([well("A1", 0.0), well("A2", 0.5), well("B1", 1.0)])
    assert (one["cx"], one["cy"]) == (three["cx"], two["cy"])
    assert float(two["cx"]) > float(one["cx"])
    assert float(three["cy"]) > float(one["cy"])
    light = [sum(int(this["fill"][at : at + 2], 16) for at in (1, 3, 5)) for this in (one, two, three)]
    assert light[0] > light[1] > light[2]


def test_wells_without_a_value_and_background_wells_have_no_colour():
    none, background = circles([well("A1", None), well("A2", 5.0, use=WellUse.BACKGROUND)])
    assert (none["fill"], background["fill"]) == ("#ffffff", "#ffffff")
    assert "stroke-dasharray" in none
    assert "stroke-dasharray" not in background


def test_wells_that_are_nowhere_are_counted_and_a_hostile_label_is_only_text():
    svg = plate(PlateNumbers(wells=[well("A1"), well("<script>")], groups=[], z_prime=0.71))
    assert b"1 wells whose labels name no place are not shown." in svg
    assert b"<script" not in svg
    assert "Z′ = 0.71." in svg.decode()
