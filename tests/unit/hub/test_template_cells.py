"""Cells of a template in a form's field: typed, read, shown again."""

from __future__ import annotations

import pytest
from blotter_hub.pages.rules.template_cells import cells_of, text_of
from blotter_records.errors import Invalid
from blotter_records.services.templates.shipped import SHIPPED_TEMPLATES


@pytest.mark.parametrize("shipped", SHIPPED_TEMPLATES, ids=lambda one: one.key)
def test_what_is_shown_is_read_as_it_was(shipped):
    cells = shipped.cells()
    locked = [cell.id for cell in cells[::2]]
    for kept in ([], locked):
        assert cells_of(text_of(cells, kept)) == (cells, kept)
        assert cells_of(text_of(cells, kept).replace("\n", "\r\n")) == (cells, kept)  # as a browser sends it


def test_a_cell_without_a_name_is_numbered():
    (text, widget), locked = cells_of("\n%% text\n# Dots\n\nTwo lines.\n%%  locked  widget \nImageBrowser()\n\n")
    assert (text.cell_type, text.id, text.source) == ("markdown", "cell-1", "# Dots\n\nTwo lines.")
    assert (widget.cell_type, widget.id, widget.source) == ("code", "cell-2", "ImageBrowser()")
    assert locked == ["cell-2"]
    assert cells_of("") == ([], [])
    assert cells_of("%% text locked\n# Dots")[1] == []  # a name


@pytest.mark.parametrize(
    "text",
    [
        "ImageBrowser()",
        "%% code\nImageBrowser()",
        "%%text\n# Dots",
        "%% text a b\n# Dots",
        "%% locked\n# Dots",
        "%% text a locked\n# Dots",
    ],
)
def test_what_stands_before_the_first_cell_is_refused(text):
    with pytest.raises(Invalid) as refused:
        cells_of(text)
    assert refused.value.code == "template.form"
