"""Keeping results: absent people's work is given to others, a legal hold, archiving under a bundle that verifies."""

from __future__ import annotations

import numpy as np
import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.vocabulary import Action, ResultStatus, Role
from service_over_http import STUDY

WHY = "On leave until the end of March"


class Group:
    """People of the demo's study: two Analysts, a Supervisor, two Reviewers, an Approver, a Records Manager."""

    def __init__(self, service) -> None:
        self.service = service
        self.ruth = service.signed_in(Role.RECORDS_MANAGER)
        self.accounts = {one.user_name: one.account for one in self.ruth.people()}
        for name, role in (("samir.supervisor", Role.SUPERVISOR), ("maria.analyst", Role.ANALYST)):
            if name in self.accounts and not self._is_member(name):
                service.join(self.accounts[name], role, keeper=self.ruth)
        self.sam = service.signed_in(Role.SUPERVISOR)
        self.anna = service.signed_in(Role.ANALYST)
        self.rosa = service.signed_in(Role.REVIEWER)
        self.paul = service.signed_in(Role.APPROVER)

    def _is_member(self, name: str) -> bool:
        return any(one.user_name == name for one in self.ruth.study(STUDY).members)

    def submitted(self, seed: int) -> str:
        counts = np.random.default_rng(seed).integers(0, 60_000, (130, 170)).astype(np.uint16)
        image = self.anna.import_image(f"kept {seed}.tif", "First blot of the series", to_tiff(counts), study=STUDY)
        result = self.service.result(self.anna, image.image).result
        self.service.step(self.anna, result, Action.RESULT_SUBMIT)
        return result

    def approved(self, seed: int) -> str:
        result = self.submitted(seed)
        self.rosa.start_review(result)
        self.service.step(self.rosa, result, Action.RESULT_REVIEW_SIGN)
        self.service.step(self.paul, result, Action.RESULT_APPROVE)
        return result


@pytest.fixture(scope="module")
def group(service):
    return Group(service)


def test_an_absent_persons_work_is_given_to_another_by_signature(group):
    service, result = group.service, group.submitted(11)
    sam = group.accounts["samir.supervisor"]
    before = group.anna.result(result)
    service.sign(group.sam, result, Action.RESULT_REASSIGN, WHY, part="submitter", account=sam)
    entry = service.entries(action=Action.RESULT_REASSIGN, record_id=result)[-1]
    assert (entry["new"]["part"], entry["new"]["account"], entry["reason"]) == ("submitter", sam, WHY)
    assert entry["signature"].startswith("SIG-")
    # what was signed stays signed, by whom it was
    after = group.anna.result(result)
    assert after.status is ResultStatus.SUBMITTED
    assert (after.digest, after.contributors) == (before.digest, before.contributors)
    assert after.signatures[0].printed_name == "Anna Lindqvist"
    assert after.signatures[0].state == "valid"
    # who submitted first is still kept from reviewing, however little the policies ask for
    with service.services.ports.ledger.begin() as work:
        assert work.latest(f"result:{result}").content["former_submitters"] == [group.accounts["anna.analyst"]]
    # from now on it is the other one's to take back
    with pytest.raises(Refused):
        service.intend(group.anna, result, Action.RESULT_WITHDRAW, "Lane 3 was cut off")
    assert service.step(group.sam, result, Action.RESULT_WITHDRAW, "Lane 3 was cut off").status is not after.status
    with service.services.ports.ledger.begin() as work:
        both = sorted([group.accounts["anna.analyst"], sam])
        assert work.latest(f"result:{result}").content["former_submitters"] == both


def test_work_is_given_only_to_a_member_who_could_do_it(group):
    service, result = group.service, group.submitted(12)
    anna, ines = group.accounts["anna.analyst"], group.accounts["ines.auditor"]
    for part, account, error, code in (
        ("reviewer", anna, Invalid, "result.reassign"),  # nobody reviews it yet
        ("submitter", ines, Invalid, "result.reassign"),  # no member
        ("submitter", anna, Conflict, "conflict.same"),
    ):
        with pytest.raises(error) as refused:
            service.intend(group.sam, result, Action.RESULT_REASSIGN, WHY, part=part, account=account)
        assert refused.value.code == code
    group.rosa.start_review(result)
    with pytest.raises(Invalid):  # a contributor does not review
        service.intend(group.sam, result, Action.RESULT_REASSIGN, WHY, part="reviewer", account=anna)


def test_archiving_wants_a_bundle_of_the_result_as_it_stands(group):
    service, result = group.service, group.submitted(13)
    with service.sequencing():
        early = group.ruth.make_bundle(result).export
        group.rosa.start_review(result)
        service.step(group.rosa, result, Action.RESULT_REVIEW_SIGN)
        service.step(group.paul, result, Action.RESULT_APPROVE)
        other = group.ruth.make_bundle(group.approved(14)).export
        for bundle, said in (
            (early, "before its last change"),
            (other, "is no bundle of"),
            ("EXP-999999", "is no bundle"),
        ):
            with pytest.raises(Invalid, match=said):
                service.intend(group.ruth, result, Action.RESULT_ARCHIVE, "Ten years are over", bundle=bundle)
        good = group.ruth.make_bundle(result).export
        assert group.ruth.verify_bundle(good).is_good
        archived = service.step(group.ruth, result, Action.RESULT_ARCHIVE, "The study has ended", bundle=good)
    assert archived.status is ResultStatus.ARCHIVED
    assert [one for one in archived.steps if one.is_allowed] == []
    entry = service.entries(action=Action.RESULT_ARCHIVE, record_id=result)[-1]
    assert entry["new"]["bundle"] == good


def test_a_legal_hold_is_set_and_released_by_signature_with_a_reason(group):
    service = group.service
    with pytest.raises(Invalid):
        service.intend(group.ruth, STUDY, Action.RECORD_HOLD_SET)
    service.sign(group.ruth, STUDY, Action.RECORD_HOLD_SET, "Litigation 4711 is pending")
    held = group.ruth.study(STUDY).hold
    assert held is not None
    with pytest.raises(Conflict):
        service.intend(group.ruth, STUDY, Action.RECORD_HOLD_SET, "Litigation 4712 is pending")
    service.sign(group.ruth, STUDY, Action.RECORD_HOLD_RELEASE, "Litigation 4711 has ended")
    assert group.ruth.study(STUDY).hold is None
    said = [one["reason"] for one in service.entries(record_id=STUDY) if one["action"].startswith("record.hold.")]
    assert said == ["Litigation 4711 is pending", "Litigation 4711 has ended"]


def test_the_laboratorys_time_of_day_is_frozen_in_each_entry(service):
    mia, max_ = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in("max.manager")
    before = service.entries()[-1]
    assert (before["zone"], before["offset"]) == ("UTC", "+00:00")
    for zone, offset in (("Asia/Kathmandu", "+05:45"), ("UTC", "+00:00")):
        made = service.sign(mia, "CFG-000001", Action.POLICY_EDIT, "The laboratory moves", values={"site.zone": zone})
        service.sign(max_, made.proposal, Action.PROPOSAL_COUNTERSIGN)
        signed_in = service.signed_in("max.manager")
        entry = service.entries(action="session.login")[-1]
        assert (entry["zone"], entry["offset"]) == (zone, offset)
        mia, max_ = service.signed_in(Role.SYSTEM_MANAGER), signed_in
    stored = [one for one in service.entries() if one["zone"] == "Asia/Kathmandu"]
    assert stored
    assert all(one["offset"] == "+05:45" and one["at"].endswith("Z") for one in stored)
