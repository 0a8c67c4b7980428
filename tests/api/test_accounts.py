"""Accounts: verified before they are active, never one person's work alone, what is due before anything is signed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from blotter_records.contract.accounts import AccountRequest, ExpiryRequest, ProfileRequest, TrainingRequest
from blotter_records.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated
from blotter_records.vocabulary import Action, Alarm, Role

WHY = "Decided by the head of the laboratory"
NEW = "Wide 7 rivers meet here"
IDENTITY = {"method": "passport shown in person", "document": "P1234567"}


@pytest.fixture(scope="module")
def mia(service):
    return service.signed_in(Role.SYSTEM_MANAGER)


@pytest.fixture(scope="module")
def max_(service):
    return service.signed_in("max.manager")


def request(user_name: str, *roles: str, **more) -> AccountRequest:
    return AccountRequest(
        user_name=user_name, printed_name="Nora Newcomer", roles=list(roles or ["analyst"]), reason=WHY, **more
    )


def person(service, mia, max_, user_name: str, *roles: str, **more):
    """Return account and connection of somebody who works here, statement accepted."""
    made = mia.create_account(request(user_name, *roles, **more))
    service.activate(max_, made.account.account, WHY)
    return made.account.account, service.first_sign_in(user_name, made.temporary_password, NEW)


def test_who_adds_an_account_does_not_activate_it_and_identity_comes_first(service, mia, max_):
    made = mia.create_account(request("nora.newcomer", email="nora@example.org"))
    account = made.account.account
    assert (made.account.status, made.account.identity) == ("pending", None)
    with pytest.raises(Unauthenticated):
        service.signed_in("nora.newcomer", made.temporary_password)
    assert service.entries(action="session.login.failed")[-1]["new"]["why"] == "the account has not been activated"
    with pytest.raises(Conflict) as unverified:
        service.intend(max_, account, Action.USER_ACTIVATE)
    assert unverified.value.code == "conflict.identity"
    service.sign(max_, account, Action.USER_IDENTITY_VERIFY, WHY, **IDENTITY)
    with pytest.raises(Refused) as own:
        service.intend(mia, account, Action.USER_ACTIVATE)
    assert own.value.code == "refused.independence"
    service.sign(max_, account, Action.USER_ACTIVATE)
    view = mia.account(account)
    assert view.status == "active"
    assert view.identity is not None
    assert (view.identity.verified_by_name, view.identity.signature[:4]) == ("Max Tanaka", "SIG-")
    assert service.signed_in("nora.newcomer", made.temporary_password).session().must_change_password


def test_nothing_is_signed_before_the_statement_was(service, mia, max_):
    made = mia.create_account(request("stefan.statement"))
    service.activate(max_, made.account.account, WHY)
    stefan = service.signed_in("stefan.statement", made.temporary_password)
    stefan.change_password(made.temporary_password, NEW)
    service.passwords["stefan.statement"] = NEW
    assert stefan.session().statement_due
    service.join(made.account.account, Role.ANALYST)
    result = service.result(stefan)
    with pytest.raises(Refused) as refused:
        service.intend(stefan, result.result, Action.RESULT_SUBMIT)
    assert refused.value.code == "refused.statement"
    signed = service.sign(stefan, made.account.account, Action.POLICY_ACCEPT)
    assert not stefan.session().statement_due
    assert mia.account(made.account.account).statement_accepted == signed.signature
    assert service.step(stefan, result.result, Action.RESULT_SUBMIT).signatures


def test_nobody_accepts_for_another(service, mia):
    anna = next(one.account for one in mia.accounts() if one.user_name == "anna.analyst")
    with pytest.raises(Refused) as refused:
        service.intend(mia, anna, Action.POLICY_ACCEPT)
    assert refused.value.code == "refused.independence"


def test_after_a_reset_nothing_is_signed_until_a_second_manager_has_verified(service, mia, max_):
    account, first = person(service, mia, max_, "rita.reset", email="rita@example.org")
    service.join(account, Role.ANALYST)
    made = mia.reset_password(account, WHY)
    with pytest.raises(Unauthenticated):
        first.session()
    rita = service.signed_in("rita.reset", made.temporary_password)
    rita.change_password(made.temporary_password, NEW + " Two")
    service.passwords["rita.reset"] = NEW + " Two"
    view = rita.session()
    assert view.identity_due
    assert any("reset the password" in one for one in view.changes)
    result = service.result(rita)
    with pytest.raises(Refused) as blocked:
        service.intend(rita, result.result, Action.RESULT_SUBMIT)
    assert blocked.value.code == "refused.identity"
    with pytest.raises(Refused) as own:
        service.intend(mia, account, Action.USER_IDENTITY_VERIFY, WHY, **IDENTITY)
    assert own.value.code == "refused.independence"
    # Not even after somebody else had a part in it, too.
    max_.edit_profile(
        account,
        ProfileRequest(
            printed_name="Nora Newcomer",
            email="r@example.org",
            expected_version=max_.account(account).version,
            reason=WHY,
        ),
    )
    for manager in (mia, max_):
        with pytest.raises(Refused):
            service.intend(manager, account, Action.USER_IDENTITY_VERIFY, WHY, **IDENTITY)
    _third, third = person(service, mia, max_, "tara.third", Role.SYSTEM_MANAGER)
    service.sign(third, account, Action.USER_IDENTITY_VERIFY, WHY, **IDENTITY)
    assert service.step(rita, result.result, Action.RESULT_SUBMIT).signatures
    told = [one for one in mia.notifications() if one.alarm is Alarm.CREDENTIALS_CHANGED]
    assert any("reset the password of Nora Newcomer (rita.reset)" in one.message for one in told)


def test_what_changes_between_verification_and_activation_is_verified_again_too(service, mia, max_):
    made = mia.create_account(request("vera.verified"))
    account = made.account.account
    service.sign(max_, account, Action.USER_IDENTITY_VERIFY, WHY, **IDENTITY)
    assert not mia.account(account).identity_due
    temporary = mia.reset_password(account, WHY).temporary_password
    view = mia.account(account)
    assert (view.identity_due, "reset the password" in view.identity_due_because) == (True, True)
    service.sign(max_, account, Action.USER_ACTIVATE)
    vera = service.signed_in("vera.verified", temporary)
    vera.change_password(temporary, NEW)
    with pytest.raises(Refused) as blocked:
        service.intend(vera, account, Action.POLICY_ACCEPT)
    assert blocked.value.code == "refused.identity"


def test_before_the_first_verification_nothing_is_due_again(service, mia):
    made = mia.create_account(request("paul.pending"))
    mia.reset_password(made.account.account, WHY)
    assert not mia.account(made.account.account).identity_due


def test_a_profile_is_changed_with_old_and_new_and_not_from_a_stale_view(service, mia, max_):
    account, _ = person(service, mia, max_, "paula.profile")
    version = mia.account(account).version
    new = ProfileRequest(printed_name="Paula Married", expected_version=version, reason=WHY)
    assert mia.edit_profile(account, new).printed_name == "Paula Married"
    entry = service.entries(action=Action.USER_PROFILE_EDIT)[-1]
    assert (entry["old"], entry["new"]) == ({"printed_name": "Nora Newcomer"}, {"printed_name": "Paula Married"})
    with pytest.raises(Conflict) as stale:
        mia.edit_profile(account, new)
    assert stale.value.code == "conflict.stale"
    mine = next(one for one in mia.accounts() if one.user_name == "mia.manager")
    with pytest.raises(Refused):
        mia.edit_profile(
            mine.account, ProfileRequest(printed_name="Mia Other", expected_version=mine.version, reason=WHY)
        )


def test_an_account_ends_with_its_last_day_also_in_the_middle_of_a_session(service, mia, max_):
    account, eva = person(service, mia, max_, "eva.ending")
    now = service.clock.now()
    mia.set_expiry(
        account, ExpiryRequest(expires_on=now.date(), expected_version=mia.account(account).version, reason=WHY)
    )
    assert eva.session()
    service.clock.offset = timedelta(days=1)
    with pytest.raises(Unauthenticated) as over:
        eva.session()
    assert over.value.code == "unauthenticated.inactive"
    with pytest.raises(Unauthenticated):
        service.signed_in("eva.ending")
    assert service.entries(action="session.login.failed")[-1]["new"]["why"] == "the account has expired"


def test_an_unused_account_is_refused_after_the_days_of_the_policy(service, mia, max_):
    person(service, mia, max_, "ida.inactive")
    service.clock.offset = timedelta(days=366)
    with pytest.raises(Unauthenticated):
        service.signed_in("ida.inactive")
    why = service.entries(action="session.login.failed")[-1]["new"]["why"]
    assert why == "nobody has used the account for too long"


def test_lapsed_training_refuses_the_roles_actions_and_a_new_one_gives_them_back(service, mia, max_):
    account, tom = person(service, mia, max_, "tom.trained")
    service.join(account, Role.ANALYST)
    today = service.clock.now().date()
    training = {"role": "analyst", "title": "Densitometry of blots", "document": "T-7", "reason": WHY}
    ended = today - timedelta(days=1)
    assert tom.start_analysis("IMG-000001")  # nothing is on record: nothing has lapsed
    mia.record_training(account, TrainingRequest(done_on=ended, expires_on=ended, **training))
    with pytest.raises(Refused) as lapsed:
        tom.start_analysis("IMG-000001")
    assert lapsed.value.code == "refused.training"
    assert tom.session().lapsed_roles == ["analyst"]
    assert service.entries(action="action.refused")[-1]["new"]["rule"] == "refused.training"
    mia.record_training(account, TrainingRequest(done_on=today, **training))
    assert tom.start_analysis("IMG-000001")


@pytest.mark.parametrize(
    "name", ["anna.ana1yst", "anna-analyst", "a.nna", "lab", "guest", "test.1", "user.2", "blotter"]
)
def test_names_that_look_alike_or_belong_to_nobody_are_refused(service, name):
    manager = service.signed_in(Role.SYSTEM_MANAGER)
    if name == "a.nna":
        assert manager.create_account(request(name)).account.user_name == name
        return
    with pytest.raises((Conflict, Invalid)) as refused:
        manager.create_account(request(name))
    assert refused.value.code in {"conflict.user_name", "user_name.generic"}


def test_a_name_is_never_given_again(service):
    mia, max_ = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in("max.manager")
    account, _ = person(service, mia, max_, "uwe.unique")
    proposal = service.sign(mia, account, Action.USER_DEACTIVATE, WHY).proposal
    service.sign(max_, proposal, Action.PROPOSAL_COUNTERSIGN)
    for name in ("uwe.unique", "ｕｗｅ.unique", " uwe.unique "):
        with pytest.raises(Conflict) as taken:
            mia.create_account(request(name))
        assert taken.value.code == "conflict.user_name"
    with pytest.raises(Unauthenticated):
        service.signed_in("uwe.unique")
    assert any(one.alarm is Alarm.DEACTIVATED_SIGN_IN for one in mia.notifications())


def test_a_dossier_is_everything_about_one_persons_signatures(service):
    mia, max_ = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in("max.manager")
    account, doro = person(service, mia, max_, "doro.dossier")
    service.join(account, Role.ANALYST)
    result = service.step(doro, service.result(doro).result, Action.RESULT_SUBMIT)
    ines = service.signed_in(Role.AUDITOR)
    dossier = ines.dossier(account)
    assert [one["action"] for one in dossier.signatures] == ["policy.accept", "result.submit"]
    assert dossier.signatures[-1]["signature"] == result.signatures[-1].signature
    assert [one["action"] for one in dossier.history] == [
        "user.create",
        "user.identity.verify",
        "user.activate",
        "policy.accept",
    ]
    assert "accountable" in dossier.statements[0]["text"]
    made = ines.make_dossier(account)
    assert b"".join(ines.export_file(made.export)).startswith(b"%PDF")
    assert made.pages >= 1


def test_who_could_do_what_on_a_date(service):
    mia, max_ = service.signed_in(Role.SYSTEM_MANAGER), service.signed_in("max.manager")
    account, _ = person(service, mia, max_, "olga.once")
    before = service.services.ports.ledger.now()
    proposal = service.sign(mia, account, Action.USER_ROLE_ASSIGN, WHY, role="reviewer").proposal
    service.sign(max_, proposal, Action.PROPOSAL_COUNTERSIGN)

    def olga(at=None):
        return next(one for one in mia.authority(at).people if one.account == account)

    assert olga(before).roles == ["analyst"]
    assert Action.RESULT_REVIEW_SIGN not in olga(before).actions
    assert olga().roles == ["analyst", "reviewer"]
    assert Action.RESULT_REVIEW_SIGN in olga().actions


def test_an_access_review_decides_about_every_account_and_is_signed(service):
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    review = mia.begin_access_review()
    assert {one.user_name for one in review.rows} == {one.user_name for one in mia.accounts()}
    with pytest.raises(Conflict):
        mia.begin_access_review()
    rows = [{"account": one.account, "decision": "keep"} for one in review.rows]
    rows[0] = {**rows[0], "decision": "change", "note": "left the western group"}
    with pytest.raises(Invalid) as incomplete:
        service.intend(mia, review.review, Action.USER_ACCESS_REVIEW_SIGN, rows=rows[1:])
    assert incomplete.value.code == "access_review.rows"
    service.sign(mia, review.review, Action.USER_ACCESS_REVIEW_SIGN, rows=rows)
    signed = mia.access_review(review.review)
    assert (signed.is_signed, signed.signed_by, signed.rows[0].note) == (
        True,
        "Mia Schneider",
        "left the western group",
    )
    done = next(one for one in mia.tasks() if one.task == "access_review")
    assert done.state == "done"


def test_the_letter_is_due_until_it_is_kept(service):
    mia = service.signed_in(Role.SYSTEM_MANAGER)

    def state() -> str:
        return next(one.state for one in mia.tasks() if one.task == "letter")

    assert state() == "overdue"
    today = service.clock.now().date()
    letter = mia.record_letter("letter.pdf", b"%PDF letter", sent_on=today, address="FDA, Rockville", reason=WHY)
    assert (letter.bytes, letter.address) == (11, "FDA, Rockville")
    assert state() == "done"
    assert b"".join(mia.letter_file(letter.letter)) == b"%PDF letter"
    with pytest.raises(NotFound):
        b"".join(mia.letter_file("LET-999999"))
    with pytest.raises(Refused):
        b"".join(service.signed_in(Role.ANALYST).letter_file(letter.letter))


@pytest.mark.parametrize("day", ["9999-12-31", "3000-01-01", "1999-12-31", "0001-01-01"])
def test_days_with_which_nobody_can_reckon_are_not_taken(service, day):
    mia = service.signed_in(Role.SYSTEM_MANAGER)
    anna = next(one.account for one in mia.accounts() if one.user_name == "anna.analyst")
    training = {"role": "analyst", "title": "Blots", "document": "T-7", "done_on": "2020-01-01"}
    for method, path, body in (
        ("PUT", f"/accounts/{anna}/expiry", {"expires_on": day, "expected_version": 1}),
        ("POST", f"/accounts/{anna}/trainings", {**training, "expires_on": day}),
        ("POST", f"/accounts/{anna}/trainings", {**training, "done_on": day}),
    ):
        with pytest.raises(Invalid) as refused:
            mia._transport.send(method, path, body={"reason": WHY, **body})
        assert refused.value.code == "invalid.request"
