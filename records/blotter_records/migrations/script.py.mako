"""${message}

Touches regulated tables: yes or no, and how.
"""

from blotter_records.migrations import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Go forward."""
    run("""""")
