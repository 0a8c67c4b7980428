"""Any sequence of calls on an image and its results: no forbidden step, no version lost, nothing changed in the past.

The steps that may be taken are read from ``docs/reference/workflow.md``; who takes them is drawn, too. What fails must
leave everything as it was; what succeeds must be a step of that page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.client import RecordsClient
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.images import AnnotationRequest, MetadataRequest
from blotter_records.contract.results import ResultRequest, ResultVersionRequest, ResumeRequest
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.vocabulary import Action, Gesture, ResultStatus, Role
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from service_over_http import STUDY, Service, shape

WHY = "Drawn by the life cycle test"
REFUSED = (Refused, Conflict, Invalid, NotFound)
WORKERS = (Role.ANALYST, Role.SUPERVISOR, Role.REVIEWER, Role.APPROVER, Role.RECORDS_MANAGER)
#: Images show the furthest of their results (requirements C1).
FURTHEST = (
    "approved", "reviewed", "in_review", "submitted", "returned", "in_analysis", "archived", "superseded",
    "invalidated",
)  # fmt: skip
PAGE = (Path(__file__).parents[2] / "docs/reference/workflow.md").read_text(encoding="utf-8")


def published_steps() -> dict[str, tuple[frozenset[str], str]]:
    """Return, by action, from which statuses a step leads to which one."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
    return {row[1].strip("`"): (frozenset(row[2].split(", ")), row[3]) for row in rows[2:]}


STEPS = published_steps()
#: Who usually takes a step: drawn at random alone, nothing would ever get far.
USUALLY = {
    "result.review.start": Role.REVIEWER,
    "result.review.sign": Role.REVIEWER,
    "result.return": Role.REVIEWER,
    "result.approve": Role.APPROVER,
    "result.invalidate": Role.APPROVER,
    "result.supersede": Role.APPROVER,
}
DRAWN = sorted(set(STEPS) - {"result.archive"})
person = st.one_of(st.just(Role.ANALYST), st.sampled_from(WORKERS))
number = st.integers(0, 7)


class LifeCycle(RuleBasedStateMachine):
    """One image, its analyses and results, and five people who do whatever comes."""

    service: Service
    people: dict[Role, RecordsClient]

    @initialize(seed=st.integers(0, 2**32 - 1))
    def import_image(self, seed: int) -> None:
        counts = np.random.default_rng(seed).integers(0, 60_000, (130, 170)).astype(np.uint16)
        anna = self.people[Role.ANALYST]
        self.image = anna.import_image(f"{seed}.tif", WHY, to_tiff(counts), study=STUDY).image
        self.analyses: list[str] = []
        self.results: dict[str, ResultStatus] = {}
        self.versions: dict[str, str] = {}
        self.past: list[tuple[int, str]] = []
        self.is_invalidated = False
        self._start(Role.ANALYST)
        self._draw(Role.ANALYST, 0, 120)
        self._save(Role.ANALYST, 0, is_stale=False)
        self._make_result(Role.ANALYST, 0)

    # What people do

    @rule(who=person)
    def start_analysis(self, who: Role) -> None:
        self._start(who)

    def _start(self, who: Role) -> None:
        made = self._try(lambda: self.people[who].start_analysis(self.image))
        if made is not None:
            self.analyses.append(made.analysis)

    @precondition(lambda self: self.analyses)
    @rule(who=person, which=number, column=st.integers(100, 140))
    def draw(self, who: Role, which: int, column: int) -> None:
        self._draw(who, which, column)

    def _draw(self, who: Role, which: int, column: int) -> None:
        client, analysis = self.people[who], self.analyses[which % len(self.analyses)]
        seen = self.people[Role.ANALYST].analysis(analysis)
        gesture = Gesture.SHAPE_RESIZE if seen.shapes else Gesture.SHAPE_ADD
        request = self.service.gesture(seen, [shape("S1", 20, 30, 60, column)], gesture)
        self._try(lambda: client.gesture(analysis, request))

    @precondition(lambda self: self.analyses)
    @rule(who=person, which=number, is_stale=st.booleans())
    def save(self, who: Role, which: int, is_stale: bool) -> None:
        self._save(who, which, is_stale=is_stale)

    def _save(self, who: Role, which: int, *, is_stale: bool) -> None:
        analysis = self.analyses[which % len(self.analyses)]
        rev = self.people[Role.ANALYST].analysis(analysis).rev - is_stale
        request = SaveRequest(expected_rev=max(rev, 1), reason=WHY, idempotency_key=self.service.key())
        saved = self._try(lambda: self.people[who].save_analysis(analysis, request))
        if saved is not None:
            assert not is_stale or rev < 1
            newest = saved.versions[-1]
            assert newest.id not in self.versions
            self.versions[newest.id] = newest.digest

    @precondition(lambda self: self.versions)
    @rule(who=person, which=number)
    def make_result(self, who: Role, which: int) -> None:
        self._make_result(who, which)

    def _make_result(self, who: Role, which: int) -> None:
        pins = [sorted(self.versions)[which % len(self.versions)]]
        request = ResultRequest(analyses=pins, idempotency_key=self.service.key())
        made = self._try(lambda: self.people[who].create_result(request))
        if made is not None:
            self.results[made.result] = ResultStatus.IN_ANALYSIS

    @precondition(lambda self: self.results)
    @rule(who=person, which=number, pin=number)
    def add_version(self, who: Role, which: int, pin: int) -> None:
        result = self._result(which)
        rev = self.people[Role.ANALYST].result(result).rev
        pins = [sorted(self.versions)[pin % len(self.versions)]]
        request = ResultVersionRequest(analyses=pins, expected_rev=rev, reason=WHY, idempotency_key=self.service.key())
        added = self._try(lambda: self.people[who].create_result_version(result, request))
        if added is not None:
            assert self.results[result] in {ResultStatus.IN_ANALYSIS, ResultStatus.RETURNED}
            self.results[result] = ResultStatus.IN_ANALYSIS

    @precondition(lambda self: self.results)
    @rule(which=number, turns=st.lists(number, min_size=1, max_size=6))
    def usual_steps(self, which: int, turns: list[int]) -> None:
        for turn in turns:
            before = self.results[self._result(which)].value
            able = [one for one in DRAWN if before in STEPS[one][0] and (one != "result.invalidate" or turn == 7)]
            if able:
                action = able[turn % len(able)]
                self._step(USUALLY.get(action, Role.ANALYST), which, action)

    @precondition(lambda self: self.results)
    @rule(who=person, which=number, action=st.sampled_from(DRAWN))
    def any_step(self, who: Role, which: int, action: str) -> None:
        self._step(who, which, action)

    def _step(self, who: Role, which: int, action: str) -> None:
        result = self._result(which)
        before = self.results[result]
        if self._try(lambda: self._take(self.people[who], result, Action(action))) is None:
            return
        allowed, after = STEPS[action]
        assert before.value in allowed, f"{action} was taken in {before.value}"
        self.results[result] = ResultStatus(after)

    @rule(who=person, version=st.integers(0, 3))
    def annotate(self, who: Role, version: int) -> None:
        mark = {"mark": "M1", "kind": "text", "row": 1, "column": 1, "text": self.service.key()}
        request = AnnotationRequest(
            expected_version=version, marks=[mark], reason=WHY, idempotency_key=self.service.key()
        )
        self._try(lambda: self.people[who].annotate(self.image, request))

    @rule(who=person, version=st.integers(1, 4))
    def describe(self, who: Role, version: int) -> None:
        request = MetadataRequest(
            expected_version=version,
            title=self.service.key(),
            channel="",
            reason=WHY,
            idempotency_key=self.service.key(),
        )
        self._try(lambda: self.people[who].edit_metadata(self.image, request))

    @rule(who=st.sampled_from((Role.APPROVER, Role.ANALYST)), luck=st.integers(0, 9))
    def invalidate_image(self, who: Role, luck: int) -> None:
        if luck:
            return  # rarely: nothing goes on afterwards
        done = self._try(lambda: self._sign(self.people[who], self.image, Action.IMAGE_INVALIDATE, deviation="DEV-1"))
        self.is_invalidated |= done is not None

    # What holds whatever was done

    @invariant()
    def statuses_are_those_of_the_steps(self) -> None:
        seen = {one.result: one.status for one in self.people[Role.ANALYST].results(image=self.image)}
        assert seen == self.results
        image = self.people[Role.ANALYST].image(self.image).status
        there = [one for one in FURTHEST if one in set(self.results.values())]
        expected = there[0] if there else "in_analysis" if self.analyses else "acquired"
        assert image == ("invalidated" if self.is_invalidated else expected)

    @invariant()
    def no_version_is_lost_or_changed(self) -> None:
        analyses = self.people[Role.ANALYST].analyses_of_image(self.image)
        assert {one.analysis for one in analyses} == set(self.analyses)
        assert self.versions == {one.id: one.digest for analysis in analyses for one in analysis.versions}

    @invariant()
    def the_past_stays(self) -> None:
        page = self.people[Role.ANALYST].image_trail(self.image, limit=1000)
        now = [(one.id, one.leaf) for one in page.entries]
        assert now[: len(self.past)] == self.past
        self.past = now

    # How

    def _result(self, which: int) -> str:
        return sorted(self.results)[which % len(self.results)]

    def _try(self, call: Callable[[], Any]) -> Any:
        """Do something that may be refused; None if it was."""
        try:
            return call()
        except REFUSED:
            return None

    def _take(self, client: RecordsClient, result: str, action: Action) -> object:
        if action is Action.RESULT_REVIEW_START:
            return client.start_review(result)
        if action is Action.RESULT_RESUME:
            rev = self.people[Role.ANALYST].result(result).rev
            request = ResumeRequest(expected_rev=rev, reason=WHY, idempotency_key=self.service.key())
            return client.resume_result(result, request)
        details: dict[str, str] = {}
        if action is Action.RESULT_INVALIDATE:
            details = {"deviation": "DEV-2"}
        if action is Action.RESULT_SUPERSEDE:
            others = [one for one, status in self.results.items() if status == "approved" and one != result]
            details = {"successor": others[0] if others else result}
        return self._sign(client, result, action, **details)

    def _sign(self, client: RecordsClient, record: str, action: Action, **details: str) -> object | None:
        """Sign on the page; where a second person has to sign, that one does, too."""
        ended = self.service.sign(client, record, action, WHY, **details)
        if ended.proposal is None:
            return ended
        other = self.people[Role.RECORDS_MANAGER]
        return self.service.sign(other, ended.proposal, Action.PROPOSAL_COUNTERSIGN)


@pytest.fixture(scope="module")
def people(service):
    return {role: service.signed_in(role) for role in WORKERS}


@pytest.mark.parametrize("number", range(3))
def test_no_sequence_of_calls_leaves_the_workflow(service, people, number):
    machine = seed(number)(type("OneLifeCycle", (LifeCycle,), {"service": service, "people": people}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=4, stateful_step_count=40, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_sequences_took_the_steps_of_the_workflow(service):
    steps = Counter(one["action"] for one in service.entries(record_kind="result", outcome="done"))
    print("steps that were taken:", dict(sorted(steps.items())))
    wanted = {"result.submit", "result.withdraw", "result.review.start", "result.review.sign", "result.approve"}
    assert wanted <= set(steps)
