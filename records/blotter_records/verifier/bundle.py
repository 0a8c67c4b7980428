"""What has been read of a bundle: each check adds what later ones need."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from blotter_records.verifier.faults import Fault, Json
from blotter_records.verifier.files import Files

#: What a bundle can be a copy of.
SCOPES = ("image", "result", "study", "users")
#: Kinds of record that go with a user log, and those of them that are in it from their first revision.
USER_KINDS = (
    "access_review", "account", "configuration", "export", "letter", "notification", "proposal", "signature",
)  # fmt: skip
WHOLE_IN_USERS = ("access_review", "account", "configuration", "letter", "notification", "proposal", "signature")
#: What is kept of an entry that changed a record.
_OF_A_CHANGE = (
    "record_kind", "record_id", "content_sha256", "at", "zone", "offset", "account", "user_name", "printed_name",
    "role", "notebook", "notebook_version",
)  # fmt: skip
#: A stream (``kind:id`` of a record) and a revision in it.
Place = tuple[str, int]


class Trail:
    """What is kept of the entries: they are read once, and may be too many to keep."""

    def __init__(self) -> None:
        self.statement: Json | None = None
        self.numbers: array[int] = array("q")
        self.entries_sha256 = hashlib.sha256()
        self.changes: dict[Place, Json] = {}

    def take(self, number: int, leaf: str, body: Json) -> None:
        """Keep what later checks need of an entry that is not the statement."""
        self.numbers.append(number)
        self.entries_sha256.update(f"{number} {leaf}\n".encode())
        if body["rev"] is not None:
            self.changes[body["stream"], body["rev"]] = {
                **{name: body.get(name) for name in _OF_A_CHANGE},
                "number": number,
            }

    def signed_at(self, signature: str) -> Json:
        """Return when a signature was given, as its entry has it."""
        entry = self.changes[f"signature:{signature}", 1]
        return {
            "signed_at": entry["at"],
            "zone": entry["zone"],
            "utc_offset": entry["offset"],
            "entry": entry["number"],
        }


class Records:
    """The contents of records; ``digests`` has those that an entry of the trail belongs to.

    Parameters
    ----------
    files : Files
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self.digests: dict[Place, str] = {}

    def find(self, stream: str, rev: int) -> Json | None:
        """Return a record's content at a revision, None where it is not in the bundle. Raises ``Fault``."""
        if (stream, rev) not in self.digests:
            return None
        kind, _, record = stream.partition(":")
        return self._files.json(f"data/records/{kind}/{record}/{rev}.json")

    def get(self, stream: str, rev: int) -> Json:
        """Return a record's content. Raises ``Fault`` if it is not in the bundle."""
        content = self.find(stream, rev)
        if content is None:
            raise Fault(f"{stream}, revision {rev}: missing")
        return content

    def every(self, kind: str) -> Iterator[tuple[str, int, Json]]:
        """Yield id, revision and content of every record of a kind, in order."""
        for stream, rev in sorted(place for place in self.digests if place[0].startswith(f"{kind}:")):
            yield stream.partition(":")[2], rev, self.get(stream, rev)


@dataclass
class Bundle:
    """A bundle, as far as it has been read.

    Parameters
    ----------
    files : Files
    records : Records
        Its digests are filled by the check of the records.
    trusted_key : str, optional
        The verifier key from elsewhere.
    about : dict
        ``data/bundle.json``.
    trail : Trail
        Filled by the check of the entries.
    """

    files: Files
    records: Records
    trusted_key: str | None = None
    about: Json = field(default_factory=dict)
    trail: Trail = field(default_factory=Trail)

    def holds(self, kind: str) -> bool:
        """Tell whether contents of records of a kind are in the bundle."""
        return self.about["scope"] != "users" or kind in USER_KINDS

    def is_whole(self, kind: str) -> bool:
        """Tell whether records of a kind are in the bundle from their first revision on."""
        if self.about["scope"] == "users":
            return not self.about["filter"] and kind in WHOLE_IN_USERS
        return kind != "notebook"
