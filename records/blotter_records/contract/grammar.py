r"""The language of a cell: at most one call of a widget, keyword arguments, literals.

::

    cell    := (blank | comment)* [ call ] (blank | comment)*
    call    := NAME "(" [ pair ("," pair)* [","] ] ")"
    pair    := NAME "=" value
    value   := text | number | True | False | None | "[" [ plain ("," plain)* [","] ] "]"
    plain   := text | number | True | False | None

Text stands in single or double quotes on one line; a backslash may stand only before a quote or a backslash. Nothing
is compiled or evaluated, and no other reader of Python is involved: the characters are read here, one by one.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Literal, NoReturn

from pydantic import ValidationError

from blotter_records.contract.commands import SPECIFICATIONS, Arguments, Command, WidgetSpecification
from blotter_records.errors import Refused

MAX_SOURCE = 4096
MAX_ARGUMENTS = 16
MAX_ITEMS = 200
MAX_TEXT = 2000

Plain = str | int | float | bool | None
Value = Plain | list[Plain]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(?![A-Za-z0-9_])")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?(?![A-Za-z0-9_.])")
_WORDS: dict[str, bool | None] = {"True": True, "False": False, "None": None}
# Control, format (zero-width, right-to-left), surrogate, private, unassigned, line and paragraph separators: a cell
# has to mean what it looks like.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class _Reader:
    """Reads one cell from left to right; never goes back."""

    def __init__(self, source: str, specifications: Mapping[str, WidgetSpecification]) -> None:
        self.text = source
        self.at = 0
        self.specifications = specifications

    def refuse(self, message: str, diagnostics: str = "") -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        where = f"Line {line}: " if "\n" in self.text.strip() else ""
        raise Refused("refused.cell", where + message[:1].upper() + message[1:], diagnostics or self.help())

    def help(self) -> str:
        names = ", ".join(sorted(self.specifications))
        example = next(iter(self.specifications.values())).example if self.specifications else ""
        return f"A cell is one widget, for example {example}. The widgets are: {names}."

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        """Go over blanks, line ends and comments."""
        while True:
            character = self.peek()
            if character and character in " \t\n":
                self.at += 1
            elif character == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def take(self, character: str) -> bool:
        """Go over blanks and then this character, if it comes next."""
        self.skip()
        if self.peek() != character:
            return False
        self.at += 1
        return True

    def shown(self) -> str:
        """Return what comes next, short, for a message."""
        rest = self.text[self.at :].split("\n", 1)[0]
        return repr(rest[:20] + ("…" if len(rest) > 20 else "")) if rest else "the end of the cell"


def parse(source: object, specifications: Mapping[str, WidgetSpecification] = SPECIFICATIONS) -> Command | None:
    """Read a cell.

    Parameters
    ----------
    source : object
        What came as the cell's text; anything but text is refused.
    specifications : mapping of str to WidgetSpecification
        What may be called.

    Returns
    -------
    Command or None
        The one call with validated arguments; None for an empty cell or one with comments only.

    Raises
    ------
    Refused
        ``refused.cell``: anything else. The message says what, the diagnostics what would be right.
    """
    reader = _Reader(_checked(source, specifications), specifications)
    call = _read_call(reader)
    if call is None:
        return None
    specification, values = call
    return Command(specification.name, _validated(reader, specification, values))


def completeness(
    source: object, specifications: Mapping[str, WidgetSpecification] = SPECIFICATIONS
) -> Literal["complete", "incomplete", "invalid"]:
    """Say whether a cell can be run, goes on in the next line, or is wrong; for who asks when Return is pressed.

    Parameters
    ----------
    source : object
        The cell as far as it is typed.
    specifications : mapping of str to WidgetSpecification
        What may be called.
    """
    try:
        parse(source, specifications)
    except Refused:
        return "incomplete" if isinstance(source, str) and _goes_on(source, specifications) else "invalid"
    return "complete"


def _goes_on(source: str, specifications: Mapping[str, WidgetSpecification]) -> bool:
    """Return whether a call is right as far as it goes, and the next line may go on with it."""
    try:
        reader = _Reader(_checked(source, specifications) + "\n", specifications)  # the Return: no text goes over it
    except Refused:
        return False
    try:
        _read_call(reader)
    except Refused:
        return not reader.peek()
    return False


def _read_call(reader: _Reader) -> tuple[WidgetSpecification, dict[str, Value]] | None:
    reader.skip()
    if not reader.peek():
        return None
    specification = _read_name(reader)
    values = _read_arguments(reader, specification)
    reader.skip()
    if reader.peek():
        reader.refuse(
            f"after {specification.name}(…) nothing more may follow, but there is {reader.shown()}.",
            "A cell holds one widget. Put the next one into a cell of its own.",
        )
    return specification, values


def check_widget(command: Command, widgets: Collection[str]) -> None:
    """Check that a person may use a widget.

    Parameters
    ----------
    command : Command
        A cell that was read.
    widgets : collection of str
        What the session's view says (policy: which widgets each role may use).

    Raises
    ------
    Refused
        ``refused.cell``.
    """
    if command.name not in widgets:
        mine = f"You may use {', '.join(sorted(widgets))}." if widgets else "You may use none."
        help_ = f"{mine} A System Manager can change it."
        raise Refused("refused.cell", f"Your role may not use {command.name}.", help_)


def check_limit(command: Command, widgets: Collection[str], why_not: str) -> None:
    """Check that a notebook may run a widget.

    Parameters
    ----------
    command : Command
        A cell that was read.
    widgets : collection of str
        What the notebook's template allows.
    why_not : str
        One sentence for the person, of the records service (``NotebookLimit``).

    Raises
    ------
    Refused
        ``refused.cell``.
    """
    if command.name not in widgets:
        raise Refused("refused.cell", f"{command.name} cannot be run in this notebook. {why_not}")


def _checked(source: object, specifications: Mapping[str, WidgetSpecification]) -> str:
    if not isinstance(source, str):
        raise Refused("refused.cell", "The cell is not text.")
    if len(source) > MAX_SOURCE:
        raise Refused("refused.cell", f"The cell is longer than {MAX_SOURCE} characters.", "A cell holds one widget.")
    text = source.replace("\r\n", "\n")
    for at, character in enumerate(text):
        if character not in "\n\t" and unicodedata.category(character) in _INVISIBLE:
            reader = _Reader(text, specifications)
            reader.at = at
            reader.refuse(
                f"the invisible character U+{ord(character):04X} may not stand in a cell.", "Type the line again."
            )
    return text


def _read_name(reader: _Reader) -> WidgetSpecification:
    start = reader.at
    if reader.peek() in "%!?":
        reader.refuse("commands of the operating system and of IPython cannot be run here.")
    name = reader.match(_NAME)
    if name is None:
        reader.refuse(f"a cell begins with the name of a widget, not with {reader.shown()}.")
    specification = reader.specifications.get(name)
    if specification is not None:
        if not reader.take("("):
            reader.refuse(f"after {name} comes an opening parenthesis.", f"Write {specification.example}")
        return specification
    reader.at = start
    by_lower = {known.lower(): known for known in reader.specifications}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    if near and not keyword.iskeyword(name):
        right = reader.specifications[by_lower[near[0]]]
        reader.refuse(f'there is no widget "{name}". Did you mean {right.name}?', f"Write {right.example}")
    return reader.refuse(f'"{name}" is not a widget. Cells do not run Python: a cell is one widget.')


def _read_arguments(reader: _Reader, specification: WidgetSpecification) -> dict[str, Value]:
    values: dict[str, Value] = {}
    while not reader.take(")"):
        key = _read_key(reader, specification)
        if key in values:
            reader.refuse(f"{key} is given twice.", f"Write {specification.example}")
        if len(values) >= MAX_ARGUMENTS:
            reader.refuse("too many arguments.", f"Write {specification.example}")
        values[key] = _read_value(reader)
        if reader.take(","):
            continue
        if reader.take(")"):
            break
        reader.refuse(
            f"after the value of {key} comes a comma or the closing parenthesis, not {reader.shown()}.",
            f"Write {specification.example}",
        )
    return values


def _read_key(reader: _Reader, specification: WidgetSpecification) -> str:
    known = list(specification.arguments.model_fields)
    takes = f"{specification.name} takes {', '.join(known) if known else 'no arguments'}"
    example = f"Write {specification.example}"
    reader.skip()
    if not reader.peek():
        reader.refuse("the closing parenthesis is missing.", example)
    key = reader.match(_NAME)
    if key is None or not reader.take("="):
        reader.refuse(f"arguments are given by name. {takes}.", example)
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else f" {takes}."
        reader.refuse(f"{specification.name} has no argument {key}.{hint}", example)
    return key


def _read_value(reader: _Reader) -> Value:
    if not reader.take("["):
        return _read_plain(reader)
    items: list[Plain] = []
    while not reader.take("]"):
        if len(items) >= MAX_ITEMS:
            reader.refuse(f"a list may have at most {MAX_ITEMS} items.")
        items.append(_read_plain(reader))
        if reader.take(",") or reader.peek() == "]":
            continue
        reader.refuse(f"in a list comes a comma or a closing bracket, not {reader.shown()}.")
    return items


def _read_plain(reader: _Reader) -> Plain:
    reader.skip()
    quote = reader.peek()
    if quote and quote in "'\"":
        return _read_text(reader, quote)
    number = reader.match(_NUMBER)
    if number is not None:
        if "." not in number and "e" not in number.lower():
            return int(number)
        value = float(number)
        if not math.isfinite(value):  # cannot be with two digits of exponent; said once more where it matters
            reader.refuse("the number is too large.")
        return value
    start = reader.at
    word = reader.match(_NAME)
    if word in _WORDS:
        return _WORDS[word]
    reader.at = start
    return reader.refuse(
        f"a value is text in quotes, a number, True, False, None or a list of these, not {reader.shown()}."
    )


def _read_text(reader: _Reader, quote: str) -> str:
    reader.at += 1
    characters: list[str] = []
    while True:
        character = reader.peek()
        if not character or character == "\n":
            reader.refuse(f"the text is not closed: a {quote} is missing.")
        reader.at += 1
        if character == quote:
            return "".join(characters)
        if character == "\\":
            character = reader.peek()
            if not character or character not in "\\\"'":
                reader.refuse("a backslash in text may stand only before a quote or another backslash.")
            reader.at += 1
        characters.append(character)
        if len(characters) > MAX_TEXT:
            reader.refuse(f"the text is longer than {MAX_TEXT} characters.")


def _validated(reader: _Reader, specification: WidgetSpecification, values: Mapping[str, Value]) -> Arguments:
    try:
        return specification.arguments.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            reader.refuse(f"{specification.name} needs {key}.", f"Write {specification.example}")
        return reader.refuse(
            f"the value of {key} is not right: {_plain_words(first)}.", f"Write {specification.example}"
        )


def _plain_words(error: Mapping[str, object]) -> str:
    if error["type"] == "string_pattern_mismatch":
        return "it is not an identifier of that kind"
    message = str(error["msg"])
    return message[:1].lower() + message[1:]
