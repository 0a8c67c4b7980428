"""Who asks is decided anew at each request, and costs one question to the database."""

import pytest
from blotter_records.errors import Unauthenticated
from blotter_records.services.people.standing import rehash_entry
from laboratory import HUB, PASSWORD, open_laboratory
from questions import asked


@pytest.fixture(scope="module")
def laboratory(database, tmp_path_factory):
    opened = open_laboratory(database, tmp_path_factory.mktemp("laboratory"))
    yield opened
    opened.ledger.close()


def test_one_question_tells_who_holds_a_token(laboratory):
    sessions = laboratory.services.sessions
    token = laboratory.services.sign_in.open(HUB, "ana", PASSWORD, "127.0.0.1").token
    with asked(laboratory.ledger) as questions:
        actor = sessions.actor(token)
    assert (actor.user_name, len(questions)) == ("ana", 1)
    sessions._openings.clear()  # as in another replica, or after a restart
    with asked(laboratory.ledger) as questions:
        first = sessions.view(actor)
    with asked(laboratory.ledger) as fewer:  # what was before the session stays as it was, and is not asked again
        again = sessions.view(actor)
    assert again == first
    assert len(fewer) <= len(questions) - 3  # its sign-in, the failures since the one before, the last failure


def test_a_name_that_nobody_has_asks_the_same_questions(laboratory):
    said = []
    for name in ("ana", "somebody.else"):
        with asked(laboratory.ledger) as questions, pytest.raises(Unauthenticated):
            laboratory.services.sign_in.open(HUB, name, "not the password", "127.0.0.9")
        said.append(questions)
    known, unknown = said
    assert known == unknown


def test_a_password_whose_time_is_over_stays_so_when_it_is_hashed_again(laboratory):
    sessions = laboratory.services.sessions
    account = laboratory.people["rui"].account
    with laboratory.database.connect("postgres") as superuser:
        superuser.execute("ALTER TABLE records.secret DISABLE TRIGGER ALL")
        superuser.execute(
            "UPDATE records.secret SET set_at = set_at - interval '400 days' WHERE account = %s", (account,)
        )
        superuser.execute("ALTER TABLE records.secret ENABLE TRIGGER ALL")
    token = laboratory.services.sign_in.open(HUB, "rui", PASSWORD, "127.0.0.1").token
    assert sessions.actor(token).must_change_password
    with laboratory.ledger.begin() as work:
        [secret] = work.secrets(account)
        entry = work.note(rehash_entry(sessions.actor(token), 4))
        work.put_rehash(secret, account, secret.hashed, entry.id)
        work.commit()
    assert sessions.actor(token).must_change_password
