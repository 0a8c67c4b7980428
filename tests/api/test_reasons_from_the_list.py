"""Every action that asks why can ask for a code from the list, too (policy ``reason.rule.<action>``: list; A11 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from blotter_records.client import RecordsClient
from blotter_records.contract.accounts import AccountRequest, ExpiryRequest, ProfileRequest, TrainingRequest
from blotter_records.contract.notifications import NotificationRuleRequest
from blotter_records.contract.signing import SigningIntentRequest
from blotter_records.errors import Invalid, Unauthenticated
from blotter_records.vocabulary import Action, ReasonRule, Role, Severity

WHY = "Decided by the head of the laboratory"
CODE = "correction"


class World:
    """A System Manager under the rules of the list, and people to whom things are done."""

    def __init__(self, service: Any) -> None:
        self.service = service
        # Added, and reported, before the rules hold.
        self.account, _ = service.person("petra.person")
        self.with_second_factor, tom = service.person("tom.totp")
        tom.prove_totp(pyotp.TOTP(tom.offer_totp().secret).at(service.clock.now()))
        service.person("kai.known")
        service.person("karl.known")[1].report_compromise(WHY)
        service.set_policies(**{f"reason.rule.{action.value}": ReasonRule.LIST.value for action in STEPS})
        self.mia: RecordsClient = service.signed_in(Role.SYSTEM_MANAGER)

    def version(self) -> int:
        return self.mia.account(self.account).version


def create(world: World) -> Callable[[str], object]:
    asked = {"user_name": "nora.newcomer", "printed_name": "Nora Newcomer", "roles": ["analyst"], "reason": WHY}
    return lambda code: world.mia.create_account(AccountRequest(**asked, reason_code=code))


def unlock(world: World) -> Callable[[str], object]:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            world.service.signed_in("petra.person", "Wrong 7 rivers meet here")
    return lambda code: world.mia.unlock(world.account, WHY, code)


def profile(world: World) -> Callable[[str], object]:
    asked = {"printed_name": "Petra Married", "expected_version": world.version(), "reason": WHY}
    return lambda code: world.mia.edit_profile(world.account, ProfileRequest(**asked, reason_code=code))


def expiry(world: World) -> Callable[[str], object]:
    asked = {"expires_on": "2099-12-31", "expected_version": world.version(), "reason": WHY}
    return lambda code: world.mia.set_expiry(world.account, ExpiryRequest(**asked, reason_code=code))


def training(world: World) -> Callable[[str], object]:
    asked = {"role": "analyst", "title": "Blots", "document": "T-7", "done_on": "2026-01-01", "reason": WHY}
    return lambda code: world.mia.record_training(world.account, TrainingRequest(**asked, reason_code=code))


def reset(world: World) -> Callable[[str], object]:
    return lambda code: world.mia.reset_password(world.account, WHY, code)


def remove_totp(world: World) -> Callable[[str], object]:
    return lambda code: world.mia.remove_totp(world.with_second_factor, WHY, code)


def report_compromise(world: World) -> Callable[[str], object]:
    person = world.service.signed_in("kai.known")
    return lambda code: person.report_compromise(WHY, code)


def letter(world: World) -> Callable[[str], object]:
    sent_on = world.service.clock.now().date()
    return lambda code: world.mia.record_letter(
        "letter.pdf", b"%PDF letter", sent_on=sent_on, address="FDA, Rockville", reason=WHY, reason_code=code
    )


def acknowledge(world: World) -> Callable[[str], object]:
    waiting = world.mia.notifications()[0].notification
    return lambda code: world.mia.acknowledge(waiting, "Seen, and talked about", code)


def change_rule(world: World) -> Callable[[str], object]:
    version = world.mia.notification_rules()[0].version
    asked = {
        "expected_version": version,
        "severity": Severity.CRITICAL,
        "roles": ["system_manager"],
        "emails": ["qa@lab.example"],
        "reason": WHY,
    }
    return lambda code: world.mia.edit_notification_rule(
        "account.locked", NotificationRuleRequest(**asked, reason_code=code)
    )


def review_access(world: World) -> Callable[[str], object]:
    review = world.mia.begin_access_review()
    rows = [{"account": one.account, "decision": "keep"} for one in review.rows]
    return lambda code: sign(world, review.review, Action.USER_ACCESS_REVIEW_SIGN, code, {"rows": rows})


def sign(world: World, record: str, action: Action, code: str, details: dict[str, object]) -> None:
    asked = SigningIntentRequest(record=record, action=action, details=details, reason=WHY, reason_code=code)
    intent = world.mia.create_signing_intent(asked)
    assert world.service.post(intent, "mia.manager").status_code == 200


STEPS = {
    Action.USER_CREATE: create,
    Action.USER_UNLOCK: unlock,
    Action.USER_PROFILE_EDIT: profile,
    Action.USER_EXPIRY_SET: expiry,
    Action.USER_TRAINING_RECORD: training,
    Action.TOTP_REMOVE: remove_totp,
    Action.ACCOUNT_REPORT_COMPROMISE: report_compromise,
    Action.LETTER_RECORD: letter,
    Action.NOTIFICATION_ACKNOWLEDGE: acknowledge,
    Action.NOTIFICATION_RULE_EDIT: change_rule,
    Action.USER_ACCESS_REVIEW_SIGN: review_access,
    Action.USER_PASSWORD_RESET: reset,
}


@pytest.fixture(scope="module")
def world(service):
    return World(service)


@pytest.mark.parametrize("action", STEPS, ids=str)
def test_where_the_rule_is_the_list_a_code_is_given_and_kept_and_nothing_is_done_without(service, world, action):
    assert world.mia.session().asks[action].reason is ReasonRule.LIST
    do = STEPS[action](world)
    before = len(done(service, action))
    with pytest.raises(Invalid) as without:
        do("")
    assert without.value.code == "reason.code"
    assert len(done(service, action)) == before
    do(CODE)
    assert done(service, action)[-1]["reason_code"] == CODE


def done(service, action: Action) -> list[dict[str, Any]]:
    return service.entries(action=action.value, outcome="done")


def test_a_session_says_what_each_action_asks_for_by_the_rules_under_which_it_was_opened(service):
    before = service.signed_in(Role.SYSTEM_MANAGER)
    asked = SigningIntentRequest(
        record="CFG-000001",
        action=Action.SIGNATURE_REQUIREMENT_EDIT,
        details={"action": Action.POLICY_EDIT.value, "comment": True},
        reason=WHY,
    )
    intent = before.create_signing_intent(asked)
    assert service.post(intent, "mia.manager").status_code == 200
    proposal = before.signing_intent(intent.intent).proposal
    service.sign(service.signed_in("max.manager"), proposal, Action.PROPOSAL_COUNTERSIGN)
    assert not before.session().asks[Action.POLICY_EDIT].needs_comment
    after = service.signed_in(Role.SYSTEM_MANAGER).session().asks
    assert (after[Action.POLICY_EDIT].is_signed, after[Action.POLICY_EDIT].needs_comment) == (True, True)
    assert (after[Action.USER_UNLOCK].is_signed, after[Action.USER_UNLOCK].needs_comment) == (False, False)
    assert after[Action.PROPOSAL_COUNTERSIGN].reason is ReasonRule.OPTIONAL
    assert Action.PERSON_VIEW not in after, "what asks nothing"
