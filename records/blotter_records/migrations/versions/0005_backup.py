"""The role of backups reads everything and writes nothing.

Touches regulated tables: grants SELECT on them, changes no row. The previous release goes on working beside it.

* ``blotter_backup`` is whom ``pg_dump`` connects as: never the superuser, never the owner.
* Default privileges: what a later migration makes is in the backup without being named there.
"""

from blotter_records.migrations import run

revision = "0005"
down_revision = "0004"

GRANTS = """
GRANT USAGE ON SCHEMA audit, records TO blotter_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA audit, records TO blotter_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA audit, records TO blotter_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA audit, records GRANT SELECT ON TABLES TO blotter_backup;
ALTER DEFAULT PRIVILEGES IN SCHEMA audit, records GRANT SELECT ON SEQUENCES TO blotter_backup;
"""


def upgrade() -> None:
    """Grant what a backup reads."""
    run(GRANTS)
