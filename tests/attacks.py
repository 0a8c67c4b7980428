"""An installation to attack, what somebody with the database superuser's rights does to it, and what is refused.

The attacker switches off every trigger and constraint, and may recompute all that the database keeps. The page
``docs/validation/tampering.md`` is written from the tables here.
"""

import itertools
from datetime import timedelta

from blotter_records.adapters.checkpoint_folder import FileCheckpointFolder
from blotter_records.adapters.machine_clock import utc_now
from blotter_records.adapters.postgres.sequence import PostgresSequence
from blotter_records.adapters.postgres.trail_reader import PostgresTrailReader
from blotter_records.adapters.store import ObjectStore
from blotter_records.domain.canonical import canonical
from blotter_records.domain.keys import KeyHistory
from blotter_records.domain.merkle import Frontier, leaf_hash
from blotter_records.domain.note import SigningKey
from blotter_records.ports.entries import NewEntry, Subject
from blotter_records.services.trail.sequencing import Sequencer
from blotter_records.services.trail.verification import verify_installation
from blotter_records.vocabulary import Action, Event, RecordKind, Role

KEY = SigningKey.make("blotter/0123456789abcdef")
ANN = Subject("ACC-000001", "ann", "Ann Analyst", Role.ANALYST, None, "SES-000001", "127.0.0.1")
TABLES = (
    "audit.entry", "audit.leaf", "audit.pending", "audit.tree", "audit.checkpoint", "records.revision",
    "records.current",
)  # fmt: skip


class Target:
    """An installation with a history, checkpoints and sealed files."""

    def __init__(self, database, folder):
        self.database = database
        self.path = folder
        (folder / "checkpoints").mkdir()
        self.folder = FileCheckpointFolder(folder / "checkpoints")
        self.store = ObjectStore((folder / "store").as_uri())
        self.gel = self.store.put(b"II*\0 a gel").sha256
        self.report = self.store.put(b"%PDF a report").sha256
        ledger = database.ledger()
        sequence = PostgresSequence(database.url("blotter_sequencer"), database.password("blotter_sequencer"))
        ticks = itertools.count()
        sequencer = Sequencer(sequence, self.folder, KEY, lambda: utc_now() + timedelta(seconds=next(ticks) * 0.4))
        for work in (self._history_1, self._history_2, self._history_3):
            with ledger.begin() as unit:
                work(unit)
                unit.commit()
            while not self.folder.covering(unit_size(ledger)) or unit_size(ledger) < self.written:
                sequencer.step()
        sequence.close()
        ledger.close()

    written = 0

    def change(self, unit, kind, record, rev, action, content):
        self.written += 1
        unit.change(
            NewEntry(f"{kind}:{record}", action, ANN, reason="because it is so"),
            expected_rev=rev - 1, kind=kind, record_id=record, version=None, content=content,
        )  # fmt: skip

    def note(self, unit, stream, action):
        self.written += 1
        unit.note(NewEntry(stream, action, ANN))

    def _history_1(self, unit):  # entries 1 to 5
        self.note(unit, "system", Event.SYSTEM_START)
        image = {"image": "IMG-000001", "file_sha256": self.gel}
        self.change(unit, RecordKind.IMAGE, "IMG-000001", 1, Action.IMAGE_IMPORT, image)
        self.note(unit, "image:IMG-000001", Action.IMAGE_VIEW)
        for rev in (1, 2):
            content = {"analysis": "ANL-000001", "rev": rev, "total": 1000 * rev}
            self.change(unit, RecordKind.ANALYSIS, "ANL-000001", rev, Action.ANALYSIS_SAVE, content)

    def _history_2(self, unit):  # 6 to 9
        for rev, status in ((1, "in_analysis"), (2, "submitted")):
            content = {"result": "RES-000001", "version": 1, "digest": "d" * 64, "status": status}
            self.change(unit, RecordKind.RESULT, "RES-000001", rev, Action.RESULT_CREATE, content)
        for number, who in ((1, "Ann Analyst"), (2, "Rita Reviewer")):
            content = {"signature": f"SIG-00000{number}", "result": "RES-000001", "version": 1, "digest": "d" * 64,
                       "printed_name": who}  # fmt: skip
            self.change(unit, RecordKind.SIGNATURE, f"SIG-00000{number}", 1, Action.RESULT_SUBMIT, content)

    def _history_3(self, unit):  # 10 to 12
        export = {"export": "EXP-000001", "sha256": self.report}
        self.change(unit, RecordKind.EXPORT, "EXP-000001", 1, Action.REPORT_GENERATE, export)
        self.note(unit, "image:IMG-000001", Action.IMAGE_VIEW)
        self.note(unit, "system", Event.SYSTEM_STOP)

    def verify(self, kept=()):
        reader = PostgresTrailReader(self.database.url("blotter_reader"), self.database.password("blotter_reader"))
        with reader:
            return verify_installation(reader, self.store, self.folder.notes(), KeyHistory(KEY.verifier()), kept)

    def lines(self, kept=()):
        return [str(finding) for finding in self.verify(kept).findings]

    def grow(self):
        """Add entries 13 and 14, and a checkpoint over them."""
        ledger = self.database.ledger()
        with ledger.begin() as unit:
            self.note(unit, "image:IMG-000001", Action.IMAGE_VIEW)
            self.note(unit, "system", Event.SYSTEM_STOP)
            unit.commit()
        ledger.close()
        self.seal()

    def seal(self):
        """Number and sign what waits."""
        sequence = PostgresSequence(self.database.url("blotter_sequencer"), self.database.password("blotter_sequencer"))
        Sequencer(sequence, self.folder, KEY, utc_now).step(is_last=True)
        sequence.close()

    def attack(self, *steps):
        """Do the steps as superuser with everything switched off that can be."""
        with self.database.connect("postgres") as superuser:
            for table in TABLES:
                superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for step in steps:
                if callable(step):
                    step(superuser)
                else:
                    superuser.execute(step)


def unit_size(ledger):
    with ledger.begin() as unit:
        return unit.tree_size()


def recompute_tree(superuser):
    """Compute hashes, leaves and tree again from the texts, as an attacker with full knowledge does."""
    for entry_id, text in superuser.execute("SELECT id, entry FROM audit.entry").fetchall():
        superuser.execute("UPDATE audit.entry SET leaf = %s WHERE id = %s", [leaf_hash(text.encode()), entry_id])
    superuser.execute("UPDATE audit.leaf AS l SET leaf = e.leaf FROM audit.entry AS e WHERE e.id = l.entry_id")
    tree = Frontier()
    for (leaf,) in superuser.execute("SELECT leaf FROM audit.leaf ORDER BY number").fetchall():
        tree.append(leaf)
    superuser.execute(
        "UPDATE audit.tree SET size = %s, frontier = %s, root = %s", [tree.size, tree.to_bytes(), tree.root()]
    )


def renumber(superuser):
    superuser.execute("UPDATE audit.leaf SET number = number + 1000")
    superuser.execute(
        "UPDATE audit.leaf AS l SET number = n.number FROM"
        " (SELECT entry_id, row_number() OVER (ORDER BY number) AS number FROM audit.leaf) AS n"
        " WHERE n.entry_id = l.entry_id"
    )


def rewrite_analysis(superuser):
    """Change a number of a record and everything that hangs on it inside the database."""
    text = canonical({"analysis": "ANL-000001", "rev": 2, "total": 9999})
    superuser.execute(
        "UPDATE records.revision SET content = %s, sha256 = encode(sha256(convert_to(%s, 'UTF8')), 'hex')"
        " WHERE stream = 'analysis:ANL-000001' AND rev = 2",
        [text, text],
    )
    superuser.execute(
        "UPDATE audit.entry AS e SET entry = replace(e.entry, e.content_sha256, r.sha256), content_sha256 = r.sha256"
        " FROM records.revision AS r WHERE r.entry_id = e.id AND r.stream = 'analysis:ANL-000001' AND r.rev = 2"
    )


def back_date(superuser):
    """Insert an entry at the end that claims to be a day older."""
    superuser.execute("ALTER TABLE audit.entry ENABLE TRIGGER stamp")
    superuser.execute(
        "INSERT INTO audit.entry (stream, action, outcome, details) VALUES ('system', 'system.start', 'done',"
        """ '{"software": "0"}')"""
    )
    [(entry_id, text, at)] = superuser.execute(
        "SELECT id, entry, at FROM audit.entry ORDER BY id DESC LIMIT 1"
    ).fetchall()
    old = at - timedelta(days=1)
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    text = text.replace(at.strftime(form), old.strftime(form)).replace('"postgres"', '"blotter_runtime"')
    superuser.execute("UPDATE audit.entry SET entry = %s, at = %s WHERE id = %s", [text, old, entry_id])
    superuser.execute("DELETE FROM audit.pending")
    superuser.execute("INSERT INTO audit.leaf VALUES (13, %s, %s)", [entry_id, leaf_hash(text.encode())])


def rewrite_waiting(superuser):
    """Change an entry between its commit and its number, with the hash in the queue."""
    superuser.execute("UPDATE audit.entry SET entry = replace(entry, 'honest', 'forged') WHERE id = 13")
    superuser.execute("UPDATE audit.entry SET leaf = sha256('\\x00'::bytea || convert_to(entry, 'UTF8')) WHERE id = 13")
    superuser.execute("UPDATE audit.pending AS p SET leaf = e.leaf FROM audit.entry AS e WHERE e.id = p.id")


EDIT = "UPDATE audit.entry SET entry = replace(entry, 'because', 'bekause') WHERE id = 5"
SWAP = ("UPDATE audit.leaf SET number = -number WHERE number IN ({0}, {1})",
        "UPDATE audit.leaf SET number = CASE number WHEN -{0} THEN {1} ELSE {0} END WHERE number < 0")  # fmt: skip
ALLOW = "ALTER TABLE audit.leaf DROP CONSTRAINT leaf_number_check"


def swap(first, second):
    return [ALLOW, *(step.format(first, second) for step in SWAP)]


def swap_signatures(superuser):
    superuser.execute(
        "UPDATE records.revision AS a SET content = b.content, sha256 = b.sha256 FROM records.revision AS b"
        " WHERE a.kind = 'signature' AND b.kind = 'signature' AND a.stream <> b.stream"
    )


#: What is done, and patterns that together match every line of the verification, each at least one.
ATTACKS = {
    "edit the text": ([EDIT], [r"entry 5: edited or exchanged: .*analysis\.save, analysis:ANL-000001"]),
    "edit the text, recompute its hash": (
        [EDIT, "UPDATE audit.entry SET leaf = sha256('\\x00'::bytea || convert_to(entry, 'UTF8')) WHERE id = 5"],
        [r"entry 5: edited or exchanged"],
    ),
    "edit the text, recompute everything": (
        [EDIT, recompute_tree],
        [r"entries 1 to 5: edited, .* everything recomputed"],
    ),
    "edit a column": (
        ["UPDATE audit.entry SET account = 'ACC-000009', at = at - interval '1 s' WHERE id = 7"],
        [r"entry 7: edited: columns differ from the hashed text \(account, at\)"],
    ),
    "delete an entry": (
        ["DELETE FROM audit.entry WHERE id = 3"],
        [r"entry 3: deleted: number and hash are left, the entry \(id 3\) is gone"],
    ),
    "delete an entry and its number": (
        ["DELETE FROM audit.leaf WHERE number = 3", "DELETE FROM audit.entry WHERE id = 3"],
        [r"entry 3: missing: deleted together with the number"],
    ),
    "delete an entry, renumber and recompute everything": (
        ["DELETE FROM audit.leaf WHERE number = 3", "DELETE FROM audit.entry WHERE id = 3", renumber, recompute_tree],
        [r"entries 1 to 5: edited, .*removed", r"entry 12: missing: cut off at the end"],
    ),
    "cut off the end": (
        ["DELETE FROM audit.leaf WHERE number > 10", "DELETE FROM audit.entry WHERE id > 10",
         "DELETE FROM audit.checkpoint WHERE size > 10", recompute_tree],
        [r"entries 11 to 12: missing: cut off at the end"],
    ),
    "delete the last": (
        ["DELETE FROM audit.leaf WHERE number = 12", "DELETE FROM audit.entry WHERE id = 12"],
        [r"entry 12: missing: cut off at the end", r"tree: what the database keeps is not the tree over its 11"],
    ),
    "take a number away": (
        ["DELETE FROM audit.leaf WHERE number = 12"],
        [r"entry 12: missing: cut off", r"entry without number \(id 12\): its number was taken away", r"tree: "],
    ),
    "swap two numbers": (
        [*swap(2, 3), recompute_tree],
        [r"entries 1 to 5: edited, reordered, .*; out of order: 2, 3"],
    ),
    "swap two numbers of one record": (
        [*swap(6, 7), recompute_tree],
        [
            r"entries 6 to 9: edited, reordered.*out of order: 6, 7",
            r"entry 6: reordered: revision 2 of result:RES-000001",
        ],
    ),
    "swap the texts of two entries": (
        ["UPDATE audit.entry AS a SET entry = b.entry FROM audit.entry AS b WHERE (a.id, b.id) IN ((1, 3), (3, 1))"],
        [r"entry 1: edited or exchanged", r"entry 3: edited or exchanged", r"entry [13]: edited: columns differ"],
    ),
    "swap two signatures": (
        [swap_signatures],
        [r"signature:SIG-000001, revision 1: edited or exchanged: not the content that entry 8 recorded",
         r"signature:SIG-000002, revision 1: edited or exchanged: not the content that entry 9 recorded"],
    ),
    "edit a record": (
        ["UPDATE records.revision SET content = replace(content, '2000', '2001') WHERE stream = 'analysis:ANL-000001'"],
        [r"analysis:ANL-000001, revision 2: edited or exchanged: not the content that entry 5 recorded"],
    ),
    "edit a record and its digest": (
        ["UPDATE records.revision SET content = '{}', sha256 = encode(sha256('{}'), 'hex') WHERE entry_id = 5"],
        [r"analysis:ANL-000001, revision 2: edited or exchanged"],
    ),
    "edit a record and everything in the database": (
        [rewrite_analysis, recompute_tree],
        [r"entries 1 to 5: edited, .*recomputed"],
    ),
    "delete a revision": (
        ["DELETE FROM records.revision WHERE entry_id = 5"],
        [r"analysis:ANL-000001, revision 2: deleted; entry 5 recorded it"],
    ),
    "add a revision": (
        [("INSERT INTO records.revision SELECT stream, 3, kind, record_id, version, content, sha256, 99"
         " FROM records.revision WHERE entry_id = 5")],
        [r"analysis:ANL-000001, revision 3: no entry of the trail recorded it"],
    ),
    "let two revisions name one entry": (
        [("INSERT INTO records.revision SELECT stream, 3, kind, record_id, version, content, sha256, entry_id"
         " FROM records.revision WHERE entry_id = 5")],
        [r"analysis:ANL-000001, revision 3: no entry of the trail recorded it"],
    ),
    "point a revision to another entry": (
        ["UPDATE records.revision SET entry_id = 3 WHERE entry_id = 5"],
        [r"analysis:ANL-000001, revision 2: names another entry \(id 3\)"],
    ),
    "bind a signature to something else": (
        ["UPDATE records.revision SET content = replace(content, 'dddd', 'eeee') WHERE entry_id = 8"],
        [
            r"signature:SIG-000001, revision 1: edited",
            r"signature SIG-000001: binds something that RES-000001\.1 never",
        ],
    ),
    "add an entry by hand": (
        ["ALTER TABLE audit.entry ENABLE TRIGGER stamp",
         ("INSERT INTO audit.entry (stream, action, outcome, details)"
         """ VALUES ('system', 'system.start', 'done', '{"software": "0"}')""")],
        [r"entry without number \(id 13\): written past the records service, by the database login 'postgres'"],
    ),
    "add an old entry": ([back_date, recompute_tree], [r"entry 13: back-dated"]),
    "empty the queue": (
        ["ALTER TABLE audit.entry ENABLE TRIGGER stamp",
         "SET SESSION AUTHORIZATION blotter_runtime",
         ("SELECT audit.note('system', 'system.start', 'done', NULL, 'UTC', NULL, NULL, NULL,"
         """ '{"software": "0"}')"""),
         "RESET SESSION AUTHORIZATION",
         "DELETE FROM audit.pending"],
        [r"entry without number \(id 13\): its number was taken away"],
    ),
    "hide a record from every list": (
        ["DELETE FROM records.current WHERE stream = 'image:IMG-000001'"],
        [r"image:IMG-000001: hidden: it is missing from the list of records"],
    ),
    "list a record under another study and status": (
        ["UPDATE records.current SET study = 'STU-000009', keys = '{status:approved}' WHERE record_id = 'RES-000001'"],
        [r"result:RES-000001: is listed as it is not: with status:approved; in study STU-000009"],
    ),
    "list a record that is not there": (
        ["INSERT INTO records.current VALUES ('image:IMG-000009', 'image', 'IMG-000009', '', 1, now(), '{}')"],
        [r"image:IMG-000009: is in the list of records, but there is no such record"],
    ),
    "swap checkpoints in the database": (
        [("UPDATE audit.checkpoint AS a SET note = b.note FROM audit.checkpoint AS b"
         " WHERE (a.size, b.size) IN ((5, 9), (9, 5))")],
        [
            r"checkpoint over 5 entries in the database: is over 9",
            r"checkpoint over 9 entries in the database: is over 5",
        ],
    ),
    "spoil the tree": (
        ["UPDATE audit.tree SET root = sha256('')"],
        [r"tree: what the database keeps is not the tree over its 12 entries"],
    ),
}  # fmt: skip

# What the database refuses

REFUSED_TO_ALL = [
    *(f"UPDATE {table} SET {column} = {column}" for table, column in (
        ("audit.entry", "entry"), ("audit.leaf", "number"), ("audit.checkpoint", "note"),
        ("records.revision", "content"), ("records.secret", "hashed"), ("records.session", "account"),
        ("records.answer", "response"), ("records.number", "number"), ("records.name_claim", "record_id"),
    )),
    *(f"{verb} {table}" for verb in ("DELETE FROM", "TRUNCATE") for table in (
        "audit.entry", "audit.leaf", "audit.checkpoint", "records.revision", "records.secret", "records.attempt",
        "records.session_end", "records.intent_use",
    )),
    "TRUNCATE audit.entry CASCADE",
]  # fmt: skip
DETAILS = """'{"software": "0"}'"""
#: How the service writes: by these two functions and in no other way.
NOTED = "SELECT audit.note('system', 'x', 'done', NULL, 'UTC', NULL, NULL, NULL, {})"
SAVED = (
    "SELECT records.save({stream}, 'x', 'done', NULL, 'UTC', 'image', {record}, 1, "
    + DETAILS.replace("{", "{{").replace("}", "}}")
    + ", {rev}, '{{}}', '', '{{}}')"
)
REFUSED_TO_THE_SERVICE = [
    "INSERT INTO audit.entry (stream, action, outcome, details) VALUES ('system', 'x', 'done', " + DETAILS + ")",
    "INSERT INTO audit.entry (stream, at, action, entry, leaf) VALUES ('system', now(), 'x', 'mine', '')",
    "INSERT INTO records.revision VALUES ('image:IMG-000002', 1, 'image', 'IMG-000002', NULL, '{}', '', 1)",
    "INSERT INTO records.current VALUES ('image:IMG-000002', 'image', 'IMG-000002', '', 1, now(), '{}')",
    "UPDATE records.current SET made_id = 1",
    "DELETE FROM records.current",
    "INSERT INTO audit.word VALUES (1, '')",
    "SELECT audit.cut_words(ARRAY[1])",
    "INSERT INTO audit.pending VALUES (99, sha256(''))",
    "INSERT INTO audit.leaf VALUES (99, 1, sha256(''))",
    "INSERT INTO audit.checkpoint (size, note) VALUES (99, '')",
    "UPDATE audit.tree SET size = 0",
    "DELETE FROM audit.pending",
    "SELECT setval('audit.entry_id_seq', 1)",
    "SELECT nextval('audit.entry_id_seq')",
    "ALTER TABLE audit.entry DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "DROP TABLE audit.entry",
    "CREATE TABLE audit.other (id int)",
    "CREATE TABLE public.other (id int)",
    "CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
    "SET ROLE blotter_owner",
    "SET SESSION AUTHORIZATION blotter_owner",
    "UPDATE records.last_input SET subject = 'SES-000001'",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT FROM audit.entry FOR UPDATE",
]  # fmt: skip
