"""How many questions something puts to the database."""

from contextlib import contextmanager

from sqlalchemy import event


@contextmanager
def asked(ledger):
    """Note the statements that are sent while the block runs."""
    questions = []

    def note(_connection, _cursor, statement, *_):
        questions.append(statement)

    event.listen(ledger._engine, "before_cursor_execute", note)
    try:
        yield questions
    finally:
        event.remove(ledger._engine, "before_cursor_execute", note)
