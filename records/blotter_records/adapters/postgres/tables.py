"""The tables as queries name them. What makes them, with constraints, triggers and grants, are the migrations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()
_TIME = DateTime(timezone=True)


entry = Table(
    "entry",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("stream", Text),
    Column("rev", Integer),
    Column("at", _TIME),
    Column("action", Text),
    Column("outcome", Text),
    Column("account", Text),
    Column("record_kind", Text),
    Column("record_id", Text),
    Column("record_version", Integer),
    Column("content_sha256", Text),
    Column("entry", Text),
    Column("leaf", LargeBinary),
    Column("zone", Text),
    Column("utc_offset", Text),
    schema="audit",
)
pending = Table("pending", metadata, Column("id", BigInteger), Column("leaf", LargeBinary), schema="audit")
leaf = Table(
    "leaf",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("entry_id", BigInteger),
    Column("leaf", LargeBinary),
    schema="audit",
)
word = Table("word", metadata, Column("entry_id", BigInteger, primary_key=True), Column("words", Text), schema="audit")
tree = Table(
    "tree",
    metadata,
    Column("one", Boolean, primary_key=True),
    Column("size", BigInteger),
    Column("frontier", LargeBinary),
    Column("root", LargeBinary),
    schema="audit",
)
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True),
    Column("note", Text),
    Column("at", _TIME),
    schema="audit",
)
revision = Table(
    "revision",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("rev", Integer, primary_key=True),
    Column("kind", Text),
    Column("record_id", Text),
    Column("version", Integer),
    Column("content", Text),
    Column("sha256", Text),
    Column("entry_id", BigInteger),
    schema="records",
)
current = Table(
    "current",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("kind", Text),
    Column("record_id", Text),
    Column("study", Text),
    Column("made_id", BigInteger),
    Column("made_at", _TIME),
    Column("keys", ARRAY(Text)),
    schema="records",
)
number = Table("number", metadata, Column("kind", Text), Column("number", Integer), schema="records")
name_claim = Table(
    "name_claim",
    metadata,
    Column("space", Text, primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("record_id", Text),
    schema="records",
)
derivation = Table(
    "derivation",
    metadata,
    Column("id", BigInteger),
    Column("parent", Text, primary_key=True),
    Column("child", Text, primary_key=True),
    schema="records",
)
secret = Table(
    "secret",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("account", Text),
    Column("hashed", Text),
    Column("is_temporary", Boolean),
    Column("set_at", _TIME),
    Column("ends_at", _TIME),
    Column("entry_id", BigInteger),
    Column("rehash_of", BigInteger),
    schema="records",
)
unlock = Table(
    "unlock",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("account", Text),
    Column("upto", BigInteger),
    Column("at", _TIME),
    Column("entry_id", BigInteger),
    schema="records",
)
address_failure = Table(
    "address_failure",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("address", Text),
    Column("is_known", Boolean),
    Column("at", _TIME),
    schema="records",
)
totp = Table(
    "totp",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("account", Text),
    Column("secret", Text),
    Column("state", Text),
    Column("at", _TIME),
    Column("entry_id", BigInteger),
    schema="records",
)
totp_use = Table(
    "totp_use",
    metadata,
    Column("account", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    schema="records",
)
delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("notification", Text),
    Column("channel", Text),
    Column("stage", Text),
    Column("is_done", Boolean),
    Column("at", _TIME),
    schema="records",
)
attempt = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("account", Text),
    Column("is_good", Boolean),
    Column("is_sign_in", Boolean),
    Column("at", _TIME),
    schema="records",
)
session = Table(
    "session",
    metadata,
    Column("session", Text, primary_key=True),
    Column("account", Text),
    Column("token_sha256", Text),
    Column("address", Text),
    Column("opened_at", _TIME),
    Column("configuration", Integer),
    schema="records",
)
session_end = Table(
    "session_end",
    metadata,
    Column("session", Text, primary_key=True),
    Column("cause", Text),
    Column("ended_at", _TIME),
    schema="records",
)
signing_intent = Table(
    "signing_intent",
    metadata,
    Column("intent", Text, primary_key=True),
    Column("content", Text),
    Column("created_at", _TIME),
    Column("ends_at", _TIME),
    schema="records",
)
intent_use = Table(
    "intent_use",
    metadata,
    Column("intent", Text, primary_key=True),
    Column("outcome", Text),
    Column("used_at", _TIME),
    schema="records",
)
last_input = Table(
    "last_input", metadata, Column("subject", Text, primary_key=True), Column("at", _TIME), schema="records"
)
answer = Table(
    "answer",
    metadata,
    Column("key", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("response", Text),
    schema="records",
)
