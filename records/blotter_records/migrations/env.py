"""Runs migrations: one at a time (advisory lock), with time-outs, all in one transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import NullPool, create_engine, text

LOCK = 0x626C6F74  # "blot"; sequencers and services use other keys


def run() -> None:
    """Connect as the owner and migrate."""
    engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
    with engine.connect() as connection:
        # A migration that waits for a lock blocks everybody behind it: give up early, and try again later.
        connection.execute(text("SELECT set_config('lock_timeout', '10s', false)"))
        connection.execute(text("SELECT set_config('statement_timeout', '300s', false)"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS audit"))
        connection.commit()
        context.configure(connection=connection, target_metadata=None, version_table_schema="audit")
        with context.begin_transaction():
            context.run_migrations()


run()
