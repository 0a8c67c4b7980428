"""The logs over HTTP: newest first, filters, pages."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from blotter_records.contract.trail import TrailQuestion
from blotter_records.errors import Invalid, Unauthenticated
from blotter_records.vocabulary import Outcome, Role
from service_over_http import HUB_SECRET, PLAIN


@pytest.fixture(scope="module")
def anna(service):
    return service.signed_in(Role.ANALYST)


@pytest.fixture(scope="module")
def manager(service, anna):
    for _ in range(3):
        service.signed_in(Role.REVIEWER)
    with pytest.raises(Unauthenticated):
        service.signed_in("nobody.here")
    return service.signed_in(Role.SYSTEM_MANAGER)


def ids(page):
    return [one.id for one in page.entries]


def test_user_log_newest_first_page_by_page(manager):
    oldest = manager.user_trail(limit=1000)
    found, before = [], None
    while True:
        page = manager.user_trail(asked=TrailQuestion(newest_first=True, limit=2, before=before))
        assert len(page.entries) <= 2
        assert page.next_after is None
        assert page.total == oldest.total
        found += ids(page)
        before = page.next_before
        if before is None:
            break
    assert found == ids(oldest)[::-1]
    assert len(found) == oldest.total


def test_filters_of_the_user_log(manager):
    everything = manager.user_trail(limit=1000).entries
    me = manager.session()

    def found(**asked):
        page = manager.user_trail(asked=TrailQuestion(limit=1000, **asked))
        assert page.total == len(page.entries)
        return page.entries

    name = next(one.user_name for one in everything if one.account == me.account)
    for who in (name, name.upper(), me.account):
        assert found(who=who) == [one for one in everything if one.account == me.account]
    assert found(who="nobody-of-this-name") == []
    logins = [one for one in everything if one.action == "session.login"]
    assert found(action=["session.login"]) == logins
    assert found(action=["session.login", "image.view"]) == logins  # what is no part of the user log stays out of it
    assert found(action=["image.view"]) == []
    failed = [one for one in everything if one.outcome is Outcome.FAILED]
    assert failed
    assert found(outcome=Outcome.FAILED) == failed
    middle = everything[len(everything) // 2].at
    assert found(since=middle) == [one for one in everything if one.at >= middle]
    assert found(until=middle) == [one for one in everything if one.at < middle]
    assert found(since=middle, until=middle + timedelta(microseconds=1))[0].at == middle
    word = logins[0].summary.split()[0]
    assert logins[0] in found(text=word[:4].upper())
    assert found(text=f"{word} thereisnosuchword") == []
    assert found(record=logins[0].record_id) == [one for one in everything if one.record_id == logins[0].record_id]


def test_image_log_has_the_same_filters(service, anna):
    result = service.result(anna)
    everything = anna.image_trail("IMG-000001", limit=1000).entries
    saves = anna.image_trail(
        "IMG-000001", asked=TrailQuestion(action=["analysis.save"], record=result.analyses[0].analysis)
    )
    assert [one.action for one in saves.entries] == ["analysis.save"]
    newest = anna.image_trail("IMG-000001", asked=TrailQuestion(newest_first=True, limit=3))
    assert ids(newest) == [one.id for one in everything][-3:][::-1]
    assert newest.total == len(everything)


def test_a_text_without_a_word_is_told(manager):
    with pytest.raises(Invalid) as told:
        manager.user_trail(asked=TrailQuestion(text="!?"))
    assert told.value.code == "trail.text"


@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=1001", "since=yesterday", "since=2026-01-01T00:00:00", "after=-1", "outcome=x", "other=1"],
)
def test_what_cannot_be_read_is_refused(service, asked):
    answer = httpx.get(
        f"{service.url}/api/v1/trail/users?{asked}",
        headers={"Authorization": f"Bearer service:hub:{HUB_SECRET}"},
        trust_env=False,
        verify=PLAIN,
    )
    assert answer.status_code == 422, answer.text
