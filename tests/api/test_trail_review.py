"""The audit trail of a result is looked through before its review is signed, and again after the data went on (A2)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.finding import FindRequest
from blotter_records.contract.flags import FlagPlace, FlagReasonRequest
from blotter_records.contract.results import ResultRequest, ResultView
from blotter_records.contract.studies import LaneLoad, MembraneRequest, SampleRequest
from blotter_records.contract.trail_reviews import GroupQuestion, TrailGroupView, TrailReviewView
from blotter_records.densitometry.synthetic import Recipe, make_blot
from blotter_records.domain.canonical import digest
from blotter_records.errors import Conflict, NotFound, Refused
from blotter_records.vocabulary import Action, Gesture, LoadKind, MembraneKind, Outcome, ResultStatus, Role, TrailRisk
from reviewing import SEEN, begin, look_through, tick
from service_over_http import STUDY, Service, shape

WHY = "Because the band is cut"


@dataclass
class Group:
    """People, and what they make."""

    service: Service

    def __post_init__(self) -> None:
        signed_in = self.service.signed_in
        self.anna, self.sam = signed_in(Role.ANALYST), signed_in(Role.SUPERVISOR)
        self.rosa, self.paul = signed_in(Role.REVIEWER), signed_in(Role.APPROVER)

    def sample(self, name: str, sample: str | None = None, version: int = 0, note: str = ""):
        request = SampleRequest(
            study=STUDY, name=name, note=note, expected_version=version, reason=WHY, idempotency_key=self.service.key()
        )
        return self.anna.save_sample(request, sample)

    def image(self, seed: int, sample: str | None = None) -> str:
        """Import an image of a membrane with one sample."""
        counts, _ = make_blot(Recipe(seed=seed, rows=300, columns=420))
        membrane = None
        if sample:
            lane = LaneLoad(lane=1, load=LoadKind.SAMPLE, sample=sample, micrograms=20)
            request = MembraneRequest(
                study=STUDY, name=f"Blot {seed}", kind=MembraneKind.MEMBRANE, lanes=[lane], reason=WHY,
                idempotency_key=self.service.key(),
            )  # fmt: skip
            membrane = self.anna.save_membrane(request).membrane
        return self.anna.import_image(f"{seed}.tif", WHY, to_tiff(counts), study=STUDY, membrane=membrane).image

    def taken(self, image: str = "IMG-000001") -> ResultView:
        """Return a result that Rosa has taken for review."""
        result = self.service.result(self.anna, image).result
        self.service.step(self.anna, result, Action.RESULT_SUBMIT)
        return self.rosa.start_review(result)


@pytest.fixture(scope="module")
def group(service) -> Group:
    return Group(service)


def of(review: TrailReviewView, action: Action, outcome: Outcome = Outcome.DONE) -> TrailGroupView:
    [found] = [one for one in review.groups if (one.action, one.outcome) == (action, outcome)]
    return found


def why_not(client: RecordsClient, result: str, action: Action) -> str:
    [step] = [one for one in client.result(result).steps if one.action is action]
    assert step.allowed is (not step.why_not)
    return step.why_not


def test_nothing_is_signed_before_every_group_is_ticked_and_every_flagged_one_has_its_comment(group):
    service, rosa = group.service, group.rosa
    result = group.taken(group.image(1))
    analysis = result.analyses[0].analysis
    with pytest.raises(Conflict):  # the analysis is frozen: a refusal on it
        group.anna.gesture(
            analysis, service.gesture(group.anna.analysis(analysis), [shape("S1", 10, 10, 20, 20)], Gesture.SHAPE_MOVE)
        )
    with pytest.raises(Conflict) as early:
        service.intend(rosa, result.result, Action.RESULT_REVIEW_SIGN)
    assert early.value.code == "conflict.trail_review"
    seen = rosa.trail_review(result.result)
    assert (seen.is_mine, seen.is_begun, seen.review, seen.former) == (True, False, None, None)
    assert why_not(rosa, result.result, Action.RESULT_REVIEW_SIGN).startswith("Its audit trail was not reviewed: ")
    with pytest.raises(Conflict) as unbegun:
        tick(rosa, result.result, seen.groups[0], "Seen")
    assert unbegun.value.message == "Begin the review of the trail first."

    review = begin(rosa, result.result)
    assert (review.review[:4], review.rev, review.ticked) == ("TRV-", 1, 0)
    assert begin(rosa, result.result).rev == 1  # again changes nothing
    first, *others = review.groups
    assert (first.action, first.outcome, [one.risk for one in first.risks]) == (
        Action.ANALYSIS_EDIT, Outcome.REFUSED, [TrailRisk.REFUSED],
    )  # fmt: skip
    assert first.is_flagged
    assert first.people == ["Anna Lindqvist"]
    assert not any(one.is_flagged for one in others)
    assert {one.action for one in others} == {
        Action.IMAGE_IMPORT, Action.ANALYSIS_START, Action.ANALYSIS_EDIT, Action.ANALYSIS_SAVE, Action.RESULT_CREATE,
        Action.RESULT_SUBMIT,
    } | ({others[0].action} if others[0].record_kind == "acquisition" else set())  # fmt: skip
    assert sum(one.entries for one in review.groups) == review.entries

    with pytest.raises(Conflict) as bare:
        tick(rosa, result.result, first)
    assert bare.value.code == "conflict.comment"
    for one in others:
        review = tick(rosa, result.result, one)
    assert review.missing == [f"“Change the analysis” on {analysis} is not ticked"]
    told = why_not(rosa, result.result, Action.RESULT_REVIEW_SIGN)
    assert told == f"The review of its audit trail is not complete: “Change the analysis” on {analysis} is not ticked."
    with pytest.raises(Conflict):
        service.intend(rosa, result.result, Action.RESULT_REVIEW_SIGN)
    review = tick(rosa, result.result, first, SEEN)
    assert review.missing == []
    # It is kept: who signs in again finds the ticks and comments.
    rosa = group.rosa = service.signed_in(Role.REVIEWER)
    kept = rosa.trail_review(result.result)
    assert (kept.ticked, kept.total) == (review.total, review.total)
    assert of(kept, Action.ANALYSIS_EDIT, Outcome.REFUSED).comment == SEEN
    assert why_not(rosa, result.result, Action.RESULT_REVIEW_SIGN) == ""
    entry = service.entries(action=Action.AUDIT_REVIEW_TICK, record_id=review.review)[-1]
    assert (entry["new"]["group"], entry["new"]["comment"]) == (first.group, SEEN)


def test_the_signature_binds_the_review_as_it_stands(group):
    service, rosa = group.service, group.rosa
    result = group.taken(group.image(2)).result
    review = look_through(rosa, result)
    signed = service.step(rosa, result, Action.RESULT_REVIEW_SIGN)
    assert signed.status is ResultStatus.REVIEWED
    signature = signed.signatures[-1]
    assert (signature.meaning, signature.state) == ("review", "valid")
    with service.services.ports.ledger.begin() as work:
        stored = work.latest(f"signature:{signature.signature}").content
        held = work.revision(f"trail_review:{review.review}", review.rev)
        after = work.latest(f"trail_review:{review.review}")
    assert stored["bound"] == {
        "record": result,
        "version": 1,
        "result_digest": signed.digest,
        "trail_review": {"record": review.review, "rev": review.rev, "sha256": held.sha256},
    }
    assert digest(stored["bound"]) == signature.digest
    assert [one["is_ticked"] for one in held.content["groups"]] == [True] * review.total
    assert (after.rev, after.content["signature"]) == (review.rev + 1, signature.signature)
    approved = service.step(group.paul, result, Action.RESULT_APPROVE)
    assert {one.state for one in approved.signatures} == {"valid"}


def test_who_contributed_or_did_not_take_the_result_ticks_nothing(group):
    result = group.taken(group.image(3)).result
    shown = group.rosa.trail_review(result).groups[0]
    for who, code in ((group.anna, "refused.role"), (group.paul, "refused.role"), (group.sam, "refused.independence")):
        with pytest.raises(Refused) as refused:
            begin(who, result)
        assert refused.value.code == code
        with pytest.raises(Refused):
            tick(who, result, shown, "Seen")
    seen = group.sam.trail_review(result)
    assert (seen.is_mine, seen.why_not) == (
        False,
        "Someone else took this result for review; that person reviews the trail and signs.",
    )


def test_a_later_change_keeps_the_approval_back_until_what_is_new_was_reviewed(group):
    service, rosa, paul = group.service, group.rosa, group.paul
    sample = group.sample("Lysate of the morning")
    result = group.taken(group.image(4, sample.sample)).result
    before = look_through(rosa, result)
    assert f"sample:{sample.sample}/sample.save/done" in {one.group for one in before.groups}
    service.step(rosa, result, Action.RESULT_REVIEW_SIGN)
    assert why_not(paul, result, Action.RESULT_APPROVE) == ""
    group.sample("Lysate of the morning", sample.sample, 1, note="It was the afternoon")
    told = why_not(paul, result, Action.RESULT_APPROVE)
    assert told == (
        f"Its audit trail went on after the review was signed: “Save the sample” on {sample.sample} by Anna Lindqvist."
    )
    with pytest.raises(Conflict) as kept_back:
        service.intend(paul, result, Action.RESULT_APPROVE)
    assert (kept_back.value.code, kept_back.value.message) == ("conflict.trail_review", told)
    assert paul.trail_review(result).is_reopened

    rosa.start_review(result)
    again = begin(rosa, result)
    assert again.review != before.review
    assert (again.former.review, again.former.entries) == (before.review, before.entries)
    [new] = again.groups
    assert (new.record, new.entries) == (sample.sample, 1)
    assert [(one.path, one.before, one.after) for one in new.changes] == [("note", "", "It was the afternoon")]
    with pytest.raises(Conflict):
        service.intend(rosa, result, Action.RESULT_REVIEW_SIGN)
    tick(rosa, result, new, "The note says what the label says")
    service.step(rosa, result, Action.RESULT_REVIEW_SIGN)
    assert service.step(paul, result, Action.RESULT_APPROVE).status is ResultStatus.APPROVED


def test_a_tick_holds_for_the_entries_that_were_shown_and_for_no_other(group):
    service, rosa = group.service, group.rosa
    sample = group.sample("Lysate of the evening")
    result = group.taken(group.image(5, sample.sample)).result
    look_through(rosa, result)
    shown = of(rosa.trail_review(result), Action.SAMPLE_SAVE)
    group.sample("Lysate of the evening", sample.sample, 1, note="Thawed twice")
    with pytest.raises(Conflict) as other:
        tick(rosa, result, shown)
    assert other.value.message == "This group has other entries than those that were shown."
    now = rosa.trail_review(result)
    assert now.missing == [f"“Save the sample” on {sample.sample} is not ticked"]
    assert of(now, Action.SAMPLE_SAVE).entries == 2
    with pytest.raises(Conflict):
        service.intend(rosa, result, Action.RESULT_REVIEW_SIGN)


def test_a_page_that_was_opened_before_the_trail_went_on_signs_nothing(group):
    service, rosa = group.service, group.rosa
    sample = group.sample("Lysate of the night")
    result = group.taken(group.image(6, sample.sample)).result
    look_through(rosa, result)
    page = service.intend(rosa, result, Action.RESULT_REVIEW_SIGN)
    group.sample("Lysate of the night", sample.sample, 1, note="Another tube")
    answer = service.post(page, "rosa.reviewer")
    assert answer.status_code == 409
    assert "is not complete: “Save the sample” on" in answer.text
    assert rosa.result(result).status is ResultStatus.IN_REVIEW


def test_what_was_found_and_changed_by_hand_comes_first_with_pictures_before_and_after(group):
    service, anna = group.service, group.anna
    image = group.image(7)
    analysis = anna.start_analysis(image)
    analysis = anna.find_bands(analysis.analysis, FindRequest(expected_rev=analysis.rev, idempotency_key=service.key()))
    first, *rest = analysis.shapes
    box = first.rectangle
    wider = first.model_copy(
        update={"rectangle": box.model_copy(update={"row1": box.row1 + 2, "column1": box.column1 + 3})}
    )
    for round_ in range(4):
        analysis = anna.gesture(
            analysis.analysis,
            service.gesture(analysis, [wider if round_ % 2 == 0 else first, *rest], Gesture.SHAPE_RESIZE),
        )
        request = SaveRequest(expected_rev=analysis.rev, reason=WHY, idempotency_key=service.key())
        analysis = anna.save_analysis(analysis.analysis, request)
    analysis = anna.gesture(analysis.analysis, service.gesture(analysis, [wider, *rest], Gesture.SHAPE_RESIZE))
    request = SaveRequest(expected_rev=analysis.rev, reason=WHY, idempotency_key=service.key())
    analysis = anna.save_analysis(analysis.analysis, request)
    made = anna.create_result(ResultRequest(analyses=[analysis.versions[-1].id], idempotency_key=service.key()))
    flags = [one for one in made.flags if one.rule == "reason"]
    if flags:
        places = [
            FlagPlace(analysis=one.analysis, flag=one.flag, shape=one.shape, lane=None if one.shape else one.lane)
            for one in flags
        ]
        made = anna.give_flag_reason(
            made.result,
            FlagReasonRequest(flags=places, expected_rev=made.rev, reason=WHY, idempotency_key=service.key()),
        )
    service.step(anna, made.result, Action.RESULT_SUBMIT)
    group.rosa.start_review(made.result)
    review = begin(group.rosa, made.result)
    first_group = review.groups[0]
    assert (first_group.action, [one.risk for one in first_group.risks]) == (Action.ANALYSIS_EDIT, [TrailRisk.OVERRIDE])
    assert [one.risk for one in of(review, Action.ANALYSIS_SAVE).risks] == [TrailRisk.MANY_VERSIONS]
    pictures = first_group.pictures
    crops = [
        group.rosa.crop(pictures.analysis, pictures.after - 2, pictures.after, side) for side in ("before", "after")
    ]
    assert all(one.startswith(b"\x89PNG") for one in crops)
    assert crops[0] != crops[1]
    with pytest.raises(NotFound):
        group.rosa.crop(pictures.analysis, 1, 9999, "after")
    page = group.rosa.trail_review_entries(made.result, GroupQuestion(group=first_group.group, limit=2))
    assert len(page.entries) == 2
    rest_of = group.rosa.trail_review_entries(
        made.result, GroupQuestion(group=first_group.group, after=page.next_after, limit=200)
    )
    assert len(page.entries) + len(rest_of.entries) == first_group.entries
    assert rest_of.next_after is None


def test_groups_come_in_pages_and_who_may_not_see_the_result_sees_none(group):
    result = group.taken(group.image(8)).result
    whole = group.rosa.trail_review(result)
    pages = [group.rosa.trail_review(result, skip=skip, limit=2) for skip in range(0, whole.total, 2)]
    assert [one.group for page in pages for one in page.groups] == [one.group for one in whole.groups]
    assert {(page.total, page.entries) for page in pages} == {(whole.total, whole.entries)}
    _, stranger = group.service.person("stranger.to.it")
    with pytest.raises(NotFound):
        stranger.trail_review(result)


def test_the_reviews_record_says_what_is_covered_so_that_nothing_is_listed_twice(group):
    """Every entry of a long trail is in one review, whatever came between."""
    service, rosa = group.service, group.rosa
    sample = group.sample("Lysate of all days")
    result = group.taken(group.image(9, sample.sample)).result
    listed: list[int] = []
    for version in range(1, 4):
        view = look_through(rosa, result)
        for one in rosa.trail_review(result).groups:
            page = rosa.trail_review_entries(result, GroupQuestion(group=one.group, limit=200))
            listed += [entry.id for entry in page.entries]
        service.step(rosa, result, Action.RESULT_REVIEW_SIGN)
        assert rosa.trail_review(result).entries == 0
        group.sample("Lysate of all days", sample.sample, version, note=f"Change {version}")
        rosa.start_review(result)
        assert view.total
    assert len(listed) == len(set(listed))
    assert rosa.trail_review(result).entries == 1
