"""What a result does not use, over HTTP: the service finds it, asks for reasons by policy, binds and prints them."""

from __future__ import annotations

import subprocess
import zlib

import httpx
import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.analyses import SaveRequest
from blotter_records.contract.results import ResultRequest, ResultVersionRequest
from blotter_records.contract.studies import MembraneRequest
from blotter_records.contract.unused import UnusedReasonRequest
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.vocabulary import Action, Gesture, ItemKind, MembraneKind, Role, UnusedRule
from service_over_http import PLAIN, STUDY, shape

WHY = "Blot with several exposures"
FAINT = "Exposed too short: the bands are not seen"
SUBMIT = Action.RESULT_SUBMIT


class Blot:
    """A membrane with three exposures, of which one is analysed twice and saved; a result of the second analysis."""

    def __init__(self, service, seed: int) -> None:
        self.service, self.anna = service, service.signed_in(Role.ANALYST)
        request = MembraneRequest(
            study=STUDY, name=f"Blot {seed}", kind=MembraneKind.MEMBRANE, lanes=[], idempotency_key=service.key()
        )
        self.membrane = self.anna.save_membrane(request).membrane
        self.images = [self.exposure(seed + at) for at in range(3)]
        self.draft = self.anna.start_analysis(self.images[2])
        drawn = [shape("S1", 20, 20, 40, 40)]
        self.draft = self.anna.gesture(self.draft.analysis, service.gesture(self.draft, drawn))
        self.first = self.save(self.images[2])
        self.used = self.save(self.images[2])
        self.result = self.made(self.used)

    def exposure(self, seed: int) -> str:
        counts = np.random.default_rng(seed).integers(900, 1101, (90, 80)).astype(np.uint16)
        file = to_tiff(counts)
        return self.anna.import_image(f"x{seed}.tif", WHY, file, study=STUDY, membrane=self.membrane).image

    def save(self, image: str) -> str:
        started = self.anna.start_analysis(image)
        drawn = self.anna.gesture(started.analysis, self.service.gesture(started, [shape("S1", 20, 20, 40, 40)]))
        request = SaveRequest(expected_rev=drawn.rev, idempotency_key=self.service.key())
        return self.anna.save_analysis(drawn.analysis, request).versions[-1].id

    def made(self, *versions: str):
        request = ResultRequest(title="Blot", analyses=list(versions), idempotency_key=self.service.key())
        return self.anna.create_result(request)

    def items(self):
        """Name everything that is asked for, as places."""
        newest = self.anna.result(self.result.result)
        return [place(one) for one in newest.inventory if one.rule is UnusedRule.REASON and not one.reason]

    def give(self, *items, reason=FAINT, client=None):
        newest = self.anna.result(self.result.result)
        request = UnusedReasonRequest(
            items=list(items), expected_rev=newest.rev, reason=reason, idempotency_key=self.service.key()
        )
        return (client or self.anna).give_unused_reason(newest.result, request)


def place(one):
    return {"kind": one.kind, "record": one.record, "number": one.number}


def image(name: str):
    return {"kind": ItemKind.IMAGE, "record": name, "number": None}


@pytest.fixture(scope="module")
def asking(service):
    """Have the policy ask; it holds for the sessions that are opened afterwards."""
    service.set_policies(results__unused="reason")
    return service


@pytest.fixture
def blot(asking, request):
    return Blot(asking, zlib.crc32(request.node.name.encode()))


def names(items):
    return {one.name for one in items}


def test_the_service_lists_every_scan_and_analysis_of_the_membrane(blot):
    listed = {one.name: one for one in blot.result.inventory}
    kinds = [one.kind for one in blot.result.inventory]
    assert [kinds.count(kind) for kind in ItemKind] == [3, 2, 1, 3]
    assert names(one for one in listed.values() if one.used and one.kind is not ItemKind.ACQUISITION) == {
        blot.images[2],
        blot.used,
    }
    assert len([one for one in listed.values() if one.used]) == 3
    draft = listed[f"{blot.draft.analysis}, draft"]
    assert (draft.status, draft.made_by, draft.number) == ("never saved", "Anna Lindqvist", blot.draft.rev)
    asked = names(one for one in listed.values() if one.rule is UnusedRule.REASON)
    assert asked == {blot.images[0], blot.images[1], blot.first, draft.name}
    # Where each image is of no membrane, its exposure alone is looked at.
    alone = blot.anna.import_image("alone.tif", WHY, to_tiff(np.full((90, 80), 1000, np.uint16)), study=STUDY).image
    assert names(blot.made(blot.save(alone)).inventory) >= {alone}
    assert blot.images[0] not in names(blot.made(blot.save(alone)).inventory)


def test_without_a_reason_for_each_nothing_is_submitted_and_the_reasons_are_signed(blot):
    service, result = blot.service, blot.result.result
    step = next(one for one in blot.result.steps if one.action is SUBMIT)
    assert not step.allowed
    assert "A reason is missing for 4 unused scans or analyses" in step.why_not
    half = blot.give(image(blot.images[0]))
    with pytest.raises(Conflict, match="A reason is missing for 3") as refused:
        service.intend(blot.anna, result, SUBMIT)
    assert refused.value.code == "conflict.unused_reasons"
    (entry,) = service.entries(action="action.refused", stream=f"result:{result}")
    assert (entry["new"]["action"], entry["new"]["rule"]) == ("result.submit", "conflict.unused_reasons")
    assert blot.first in entry["summary"]
    whole = blot.give(*blot.items(), reason="A first try; the second has the same lanes and a better background")
    assert len({blot.result.digest, half.digest, whole.digest}) == 3
    given = service.entries(action="result.unused.answer", stream=f"result:{result}")
    assert [len(one["new"]["unused_reasons"]) for one in given] == [1, 3]
    page = service.intend(blot.anna, result, SUBMIT)
    text = httpx.get(page.url, trust_env=False, verify=PLAIN).text
    assert f"Reason (Anna Lindqvist): {FAINT}" in text
    assert f"{blot.draft.analysis}, draft" in text
    assert service.post(page, "anna.analyst").status_code == 200
    seen = service.signed_in(Role.REVIEWER).result(result)
    assert (seen.signatures[0].state, seen.signatures[0].digest) == ("valid", whole.digest)
    assert {one.name: one.reason for one in seen.inventory}[blot.images[0]] == FAINT
    # Once it was signed no reason changes; the next version takes over those of what it does not use either.
    service.step(blot.anna, result, Action.RESULT_WITHDRAW, "One more look at the exposures")
    with pytest.raises(Conflict) as signed:
        blot.give(image(blot.images[0]), reason="Another reason than the one that was signed")
    assert signed.value.code == "conflict.signed"
    request = ResultVersionRequest(
        analyses=[blot.first],
        expected_rev=blot.anna.result(result).rev,
        reason=WHY,
        idempotency_key=service.key(),
    )
    again = {one.name: one for one in blot.anna.create_result_version(result, request).inventory}
    assert (again[blot.images[0]].reason, again[blot.first].used, again[blot.used].reason) == (FAINT, True, "")


def test_what_came_in_between_page_and_signature_is_refused_by_name(blot):
    service = blot.service
    blot.give(*blot.items())
    page = service.intend(blot.anna, blot.result.result, SUBMIT)
    late = blot.exposure(7)
    answer = service.post(page, "anna.analyst")
    assert answer.status_code == 409
    assert late in answer.text
    assert "A reason is missing for 1 unused scan" in answer.text
    assert blot.anna.result(blot.result.result).status == "in_analysis"
    # A draft that somebody has drawn in since is not the one for which the reason was given.
    blot.give(*blot.items())
    blot.draft = blot.anna.gesture(
        blot.draft.analysis,
        service.gesture(blot.draft, [*blot.draft.shapes, shape("S2", 50, 20, 60, 40)]),
    )
    with pytest.raises(Conflict, match=f"{blot.draft.analysis}, draft"):
        service.intend(blot.anna, blot.result.result, SUBMIT)
    blot.give(*blot.items(), reason="Drawn by mistake, on the wrong exposure")
    kept = service.entries(action="result.unused.answer", stream=f"result:{blot.result.result}")
    assert len(kept[-1]["old"]["unused_reasons"]) == 1
    service.intend(blot.anna, blot.result.result, SUBMIT)


def test_what_the_records_explain_themselves_is_not_asked_again(blot):
    anna, service = blot.anna, blot.service
    name = blot.first.partition(".")[0]
    now = anna.analysis(name)
    drawn = anna.gesture(name, service.gesture(now, [shape("S1", 22, 20, 42, 40)], Gesture.SHAPE_MOVE))
    request = SaveRequest(expected_rev=drawn.rev, reason="The lane was drawn too high", idempotency_key=service.key())
    anna.save_analysis(name, request)
    listed = {one.name: one for one in anna.result(blot.result.result).inventory}
    assert listed[f"{name}.1"].standing == "replaced by version 2: The lane was drawn too high"
    assert (listed[f"{name}.1"].rule, listed[f"{name}.2"].rule) == (UnusedRule.NOTED, UnusedRule.REASON)
    empty = anna.start_analysis(blot.images[0])
    listed = {one.name: one for one in anna.result(blot.result.result).inventory}
    assert listed[f"{empty.analysis}, draft"].standing == "nothing was drawn in it"


def test_who_may_give_a_reason_for_what(blot):
    with pytest.raises(Refused):
        blot.give(image(blot.images[0]), client=blot.service.signed_in(Role.REVIEWER))
    with pytest.raises(Invalid, match=f"uses {blot.images[2]}"):
        blot.give(image(blot.images[2]))
    with pytest.raises(Invalid, match="no image IMG-000001 beside"):
        blot.give(image("IMG-000001"))
    stale = {"kind": "draft", "record": blot.draft.analysis, "number": blot.draft.rev - 1}
    with pytest.raises(Invalid, match="or it has changed since"):
        blot.give(stale)
    with pytest.raises(Invalid) as junk:
        blot.give(image(blot.images[0]), reason="asdf asdf asdf asdf")
    assert junk.value.code == "reason.junk"


def test_the_report_begins_with_the_list(blot, tmp_path):
    service = blot.service
    blot.give(*blot.items())
    service.step(blot.anna, blot.result.result, SUBMIT)
    late = blot.exposure(9)
    made = blot.anna.make_report(blot.result.result)
    (tmp_path / "report.pdf").write_bytes(b"".join(blot.anna.export_file(made.export)))
    command = ["pdftotext", "-layout", "-f", "1", "-l", "2", str(tmp_path / "report.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = " ".join(text.split())
    _, _, table = lines.partition("Scans and analyses")
    listed, _, rest = table.partition("Electronic signatures")
    assert rest, "the list stands before the signatures"
    for name in (*blot.images, blot.first, blot.used, blot.draft.analysis, late):
        assert name in listed
    assert "made after" in listed
    assert "no reason was given" not in listed
    assert listed.count("Exposed too short") == 4
    assert "11 listed" in lines
