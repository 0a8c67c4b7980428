"""Reading the trail: both directions, every filter, exact totals; and that indexes answer."""

from datetime import UTC, datetime, timedelta

import pytest
from blotter_records.adapters.postgres.searching import found_ids
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.ports.entries import NewEntry, Subject, TrailFilter
from blotter_records.vocabulary import Outcome
from sqlalchemy.dialects import postgresql

PEOPLE = [Subject(f"ACC-00000{n}", f"user{n}") for n in range(3)]
ACTIONS = ("session.login", "image.view", "analysis.edit", "action.refused")
SUMMARIES = ("Signed in", "Viewed IMG-000042", "Added S1 “Møller 芮”", "Refused: result.approve on RES-000007")


@pytest.fixture(scope="module")
def filled(postgres):
    """2,000 entries over 2,000 hours; the last ten have no number yet."""
    database = postgres.new_database()
    ledger = database.ledger()
    with ledger.begin() as unit:
        for at in range(2000):
            kind = at % 4
            unit.note(
                NewEntry(
                    f"image:IMG-{at % 50:06d}", ACTIONS[kind], PEOPLE[at % 3], record_id=f"IMG-{at % 50:06d}",
                    outcome=Outcome.REFUSED if kind == 3 else Outcome.DONE, summary=f"{SUMMARIES[kind]} no {at}",
                )
            )  # fmt: skip
        unit.commit()
    sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
    sequence.number(1990)
    sequence.close()
    with database.connect("postgres") as superuser:
        superuser.execute("ALTER TABLE audit.entry DISABLE TRIGGER ALL")
        superuser.execute("UPDATE audit.entry SET at = '2026-01-01 00:00Z'::timestamptz + id * interval '1 hour'")
        superuser.execute("ALTER TABLE audit.entry ENABLE TRIGGER ALL")
    with database.connect("postgres", autocommit=True) as superuser:
        superuser.execute("VACUUM ANALYZE")
    yield ledger
    ledger.close()


@pytest.fixture
def everything(filled):
    with filled.begin() as unit:
        return unit.entries(TrailFilter(limit=5000))


def hour(number):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)


def said(entry, *words):
    shown = (
        entry.body["summary"].lower().replace("-", " ").replace(".", " ").replace("“", " ").replace("”", " ").split()
    )
    return all(any(one.startswith(word) for one in shown) for word in words)


FILTERS = {
    "all": (TrailFilter(), lambda _: True),
    "streams": (
        TrailFilter(streams=["image:IMG-000001", "image:IMG-000007", "image:IMG-000001", "image:none"]),
        lambda one: one.written.stream in {"image:IMG-000001", "image:IMG-000007"},
    ),
    "actions": (
        TrailFilter(actions=["session.login", "action.refused"]),
        lambda one: one.body["action"] in {"session.login", "action.refused"},
    ),
    "no action": (TrailFilter(actions=[]), lambda _: False),
    "account": (TrailFilter(account="ACC-000001"), lambda one: one.body["account"] == "ACC-000001"),
    "refused": (TrailFilter(outcome="refused"), lambda one: one.body["outcome"] == "refused"),
    "done": (TrailFilter(outcome="done"), lambda one: one.body["outcome"] == "done"),
    "record": (TrailFilter(record_ids=["IMG-000003"]), lambda one: one.body["record_id"] == "IMG-000003"),
    "since": (TrailFilter(since=hour(1900)), lambda one: one.written.at >= hour(1900)),
    "until": (TrailFilter(until=hour(50)), lambda one: one.written.at < hour(50)),
    "between": (TrailFilter(since=hour(300), until=hour(310)), lambda one: hour(300) <= one.written.at < hour(310)),
    "nothing between": (TrailFilter(since=hour(90_000)), lambda _: False),
    "word": (TrailFilter(words=("møl",)), lambda one: said(one, "møl")),
    "words": (TrailFilter(words=("000042", "img")), lambda one: said(one, "000042", "img")),
    "a number": (TrailFilter(words=("1999",)), lambda one: said(one, "1999")),
    "much at once": (
        TrailFilter(
            streams=["image:IMG-000003", "image:IMG-000004"], actions=["action.refused"], account="ACC-000001",
            outcome="refused", since=hour(100), until=hour(1800), words=("approve",),
        ),
        lambda one: one.written.stream in {"image:IMG-000003", "image:IMG-000004"}
        and one.body["action"] == "action.refused" and one.body["account"] == "ACC-000001"
        and hour(100) <= one.written.at < hour(1800),
    ),
}  # fmt: skip


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("name", FILTERS)
def test_pages_are_what_the_filter_says(filled, everything, name, newest_first):
    wanted, is_wanted = FILTERS[name]
    expected = [one.written.id for one in everything if is_wanted(one)]
    if newest_first:
        expected.reverse()
    found, last = [], None
    with filled.begin() as unit:
        while True:
            place = {"before" if newest_first else "after": last}
            page = unit.entries(
                TrailFilter(
                    **{
                        **vars(wanted),
                        **place,
                        "newest_first": newest_first,
                        "limit": 7 if len(expected) < 200 else 301,
                    }
                )
            )
            if not page:
                break
            found += [one.written.id for one in page]
            last = found[-1]
        assert found == expected
        assert unit.count(wanted) == len(expected)


def test_totals_stay_exact_while_entries_come(filled):
    wanted = TrailFilter(actions=["image.view", "analysis.edit"], newest_first=True, limit=5)
    with filled.begin() as unit:
        first = unit.count(wanted)
        again = unit.count(wanted)  # from what was counted before
        for more in range(1, 4):
            unit.note(NewEntry("image:IMG-000001", "image.view", PEOPLE[0], summary="later"))
            assert unit.count(wanted) == first + more
        # rolled back
    with filled.begin() as unit:
        assert (again, unit.count(wanted)) == (first, first)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (TrailFilter(streams=["image:IMG-000001"], newest_first=True, limit=5), "entry_by_stream"),
        (TrailFilter(actions=["session.login", "never.done"], newest_first=True, limit=5), "entry_by_action"),
        (TrailFilter(account="ACC-000009", newest_first=True, limit=5), "entry_by_account"),
        (TrailFilter(outcome="failed", newest_first=True, limit=5), "entry_by_outcome"),
        (TrailFilter(words=("1234",), newest_first=True, limit=5), "word_by_word"),
        (TrailFilter(before=500, newest_first=True, limit=5), "entry_pkey"),
        (TrailFilter(record_ids=["IMG-000003"], newest_first=True, limit=5), "entry_by_record"),
    ],
)
def test_an_index_answers(filled, wanted, index):
    asked = []

    def rows(statement):
        asked.append(statement)
        return unit.rows(statement)

    with filled.begin() as unit:
        unit.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        asked.append(found_ids(rows, wanted))
        plan = "".join(explained(unit.connection, statement) for statement in asked)
    assert index in plan, plan


def explained(connection, statement):
    question = statement.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {question}".replace("%", "%%")))


def test_the_index_by_time_makes_ids_of_a_range(filled):
    with filled.begin() as unit:
        unit.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = unit.connection.exec_driver_sql(
            "EXPLAIN SELECT min(id) FROM (SELECT id FROM audit.entry WHERE at >= '2026-02-01' AND at < '2026-02-02'"
            " OFFSET 0) AS within"
        ).fetchall()
    assert "entry_by_time" in str(plan)


def test_long_and_strange_summaries_can_be_written_and_found(ledger):
    for summary in (
        "x" * 5000,
        "'); DROP TABLE -- \\ & | ! :* <->",
        "",
        "é" * 3000 + " needle",
        "9" * 3000,
        'a\\b"c\n\t',
    ):
        with ledger.begin() as unit:
            unit.note(NewEntry("system", "test", PEOPLE[0], summary=summary))
            unit.commit()
    with ledger.begin() as unit:
        assert len(unit.entries(TrailFilter(words=("needle",)))) == 1
        assert len(unit.entries(TrailFilter(words=("drop", "table")))) == 1
