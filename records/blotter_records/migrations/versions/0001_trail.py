"""The audit trail: entries, their numbers, the tree over them, its signed checkpoints.

Touches regulated tables: makes them.

* ``audit.entry`` is append-only for everybody but the database's superuser: grants keep the services to INSERT and
  SELECT, triggers (also in replication mode) refuse the owner. What somebody with the superuser's rights does, the
  checkpoints outside the database show.
* The text that is hashed is built here, in the database, from what the service says and from what it may not say: id,
  time, and the login of the database session. The text is kept as it was hashed and never serialised again.
"""

from blotter_records.migrations import run

revision = "0001"
down_revision = None

TABLES = """
REVOKE ALL ON SCHEMA audit FROM PUBLIC;

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'BL002';
END
$$;

CREATE TABLE audit.entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- has gaps after roll-backs; the number is audit.leaf's
    stream text NOT NULL CHECK (stream <> ''),
    rev integer CHECK (rev > 0),
    at timestamptz NOT NULL,
    action text NOT NULL CHECK (action <> ''),
    outcome text NOT NULL CHECK (outcome <> ''),
    account text,
    record_kind text,
    record_id text,
    record_version integer,
    content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),  -- of the record's content after this entry
    details json CHECK (details IS NULL),  -- only a way in: the trigger moves it into the text
    entry text NOT NULL CHECK (octet_length(entry) <= 65535),  -- the exact bytes that are hashed
    leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
    UNIQUE (stream, rev),
    UNIQUE (id, stream, rev, content_sha256),  -- what a revision refers to
    CHECK ((rev IS NULL) = (content_sha256 IS NULL))
);
CREATE INDEX entry_by_stream ON audit.entry (stream, id);
CREATE INDEX entry_by_record ON audit.entry (record_id, id) WHERE record_id IS NOT NULL;
CREATE INDEX entry_by_account ON audit.entry (account, id) WHERE account IS NOT NULL;
CREATE INDEX entry_by_action ON audit.entry (action, id);

CREATE TABLE audit.pending (
    id bigint PRIMARY KEY,
    leaf bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);  -- a queue: short, often rewritten

CREATE TABLE audit.leaf (
    number bigint PRIMARY KEY CHECK (number > 0),  -- without gaps; the leaf's index in the tree + 1
    entry_id bigint NOT NULL UNIQUE REFERENCES audit.entry (id),
    leaf bytea NOT NULL CHECK (octet_length(leaf) = 32)
);

CREATE TABLE audit.tree (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),  -- one row
    size bigint NOT NULL CHECK (size >= 0),
    frontier bytea NOT NULL,
    root bytea NOT NULL
);
INSERT INTO audit.tree (size, frontier, root) VALUES (0, '', sha256(''));

CREATE TABLE audit.checkpoint (
    size bigint PRIMARY KEY,
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""

# The names that details may use. Without this list the service could write an "at" of its own into the text, and a
# reader that takes the last of two equal keys would believe it.
STAMP = """
CREATE FUNCTION audit.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text[] := ARRAY(SELECT json_object_keys(NEW.details));
    header text;
BEGIN
    IF NOT named <@ ARRAY['user_name', 'printed_name', 'role', 'service', 'session', 'address', 'process',
                          'notebook', 'notebook_version', 'cell', 'kernel', 'instrument',
                          'old', 'new', 'reason', 'summary', 'signature', 'software']
       OR NOT named @> ARRAY['software']
       OR cardinality(named) <> (SELECT count(DISTINCT name) FROM unnest(named) AS name) THEN
        RAISE EXCEPTION 'the details of an entry have unknown, repeated or missing names' USING ERRCODE = 'BL003';
    END IF;
    NEW.at := clock_timestamp();
    header := json_build_object(
        'v', 1,
        'id', NEW.id,
        'at', to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'zone', 'UTC',
        'offset', '+00:00',
        'login', session_user,
        'stream', NEW.stream,
        'rev', NEW.rev,
        'action', NEW.action,
        'outcome', NEW.outcome,
        'account', NEW.account,
        'record_kind', NEW.record_kind,
        'record_id', NEW.record_id,
        'record_version', NEW.record_version,
        'content_sha256', NEW.content_sha256)::text;
    NEW.entry := left(header, -1) || ', ' || substr(btrim(NEW.details::text, E' \\t\\n\\r'), 2);
    NEW.leaf := sha256('\\x00'::bytea || convert_to(NEW.entry, 'UTF8'));
    NEW.details := NULL;
    INSERT INTO audit.pending (id, leaf) VALUES (NEW.id, NEW.leaf);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION audit.stamp() FROM PUBLIC;

-- Not ENABLE ALWAYS: a logical copy of this database must keep the text as it was hashed, not stamp it again.
CREATE TRIGGER stamp BEFORE INSERT ON audit.entry FOR EACH ROW EXECUTE FUNCTION audit.stamp();

CREATE FUNCTION audit.grow() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.size < OLD.size THEN
        RAISE EXCEPTION 'the tree cannot shrink' USING ERRCODE = 'BL002';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grow BEFORE UPDATE ON audit.tree FOR EACH ROW EXECUTE FUNCTION audit.grow();
ALTER TABLE audit.tree ENABLE ALWAYS TRIGGER grow;
"""

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;
"""

GRANTS = """
GRANT USAGE ON SCHEMA audit TO blotter_runtime, blotter_sequencer, blotter_reader;
GRANT SELECT ON audit.entry, audit.leaf, audit.tree, audit.checkpoint TO blotter_runtime;
GRANT INSERT (stream, rev, action, outcome, account, record_kind, record_id, record_version, content_sha256, details)
    ON audit.entry TO blotter_runtime;
GRANT SELECT, DELETE ON audit.pending TO blotter_sequencer;
GRANT SELECT, INSERT ON audit.leaf TO blotter_sequencer;
GRANT SELECT, INSERT (size, note) ON audit.checkpoint TO blotter_sequencer;
GRANT SELECT, UPDATE (size, frontier, root) ON audit.tree TO blotter_sequencer;
GRANT SELECT ON audit.entry, audit.pending, audit.leaf, audit.tree, audit.checkpoint TO blotter_reader;
"""


def upgrade() -> None:
    """Make the tables, the triggers and the grants."""
    run(TABLES)
    run(STAMP)
    for table in ("audit.entry", "audit.leaf", "audit.checkpoint"):
        run(APPEND_ONLY.format(table=table))
    run(GRANTS)
