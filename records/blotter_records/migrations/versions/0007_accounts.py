"""Unlocking, second factors, failures by address, deliveries of notifications; hashes that were made again.

Touches no regulated table. The previous release goes on working beside it.

* A hash that was made again at another cost stands for the one that it replaces: the age of the password and the
  history stay what they were.
* Nothing here is in the trail but by its entry: codes and hashes never are.
"""

from blotter_records.migrations import run

revision = "0007"
down_revision = "0006"

TABLES = """
ALTER TABLE records.secret ADD COLUMN rehash_of bigint REFERENCES records.secret (id);
CREATE INDEX secret_by_rehash ON records.secret (rehash_of) WHERE rehash_of IS NOT NULL;

CREATE TABLE records.unlock (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    upto bigint NOT NULL,  -- attempts up to this one no longer count
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entry_id bigint NOT NULL REFERENCES audit.entry (id)
);
CREATE INDEX unlock_by_account ON records.unlock (account, id DESC);

CREATE TABLE records.address_failure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL,
    is_known boolean NOT NULL,  -- the name is somebody's
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX address_failure_by_address ON records.address_failure (address, at);

CREATE TABLE records.totp (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    secret text NOT NULL,
    state text NOT NULL CHECK (state IN ('offered', 'held', 'removed')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entry_id bigint NOT NULL REFERENCES audit.entry (id)
);
CREATE INDEX totp_by_account ON records.totp (account, id DESC);
CREATE TABLE records.totp_use (
    account text NOT NULL,
    step bigint NOT NULL,  -- of 30 seconds since 1970
    PRIMARY KEY (account, step)
);

CREATE TABLE records.delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification text NOT NULL,
    channel text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('raised', 'escalated')),
    is_done boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX delivery_by_notification ON records.delivery (notification);

CREATE INDEX session_end_by_time ON records.session_end (ended_at);
CREATE INDEX session_by_time ON records.session (opened_at);
CREATE INDEX session_by_address ON records.session (account, address);
"""

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON records.{table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE records.{table} ENABLE ALWAYS TRIGGER append_only;
"""

GRANTS = """
GRANT INSERT (rehash_of) ON records.secret TO blotter_runtime;
GRANT SELECT, INSERT (account, upto, entry_id) ON records.unlock TO blotter_runtime;
GRANT SELECT, INSERT (address, is_known) ON records.address_failure TO blotter_runtime;
GRANT SELECT, INSERT (account, secret, state, entry_id) ON records.totp TO blotter_runtime;
GRANT SELECT, INSERT (account, step) ON records.totp_use TO blotter_runtime;
GRANT SELECT, INSERT (notification, channel, stage, is_done) ON records.delivery TO blotter_runtime;
"""

INSERT_ONLY = ("unlock", "address_failure", "totp", "totp_use", "delivery")


def upgrade() -> None:
    """Make tables, indexes, triggers and grants."""
    run(TABLES)
    for table in INSERT_ONLY:
        run(APPEND_ONLY.format(table=table))
    run(GRANTS)
