"""Records as they stand after each changing entry, and what is of the moment (sessions, secrets, intents).

Touches regulated tables: makes ``records.revision``; ties it to ``audit.entry`` in both directions.

* A revision refers to its entry by id, stream, rev and digest; the digest stands in the entry's hashed text. So a
  revision that somebody edited by hand no longer fits a text that the checkpoints cover.
* An entry with a rev cannot be committed without its revision (constraint trigger, checked at commit).
* The other tables are no part of a record and not in the trail. They are insert-only where their meaning allows it.
"""

from blotter_records.migrations import run

revision = "0002"
down_revision = "0001"

REVISION = """
CREATE SCHEMA records;
REVOKE ALL ON SCHEMA records FROM PUBLIC;

CREATE TABLE records.revision (
    stream text NOT NULL,
    rev integer NOT NULL,
    kind text NOT NULL,
    record_id text NOT NULL,
    version integer,
    content text NOT NULL,  -- canonical JSON
    sha256 text NOT NULL CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    entry_id bigint NOT NULL UNIQUE,
    PRIMARY KEY (stream, rev),
    FOREIGN KEY (entry_id, stream, rev, sha256) REFERENCES audit.entry (id, stream, rev, content_sha256)
);
CREATE INDEX revision_by_kind ON records.revision (kind, record_id, rev DESC);

CREATE FUNCTION records.follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.rev > 1 AND NOT EXISTS (
        SELECT FROM records.revision AS before
        WHERE before.stream = NEW.stream AND before.rev = NEW.rev - 1
          AND before.kind = NEW.kind AND before.record_id = NEW.record_id) THEN
        RAISE EXCEPTION 'revision % of % has no revision before it', NEW.rev, NEW.stream USING ERRCODE = 'BL001';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit.entry AS entry
        WHERE entry.id = NEW.entry_id AND entry.record_kind = NEW.kind AND entry.record_id = NEW.record_id
          AND entry.record_version IS NOT DISTINCT FROM NEW.version) THEN
        RAISE EXCEPTION 'the entry of revision % of % is about another record', NEW.rev, NEW.stream
            USING ERRCODE = 'BL003';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION records.follow() FROM PUBLIC;
CREATE TRIGGER follow BEFORE INSERT ON records.revision FOR EACH ROW EXECUTE FUNCTION records.follow();

CREATE FUNCTION audit.need_revision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM records.revision AS revision WHERE revision.entry_id = NEW.id) THEN
        RAISE EXCEPTION 'entry % changes % but has no revision', NEW.id, NEW.stream USING ERRCODE = 'BL003';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION audit.need_revision() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER need_revision AFTER INSERT ON audit.entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.rev IS NOT NULL) EXECUTE FUNCTION audit.need_revision();
"""

OTHERS = """
CREATE TABLE records.number (
    kind text NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    PRIMARY KEY (kind, number)
);
CREATE TABLE records.name_claim (
    space text NOT NULL,
    folded text NOT NULL,
    record_id text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (space, folded)
);
CREATE TABLE records.derivation (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    parent text NOT NULL,
    child text NOT NULL,
    PRIMARY KEY (parent, child)
);
CREATE TABLE records.secret (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    hashed text NOT NULL,
    is_temporary boolean NOT NULL,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz,
    entry_id bigint NOT NULL REFERENCES audit.entry (id)
);
CREATE INDEX secret_by_account ON records.secret (account, id DESC);
CREATE TABLE records.attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    is_good boolean NOT NULL,
    is_sign_in boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX attempt_by_account ON records.attempt (account, id DESC);
CREATE TABLE records.session (
    session text PRIMARY KEY,
    account text NOT NULL,
    token_sha256 text NOT NULL UNIQUE CHECK (token_sha256 ~ '^[0-9a-f]{64}$'),
    address text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX session_by_account ON records.session (account, opened_at);
CREATE TABLE records.session_end (
    session text PRIMARY KEY REFERENCES records.session (session),
    cause text NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE records.signing_intent (
    intent text PRIMARY KEY,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL
);
CREATE TABLE records.intent_use (
    intent text PRIMARY KEY REFERENCES records.signing_intent (intent),
    outcome text NOT NULL,
    used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE records.answer (
    key text NOT NULL,
    account text NOT NULL,
    response text NOT NULL,
    given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (key, account)
);

-- When a person last did something in a session or on a signing page. Updated many times a minute, evidence of
-- nothing; the time is the database's, whatever the service says.
CREATE TABLE records.last_input (
    subject text PRIMARY KEY,  -- session or intent
    at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
CREATE FUNCTION records.now_input() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.subject := OLD.subject;
    NEW.at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER now_input BEFORE UPDATE ON records.last_input FOR EACH ROW EXECUTE FUNCTION records.now_input();
"""

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;
"""

GRANTS = """
GRANT USAGE ON SCHEMA records TO blotter_runtime, blotter_reader;
GRANT SELECT, INSERT ON records.revision, records.number TO blotter_runtime;
GRANT SELECT, INSERT (space, folded, record_id) ON records.name_claim TO blotter_runtime;
GRANT SELECT, INSERT (parent, child) ON records.derivation TO blotter_runtime;
GRANT SELECT, INSERT (account, hashed, is_temporary, ends_at, entry_id) ON records.secret TO blotter_runtime;
GRANT SELECT, INSERT (account, is_good, is_sign_in) ON records.attempt TO blotter_runtime;
GRANT SELECT, INSERT (session, account, token_sha256, address) ON records.session TO blotter_runtime;
GRANT SELECT, INSERT (session, cause) ON records.session_end TO blotter_runtime;
GRANT SELECT, INSERT (intent, content, ends_at) ON records.signing_intent TO blotter_runtime;
GRANT SELECT, INSERT (intent, outcome) ON records.intent_use TO blotter_runtime;
GRANT SELECT, INSERT (key, account, response) ON records.answer TO blotter_runtime;
GRANT SELECT, INSERT (subject), UPDATE (at) ON records.last_input TO blotter_runtime;
GRANT SELECT ON records.revision TO blotter_reader;
"""

INSERT_ONLY = (
    "revision", "number", "name_claim", "derivation", "secret", "attempt", "session", "session_end", "signing_intent",
    "intent_use", "answer",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, the triggers and the grants."""
    run(REVISION)
    run(OTHERS)
    for table in INSERT_ONLY:
        run(APPEND_ONLY.format(table=f"records.{table}"))
    run(GRANTS)
