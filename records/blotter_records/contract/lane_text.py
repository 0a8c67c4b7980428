"""Lanes of a membrane as a spreadsheet has them: pasted cells or a CSV file, read or told cell by cell what is wrong.

The first row names the columns. Cells are parted by tabs (pasted), semicolons or commas (CSV), whichever the first row
has. Nothing is guessed: an amount without a unit, a sample that is not of the study, or a group that the sample's
record does not have is an error that names its row and column.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from blotter_records.contract.studies import LaneLoad, SampleView
from blotter_records.errors import Invalid
from blotter_records.vocabulary import LoadKind

T = TypeVar("T")

#: Most lanes of a membrane, and most errors that are told at once.
_MOST, _TOLD = 2000, 12
#: Columns by the words under which they are found.
_COLUMNS = {
    "lane": "lane",
    "load": "load",
    "loaded": "load",
    "sample": "sample",
    "ladder": "ladder",
    "amount": "amount",
    "group": "group",
    "biological replicate": "biological replicate",
    "technical replicate": "technical replicate",
    "replicate": "technical replicate",
    "note": "note",
}
#: µg in a unit; µ stands twice in Unicode, and people type u.
_UNITS = {"µg": 1.0, "μg": 1.0, "ug": 1.0, "ng": 1e-3, "mg": 1e3}
_AMOUNT = re.compile(r"([\d.,]+)\s*(\S*)\Z")
_HEADING = re.compile(r"(.+?)\s*[(\[]\s*(\S+?)\s*[)\]]\Z")


@dataclass(frozen=True)
class _Column:
    name: str
    title: str
    unit: str = ""


class _Wrong(Exception):
    """What is wrong with a cell."""


def lanes_of(text: str, samples: Sequence[SampleView]) -> list[LaneLoad]:
    """Return the lanes that a text holds, by number.

    Parameters
    ----------
    text : str
        With a heading; columns *lane*, *load*, *sample* (name or id), *ladder*, *amount* with its unit in the heading
        or the cell, *group*, *biological replicate*, *technical replicate*, *note*. Only *lane* has to be there.
        Without *load*, a lane with a sample holds it, one with a ladder that, any other nothing.
    samples : sequence of SampleView
        Of the study.

    Raises
    ------
    Invalid
        ``lanes.text``; every error names row (the heading is row 1) and column.
    """
    rows = [row for row in _rows(text) if any(cell.strip() for cell in row[1])]
    if len(rows) < 2:
        raise Invalid("lanes.text", "There is nothing to read: a heading, and a row for each lane.")
    columns = _heading(rows[0][1])
    is_comma = "," in _separator(text)
    lanes: dict[int, LaneLoad] = {}
    wrong: list[str] = []
    for number, cells in rows[1:]:
        reader = _Row(number, cells, columns, samples, has_decimal_comma=not is_comma)
        lane = reader.lane()
        if lane is not None and lane.lane in lanes:
            reader.wrong.append(f"row {number}, column lane: lane {lane.lane} is there twice")
        elif lane is not None:
            lanes[lane.lane] = lane
        wrong += reader.wrong
    if len(rows) - 1 > _MOST:
        wrong.append(f"{len(rows) - 1} lanes are more than {_MOST}")
    if wrong:
        more = f"; and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        said = "; ".join(wrong[:_TOLD])
        raise Invalid("lanes.text", f"{said[:1].upper()}{said[1:]}{more}.", "Nothing was filled in. Correct it there.")
    return [lanes[number] for number in sorted(lanes)]


def _separator(text: str) -> str:
    first = text.lstrip("\ufeff\r\n ").partition("\n")[0]
    return next((one for one in ("\t", ";", ",") if one in first), "\t")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_separator(text))
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise Invalid("lanes.text", f"Row {reader.line_num} cannot be read: {error}.") from error


def _heading(cells: Sequence[str]) -> list[_Column | None]:
    """Return the columns; an empty heading is a column that is not read. Raises ``Invalid``."""
    columns: list[_Column | None] = []
    for place, cell in enumerate(cells, start=1):
        title = " ".join(cell.split())
        parts = _HEADING.match(title)
        word, unit = (parts[1], parts[2]) if parts else (title, "")
        name = _COLUMNS.get(word.casefold())
        if title and name is None:
            told = "targets are said in the probing round" if word.casefold() == "target" else "it is not of a lane"
            known = ", ".join(dict.fromkeys(_COLUMNS.values()))
            raise Invalid("lanes.text", f"Row 1, column {place} “{title}”: {told}.", f"Columns are {known}.")
        if name == "amount" and unit and unit not in _UNITS:
            raise Invalid("lanes.text", f"Row 1, column {place} “{title}”: {unit} is not µg, ng or mg.")
        columns.append(_Column(name, title, unit) if name else None)
    names = [one.name for one in columns if one]
    if len(set(names)) != len(names):
        raise Invalid("lanes.text", "Row 1: two columns say the same.")
    if "lane" not in names:
        raise Invalid("lanes.text", "Row 1: there is no column “lane”.", "The first row names the columns.")
    return columns


class _Row:
    """One row: its cells by column, and what is wrong with them."""

    def __init__(
        self,
        number: int,
        cells: Sequence[str],
        columns: Sequence[_Column | None],
        samples: Sequence[SampleView],
        *,
        has_decimal_comma: bool,
    ) -> None:
        self.wrong: list[str] = []
        self._bad: set[str] = set()
        self._number = number
        self._samples = samples
        self._has_decimal_comma = has_decimal_comma
        pairs = zip(columns, cells, strict=False)
        self._cells = {column.name: (column, " ".join(cell.split())) for column, cell in pairs if column}
        if any(cell.strip() for cell in cells[len(columns) :]):
            self.wrong.append(f"row {number} has more cells than the heading")

    def lane(self) -> LaneLoad | None:
        """Return the lane; None where something is wrong."""
        lane = self._read("lane", lambda text: _whole(text, _MOST))
        sample = self._read("sample", self._sample)
        ladder = self._read("ladder", _short)
        load = self._read("load", _load)
        if load is None:
            load = LoadKind.SAMPLE if sample else LoadKind.LADDER if ladder else LoadKind.BLANK
        micrograms = self._read("amount", self._micrograms)
        technical = self._read("technical replicate", lambda text: _whole(text, 1000))
        note = self._read("note", _short)
        if lane is None and not self.wrong:
            self._say("lane", "it is empty")
        if (load is LoadKind.SAMPLE) != (sample is not None) and "sample" not in self._bad:
            self._say("sample", "no sample is named" if sample is None else f"the lane holds a {load.value}")
        if ladder and load is not LoadKind.LADDER:
            self._say("ladder", f"the lane holds a {load.value}")
        if load is LoadKind.BLANK and (micrograms is not None or technical is not None):
            self._say("amount" if micrograms is not None else "technical replicate", "the lane holds nothing")
        self._compare(sample)
        if self.wrong or lane is None:
            return None
        return LaneLoad(
            lane=lane,
            load=load,
            sample=sample.sample if sample else None,
            ladder=ladder or "",
            micrograms=micrograms,
            technical_replicate=technical,
            note=note or "",
        )

    def _say(self, name: str, what: str) -> None:
        self._bad.add(name)
        column, _ = self._cells.get(name, (_Column(name, name), ""))
        self.wrong.append(f"row {self._number}, column {column.title}: {what}")

    def _read(self, name: str, read: Callable[[str], T]) -> T | None:
        _, text = self._cells.get(name, (None, ""))
        if not text:
            return None
        try:
            return read(text)
        except _Wrong as error:
            self._say(name, str(error))
            return None

    def _sample(self, text: str) -> SampleView:
        found = [one for one in self._samples if text in {one.sample, one.name}]
        if len(found) == 1:
            return found[0]
        many = f"{', '.join(one.sample for one in found)} have this name; write the id"
        raise _Wrong(f"“{text}”: {many if found else 'there is no such sample in the study'}")

    def _compare(self, sample: SampleView | None) -> None:
        """Check what the row says of its sample against the sample's own record."""
        if sample is None:
            return
        _, group = self._cells.get("group", (None, ""))
        if group and group != sample.group:
            self._say("group", f"“{group}”: {sample.sample} is of “{sample.group}”")
        replicate = self._read("biological replicate", lambda text: _whole(text, 10_000))
        if replicate is not None and replicate != sample.biological_replicate:
            self._say("biological replicate", f"{replicate}: {sample.sample} is {sample.biological_replicate}")

    def _micrograms(self, text: str) -> float:
        column, _ = self._cells["amount"]
        found = _AMOUNT.match(text)
        unit = (found[2] or column.unit) if found else ""
        if found is None:
            raise _Wrong(f"“{text}” is no amount")
        if unit not in _UNITS:
            raise _Wrong(f"“{text}”: say the unit, µg, ng or mg, in the cell or the heading")
        digits = found[1].replace(",", ".") if self._has_decimal_comma else found[1]
        try:
            micrograms = float(digits) * _UNITS[unit]
        except ValueError as error:
            raise _Wrong(f"“{text}” is no amount") from error
        if not math.isfinite(micrograms) or micrograms > 10_000:
            raise _Wrong(f"“{text}” is more than 10 mg")
        return micrograms


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise _Wrong(f"“{text}” is no whole number from 1 to {most}")
    return int(text)


def _load(text: str) -> LoadKind:
    try:
        return LoadKind(text.casefold())
    except ValueError as error:
        raise _Wrong(f"“{text}” is not sample, ladder or blank") from error


def _short(text: str) -> str:
    if len(text) > 120:
        raise _Wrong("it is longer than 120 letters")
    return text
