"""What differs between two contents: found whatever it is, and nothing where nothing differs."""

from __future__ import annotations

import copy
import json

import pytest
from blotter_records.domain.comparing import Difference, differences
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "shape"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_nothing_differs_from_itself(value):
    assert list(differences(value, copy.deepcopy(value))) == []


@given(JSON, JSON)
def test_what_is_not_equal_differs(first, second):
    # True and 1 are two values; names have no order.
    same = first == second and json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert bool(list(differences(first, second))) == (not same)


@given(JSON, JSON)
def test_the_other_way_round_it_is_the_same_places(first, second):
    there = {one.path for one in differences(first, second)}
    assert there == {one.path for one in differences(second, first)}


def test_items_with_a_name_are_compared_wherever_they_stand():
    before = [{"shape": "S1", "label": "a"}, {"shape": "S2", "label": "b"}]
    after = [{"shape": "S2", "label": "B"}, {"shape": "S3", "label": "c"}]
    assert list(differences({"shapes": before}, {"shapes": after})) == [
        Difference("shapes[S1]", "removed", before[0], None),
        Difference("shapes[S2].label", "changed", "b", "B"),
        Difference("shapes[S3]", "added", None, after[1]),
    ]
    assert [str(one) for one in differences(before, before[::-1])] == [" (order): ['S1', 'S2'] → ['S2', 'S1']"]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, ["b added (2)"]),
        ({"a": 1}, {"a": True}, ["a: 1 → True"]),
        ([1, 2], [1], ["[1] removed (2)"]),
        ({"a": {"b": 1.0}}, {"a": {"b": 1.5}}, ["a.b: 1.0 → 1.5"]),
    ],
)
def test_differences_in_words(first, second, told):
    assert [str(one) for one in differences(first, second)] == told
