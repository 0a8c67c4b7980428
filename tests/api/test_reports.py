"""Reports over HTTP: made from the records, in the trail, the same through nbconvert; here no sequencer runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import httpx
import imageio.v3 as iio
import nbformat
import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.client.notebook_exporter import result_of
from blotter_records.contract.images import DisplayRequest
from blotter_records.contract.results import ResultRequest
from blotter_records.errors import Invalid, NotFound, Refused
from blotter_records.services.operating.demo import DEMO_PASSWORD, PEOPLE
from blotter_records.vocabulary import Action, ExportKind, Role
from service_over_http import PLAIN, STUDY


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


def test_a_report_shows_the_image_by_the_display_that_the_result_pins(service, tmp_path):
    anna = service.signed_in(Role.ANALYST)
    counts = np.random.default_rng(8).integers(900, 30_000, (130, 180)).astype(np.uint16)
    image = anna.import_image("shown.tif", "Shown in several ways", to_tiff(counts), study=STUDY).image

    def show(version: int, **shown):
        request = DisplayRequest(expected_version=version, idempotency_key=service.key(), **shown)
        return anna.save_display(image, request)

    def report(result: str, name: str):
        """Return the text of a new report, its data, the bytes of its picture, and its export."""
        made = anna.make_report(result)
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(b"".join(anna.export_file(made.export)))
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run(["pdfdetach", "-saveall", "-o", folder, path], check=True, capture_output=True)
        subprocess.run(["pdfimages", "-png", path, folder / "picture"], check=True)
        picture = max(folder.glob("picture*.png"), key=lambda one: one.stat().st_size).read_bytes()
        return " ".join(text_of(path).split()), json.loads((folder / "data.json").read_text()), picture, made

    saved = service.saved(anna, image)
    pins = ResultRequest(title="Without a display", analyses=[saved.versions[-1].id], idempotency_key=service.key())
    plain = anna.create_result(pins)
    first = show(0, low=100, high=30_000, gamma=2, colour="viridis", is_inverted=False)
    coloured = anna.create_result(pins.model_copy(update={"idempotency_key": service.key()}))
    pixels, digest = anna.image(image).pixels_sha256, saved.versions[-1].digest

    def signing_picture(result: str) -> bytes:
        intent = service.intend(anna, result, Action.RESULT_SUBMIT)
        return httpx.get(f"{intent.url}/pictures/0.png", trust_env=False, verify=PLAIN).content

    # The signing page shows it as the report does; the upper left corner lies outside every shape.
    pictures = {one.result: signing_picture(one.result) for one in (plain, coloured)}
    corners = [iio.imread(pictures[one.result])[0, 0, :3] for one in (plain, coloured)]
    assert [len(set(corner.tolist())) == 1 for corner in corners] == [True, False]

    text, data, before, kept = report(coloured.result, "before")
    named = "viridis from 100 (dark) to 30000 counts, gamma 2; display"
    assert f"{named} {first.display}, version 1, saved by Anna Lindqvist" in text
    assert data["displays"] == [
        {
            "image": image,
            "low": 100,
            "high": 30_000,
            "gamma": 2,
            "is_inverted": False,
            "colour": "viridis",
            "display": first.display,
            "version": 1,
        }
    ]

    # Another display later: this result still pins the first one, and what was printed is what it was.
    show(1, low=0, high=60_000, gamma=1, colour="grey", is_inverted=True)
    text, data, after, _ = report(coloured.result, "after")
    assert f"{named} {first.display}, version 1" in text
    assert (data["displays"][0]["version"], after) == (1, before)
    assert signing_picture(coloured.result) == pictures[coloured.result]
    assert anna.export(kept.export).sha256 == kept.sha256
    assert b"".join(anna.export_file(kept.export)) == (tmp_path / "before.pdf").read_bytes()
    text, data, grey, _ = report(plain.result, "plain")
    assert "gamma 1; no display was saved when the result was made" in text
    assert (data["displays"][0]["display"], grey == before) == (None, False)

    # It changes what is looked at: pixels, numbers and versions have the digests that they had.
    assert anna.image(image).pixels_sha256 == pixels
    assert anna.analysis(saved.analysis).versions[-1].digest == digest
    assert anna.recompute(saved.analysis, 1).is_reproduced


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
