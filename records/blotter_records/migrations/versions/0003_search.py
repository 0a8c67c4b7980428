"""Reading the trail newest first, by time and by words (issue: search over a million entries).

Touches regulated tables: adds indexes to ``audit.entry``, changes no row. The previous release goes on working beside
it. While an index is made, writing waits (a million entries: some ten seconds each).

* by time: a range of time becomes a range of ids;
* what was refused or failed: few entries among many;
* words of the summary: the index alone holds them; the text that was hashed stays as it is.
"""

from blotter_records.migrations import run

revision = "0003"
down_revision = "0002"

INDEXES = """
CREATE INDEX entry_by_time ON audit.entry (at, id);
CREATE INDEX entry_by_outcome ON audit.entry (outcome, id) WHERE outcome <> 'done';

-- Letters and digits only, so that IMG-000042 is two words and no punctuation changes what a word is. The high cost
-- keeps the planner from computing it entry by entry where the index answers; SQL would be inlined and lose the cost.
CREATE FUNCTION audit.words(entry text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN to_tsvector('pg_catalog.simple', regexp_replace(entry::json ->> 'summary', '[^[:alnum:]]+', ' ', 'g'));
END
$$;
CREATE INDEX entry_by_word ON audit.entry USING gin (audit.words(entry));
"""


def upgrade() -> None:
    """Make the indexes."""
    run(INDEXES)
