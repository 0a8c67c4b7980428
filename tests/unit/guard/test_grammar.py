"""The grammar of a cell."""

from __future__ import annotations

import ast

import pytest
from blotter_records.contract.commands import Arguments, WidgetSpecification
from blotter_records.contract.grammar import MAX_SOURCE, parse
from blotter_records.errors import Refused
from hypothesis import given
from hypothesis import strategies as st


class Everything(Arguments):
    """One argument of each kind."""

    text: str = ""
    number: float = 0.0
    whole: int = 0
    flag: bool = False
    items: list[str | int | float | bool | None] = []  # noqa: RUF012  pydantic copies defaults


TABLE = {"Everything": WidgetSpecification("Everything", Everything, "For tests.", 'Everything(text="a")')}


def refusal(source) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(source)
    assert caught.value.code == "refused.cell"
    return caught.value


@pytest.mark.parametrize(
    ("source", "image"),
    [
        ('ImageViewer(image="IMG-000001")', "IMG-000001"),
        ("ImageViewer( image = 'IMG-000042' , )", "IMG-000042"),
        ('\n# look\r\nImageViewer(\n  # which\n  image="IMG-000001",\n)\n\n# end', "IMG-000001"),
    ],
)
def test_a_call(source, image):
    command = parse(source)
    assert command.name == "ImageViewer"
    assert command.arguments.image == image


@pytest.mark.parametrize("source", ["", " \n\t\n", "# only words", "# a\n# b\n"])
def test_nothing_is_nothing(source):
    assert parse(source) is None


def test_every_kind_of_literal():
    source = (
        """Everything(text='say "hi" \\\\ \\'x\\'', number=-1.5e3, whole=7, flag=True, items=["a", 1, 2.5, None,])"""
    )
    arguments = parse(source, TABLE).arguments
    assert arguments.model_dump() == {
        "text": "say \"hi\" \\ 'x'", "number": -1500.0, "whole": 7, "flag": True, "items": ["a", 1, 2.5, None],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message", "advice"),
    [
        ("import os", "not a widget", "A cell is one widget"),
        ("imageviewer()", "Did you mean ImageViewer", 'ImageViewer(image="IMG-000001")'),
        ("ImageVewer()", "Did you mean ImageViewer", "ImageViewer("),
        ("ImageViewer()", "needs image", "ImageViewer("),
        ('ImageViewer("IMG-000001")', "by name", "ImageViewer("),
        ('ImageViewer(imge="IMG-000001")', "Did you mean image", "ImageViewer("),
        ('ImageViewer(image="gel.tif")', "not an identifier", "ImageViewer("),
        ("ImageViewer(image=1)", "valid string", "ImageViewer("),
        ('ImageViewer(image="IMG-000001"', "the end of the cell", "ImageViewer("),
        ('ImageViewer(image="IMG-000001)', "not closed", ""),
        ('ImageViewer(image="IMG-000001", image="IMG-000002")', "twice", ""),
        ("ImageBrowser(image=1)", "takes no arguments", "ImageBrowser()"),
        ("ImageBrowser()\nImageBrowser()", "Line 2", "a cell of its own"),
        ("ImageBrowser()\n.close()", "nothing more may follow", ""),
        ("%matplotlib", "IPython", ""),
        ("!ls", "operating system", ""),
        ("ImageBrowser\u200b()", "U+200B", ""),
        ('ImageLog(image="\\x49MG-000001")', "backslash", ""),
        ('ImageLog(image=f"IMG-000001")', "text in quotes", ""),
        ('ImageLog(image=[["a"]])', "text in quotes", ""),
        ("ImageLog(image=1j)", "text in quotes", ""),
        ("#" * (MAX_SOURCE + 1), "longer than", ""),
    ],
)
def test_what_a_scientist_reads(source, message, advice):
    error = refusal(source)
    assert message in str(error)
    assert advice in error.diagnostics()
    assert str(error)[0] == str(error)[0].upper()


@pytest.mark.parametrize("source", [None, b"ImageBrowser()", ["ImageBrowser()"], 1, {"a": 1}])
def test_only_text_is_a_cell(source):
    assert "not text" in str(refusal(source))


def test_digits_of_other_scripts_are_no_identifier():
    refusal('ImageViewer(image="IMG-٠٠٠٠٠١")')


PLAIN = st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40
)  # fmt: skip


def written(value) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[" + ", ".join(written(item) for item in value) + "]"
    return repr(value)


@given(st.lists(PLAIN, max_size=8), st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_what_was_written_is_what_is_read(items, text):
    arguments = parse(f"Everything(items={written(items)}, text={written(text)})", TABLE).arguments
    assert (arguments.items, arguments.text) == (items, text)


@given(st.text(max_size=200) | st.text(st.sampled_from("ImageViwrLog(=)\"'\\,[]#\n\r\t 01.e-%!"), max_size=200))
def test_anything_else_is_refused_without_a_fault(source):
    try:
        parse(source)
    except Refused as error:
        assert error.code == "refused.cell"


@given(st.text(st.sampled_from("Everything(text=flag numbrwol,)\"'\\[]#\n 01.e-TrueNone"), max_size=120))
def test_what_passes_reads_the_same_in_python(tail):
    """Whoever reads the cell as Python sees the same one call with the same values."""
    source = "Everything(" + tail
    try:
        command = parse(source, TABLE)
    except Refused:
        return
    tree = ast.parse(source)
    [statement] = tree.body
    call = statement.value
    assert isinstance(call, ast.Call)
    assert call.func.id == command.name
    given_values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert {key: getattr(command.arguments, key) for key in given_values} == given_values
