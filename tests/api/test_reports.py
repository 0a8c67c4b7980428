"""Reports over HTTP: made from the records, in the trail, the same through nbconvert; here no sequencer runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import nbformat
import pytest
from blotter_records.client.notebook_exporter import result_of
from blotter_records.errors import Invalid, NotFound, Refused
from blotter_records.services.operating.demo import DEMO_PASSWORD, PEOPLE
from blotter_records.vocabulary import Action, ExportKind, Role


@pytest.fixture(scope="module")
def signed(service):
    anna = service.signed_in(Role.ANALYST)
    result = service.result(anna).result
    service.sign(anna, result, Action.RESULT_SUBMIT)
    return result


def text_of(path):
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout


def notebook(*sources, **metadata):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in sources], metadata=metadata)


def test_a_report_is_made_kept_recorded_and_says_what_is_pending(service, signed, tmp_path):
    rosa = service.signed_in(Role.REVIEWER)
    log = rosa.image_trail("IMG-000001")
    made = rosa.make_report(signed)
    assert (made.kind, made.record, made.media_type) == (ExportKind.REPORT_PDF, signed, "application/pdf")
    (tmp_path / "report.pdf").write_bytes(b"".join(rosa.export_file(made.export)))
    text = text_of(tmp_path / "report.pdf")
    assert f"page {made.pages} of {made.pages}" in text
    # The log of the image, and the one entry of its acquisition, which the result pins, too.
    assert f"{log.total + 1} entries; none was left out" in text
    assert len(re.findall(r"^ *pending +20\d\d-", text, re.MULTILINE)) == log.total + 1
    assert "No checkpoint had been signed" in text
    assert "Printed by" in text
    assert made.made_by in text
    for fact in ("Authorship", "Anna Lindqvist", "✓ valid", rosa.result(signed).digest, "DEMONSTRATION"):
        assert fact in text
    (entry,) = service.entries(action="report.generate", record_id=made.export)
    assert entry["new"]["sha256"] == made.sha256
    actions = [one.action for one in rosa.image_trail("IMG-000001").entries]
    assert actions[actions.index("report.generate") :][:2] == ["report.generate", "export.download"]


def test_who_may_not_make_a_report_gets_none_and_it_is_recorded(service, signed):
    manager = service.signed_in(Role.SYSTEM_MANAGER)
    with pytest.raises(Refused):
        manager.make_report(signed)
    assert service.entries(action="action.refused", stream=f"result:{signed}")[-1]["new"]["action"] == "report.generate"
    with pytest.raises(NotFound):
        service.signed_in(Role.ANALYST).make_report("RES-999999")


def test_nbconvert_gives_the_same_report_with_the_persons_token(service, signed, tmp_path):
    name = next(person.user_name for person in PEOPLE if person.role is Role.REVIEWER)
    token = service.hub.open_session(name, DEMO_PASSWORD, "127.0.0.1").token
    (tmp_path / "token").write_text(token)
    nbformat.write(notebook(f'Sign(result="{signed}")', 'ImageLog(image="IMG-000001")'), tmp_path / "gel.ipynb")
    environment = {**os.environ, "BLOTTER_API_URL": service.url, "BLOTTER_SESSION_TOKEN_FILE": str(tmp_path / "token")}
    exporter = "blotter_records.client.notebook_exporter.BlotterPdfExporter"
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", exporter, "--output", "out", str(tmp_path / "gel.ipynb")],
        env=environment,
        check=True,
        capture_output=True,
    )
    assert f"Report of result {signed}, version 1" in text_of(tmp_path / "out.pdf")


def test_a_notebook_is_about_one_result():
    assert result_of(notebook('Result(image="IMG-000001")', 'Sign(result="RES-000007")')) == "RES-000007"
    assert result_of(notebook("print(1)", blotter={"result": "RES-000009"})) == "RES-000009"
    for sources in ([], ['Sign(result="RES-000001")', 'Sign(result="RES-000002")'], ["RES-000001"]):
        with pytest.raises(Invalid, match="about one result"):
            result_of(notebook(*sources))
