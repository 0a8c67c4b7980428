"""One way in for entries and records, search keys, the laboratory's zone, the configuration of a session.

Touches regulated tables: adds columns to ``audit.entry`` (constants for the rows that are there; no row is written
again), changes how rows come in. The previous release does not go on working beside it.

* The service no longer inserts rows: it calls ``audit.note`` (an entry alone) or ``records.save`` (an entry and the
  revision that it makes, in one statement). Both run as the owner, so that nothing else is possible: no revision
  without its entry, no entry with a rev without its revision, no revision whose predecessor is missing, no digest but
  that of the content. Triggers and the foreign key that held the same from outside are gone: they cost a third of a
  save.
* ``records.current`` has a row for each record: when it was made, to which study it belongs, and search keys. It says
  nothing that the revisions do not say; ``blotter rebuild`` makes it again and verification compares.
* ``audit.word`` holds the words of summary and reason of every numbered entry, for searching.
* ``zone`` and ``utc_offset`` of an entry are what the laboratory's clock on the wall showed, kept for ever.
"""

from blotter_records.migrations import run

revision = "0004"
down_revision = "0003"

ZONE = """
ALTER TABLE audit.entry ADD COLUMN zone text NOT NULL DEFAULT 'UTC' CHECK (zone <> ''),
                        ADD COLUMN utc_offset text NOT NULL DEFAULT '+00:00' CHECK (utc_offset ~ '^[+-][0-9:]+$');

CREATE FUNCTION audit.offset_of(moment timestamptz, zone text) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN away < interval '0' THEN '-' ELSE '+' END
           || to_char(justify_hours(CASE WHEN away < interval '0' THEN -away ELSE away END), 'HH24:MI')
    FROM (SELECT (moment AT TIME ZONE zone) - (moment AT TIME ZONE 'UTC') AS away) AS local
$$;
"""

# The names that details may use. Without this list the service could write an "at" of its own into the text, and a
# reader that takes the last of two equal keys would believe it.
STAMP = """
CREATE OR REPLACE FUNCTION audit.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
    header text;
BEGIN
    IF NEW.details IS NULL OR NEW.details IS NOT JSON OBJECT WITH UNIQUE KEYS
       OR NOT NEW.details::jsonb ? 'software'
       OR NEW.details::jsonb - ARRAY['user_name', 'printed_name', 'role', 'service', 'session', 'address', 'process',
                                     'os_user', 'initiator', 'notebook', 'notebook_version', 'notebook_sha256', 'cell',
                                     'kernel', 'instrument', 'old', 'new', 'reason', 'reason_code', 'summary',
                                     'signature', 'proposer', 'authoriser', 'configuration', 'software']
          <> '{}'::jsonb THEN
        RAISE EXCEPTION 'the details of an entry have unknown, repeated or missing names' USING ERRCODE = 'BL003';
    END IF;
    NEW.at := clock_timestamp();
    IF NEW.zone <> 'UTC' THEN
        NEW.utc_offset := audit.offset_of(NEW.at, NEW.zone);
    END IF;
    header := json_build_object(
        'v', 1,
        'id', NEW.id,
        'at', to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'zone', NEW.zone,
        'offset', NEW.utc_offset,
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
"""

# Words are cut by the sequencer when it gives numbers, many entries at once: in a save this cost as much as all other
# indexes together. translate instead of a regular expression: a quarter of the time; what it does not name, the
# parser takes for a space.
WORDS = """
DROP INDEX audit.entry_by_word;
CREATE OR REPLACE FUNCTION audit.words(entry text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
COST 2000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body json := entry::json;
BEGIN
    RETURN to_tsvector('pg_catalog.simple', translate(
        concat_ws(' ', body ->> 'summary', body ->> 'reason', body ->> 'reason_code'),
        '-_./:;,@#&+*=<>()[]{}!?|~^''"’“”…→×·%$', repeat(' ', 40)));
END
$$;
CREATE TABLE audit.word (
    entry_id bigint PRIMARY KEY REFERENCES audit.entry (id),
    words tsvector NOT NULL
);
CREATE INDEX word_by_word ON audit.word USING gin (words);

CREATE FUNCTION audit.cut_words(ids bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO audit.word (entry_id, words)
    SELECT entry.id, audit.words(entry.entry) FROM audit.entry AS entry WHERE entry.id = ANY (ids) ORDER BY entry.id
    ON CONFLICT (entry_id) DO NOTHING
$$;
REVOKE ALL ON FUNCTION audit.cut_words FROM PUBLIC;
INSERT INTO audit.word (entry_id, words)
SELECT leaf.entry_id, audit.words(entry.entry)
FROM audit.leaf AS leaf JOIN audit.entry AS entry ON entry.id = leaf.entry_id;

CREATE INDEX entry_refused_to ON audit.entry (account, id) WHERE outcome <> 'done';
"""

CURRENT = """
CREATE TABLE records.current (
    stream text PRIMARY KEY,
    kind text NOT NULL,
    record_id text NOT NULL,
    study text NOT NULL,  -- empty: belongs to none
    made_id bigint NOT NULL,  -- id of the entry that made it: the order of all lists
    made_at timestamptz NOT NULL,
    keys text[] NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX current_by_kind ON records.current (kind, made_id);
CREATE INDEX current_by_study ON records.current (study, kind, made_id);
CREATE INDEX current_by_time ON records.current (made_at);
CREATE INDEX current_by_key ON records.current USING gin (keys);
"""

SAVE = """
DROP TRIGGER need_revision ON audit.entry;
DROP FUNCTION audit.need_revision();
DROP TRIGGER follow ON records.revision;
DROP FUNCTION records.follow();
ALTER TABLE records.revision DROP CONSTRAINT revision_entry_id_stream_rev_sha256_fkey;
ALTER TABLE audit.entry DROP CONSTRAINT entry_id_stream_rev_content_sha256_key;

CREATE FUNCTION audit.note(
    stream_ text, action_ text, outcome_ text, account_ text, zone_ text, kind_ text, record_ text, version_ integer,
    details_ json, OUT id bigint, OUT at timestamptz, OUT leaf bytea, OUT utc_offset text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO audit.entry AS made
        (stream, action, outcome, account, zone, record_kind, record_id, record_version, details)
    VALUES (stream_, action_, outcome_, account_, zone_, kind_, record_, version_, details_)
    RETURNING made.id, made.at, made.leaf, made.utc_offset INTO STRICT id, at, leaf, utc_offset;
END
$$;

CREATE FUNCTION records.save(
    stream_ text, action_ text, outcome_ text, account_ text, zone_ text, kind_ text, record_ text, version_ integer,
    details_ json, rev_ integer, content_ text, study_ text, keys_ text[],
    OUT id bigint, OUT at timestamptz, OUT leaf bytea, OUT utc_offset text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    digest text := encode(sha256(convert_to(content_, 'UTF8')), 'hex');
BEGIN
    IF stream_ <> kind_ || ':' || record_ OR rev_ IS NULL THEN
        RAISE EXCEPTION 'the stream % is not that of % %', stream_, kind_, record_ USING ERRCODE = 'BL003';
    END IF;
    IF rev_ > 1 AND NOT EXISTS (
        SELECT FROM records.revision AS before WHERE before.stream = stream_ AND before.rev = rev_ - 1) THEN
        RAISE EXCEPTION 'revision % of % has no revision before it', rev_, stream_ USING ERRCODE = 'BL001';
    END IF;
    INSERT INTO audit.entry AS made
        (stream, rev, action, outcome, account, zone, record_kind, record_id, record_version, content_sha256, details)
    VALUES (stream_, rev_, action_, outcome_, account_, zone_, kind_, record_, version_, digest, details_)
    RETURNING made.id, made.at, made.leaf, made.utc_offset INTO STRICT id, at, leaf, utc_offset;
    INSERT INTO records.revision (stream, rev, kind, record_id, version, content, sha256, entry_id)
    VALUES (stream_, rev_, kind_, record_, version_, content_, digest, id);
    IF rev_ = 1 THEN
        INSERT INTO records.current VALUES (stream_, kind_, record_, study_, id, at, keys_);
    ELSE
        UPDATE records.current AS known SET study = study_, keys = keys_
        WHERE known.stream = stream_ AND (known.keys <> keys_ OR known.study <> study_);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION audit.note, records.save FROM PUBLIC;
"""

FILL = """
INSERT INTO records.current (stream, kind, record_id, study, made_id, made_at, keys)
SELECT revision.stream, revision.kind, revision.record_id, '', entry.id, entry.at, '{}'
FROM records.revision AS revision JOIN audit.entry AS entry ON entry.id = revision.entry_id
WHERE revision.rev = 1;
"""

SESSION = """
ALTER TABLE records.session ADD COLUMN configuration integer NOT NULL DEFAULT 0;
"""

GRANTS = """
REVOKE INSERT ON audit.entry FROM blotter_runtime;
REVOKE INSERT (stream, rev, action, outcome, account, record_kind, record_id, record_version, content_sha256, details)
    ON audit.entry FROM blotter_runtime;
REVOKE INSERT ON records.revision FROM blotter_runtime;
GRANT EXECUTE ON FUNCTION audit.note, records.save TO blotter_runtime;
GRANT EXECUTE ON FUNCTION audit.cut_words TO blotter_sequencer;
GRANT SELECT ON audit.pending, audit.word TO blotter_runtime;
GRANT SELECT, UPDATE (study, keys) ON records.current TO blotter_runtime;
GRANT SELECT ON records.current TO blotter_reader;
GRANT INSERT (configuration) ON records.session TO blotter_runtime;
"""


def upgrade() -> None:
    """Change tables, functions and grants."""
    for statements in (ZONE, STAMP, WORDS, CURRENT, SAVE, FILL, SESSION, GRANTS):
        run(statements)
