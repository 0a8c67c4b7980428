"""A protocol's method as it is typed into a form: read, shown again, and told where it cannot be read."""

from __future__ import annotations

import pytest
from blotter_hub.pages.rules.protocol_form import FIELDS, method_of, typed_of
from blotter_records.contract.protocols import ProtocolMethod
from blotter_records.errors import Invalid

TYPED = {
    "purpose": "Target over housekeeping",
    "channel": "700 nm",
    "background": "rolling_ball",
    "width": "2",
    "sides": "top_bottom",
    "radius": "50",
    "ladder": "Bio-Rad Precision Plus Protein",
    "fit": "cubic spline",
    "weights": "100, 50 25",
    "lane": "1",
    "bands": "target p53: 50 to 60.5 kDa\n\ncontrol: band 2\n",
    "normalisation": "housekeeping",
    "control_group": "vehicle",
}


def test_a_form_becomes_a_method_and_a_method_the_same_form():
    method = method_of(TYPED, ["Signal", "SNR"])
    assert (method.background.radius, method.background.reach, method.lanes) == (50, None, None)
    assert method.ladder.weights == [100, 50, 25]
    assert [(one.use, one.target, one.band, one.low, one.high) for one in method.bands] == [
        ("target", "p53", None, 50, 60.5),
        ("control", "", 2, None, None),
    ]
    shown = typed_of(method)
    assert set(shown) == {*FIELDS, "columns"}
    assert method_of({name: shown[name] for name in FIELDS}, shown["columns"]) == method
    plain = ProtocolMethod(purpose="Dots")
    shown = typed_of(plain)
    assert method_of({name: shown[name] for name in FIELDS}, []) == plain


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bands": "target p53: 50-60"}, "Bands, line 1: “target p53: 50-60” is no rule."),
        ({"bands": "target: 60 to 50 kDa\ncontrol: band 2"}, "low is below high"),
        ({"lanes": "many"}, "Lanes: “many” is no number."),
        ({"lanes": "0"}, "Lanes: Input should be greater than or equal to 1"),
        ({"background": "magic"}, "Background method"),
        ({"background": "user_defined"}, "shapes is given"),
        ({"radius": ""}, "radius is given"),
        ({"normalisation": ""}, "only with a normalisation"),
        ({"normalisation": "two_step"}, "a rule for the total"),
        ({"bands": "target: band 1", "ladder": ""}, "one for a control"),
        ({"ladder": ""}, "only with a ladder"),
        ({"purpose": " "}, "Purpose"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_field(change, said):
    with pytest.raises(Invalid) as refused:
        method_of({**TYPED, **change}, [])
    assert refused.value.code == "protocol.form"
    assert said.casefold() in refused.value.message.casefold()


def test_a_column_that_no_report_has_is_refused():
    with pytest.raises(Invalid, match="Columns are, each once: Area"):
        method_of(TYPED, ["Signal", "Beauty"])
