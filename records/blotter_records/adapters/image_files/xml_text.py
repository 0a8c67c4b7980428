"""Reads small XML texts of image files, flat, and nothing else than elements: no document types, no entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from blotter_records.errors import Invalid

_MOST_BYTES = 1_000_000
_MOST_ELEMENTS = 20_000
_MOST_DEPTH = 100


@dataclass(slots=True)
class Element:
    """An element: its name without namespace, its attributes, its own text."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.elements) >= _MOST_ELEMENTS or len(self.open) >= _MOST_DEPTH:
            raise Invalid("image.metadata", "The XML in the file has too many elements.")
        element = Element(_plain(name), {_plain(key): value for key, value in attributes.items()})
        self.elements.append(element)
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text


def _plain(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition(":")[2]


def _refuse(*_given: object) -> None:
    raise Invalid("image.metadata", "The XML in the file defines a document type; that is not read.")


def elements_of(xml: bytes) -> list[Element]:
    """Return every element of an XML text, in the order in which they start.

    Raises
    ------
    Invalid
        ``image.metadata``: not XML, too large or deep, or with a document type (where entities would be defined).
    """
    if len(xml) > _MOST_BYTES:
        raise Invalid("image.metadata", f"The XML in the file has {len(xml):,} bytes, {_MOST_BYTES:,} may be.")
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as broken:
        raise Invalid("image.metadata", "The XML in the file cannot be read.") from broken
    return reading.elements
