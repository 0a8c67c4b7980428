"""Quality flags over HTTP: what blocks is refused with its place, what wants a reason gets one; reports print both."""

from __future__ import annotations

import csv
import io
import subprocess

import httpx
import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.flags import FlagReasonRequest
from blotter_records.contract.results import ResultRequest, ResultVersionRequest
from blotter_records.contract.tables import AnalysisFileRequest
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.vocabulary import Action, FlagRule, QualityFlag, Role
from service_over_http import PLAIN, STUDY, shape

WHY = "Blot of the flagged bands"
SEEN = "The exposure cannot be repeated; the band is not quantified"


class Flagged:
    """An image with a saturated band (S1), one at the edge (S2) and noise (S3); a result of it."""

    def __init__(self, service) -> None:
        self.service = service
        self.anna = service.signed_in(Role.ANALYST)
        counts = np.random.default_rng(3).integers(900, 1101, (120, 100)).astype(np.uint16)
        counts[40:50, 20:40] = 20_000
        counts[44, 30:33] = 65_535
        counts[40:50, 80:] = 20_000
        self.image = self.anna.import_image("flagged.tif", WHY, to_tiff(counts), study=STUDY).image
        drawn = [shape("S1", 38, 18, 52, 42), shape("S2", 38, 78, 52, 100), shape("S3", 80, 20, 90, 40)]
        started = self.anna.start_analysis(self.image)
        self.analysis = self.anna.gesture(started.analysis, service.gesture(started, drawn))
        request = SaveRequest(expected_rev=self.analysis.rev, idempotency_key=service.key())
        self.version = self.anna.save_analysis(self.analysis.analysis, request).versions[-1].id

    def result(self):
        request = ResultRequest(title="Flagged", analyses=[self.version], idempotency_key=self.service.key())
        return self.anna.create_result(request)

    def reason(self, result, *flags, reason=SEEN, client=None):
        places = [{"analysis": self.version, "flag": flag, "shape": shape_} for flag, shape_ in flags]
        request = FlagReasonRequest(
            flags=places, expected_rev=result.rev, reason=reason, idempotency_key=self.service.key()
        )
        return (client or self.anna).give_flag_reason(result.result, request)


@pytest.fixture(scope="module")
def flagged(service):
    return Flagged(service)


def told(flags):
    return {(one.flag.value, one.shape): (one.rule, one.reason) for one in flags}


def submit_step(result):
    return next(one for one in result.steps if one.action is Action.RESULT_SUBMIT)


SATURATED, EDGE, LOW = ("saturated", "S1"), ("cut by the image's edge", "S2"), ("low SNR", "S3")


def test_a_draft_a_version_a_table_and_a_result_tell_the_same_flags(service, flagged):
    result = flagged.result()
    assert told(result.flags) == {
        SATURATED: (FlagRule.REASON, ""),
        EDGE: (FlagRule.REASON, ""),
        LOW: (FlagRule.NOTED, ""),
    }
    draft = [(one.flag.value, one.shape) for one in flagged.anna.analysis(flagged.analysis.analysis).flags]
    (pinned,) = result.analyses
    assert draft == [(one.flag.value, one.shape) for one in pinned.flags] == [SATURATED, EDGE, LOW]
    made = flagged.anna.make_analysis_file(flagged.analysis.analysis, 1, AnalysisFileRequest(form="csv"))
    text = b"".join(flagged.anna.export_file(made.export)).decode("utf-8-sig")
    assert [row["quality_flags"] for row in csv.DictReader(io.StringIO(text))] == [
        "saturated",
        "cut by the image's edge",
        "low SNR",
    ]


def test_without_a_reason_for_each_flag_nothing_is_submitted_and_the_refusal_is_in_the_trail(service, flagged):
    result = flagged.result()
    step = submit_step(result)
    assert not step.allowed
    assert f"S1 of {flagged.version} is flagged “saturated”: 3 of 336 px" in step.why_not
    half = flagged.reason(result, SATURATED)
    with pytest.raises(Conflict, match="A reason is missing for 1 quality flag: S2") as refused:
        service.intend(flagged.anna, result.result, Action.RESULT_SUBMIT)
    assert refused.value.code == "conflict.flag_reasons"
    (entry,) = service.entries(action="action.refused", stream=f"result:{result.result}")
    assert (entry["new"]["action"], entry["new"]["rule"]) == ("result.submit", "conflict.flag_reasons")
    assert "S2" in entry["summary"]
    whole = flagged.reason(half, EDGE, reason="The neighbouring lane was cut off on purpose")
    assert submit_step(whole).allowed
    assert len({result.digest, half.digest, whole.digest}) == 3
    given = service.entries(action="result.flag.answer", stream=f"result:{result.result}")
    assert [one["reason"] for one in given] == [SEEN, "The neighbouring lane was cut off on purpose"]
    assert given[0]["new"]["flag_reasons"][0]["given_by_name"] == "Anna Lindqvist"

    # What is given is signed, seen by the reviewer, and cannot change under the signature.
    page = service.intend(flagged.anna, result.result, Action.RESULT_SUBMIT)
    assert f"Reason (Anna Lindqvist): {SEEN}" in httpx.get(page.url, trust_env=False, verify=PLAIN).text
    assert service.post(page, "anna.analyst").status_code == 200
    seen = service.signed_in(Role.REVIEWER).result(result.result)
    assert told(seen.flags)[SATURATED] == (FlagRule.REASON, SEEN)
    assert (seen.signatures[0].state, seen.signatures[0].digest) == ("valid", whole.digest)
    back = service.step(flagged.anna, result.result, Action.RESULT_WITHDRAW, "One more look at the edge")
    with pytest.raises(Conflict) as refused:
        flagged.reason(back, SATURATED, reason="Another reason than the one that was signed")
    assert refused.value.code == "conflict.signed"
    request = ResultVersionRequest(
        analyses=[flagged.version], expected_rev=back.rev, reason=WHY, idempotency_key=service.key()
    )
    again = flagged.anna.create_result_version(result.result, request)
    assert told(again.flags)[SATURATED] == (FlagRule.REASON, SEEN)
    other = flagged.reason(again, SATURATED, reason="Another reason than the one that was signed")
    assert told(other.flags)[SATURATED][1] == "Another reason than the one that was signed"
    assert [one.state for one in other.signatures] == ["outdated", "outdated"]


def test_who_may_give_a_reason_for_what(service, flagged):
    result = flagged.result()
    with pytest.raises(Refused):
        flagged.reason(result, SATURATED, client=service.signed_in(Role.REVIEWER))
    with pytest.raises(Invalid, match="has no flag “debris” on S1"):
        flagged.reason(result, ("debris", "S1"))
    with pytest.raises(Invalid) as junk:
        flagged.reason(result, SATURATED, reason="asdf asdf asdf asdf")
    assert junk.value.code == "reason.junk"
    with pytest.raises(Conflict) as stale:
        flagged.reason(flagged.reason(result, SATURATED).model_copy(update={"rev": result.rev}), EDGE)
    assert stale.value.code == "conflict.stale"
    # A flag that is only noted may have a reason, too.
    newest = flagged.anna.result(result.result)
    assert told(flagged.reason(newest, LOW).flags)[LOW] == (FlagRule.NOTED, SEEN)


def test_a_report_prints_each_flag_with_its_reason(service, flagged, tmp_path):
    result = flagged.reason(flagged.result(), SATURATED, EDGE)
    made = flagged.anna.make_report(result.result)
    (tmp_path / "report.pdf").write_bytes(b"".join(flagged.anna.export_file(made.export)))
    command = ["pdftotext", str(tmp_path / "report.pdf"), "-"]
    text = " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    _, _, table = text.rpartition("Quality flags Flag On")
    row = "saturated S1 3 of 336 px (0.893 %) are at or above 65535 counts The exposure cannot be repeated"
    assert row in table
    assert table.index(row) < table.index("Low SNR: The signal hardly stands out")


def test_by_policy_a_flag_blocks_whatever_the_reason(service, flagged):
    """Last: policies hold for the sessions that are opened afterwards."""
    result = flagged.reason(flagged.result(), SATURATED, EDGE)
    page = service.intend(flagged.anna, result.result, Action.RESULT_SUBMIT)
    service.set_policies(flag__saturated="blocks")
    # The page belongs to the rules under which it was opened, and to the session, which has ended since.
    flagged.anna = service.signed_in(Role.ANALYST)
    assert service.post(page, "anna.analyst").status_code == 401
    assert {one.flag for one in flagged.anna.result(result.result).flags if one.rule is FlagRule.BLOCKS} == {
        QualityFlag.SATURATED
    }
    with pytest.raises(Conflict, match=f"S1 of {flagged.version} is flagged “saturated”") as refused:
        service.intend(flagged.anna, result.result, Action.RESULT_SUBMIT)
    assert refused.value.code == "conflict.flag_blocks"
    (entry,) = service.entries(action="action.refused", stream=f"result:{result.result}")
    assert entry["new"]["rule"] == "conflict.flag_blocks"
