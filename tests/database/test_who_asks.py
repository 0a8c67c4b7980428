"""Who asks is decided anew at each request, and costs one question to the database."""

from contextlib import contextmanager

import pytest
from laboratory import HUB, PASSWORD, open_laboratory
from sqlalchemy import event


@pytest.fixture
def laboratory(database, tmp_path):
    opened = open_laboratory(database, tmp_path)
    yield opened
    opened.ledger.close()


@contextmanager
def asked(ledger):
    questions = []

    def note(_connection, _cursor, statement, *_):
        questions.append(statement)

    event.listen(ledger._engine, "before_cursor_execute", note)
    yield questions
    event.remove(ledger._engine, "before_cursor_execute", note)


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
