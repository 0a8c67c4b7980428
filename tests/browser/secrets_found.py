"""Looks for a password wherever it must not be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from people import Person
from systems import RunningSystem


def assert_nowhere(password: str, system: RunningSystem, people: Iterable[Person]) -> None:
    """Fail if the password is in a websocket frame, a request to a wrong page, a file, a database, or a process."""
    needles = forms(password)
    for person in people:
        check("websocket frames", person.frames, needles)
        check("browser console", person.console, needles)
        elsewhere = [f"{url} {body}" for url, body in person.requests if not may_carry_a_password(url)]
        check("requests to other pages", elsewhere, needles)
        check("addresses of requests", [url for url, _body in person.requests], needles)
    for path in system.data.rglob("*"):
        if path.is_file() and not path.is_relative_to(system.data / "postgres" / "pg_wal"):
            check(str(path), [path.read_bytes().decode("latin-1")], needles)
    for database in ("blotter", "hub"):
        check(f"database {database}", rows(system, database), needles)
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                check(f"{process}/{name}", [(process / name).read_bytes().decode("latin-1")], needles)
            except OSError:
                continue  # it ended, or is not ours to read


def forms(password: str) -> list[str]:
    """Return the password as typed, and as a form or JSON would carry it."""
    return [password, password.replace(" ", "+"), password.replace(" ", "%20")]


def may_carry_a_password(url: str) -> bool:
    """Tell the two pages into which a password is typed, and the page where it is changed."""
    return any(part in url for part in ("/hub/login", "/hub/password", "/sign/"))


def check(where: str, texts: Iterable[str], needles: list[str]) -> None:
    for text in texts:
        for needle in needles:
            assert needle not in text, f"the password was found in {where}"


def rows(system: RunningSystem, database: str) -> list[str]:
    """Return every row of every table as text, read as the database's superuser."""
    with system.superuser(database) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert tables, f"no tables in {database}"
        return [
            row[0]
            for (table,) in tables
            for row in connection.execute(f"select t::text from {table} t").fetchall()  # names come from the catalogue
        ]
