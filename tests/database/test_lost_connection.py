"""When the database goes away: one clear error, nothing half written, and the pool heals by itself."""

import pytest
from blotter_records.errors import Unavailable
from blotter_records.ports.entries import NewEntry, Subject, TrailFilter
from blotter_records.vocabulary import Event

START = NewEntry("system", Event.SYSTEM_START, Subject())


def end_its_connections(database):
    with database.connect("postgres") as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'blotter_runtime'",
            [database.name],
        )


def count(ledger):
    with ledger.begin() as unit:
        return unit.count(TrailFilter())


def test_a_connection_lost_in_the_middle_writes_nothing(ledger, database):
    before = count(ledger)
    with ledger.begin() as unit:
        unit.note(START)
        end_its_connections(database)
        with pytest.raises(Unavailable) as caught:
            unit.note(START)
    assert caught.value.code == "unavailable.database"
    assert count(ledger) == before


def test_a_connection_lost_before_the_commit_says_that_it_is_in_doubt(ledger, database):
    before = count(ledger)
    with ledger.begin() as unit:
        unit.note(START)
        end_its_connections(database)
        with pytest.raises(Unavailable) as caught:
            unit.commit()
    assert caught.value.code == "unavailable.in_doubt"
    assert count(ledger) == before


def test_the_pool_heals_after_a_crash_of_the_whole_server(ledger, postgres):
    before = count(ledger)
    postgres.server.stop("immediate")
    try:
        with pytest.raises(Unavailable) as caught, ledger.begin() as unit:
            unit.note(START)
        assert caught.value.code == "unavailable.database"
        with pytest.raises(Unavailable):
            ledger.now()
    finally:
        postgres.server.start()
    assert count(ledger) == before
    with ledger.begin() as unit:
        unit.note(START)
        unit.commit()
    assert count(ledger) == before + 1


def test_who_waits_for_a_connection_too_long_is_told(database, monkeypatch):
    ledger = database.ledger(pool_size=1)
    monkeypatch.setattr(ledger._engine.pool, "_timeout", 0.1)
    with ledger.begin(), pytest.raises(Unavailable) as caught, ledger.begin():
        pass
    assert caught.value.code == "unavailable.busy"
    ledger.close()
