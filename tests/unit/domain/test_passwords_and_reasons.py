"""Passwords keep every byte and every character; reasons say something (11.300; PI 041)."""

from __future__ import annotations

import bcrypt
import pytest
from blotter_records.domain import names, passwords
from blotter_records.domain.policies import DEFAULTS
from blotter_records.domain.reasons import Reason, checked_reason
from blotter_records.errors import Invalid
from blotter_records.vocabulary import ReasonRule
from hypothesis import given
from hypothesis import strategies as st


def test_a_hash_has_scheme_and_cost_and_is_made_with_a_fresh_salt():
    first, second = (passwords.hash_password("Wide 7 rivers", cost=12) for _ in range(2))
    assert first.startswith("v1$$2b$12$")
    assert first != second
    assert passwords.password_matches("Wide 7 rivers", first)
    assert not passwords.password_matches("Wide 7 river", first)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a" * 72 + "b", "a" * 72 + "c"), ("abc\0abc", "abc"), ("€" * 30, "€" * 31), ("x" * 256, "x" * 255)],
)
def test_what_bcrypt_alone_would_confuse_is_told_apart(one, other):
    hashed = passwords.hash_password(one, cost=4)
    assert passwords.password_matches(one, hashed)
    assert not passwords.password_matches(other, hashed)


def test_one_way_of_typing_an_accent_is_as_good_as_the_other():
    assert passwords.password_matches("Cafe\u0301 4711 !", passwords.hash_password("Caf\u00e9 4711 !", cost=4))


@pytest.mark.parametrize("damaged", ["", "v1$", "v1$nonsense"])
def test_a_damaged_hash_matches_nothing(damaged):
    assert not passwords.password_matches("x", damaged)


def test_a_hash_of_an_unknown_scheme_matches_nothing():
    assert not passwords.password_matches("x", "v2$" + bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode())


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Sh0rt!", "password.length"),
        ("A1!" * 100, "password.length"),
        ("onlysmallletters", "password.classes"),
        ("Electrophoresis1!", "password.common"),
        ("My-Nguyen-2026", "password.name"),
        ("Aa1!Aa1!Aa1!", "password.pattern"),
        ("Seven quiet Gels at dawn 4711", None),
        ("пароль из слов 77", None),
    ],
)
def test_rules_for_new_passwords(password, code):
    def check():
        passwords.check_new_password(password, user_name="t.nguyen", printed_name="Thi Nguyen", policies=DEFAULTS)

    if code is None:
        check()
        return
    with pytest.raises(Invalid) as invalid:
        check()
    assert invalid.value.code == code
    assert password not in str(invalid.value)


@given(st.text(min_size=1, max_size=40))
def test_folding_twice_changes_nothing(name):
    assert names.folded(names.folded(name)) == names.folded(name)


@pytest.mark.parametrize("name", ["Anna", " anna ", "ＡＮＮＡ", "ANNA"])
def test_names_that_are_one_name(name):
    assert names.folded(name) == "anna"


@pytest.mark.parametrize("name", ["", "-a", "a-", "a b", "аnna", "Anna", "a/b", "a" * 65, "root"])
def test_user_names_that_cannot_be(name):
    with pytest.raises(Invalid):
        names.checked_user_name(name)


@pytest.mark.parametrize(
    "junk",
    [
        "x",
        "-",
        "..........",
        "aaaaaaaaaaaa",
        "asdf asdf asdf",
        "no no no no no",
        "1234567890",
        "test test n/a",
        "\u200b" * 12,
    ],
)
def test_junk_is_no_reason(junk):
    with pytest.raises(Invalid):
        checked_reason(junk, minimum=10)


@pytest.mark.parametrize(
    "reason", ["Band 3 was missed", "Rand des Bands korrigiert", "条带边缘重新校正，因为之前漏掉了一部分", "Lower edge"]
)
def test_reasons(reason):
    assert checked_reason(reason, minimum=10).text == reason


def test_an_optional_reason_may_be_missing_but_not_short():
    assert checked_reason("  ", minimum=10, rule=ReasonRule.OPTIONAL) == Reason()
    with pytest.raises(Invalid):
        checked_reason("x", minimum=10, rule=ReasonRule.OPTIONAL)


def test_a_reason_from_the_list_has_a_code_and_a_text():
    codes = ["correction: a mistake was corrected", "other: as written"]
    asked = {"rule": ReasonRule.LIST, "minimum": 10, "codes": codes}
    assert checked_reason("Band 3 was missed", "other", **asked) == Reason("Band 3 was missed", "other")
    for text, code, refused in (
        ("Band 3 was missed", "", "reason.code"),
        ("Band 3 was missed", "made up", "reason.code"),
        ("", "other", "reason.missing"),
        ("ten ten ten ten", "other", "reason.junk"),
    ):
        with pytest.raises(Invalid) as invalid:
            checked_reason(text, code, **asked)
        assert invalid.value.code == refused
