"""Migrations of the compliance database: forward only, run by the owner role, never by a service.

``upgrade`` is what the supervisor calls; each migration says in its docstring whether it touches regulated tables.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command, op
from alembic.config import Config
from sqlalchemy import make_url


def upgrade(url: str, password: str, *, revision: str = "head") -> None:
    """Bring the database to a revision; does nothing when it is there.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of the database as ``blotter_owner``, without its password.
    password : str
        The owner's password.
    revision : str
        Where to; the newest by default.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = make_url(url).set(password=password)
    command.upgrade(config, revision)


def run(statements: str) -> None:
    """Run SQL as it stands: SQLAlchemy would take ``:name`` and ``%`` in it for parameters."""
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("migrations need a connection")
    connection.execute(statements)
