"""Python halves of the widgets against a stand-in for the client, given through the constructor as the kernel does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from blotter_guard.registry import REGISTRY
from blotter_guard.widgets import (
    AcquireImage,
    BandTable,
    ExportPdf,
    ImageBrowser,
    ImageLog,
    ImageViewer,
    ImportImage,
    Result,
    ReviewTrail,
    RunProtocol,
    Sign,
    Studies,
    Study,
)
from blotter_guard.widgets.base import BlotterWidget
from blotter_guard.widgets.image_viewer import why_not_start
from blotter_records.contract.accounts import PersonView
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.configuration import PolicyView
from blotter_records.contract.grammar import parse
from blotter_records.contract.quantities import QuantitiesHelp
from blotter_records.contract.searching import RecordPage, RecordRow
from blotter_records.contract.signing import SigningIntentView
from blotter_records.contract.tables import AnalysisTable
from blotter_records.contract.trail import TrailPage
from blotter_records.contract.trail_reviews import GroupPage
from blotter_records.errors import Conflict, NotFound, Refused, Unavailable
from blotter_records.vocabulary import AcquisitionState, Action, InstrumentStatus, Meaning, RecordKind
from messages import (
    AT,
    DIGEST,
    STUDY,
    analysis_view,
    application,
    configuration_view,
    display_view,
    entry_view,
    export_view,
    image_view,
    instrument_view,
    order_view,
    proposal_view,
    protocol_view,
    result_view,
    session_view,
    study_contents,
    study_view,
    system_view,
    trail_review_view,
    version_view,
)

KEY = "k" * 16


class FakeRecords:
    """Answers like the records service; ``fails`` maps a method to what it raises; ``asked`` keeps the calls."""

    def __init__(self, **fails: Exception) -> None:
        self.fails = fails
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.versions = 1
        self.policies: dict[str, object] = {}
        self.result_as: dict[str, Any] = {}
        self.register = [instrument_view()]
        self.actions = [Action.IMAGE_IMPORT, Action.ANALYSIS_START, Action.REPORT_GENERATE]

    def __getattr__(self, name: str) -> Any:
        answers = {
            "images": lambda: [image_view("IMG-000001"), image_view("IMG-000002")],
            "image": image_view,
            "annotation": lambda _image: None,
            "display": lambda _image: None,
            "save_display": lambda _name, _request: display_view(),
            "studies": self._studies,
            "study": lambda _name: self._studies()[0],
            "study_contents": lambda _name: study_contents(),
            "create_study": lambda _request: study_view(),
            "edit_study": lambda _name, _request: study_view(version=2),
            "save_sample": lambda _request, _record: study_contents().samples[0],
            "save_membrane": lambda _request, _record: study_contents().membranes[0],
            "save_probing": lambda _request, _record: study_contents().probings[0],
            "people": self._people,
            "search": self._search,
            "configuration": lambda _revision: configuration_view(**self.policies),
            "proposals": lambda: [proposal_view(), proposal_view(record="RES-000009")],
            "decline_proposal": lambda _name, _reason, _code: proposal_view(status="declined", may_countersign=False),
            "edit_metadata": lambda _name, _request: image_view(version=2),
            "transform": lambda _name, _request: image_view("IMG-000003"),
            "resume_result": lambda _name, _request: result_view(status="in_analysis"),
            "analyses_of_image": lambda _image: [self._analysis()],
            "analysis": lambda _name: self._analysis(),
            "start_analysis": lambda _image, _key: analysis_view(),
            "gesture": lambda _name, request: analysis_view(request.expected_rev + 1),
            "save_analysis": lambda _name, _request: analysis_view(),
            "analysis_table": lambda name, version: AnalysisTable(
                analysis=name, version=version, columns=[], rows=[], charts=[], lanes=[]
            ),
            "quantities_help": lambda _name: QuantitiesHelp(ladders=[], membrane=None, lanes=[], bands=[]),
            "set_quantities": lambda _name, request: analysis_view(request.expected_rev + 1),
            "make_analysis_file": lambda _name, _version, _request: export_view(),
            "analysis_version": lambda _name, number: version_view(number),
            "image_trail": lambda _image, **_page: TrailPage(
                entries=[entry_view(number=123, record_version=2)], total=1
            ),
            "results": lambda **_which: [result_view()],
            "result": lambda _name: result_view(**self.result_as),
            "create_result": lambda _request: result_view(),
            "create_result_version": lambda _name, _request: result_view(),
            "give_flag_reason": lambda _name, request: result_view(rev=request.expected_rev + 1),
            "give_unused_reason": lambda _name, request: result_view(rev=request.expected_rev + 1),
            "start_review": lambda _name: result_view(),
            "trail_review": lambda _name, **_page: trail_review_view(),
            "begin_trail_review": lambda _name, _request: trail_review_view(),
            "tick_trail_group": lambda _name, _request: trail_review_view(ticked=1),
            "trail_review_entries": lambda _name, _asked: GroupPage(entries=[entry_view()]),
            "create_signing_intent": self._intent,
            "signing_intent": lambda _name: self._intent(None),
            "protocol": lambda _name: protocol_view(),
            "applications": lambda _name, _study: [application()],
            "apply_protocol": lambda _name, request: analysis_view(image=request.image),
            "instruments": lambda: self.register,
            "acquire": lambda instrument, request: order_view(instrument=instrument, settings=request.settings),
            "order": lambda name: order_view(acquisition=name),
            "abort_acquisition": lambda name, request: order_view(
                acquisition=name, state=AcquisitionState.ABORTED, ending=request.reason
            ),
            "session": lambda: session_view(actions=self.actions),
            "system": system_view,
        }

        def method(*given: Any, **named: Any) -> Any:
            self.asked.append((name, given))
            if name in self.fails:
                raise self.fails[name]
            return answers[name](*given, **named)

        return method

    def _analysis(self) -> Any:
        return analysis_view(versions=[version_view(number + 1) for number in range(self.versions)])

    def _studies(self) -> list[Any]:
        return [study_view(actions=self.actions)]

    def _people(self) -> list[PersonView]:
        fields = {"account": "ACC-000002", "printed_name": "Rosa Reviewer", "user_name": "rosa", "is_active": True}
        manager = {**fields, "account": "ACC-000003", "printed_name": "Mia Manager", "roles": ["system_manager"]}
        gone = {**fields, "account": "ACC-000004", "printed_name": "Gone", "roles": ["analyst"], "is_active": False}
        return [PersonView(**{"roles": ["reviewer"], **one}) for one in (fields, manager, gone)]  # type: ignore[arg-type]

    def _search(self, _asked: Any) -> RecordPage:
        row = {"record": "SMP-000001", "kind": "sample", "study": "STU-000001", "title": "Control 1", "status": ""}
        times = {"made_at": AT, "changed_at": AT, "version": 1, "made_by": "Ana Lyst"}
        return RecordPage(records=[RecordRow.model_validate({**row, **times})], total=1)

    def _intent(self, _request: Any) -> SigningIntentView:
        return SigningIntentView(
            intent="abc",
            url="http://127.0.0.1:8001/sign/abc",
            record="RES-000001",
            record_kind=RecordKind.RESULT,
            version=1,
            action=Action.RESULT_SUBMIT,
            meaning=Meaning.AUTHORSHIP,
            digest=DIGEST,
            ends_at=AT,
            state="open",
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


def test_a_reason_for_flags_is_sent_for_each_place_and_a_flag_on_nothing_is_not() -> None:
    client = FakeRecords()
    widget = Result(client, image="IMG-000001")
    place = {"analysis": "ANL-000001.1", "flag": "saturated", "shape": "S1", "lane": None}
    asked = {"result": "RES-000001", "flags": [place], "expected_rev": 4, "reason": "Seen", "idempotency_key": KEY}
    answer = ask(widget, "give_flag_reason", asked)
    assert answer is not None
    assert answer["value"]["rev"] == 5
    (request,) = [given[1] for name, given in client.asked if name == "give_flag_reason"]
    assert (request.flags[0].shape, request.flags[0].flag, request.reason) == ("S1", "saturated", "Seen")
    nowhere = ask(widget, "give_flag_reason", {**asked, "flags": [{**place, "shape": None}]})
    assert nowhere is not None
    assert nowhere["problem"]["code"] == "invalid.request"


def test_a_reason_for_what_is_unused_is_sent_for_each_item_and_one_for_nothing_is_not() -> None:
    client = FakeRecords()
    widget = Result(client, image="IMG-000001")
    items = [{"kind": "image", "record": "IMG-000002", "number": None}]
    items.append({"kind": "draft", "record": "ANL-000001", "number": 3})
    asked = {"result": "RES-000001", "items": items, "expected_rev": 4, "reason": "Faint", "idempotency_key": KEY}
    answer = ask(widget, "give_unused_reason", asked)
    assert answer is not None
    assert answer["value"]["rev"] == 5
    (request,) = [given[1] for name, given in client.asked if name == "give_unused_reason"]
    assert [(one.kind, one.record, one.number) for one in request.items] == [
        ("image", "IMG-000002", None),
        ("draft", "ANL-000001", 3),
    ]
    nothing = ask(widget, "give_unused_reason", {**asked, "items": []})
    assert nothing is not None
    assert nothing["problem"]["code"] == "invalid.request"


def test_import_says_why_not() -> None:
    client = FakeRecords()
    view = ImportImage(client).view
    assert ([row["study"] for row in view["studies"]], view["why_not"]) == (["STU-000001"], "")
    client.actions = [Action.IMAGE_VIEW]
    view = ImportImage(client).view
    assert view["studies"] == []
    assert "Studies()" in view["why_not"]


def test_acquire_shows_instruments_with_their_state_and_finds_what_this_person_acquires() -> None:
    client = FakeRecords()
    client.actions = [Action.IMAGE_ACQUIRE_START]
    theirs = {"acquiring": "ACQ-000008", "held_by": "Rosa Reviewer"}
    mine = {"acquiring": "ACQ-000007", "held_by": "Ana Lyst", "is_yours": True}
    client.register = [
        instrument_view(),
        instrument_view(instrument="INS-000002", is_usable=False, why_not="No calibration of it is recorded."),
        instrument_view(instrument="INS-000003", **theirs),
        instrument_view(instrument="INS-000004", **mine),
        instrument_view(instrument="INS-000005", status=InstrumentStatus.RETIRED, is_usable=False, why_not="Retired."),
    ]
    view = AcquireImage(client).view
    assert [(one["instrument"], one["is_usable"], one["held_by"]) for one in view["instruments"]] == [
        ("INS-000001", True, ""),
        ("INS-000002", False, ""),
        ("INS-000003", True, "Rosa Reviewer"),
        ("INS-000004", True, "Ana Lyst"),
    ]
    assert [one["acquisition"] for one in view["running"]] == ["ACQ-000007"]
    assert [given for name, given in client.asked if name == "order"] == [("ACQ-000007",)]
    assert (view["why_not"], view["reasons"]["rules"][Action.IMAGE_ACQUIRE_ABORT]["rule"]) == ("", "required")
    client.register = []
    assert "Instrument Manager" in AcquireImage(client).view["why_not"]
    client.actions = [Action.IMAGE_VIEW]
    assert "no study" in AcquireImage(client).view["why_not"]


def test_an_acquisition_is_ordered_followed_and_cancelled_by_requests() -> None:
    client = FakeRecords()
    widget = AcquireImage(client)
    before = widget.view
    settings = {"channels_nm": [700], "integration_ms": 2.5, "resolution_um": 84, "region_um": [0, 0, 840, 840]}
    request = {"study": STUDY, "membrane": None, "probing": None, "settings": settings, "idempotency_key": KEY}
    answer = ask(widget, "acquire", {"instrument": "INS-000001", "request": request})
    assert answer is not None
    assert answer["value"]["settings"]["region_um"] == [0, 0, 840, 840]
    name, (instrument, asked) = client.asked[-1]
    assert (name, instrument, asked.idempotency_key) == ("acquire", "INS-000001", KEY)
    followed = ask(widget, "progress", {"acquisition": "ACQ-000007"})
    assert followed is not None
    assert (followed["value"]["held"], followed["value"]["is_connected"]) == (0, False)
    why = {"reason": "Wrong membrane", "reason_code": ""}
    ended = ask(widget, "cancel", {"acquisition": "ACQ-000007", "request": why})
    assert ended is not None
    assert (ended["value"]["state"], ended["value"]["ending"]) == ("aborted", "Wrong membrane")
    client.fails["acquire"] = Refused("refused.instrument", "The calibration held until yesterday.")
    refused = ask(widget, "acquire", {"instrument": "INS-000001", "request": request})
    assert refused is not None
    assert (refused["problem"]["code"], widget.view) == ("refused.instrument", before)


@pytest.mark.parametrize(
    "changed",
    [
        {"settings": {"channels_nm": [], "integration_ms": 1, "resolution_um": 84, "region_um": [0, 0, 84, 84]}},
        {"settings": {"channels_nm": [700], "integration_ms": 0, "resolution_um": 84, "region_um": [0, 0, 84, 84]}},
        {"study": "STU"},
        {"bytes": 5},
    ],
)
def test_an_order_that_is_none_never_reaches_the_service(changed: dict[str, Any]) -> None:
    client = FakeRecords()
    widget = AcquireImage(client)
    settings = {"channels_nm": [700], "integration_ms": 2.5, "resolution_um": 84, "region_um": [0, 0, 840, 840]}
    request = {"study": STUDY, "settings": settings, "idempotency_key": KEY, **changed}
    answer = ask(widget, "acquire", {"instrument": "INS-000001", "request": request})
    assert answer is not None
    assert answer["problem"]["code"] == "invalid.request"
    assert "acquire" not in [name for name, _ in client.asked]


def test_pasted_lanes_are_read_for_the_form_and_saved_by_nobody_yet() -> None:
    client = FakeRecords()
    widget = Study(client, study=STUDY)
    before = widget.view
    answer = ask(widget, "read_lanes", {"text": "lane\tsample\tamount (ng)\n2\tSMP-000001\t500\n1\t\t\n"})
    assert answer is not None
    assert [(one["lane"], one["load"], one["micrograms"]) for one in answer["value"]] == [
        (1, "blank", None),
        (2, "sample", 0.5),
    ]
    wrong = ask(widget, "read_lanes", {"text": "lane\tsample\n1\tnobody\n"})
    assert wrong is not None
    assert wrong["problem"]["detail"].startswith("Row 2, column sample: “nobody”")
    assert widget.view is before
    assert not [name for name, _ in client.asked if name.startswith("save")]


def test_a_group_is_ticked_as_it_was_shown_and_the_screen_shows_the_review_again() -> None:
    client = FakeRecords()
    widget = ReviewTrail(client, result="RES-000001")
    group = widget.view["review"]["groups"][0]
    assert (group["group"], group["is_flagged"]) == ("analysis:ANL-000001/analysis.edit/done", True)
    asked = {"group": group["group"], "sha256": group["sha256"], "is_ticked": True, "comment": "Right so"}
    answer = ask(widget, "tick", {"request": {**asked, "idempotency_key": KEY}})
    assert answer is not None
    assert answer["value"]["ticked"] == 1
    [(_, (result, sent))] = [one for one in client.asked if one[0] == "tick_trail_group"]
    assert (result, sent.comment, sent.sha256) == ("RES-000001", "Right so", DIGEST)
    answer = ask(widget, "tick", {"request": {**asked, "group": "../../accounts", "idempotency_key": KEY}})
    assert answer is not None
    assert not answer["ok"]
    client.fails["tick_trail_group"] = Conflict("conflict.trail_review", "This group has other entries.", "Read again.")
    answer = ask(widget, "tick", {"request": {**asked, "idempotency_key": KEY}})
    assert answer is not None
    assert answer["problem"]["detail"] == "This group has other entries."


def test_a_protocol_is_applied_image_by_image_and_a_failure_is_that_images_alone() -> None:
    client = FakeRecords()
    client.actions = [Action.ANALYSIS_START, Action.ANALYSIS_EDIT]
    widget = RunProtocol(client, study=STUDY, protocol="PRT-000001")
    before = widget.view
    assert [one["image"] for one in before["images"]] == ["IMG-000001", "IMG-000002"]
    assert [(one["image"], one["version"]) for one in before["applications"]] == [("IMG-000001", 1)]
    assert before["may_apply"]
    request = {"image": "IMG-000002", "version": 2, "idempotency_key": KEY}
    answer = ask(widget, "apply", {"request": request})
    assert answer is not None
    assert (answer["value"]["image"], answer["value"]["analysis"]) == ("IMG-000002", "ANL-000001")
    client.fails["apply_protocol"] = Conflict("conflict.status", "IMG-000002 is under review.", "Wait.")
    answer = ask(widget, "apply", {"request": request})
    assert answer is not None
    assert (answer["problem"]["detail"], widget.view) == ("IMG-000002 is under review.", before)
    client.actions = [Action.IMAGE_VIEW]
    assert not RunProtocol(client, study=STUDY, protocol="PRT-000001").view["may_apply"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [({}, "IMG-000003"), ({"study": "STU-000009"}, None), ({"imported_by": "Rosa Else"}, None)],
)
def test_a_lost_import_is_found_and_never_an_older_or_anothers_image_of_the_same_file(
    changed: dict[str, str], found: str | None
) -> None:
    client = FakeRecords()
    me = client.session().printed_name
    older = [image_view(name, imported_by=me) for name in ("IMG-000001", "IMG-000002")]
    client.images = lambda: older
    widget = ImportImage(client)
    answer = ask(widget, "newest")
    assert answer is not None
    lost = {"study": STUDY, "file_sha256": DIGEST, "after": answer["value"]}
    before = ask(widget, "find_file", lost)
    assert before is not None
    assert before["value"] is None
    client.images = lambda: [*older, image_view("IMG-000003", **{"imported_by": me, **changed})]
    after = ask(widget, "find_file", lost)
    assert after is not None
    assert (after["value"] and after["value"]["image"]) == found


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


def test_a_table_shows_draft_and_versions_and_sets_quantities() -> None:
    client = FakeRecords()
    widget = BandTable(client, analysis="ANL-000001")
    assert widget.view["state"] == "ready"
    assert (widget.view["version"], widget.view["may_edit"], widget.view["may_export"]) == (None, False, False)
    assert ask(widget, "show_version", {"version": 1})["ok"]
    assert (widget.view["version"], widget.view["table"]["version"]) == (1, 1)
    request = {"expected_rev": 3, "quantities": None, "idempotency_key": KEY}
    assert ask(widget, "set_quantities", {"request": request})["value"]["rev"] == 4  # type: ignore[index]
    assert widget.view["version"] is None
    made = ask(widget, "make_file", {"version": 1, "request": {"form": "csv"}})
    assert made["value"]["export"] == "EXP-000001"  # type: ignore[index]
    numbers = {"request": {**request, "quantities": {"bands": [], "numbers": {}}}}
    assert ask(widget, "set_quantities", numbers)["problem"]["code"] == "invalid.request"  # type: ignore[index]


def test_reasons_are_asked_for_as_the_policies_of_the_session_say() -> None:
    client = FakeRecords()
    assert ImportImage(client).view["reasons"]["rules"] == {"image.import": {"rule": "required", "from": 1}}
    client.policies = {"reason.rule.image.import": "list"}
    reasons = ImportImage(client).view["reasons"]
    assert (reasons["rules"]["image.import"]["rule"], reasons["codes"]) == ("list", ["other: what the text says"])
    assert ImageViewer(client, image="IMG-000001").view["reasons"]["rules"]["analysis.save"]["from"] == 2


def test_a_study_is_made_and_searched_by_requests_of_the_contract() -> None:
    client = FakeRecords()
    client.actions = [*client.actions, Action.STUDY_VIEW, Action.STUDY_CREATE, Action.RECORD_SEARCH]
    widget = Studies(client)
    assert (widget.view["may_create"], widget.view["studies"][0]["members"]) == (True, [])
    assert widget.view["kinds"] == ["gxp", "development"]
    request = {"title": "Loading", "kind": "gxp", "reason": "Ordered by QA", "idempotency_key": KEY}
    assert ask(widget, "create", {"request": request})["value"]["study"] == "STU-000001"  # type: ignore[index]
    found = ask(widget, "search", {"request": {"kind": "sample", "text": "Control"}})
    assert found["value"]["records"][0]["record"] == "SMP-000001"  # type: ignore[index]
    wrong = ask(widget, "search", {"request": {"kind": "sample", "sample": "Control 1"}})
    assert wrong["problem"]["code"] == "invalid.request"  # type: ignore[index]


def test_who_may_lead_a_study_sees_whom_he_or_she_could_add() -> None:
    client = FakeRecords()
    assert Study(client, study="STU-000001").view["people"] == []
    client.actions = [Action.STUDY_MEMBER_ADD]
    people = Study(client, study="STU-000001").view["people"]
    assert [(one["name"], one["roles"]) for one in people] == [("Rosa Reviewer", ["reviewer"])]


def test_a_save_in_a_study_carries_version_and_key_and_names_the_part() -> None:
    client = FakeRecords()
    widget = Study(client, study="STU-000001")
    request = {
        "study": "STU-000001",
        "name": "Blot A",
        "kind": "membrane",
        "lanes": [{"lane": 1, "load": "sample", "sample": "SMP-000001", "micrograms": 20}],
        "expected_version": 3,
        "reason": "Lane 1 was wrong",
        "idempotency_key": KEY,
    }
    assert ask(widget, "save_membrane", {"record": "MEM-000001", "request": request})["ok"]  # type: ignore[index]
    given, record = dict(client.asked)["save_membrane"]
    assert (record, given.expected_version, given.idempotency_key, given.lanes[0].micrograms) == (
        "MEM-000001",
        3,
        KEY,
        20,
    )
    without = {name: value for name, value in request.items() if name != "idempotency_key"}
    answer = ask(widget, "save_membrane", {"record": "MEM-000001", "request": without})
    assert answer["problem"]["code"] == "invalid.request"  # type: ignore[index]
    assert ask(widget, "find_number", {"record": "MEM-000001", "entry": 70})["value"] == 7  # type: ignore[index]


def test_membership_is_signed_on_the_study() -> None:
    client = FakeRecords()
    widget = Study(client, study="STU-000001")
    details = {"account": "ACC-000002", "roles": ["reviewer"]}
    asked = {"action": "study.member.add", "details": details, "reason": "New in the group", "reason_code": "other"}
    assert ask(widget, "prepare", asked)["ok"]  # type: ignore[index]
    (request,) = dict(client.asked)["create_signing_intent"]
    assert (request.record, request.details, request.reason_code) == ("STU-000001", details, "other")


def test_what_waits_for_a_second_person_is_shown_and_signed_or_declined() -> None:
    client = FakeRecords()
    assert Sign(client, result="RES-000001").view["proposals"] == []
    client.result_as = {"waiting": ["PRP-000001"]}
    widget = Sign(client, result="RES-000001")
    assert [(one["proposal"], one["facts"][0]["after"]) for one in widget.view["proposals"]] == [
        ("PRP-000001", "invalidated")
    ]
    assert ask(widget, "prepare_second", {"proposal": "PRP-000001"})["ok"]  # type: ignore[index]
    (request,) = dict(client.asked)["create_signing_intent"]
    assert (request.record, request.action) == ("PRP-000001", Action.PROPOSAL_COUNTERSIGN)
    declined = ask(widget, "decline", {"proposal": "PRP-000001", "reason": "The membrane was right"})
    assert declined["value"]["status"] == "declined"  # type: ignore[index]


def test_details_of_a_step_can_be_chosen_by_who_may_take_it() -> None:
    client = FakeRecords()
    asks = [{"name": "successor", "label": "Successor"}]
    step = {"action": "result.supersede", "label": "Supersede", "meaning": "approval", "needs_signature": True,
            "needs_reason": True, "needs_second": False, "asks": asks, "allowed": True}  # fmt: skip
    client.result_as = {"steps": [step]}
    client.actions = [Action.RECORD_SEARCH]
    assert Sign(client, result="RES-000001").view["choices"]["successor"][0]["value"] == "SMP-000001"
    client.result_as = {"steps": [{**step, "allowed": False}]}
    assert Sign(client, result="RES-000001").view["choices"] == {}


def test_an_image_is_described_and_derived_without_touching_it() -> None:
    client = FakeRecords()
    widget = ImageViewer(client, image="IMG-000001")
    request = {"expected_version": 1, "title": "Blot A", "channel": "700 nm", "reason": "", "idempotency_key": KEY}
    assert ask(widget, "describe", {"request": request})["value"]["version"] == 2  # type: ignore[index]
    for given, kind in (
        ({"axis": "rows"}, "FlipRequest"),
        ({"degrees": 90}, "RotateRequest"),
        ({"row0": 0, "column0": 0, "row1": 5, "column1": 5}, "CropRequest"),
        ({"size": 3}, "DenoiseRequest"),
    ):
        made = ask(widget, "derive", {"request": {**given, "idempotency_key": KEY}})
        assert made["value"]["image"] == "IMG-000003"  # type: ignore[index]
        assert type(client.asked[-1][1][1]).__name__ == kind
    wrong = ask(widget, "derive", {"request": {"degrees": 45, "idempotency_key": KEY}})
    assert wrong["problem"]["code"] == "invalid.request"  # type: ignore[index]


@pytest.mark.parametrize(("pictures", "may"), [("refuse", False), ("view", False), ("measure", True), (None, False)])
def test_measuring_a_picture_is_offered_only_where_the_policy_allows_it(pictures: str | None, may: bool) -> None:
    client = FakeRecords()
    policy = [] if pictures is None else [{"name": "image.pictures", "value": pictures, "default": "view"}]
    told = [PolicyView.model_validate({**one, "meaning": "…", "is_fixed": False}) for one in policy]
    why_not = why_not_start(
        client.session(),
        client.configuration(None).model_copy(update={"policies": told}),
        image_view(is_picture=True, format="png"),
    )
    assert (why_not == "") == may
    assert may or "not for quantification (policy image.pictures)" in why_not


def test_a_display_is_kept_and_only_a_channel_of_the_same_file_is_laid_over() -> None:
    client = FakeRecords()
    widget = ImageViewer(client, image="IMG-000001")
    request = {"low": 10, "high": 900, "gamma": 1, "is_inverted": False, "colour": "viridis", "idempotency_key": KEY}
    saved = ask(widget, "save_display", {"request": request})
    assert saved is not None
    assert saved["value"]["colour"] == "viridis"
    assert [given[1].colour for name, given in client.asked if name == "save_display"] == ["viridis"]
    same = ask(widget, "other_channel", {"image": "IMG-000001"})
    assert same is not None
    assert same["value"]["image"] == "IMG-000001"
    other = ask(widget, "other_channel", {"image": "IMG-000002"})
    assert other is not None
    assert other["problem"]["code"] == "image.channel"
