"""Migrations of the compliance database: forward only, run by the owner role, never by a service.

``upgrade`` is what the supervisor calls; each migration says in its docstring whether it touches regulated tables.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command, op
from alembic.config import Config
from alembic.script import ScriptDirectory
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
    config = _config()
    config.attributes["url"] = make_url(url).set(password=password)
    command.upgrade(config, revision)


def is_known(revision: str) -> bool:
    """Tell whether this release knows a revision, and so can bring it up to date."""
    return revision in {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def run(statements: str) -> None:
    """Run SQL as it stands: SQLAlchemy would take ``:name`` and ``%`` in it for parameters."""
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("migrations need a connection")
    connection.execute(statements)
