"""Base of every record's content: frozen dataclasses of plain JSON values.

``as_json`` and ``from_json`` are the one place where they turn into what the ledger stores and back. Fields are only
ever added at the end, with a default, so that every revision ever written can still be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

from blotter_records.vocabulary import RecordKind

Json = dict[str, Any]

_WORD = re.compile(r"[^\W_]+")
#: Words of a title that are found; longer titles are found by their first words.
_MOST_WORDS = 24


@dataclass(frozen=True)
class RecordContent:
    """Base of all contents."""

    kind: ClassVar[RecordKind]

    def as_json(self) -> Json:
        """Return the content as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return the content of a stored revision; fields that a later version added take their defaults."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in known})

    def keys(self) -> list[str]:
        """Return under what the record is found: ``what:value``, sorted.

        They follow from the content alone, so they can be made again (``blotter rebuild``) and compared.
        """
        return []


def keyed(**given: str | Iterable[str] | None) -> list[str]:
    """Return search keys: a name with one value or several; empty values are left out."""
    found: set[str] = set()
    for what, value in given.items():
        values = [value] if isinstance(value, str) else list(value or ())
        found.update(f"{what}:{one}" for one in values if one)
    return sorted(found)


def words_of(*texts: str) -> list[str]:
    """Return the words of titles as keys hold them: folded, letters and digits only, each once."""
    folded = unicodedata.normalize("NFKC", " ".join(texts)).casefold()
    return list(dict.fromkeys(_WORD.findall(folded)))[:_MOST_WORDS]
