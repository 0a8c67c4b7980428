"""Whose widget sends bytes: the gate's tables say it, and nothing is invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from blotter_extension.gate.cells import CellTable
from blotter_extension.person import NotebookVersion, Person
from blotter_records.contract.notebooks import NotebookLimit

NOTHING = NotebookLimit(widgets=[], why_not="Nothing runs here.")


def table(**opened: str) -> CellTable:
    cells = CellTable()
    for comm, cell in opened.items():
        cells.forwarded_cell(f"run-{comm}", cell, "10.0.0.7")
        cells.opened(comm, f"run-{comm}")
    return cells


@pytest.fixture
def person() -> Person:
    made = Person("anna", "http://127.0.0.1:1", "token", "http://127.0.0.1:2", Path("/tmp"))
    made.cells = {"k1": table(one="c1", both="c2"), "k2": table(two="c3", both="c4")}
    made.notebook_of_kernel = {"k1": "a.ipynb", "k2": "b.ipynb"}
    made.notebooks = {"a.ipynb": NotebookVersion("NBK-000001", 3, NOTHING)}
    return made


def test_a_widget_has_the_cell_that_opened_it(person: Person) -> None:
    assert person.widget_context("one") == {
        "Notebook": "NBK-000001",
        "Notebook_Version": "3",
        "Cell": "c1",
        "Kernel": "k1",
    }
    assert person.widget_context("two") == {"Cell": "c3", "Kernel": "k2"}  # its notebook was never read


@pytest.mark.parametrize("comm", ["", "three", "both"])
def test_a_widget_that_is_unknown_or_claimed_twice_has_no_context(person: Person, comm: str) -> None:
    assert person.widget_context(comm) == {}


def test_a_widget_opened_by_no_message_of_the_gate_has_no_cell(person: Person) -> None:
    person.cells["k1"].opened("ghost", "a message that nobody sent")
    assert person.widget_context("ghost")["Cell"] is None
    assert "X-Blotter-Cell" not in person.headers(**person.widget_context("ghost"))
