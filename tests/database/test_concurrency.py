"""Many at once: one wins, the others are told, nothing is half there."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from blotter_records.errors import Conflict, Unavailable
from blotter_records.ports.entries import NewEntry, Subject, TrailFilter
from blotter_records.vocabulary import Action, RecordKind

ANN = Subject("ACC-000001", "ann", "Ann Analyst")
THREADS = 8


@pytest.fixture(scope="module")
def wide(database):
    ledger = database.ledger(pool_size=THREADS + 1)
    yield ledger
    ledger.close()


def at_once(work):
    """Run `work` in every thread, all released at the same moment; return results or errors."""
    barrier = threading.Barrier(THREADS)

    def one(which):
        barrier.wait()
        try:
            return work(which)
        except (Conflict, Unavailable) as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def save(ledger, image, rev, content):
    with ledger.begin() as unit:
        unit.change(
            NewEntry(f"image:{image}", Action.IMAGE_IMPORT, ANN),
            expected_rev=rev - 1, kind=RecordKind.IMAGE, record_id=image, version=None, content=content,
        )  # fmt: skip
        unit.commit()
    return content


@pytest.mark.parametrize("rev", [1, 2])
def test_of_many_who_save_the_same_revision_one_wins(wide, rev):
    results = at_once(lambda which: save(wide, "IMG-900001", rev, {"by": which}))
    [won] = [result for result in results if isinstance(result, dict)]
    assert [error.code for error in results if isinstance(error, Conflict)] == ["conflict.stale"] * (THREADS - 1)
    with wide.begin() as unit:
        assert unit.latest("image:IMG-900001").content == won
        assert unit.count(TrailFilter(streams=["image:IMG-900001"])) == rev  # no orphan of those who lost


def test_identifiers_have_no_gap_though_half_of_them_are_rolled_back(wide):
    def work(which):
        kept = []
        for turn in range(6):
            with wide.begin() as unit:
                name = unit.next_id(RecordKind.NOTEBOOK)
                if (turn + which) % 2:
                    unit.commit()
                    kept.append(name)
        return kept

    names = sorted(name for kept in at_once(work) for name in kept)
    assert names == [f"NBK-{number:06d}" for number in range(1, THREADS * 3 + 1)]


def test_a_name_is_claimed_by_one_only(wide):
    def work(which):
        with wide.begin() as unit:
            is_mine = unit.claim_name("user_name", "rita", f"ACC-{which:06d}")
            unit.commit()
        return is_mine

    assert sorted(at_once(work)) == [False] * (THREADS - 1) + [True]


def test_an_intent_and_a_session_are_used_up_by_one_only(wide):
    with wide.begin() as unit:
        unit.put_intent("one", {}, wide.now())
        unit.open_session("SES-1", "ACC-000001", "c" * 64, "127.0.0.1")
        unit.commit()

    def work(_):
        with wide.begin() as unit:
            outcome = unit.use_intent("one", "signed"), unit.end_session("SES-1", "logout")
            unit.commit()
        return outcome

    outcomes = at_once(work)
    assert sum(used for used, _ in outcomes) == sum(ended for _, ended in outcomes) == 1


def test_the_same_request_is_answered_once(wide):
    def work(which):
        with wide.begin() as unit:
            unit.remember("key-12345", "ACC-000001", {"by": which})
            unit.commit()
        return which

    results = at_once(work)
    assert [error.code for error in results if isinstance(error, Conflict)] == ["conflict.repeated"] * (THREADS - 1)


def test_who_holds_a_lock_lets_the_others_wait(wide):
    inside = []

    def work(_):
        with wide.begin() as unit:
            unit.lock("approve:RES-000001")
            inside.append(1)
            together = len(inside)
            unit.note(NewEntry("result:RES-000001", Action.RESULT_APPROVE, ANN))
            inside.pop()
            unit.commit()
        return together

    assert at_once(work) == [1] * THREADS


def test_who_touches_a_session_at_once_is_not_in_the_way_of_another(wide):
    with wide.begin() as unit:
        unit.open_session("SES-2", "ACC-000001", "d" * 64, "127.0.0.1")
        unit.commit()

    def work(_):
        with wide.begin() as unit:
            unit.touch_session("SES-2")
            unit.commit()
        return True

    assert all(result is True for result in at_once(work))
