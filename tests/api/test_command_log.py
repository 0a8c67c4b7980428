"""The command log: every cell that was sent to a kernel is an entry, found by its words; many refusals are an alarm."""

from __future__ import annotations

import hashlib

import pytest
from blotter_records.contract.exports import UserLogRequest
from blotter_records.contract.notebooks import Cell, CellRun, CellRuns, GateRefusal, NotebookSave
from blotter_records.contract.trail import TrailQuestion
from blotter_records.errors import Invalid, Refused
from blotter_records.vocabulary import Alarm, Outcome, Role


def run(source, outcome="done", *, is_automatic=False, said=""):
    return CellRun(
        source=source,
        source_sha256=hashlib.sha256(source.encode()).hexdigest(),
        cell="cell-7",
        outcome=outcome,
        said=said,
        duration_ms=12,
        is_automatic=is_automatic,
    )


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST, **{"X-Blotter-Kernel": "k-1", "X-Blotter-Address": "10.0.0.9"})


@pytest.fixture(scope="module")
def manager(service):
    return service.signed_in(Role.SYSTEM_MANAGER)


def test_every_cell_is_an_entry_that_is_found_by_its_words(service, anna, manager):
    runs = [run('ImageViewer(image="IMG-000001")'), run("import zebra", "refused", said="That is not a widget."),
            run("ImageBrowser()", is_automatic=True)]  # fmt: skip
    anna.log_cells(CellRuns(runs=runs))
    entries = manager.command_log().entries
    assert [one.new["source"] for one in entries] == [one.source for one in runs]
    assert [one.outcome for one in entries] == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
    assert [one.new["is_automatic"] for one in entries] == [False, False, True]
    assert {(one.user_name, one.kernel, one.cell, one.address) for one in entries} == {
        ("anna.analyst", "k-1", "cell-7", "10.0.0.9")
    }
    assert {one.rev for one in entries} == {None}  # running a cell changes no record
    [found] = manager.command_log(TrailQuestion(text="zebra")).entries
    assert found.new["said"] == "That is not a widget."
    assert found.new["source_sha256"] == hashlib.sha256(b"import zebra").hexdigest()
    refused = manager.command_log(TrailQuestion(outcome=Outcome.REFUSED, who="anna.analyst")).entries
    assert [one.id for one in refused] == [found.id]


def test_it_stands_apart_from_the_user_log_and_goes_out_with_it(service, anna, manager):
    anna.log_cells(CellRuns(runs=[run("Studies()")]))
    assert "cell.run" not in {one.action for one in manager.user_trail(limit=1000).entries}
    with service.sequencing():
        made = manager.make_user_log_bundle(UserLogRequest(action=["cell.run"]))
        data = b"".join(manager.export_file(made.export))
    assert b"cell.run" in _unpacked(data)
    assert b"Studies()" in _unpacked(data)


def _unpacked(data: bytes) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        return b"".join(bundle.read(name) for name in bundle.namelist())


def test_the_log_is_not_for_everybody(anna):
    with pytest.raises(Refused):
        anna.command_log()


def test_many_refusals_are_an_alarm_once(service, manager):
    samir = service.signed_in(Role.SUPERVISOR)
    refusal = GateRefusal(kind="cell", summary="“import” is not a widget.", source_sha256="0" * 64, count=1)
    samir.report_refusal(refusal)
    assert not [one for one in manager.notifications() if one.alarm is Alarm.MANY_REFUSALS]
    burst = refusal.model_copy(update={"count": 19, "hashes": ["1" * 64]})
    samir.report_refusal(burst)
    samir.report_refusal(burst)
    [told] = [one for one in manager.notifications() if one.alarm is Alarm.MANY_REFUSALS]
    assert told.facts == {"refused": 20}
    assert "Samir Haddad was refused 20 times" in told.message
    entry = service.entries(action="kernel.exec.refused")[-1]
    assert entry["new"] == {"kind": "cell", "source_sha256": "0" * 64, "count": 19, "hashes": ["1" * 64]}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("code", "import os"),
        ("markdown", "[x](javascript:alert(1))"),
        ("markdown", "[x](java&#115;cript:alert(1))"),
        ("markdown", "[x](\tjavascript:alert(1))"),
        ("markdown", "<img src=x onerror=alert(1)>"),
        ("markdown", "&lt;script>alert(1)&lt;/script>"),
        ("markdown", "![x](data:text/html;base64,x)"),
        ("markdown", "![x](data:image/svg+xml;base64,x)"),
        ("markdown", "<!-- hidden -->"),
    ],
)
def test_a_notebook_holds_commands_and_markdown_only(anna, kind, source):
    cells = [Cell(cell_type=kind, id="c1", source=source)]
    with pytest.raises(Invalid) as caught:
        anna.save_notebook("attack.ipynb", NotebookSave(expected_version=0, cells=cells))
    assert caught.value.code == "notebook.cell"


@pytest.mark.parametrize(
    "source", ["p < 0.05 and a > b", "`<script>` is code", "<https://example.org>", "# Title\n\n* one", "$x^2$"]
)
def test_plain_markdown_is_text(anna, source):
    name = f"text {hashlib.sha256(source.encode()).hexdigest()[:6]}.ipynb"
    saved = anna.save_notebook(
        name, NotebookSave(expected_version=0, cells=[Cell(cell_type="markdown", id="c1", source=source)])
    )
    assert saved.cells[0].source == source
