"""Python halves of the widgets against a stand-in for the client, given through the constructor as the kernel does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from blotter_guard.registry import REGISTRY
from blotter_guard.widgets import ExportPdf, ImageBrowser, ImageLog, ImageViewer, ImportImage, Result, Sign
from blotter_guard.widgets.base import BlotterWidget
from blotter_records.contract.analyses import AnalysisVersionView, AnalysisView, Background, Rectangle, Shape
from blotter_records.contract.base import EntryRef
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.grammar import parse
from blotter_records.contract.images import ImageView, PyramidLevel
from blotter_records.contract.results import ResultView, SigningIntentView
from blotter_records.contract.sessions import SessionView
from blotter_records.contract.trail import SystemView, TrailEntryView, TrailPage
from blotter_records.errors import Conflict, NotFound, Refused, Unavailable
from blotter_records.vocabulary import Action, ImageStatus, Meaning, ResultStatus, Role

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DIGEST = "ab" * 32
KEY = "k" * 16


def entry(number: int | None = 7) -> EntryRef:
    return EntryRef(id=70, at=AT, number=number)


def image(name: str = "IMG-000001") -> ImageView:
    return ImageView(
        image=name,
        status=ImageStatus.ACQUIRED,
        file_name="<b>gel</b>.tif",
        file_sha256=DIGEST,
        file_bytes=10,
        pixels_sha256=DIGEST,
        rows=300,
        columns=400,
        bits=16,
        compression="lzw",
        white_is_zero=False,
        saturation_level=65535,
        minimum=0,
        maximum=60000,
        percentile_0_1=10,
        percentile_99_9=50000,
        tile_size=256,
        levels=[PyramidLevel(level=0, rows=300, columns=400), PyramidLevel(level=1, rows=150, columns=200)],
        imported_by="Ana Lyst",
        imported_at=AT,
        reason="first gel",
        entry=entry(),
    )


def version(number: int = 1) -> AnalysisVersionView:
    return AnalysisVersionView(
        id=f"ANL-000001.{number}",
        analysis="ANL-000001",
        version=number,
        image="IMG-000001",
        shapes=[Shape(shape="S1", label="Band 1", rectangle=Rectangle(row0=1, column0=2, row1=3, column1=4))],
        background=Background(),
        measurements=[],
        digest=DIGEST,
        formula_set="B.2026.1",
        saved_by="Ana Lyst",
        saved_at=AT,
        reason="",
    )


def analysis(rev: int = 3, versions: int = 1) -> AnalysisView:
    return AnalysisView(
        analysis="ANL-000001",
        image="IMG-000001",
        rev=rev,
        shapes=[],
        background=Background(),
        measurements=[],
        formula_set="B.2026.1",
        is_saved=True,
        is_editable=True,
        versions=[version(n + 1) for n in range(versions)],
        next_shape="S2",
        entry=entry(),
    )


def result() -> ResultView:
    return ResultView(
        result="RES-000001",
        version=1,
        rev=1,
        title="",
        status=ResultStatus.SUBMITTED,
        images=["IMG-000001"],
        analyses=[version()],
        digest=DIGEST,
        created_by="Ana Lyst",
        created_at=AT,
        contributors=["Ana Lyst"],
        signatures=[],
        steps=[],
        entry=entry(),
    )


def saved_entry(number: int | None, record_version: int) -> TrailEntryView:
    return TrailEntryView(
        id=91,
        number=number,
        leaf=DIGEST,
        at=AT,
        zone="Europe/Vienna",
        action=Action.ANALYSIS_SAVE,
        outcome="done",
        summary="saved",
        account="ACC-000001",
        user_name="ana",
        printed_name="Ana Lyst",
        role="analyst",
        service=None,
        session="SES-000001",
        address=None,
        stream="analysis:ANL-000001",
        rev=4,
        record_kind="analysis",
        record_id="ANL-000001",
        record_version=record_version,
        software="0.1.0",
    )


class FakeRecords:
    """Answers like the records service; ``fails`` maps a method to what it raises; ``asked`` keeps the calls."""

    def __init__(self, **fails: Exception) -> None:
        self.fails = fails
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.versions = 1
        self.actions = [Action.IMAGE_IMPORT, Action.ANALYSIS_START, Action.REPORT_GENERATE]

    def __getattr__(self, name: str) -> Any:
        answers = {
            "images": lambda: [image("IMG-000001"), image("IMG-000002")],
            "image": image,
            "analyses_of_image": lambda _image: [analysis(versions=self.versions)],
            "analysis": lambda _name: analysis(versions=self.versions),
            "start_analysis": lambda _image: analysis(),
            "gesture": lambda _name, request: analysis(rev=request.expected_rev + 1),
            "save_analysis": lambda _name, _request: analysis(versions=2),
            "analysis_version": lambda _name, number: version(number),
            "image_trail": lambda _image, **_page: TrailPage(entries=[saved_entry(123, 2)], total=1),
            "results": lambda: [result()],
            "result": lambda _name: result(),
            "create_result": lambda _request: result(),
            "create_result_version": lambda _name, _request: result(),
            "start_review": lambda _name: result(),
            "create_signing_intent": self._intent,
            "signing_intent": lambda _name: self._intent(None),
            "session": self._session,
            "system": self._system,
        }

        def method(*given: Any, **named: Any) -> Any:
            self.asked.append((name, given))
            if name in self.fails:
                raise self.fails[name]
            return answers[name](*given, **named)

        return method

    def _intent(self, _request: Any) -> SigningIntentView:
        return SigningIntentView(
            intent="abc",
            url="http://127.0.0.1:8001/sign/abc",
            result="RES-000001",
            version=1,
            action=Action.RESULT_SUBMIT,
            meaning=Meaning.AUTHORSHIP,
            digest=DIGEST,
            ends_at=AT,
            state="open",
        )

    def _session(self) -> SessionView:
        return SessionView(
            session="SES-000001",
            account="ACC-000001",
            user_name="ana",
            printed_name="Ana Lyst",
            roles=[Role.ANALYST],
            actions=self.actions,
            must_change_password=False,
            opened_at=AT,
            idle_ends_at=AT,
            ends_at=AT,
        )

    def _system(self) -> SystemView:
        return SystemView(
            software="0.1.0",
            installation="lab",
            is_demo=True,
            is_evaluation=True,
            signing_origin="http://127.0.0.1:8001",
            tree_size=1,
            checkpoint_key="key",
        )


def ask(
    widget: BlotterWidget, command: str, arguments: dict[str, Any] | None = None, number: int = 5
) -> dict[str, Any] | None:
    """Send a request as the browser does; return the answer."""
    sent: list[dict[str, Any]] = []
    widget.send = sent.append
    content = {"command": command, "id": number, "arguments": arguments or {}}
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    return sent[0] if sent else None


def gesture(rev: int = 3) -> dict[str, Any]:
    rectangle = {"row0": 1, "column0": 2, "row1": 30, "column1": 40}
    return {
        "gesture": "shape.add",
        "expected_rev": rev,
        "shapes": [{"shape": "S1", "label": "Band 1", "rectangle": rectangle}],
        "background": {"method": "median", "width": 3, "sides": "all"},
        "idempotency_key": KEY,
    }


def test_every_name_that_a_cell_may_call_has_a_class_built_from_its_example() -> None:
    assert set(REGISTRY.specifications()) == set(SPECIFICATIONS)
    for row in SPECIFICATIONS.values():
        command = parse(row.example)
        assert command is not None
        built = REGISTRY.build(command, FakeRecords())
        assert type(built).__name__ == row.name
        assert built.view["state"] == "ready", built.view
        json.dumps(built.get_state())


def test_the_browser_gets_one_dict_and_one_comm() -> None:
    widget = ImageBrowser(FakeRecords())
    state = widget.get_state()
    assert {name for name in state if not name.startswith("_")} == {"view", "tabbable", "tooltip"}
    assert state["_model_module"] == state["_view_module"] == "blotter"
    assert state["_view_name"] == "ImageBrowserView"
    assert [row["image"] for row in widget.view["images"]] == ["IMG-000002", "IMG-000001"]


def test_an_update_from_the_browser_is_dropped() -> None:
    widget = ImageBrowser(FakeRecords())
    before = widget.get_state()
    update = {"method": "update", "state": {"view": {"state": "ready", "images": []}, "_view_module": "evil"}}
    widget._handle_msg({"content": {"data": update}, "buffers": []})
    assert widget.get_state() == before


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotFound("missing.image", "There is no IMG-000009.", "Look in ImageBrowser()."), "refused"),
        (Unavailable("unavailable.records", "No answer."), "offline"),
    ],
)
def test_what_cannot_be_read_is_a_state_with_the_problem_in_it(error: Exception, state: str) -> None:
    widget = ImageViewer(FakeRecords(image=error), image="IMG-000009")
    assert widget.view["state"] == state
    assert widget.view["record"] == "IMG-000009"
    assert widget.view["problem"]["code"] == error.code  # type: ignore[attr-defined]


def test_a_gesture_is_sent_whole_and_its_numbers_come_back() -> None:
    client = FakeRecords()
    widget = ImageViewer(client, image="IMG-000001")
    answer = ask(widget, "gesture", {"analysis": "ANL-000001", "request": gesture(rev=3)})
    assert answer is not None
    assert (answer["reply"], answer["ok"], answer["value"]["rev"]) == (5, True, 4)
    assert widget.view["analysis"]["rev"] == 4
    name, given = client.asked[-1]
    assert (name, given[0], given[1].idempotency_key) == ("gesture", "ANL-000001", KEY)


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [
        ("read", {}, "refused.request"),
        ("_client", {}, "refused.request"),
        ("close", {}, "refused.request"),
        ("gesture", {"analysis": "ANL-1", "request": gesture()}, "invalid.request"),
        ("gesture", {"analysis": "ANL-000001", "request": {**gesture(), "measurements": []}}, "invalid.request"),
        ("open_version", {"analysis": "ANL-000001", "version": 0}, "invalid.request"),
        ("reload", {"image": "IMG-000002"}, "invalid.request"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_before_the_service(
    command: str, arguments: dict[str, Any], code: str
) -> None:
    client = FakeRecords()
    widget = ImageViewer(client, image="IMG-000001")
    asked = len(client.asked)
    answer = ask(widget, command, arguments)
    assert answer is not None
    assert not answer["ok"]
    assert answer["problem"]["code"] == code
    assert len(client.asked) == asked


def test_a_stale_gesture_leaves_the_view_as_it_was() -> None:
    client = FakeRecords(gesture=Conflict("conflict.rev", "Somebody else changed it.", "Reload."))
    widget = ImageViewer(client, image="IMG-000001")
    before = widget.view
    answer = ask(widget, "gesture", {"analysis": "ANL-000001", "request": gesture()})
    assert answer is not None
    assert answer["problem"]["status"] == 409
    assert widget.view == before


@pytest.mark.parametrize(("versions", "saved", "number"), [(1, False, None), (2, True, 123)])
def test_after_a_lost_save_the_widget_says_whether_it_happened(versions: int, saved: bool, number: int | None) -> None:
    client = FakeRecords()
    client.versions = versions
    widget = ImageViewer(client, image="IMG-000001")
    answer = ask(widget, "find_save", {"analysis": "ANL-000001", "version": 2, "expected_rev": 3})
    assert answer is not None
    value = answer["value"]
    assert value["saved"] is saved
    assert (value["entry"] or {}).get("number") == number


@pytest.mark.parametrize(
    ("record", "asked", "number"), [("ANL-000001", 70, 7), ("RES-000001", 70, 7), ("IMG-000001", 71, None)]
)
def test_the_number_of_an_entry_is_asked_for_later(record: str, asked: int, number: int | None) -> None:
    answer = ask(ImageViewer(FakeRecords(), image="IMG-000001"), "find_number", {"record": record, "entry": asked})
    assert answer == {"reply": 5, "ok": True, "value": number}


def test_a_refusal_names_its_entry() -> None:
    refused = Refused("refused.role", "None of your roles allows it.")
    refused.entry = 812
    answer = ask(
        Result(FakeRecords(start_review=refused), image="IMG-000001"), "take_for_review", {"result": "RES-000001"}
    )
    assert answer is not None
    assert answer["problem"]["entry"] == 812
    assert ImageBrowser(FakeRecords(images=refused)).view["problem"]["entry"] == 812


def test_import_says_why_not() -> None:
    client = FakeRecords()
    assert ImportImage(client).view["may_import"] is True
    client.actions = []
    view = ImportImage(client).view
    assert view["may_import"] is False
    assert "Analyst" in view["why_not"]


def test_sign_asks_for_a_page_and_sees_no_password() -> None:
    client = FakeRecords()
    widget = Sign(client, result="RES-000001")
    answer = ask(widget, "prepare", {"action": "result.submit", "comment": "ready"})
    assert answer is not None
    assert answer["value"]["url"] == "http://127.0.0.1:8001/sign/abc"
    refused = ask(widget, "prepare", {"action": "result.submit", "password": "secret"})
    assert refused is not None
    assert refused["problem"]["code"] == "invalid.request"
    assert "secret" not in json.dumps(refused)


def test_results_of_this_image_and_review_taken_by_a_request() -> None:
    client = FakeRecords()
    widget = Result(client, image="IMG-000001")
    assert [row["result"] for row in widget.view["results"]] == ["RES-000001"]
    assert widget.view["versions"][0]["id"] == "ANL-000001.1"
    answer = ask(widget, "take_for_review", {"result": "RES-000001"})
    assert answer is not None
    assert answer["ok"]
    assert ("start_review", ("RES-000001",)) in client.asked


def test_a_result_and_its_next_version_are_asked_for_with_a_key() -> None:
    client = FakeRecords()
    widget = Result(client, image="IMG-000001")
    assert widget.view["results"][0]["is_open"] is False  # it is submitted
    pins = {"analyses": ["ANL-000001.2"], "idempotency_key": KEY}
    assert ask(widget, "create", {"title": "Bands", **pins})["ok"]  # type: ignore[index]
    again = {"result": "RES-000001", "expected_rev": 1, "reason": "Wider rectangle", **pins}
    assert ask(widget, "create_version", again)["ok"]  # type: ignore[index]
    asked = dict(client.asked)
    assert asked["create_result"][0].idempotency_key == KEY
    name, request = asked["create_result_version"]
    assert (name, request.expected_rev, request.reason, request.idempotency_key) == (
        "RES-000001",
        1,
        "Wider rectangle",
        KEY,
    )
    for missing in ("expected_rev", "reason", "idempotency_key"):
        answer = ask(widget, "create_version", {key: value for key, value in again.items() if key != missing})
        assert answer["problem"]["code"] == "invalid.request"  # type: ignore[index]


def test_log_and_export_read_through_the_client() -> None:
    client = FakeRecords()
    log = ImageLog(client, image="IMG-000001")
    assert log.view["page"]["entries"][0]["number"] == 123
    assert ask(log, "page", {"after": 91})["value"]["total"] == 1  # type: ignore[index]
    export = ExportPdf(client, result="RES-000001")
    assert (export.view["may_report"], export.view["may_bundle"]) == (True, False)
