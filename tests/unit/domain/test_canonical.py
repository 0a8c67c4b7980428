"""Canonical JSON."""

import pytest
from blotter_records.domain.canonical import canonical, digest
from blotter_records.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st


def test_one_text_for_one_content():
    assert canonical({"b": [1, 2.5, None, True], "a": "é"}) == '{"a":"é","b":[1,2.5,null,true]}'
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_exactly(value):
    import json

    assert json.loads(canonical([value]))[0] == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "invalid.number"),
        (float("inf"), "invalid.number"),
        ("a\0b", "invalid.text"),
        ("\ud800", "invalid.text"),
        ("\\\0", "invalid.text"),
    ],
)
def test_what_cannot_be_kept_is_refused(value, code):
    with pytest.raises(Invalid) as caught:
        canonical({"x": value})
    assert caught.value.code == code


def test_text_that_only_looks_like_a_nul_is_kept():
    assert canonical("\\u0000") == '"\\\\u0000"'
