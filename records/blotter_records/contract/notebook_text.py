"""What may stand in a text cell: Markdown, no HTML, no link that is a program.

JupyterLab cleans what it draws, and the pages' policy runs no inline script; a stored notebook has neither besides.
"""

from __future__ import annotations

import html
import re

from blotter_records.errors import Refused

MAX_TEXT = 100_000

#: Code in backquotes is shown as it stands.
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
#: A tag, a comment, a declaration; an address in angle brackets (`<https://…>`) is none.
_TAG = re.compile(r"<(?:(?!https?://)[A-Za-z/!?])")
_BLANKS = re.compile(r"[\s\x00-\x20\\]+")
_PROGRAM = re.compile(r"(?:java|vb|live)script:|data:(?!image/(?:png|jpeg|gif);)", re.IGNORECASE)


def check_text(source: str) -> None:
    """Check a text cell.

    Raises
    ------
    Refused
        ``refused.text``, with what is wrong and how to write it.
    """
    if len(source) > MAX_TEXT:
        raise Refused("refused.text", f"The text is longer than {MAX_TEXT} characters.")
    if "\x00" in source or any(0xD800 <= ord(character) <= 0xDFFF for character in source):
        raise Refused("refused.text", "There are characters in it that are no text.")
    plain = _CODE.sub("", source)
    if _TAG.search(plain) or _TAG.search(html.unescape(plain)):
        raise Refused(
            "refused.text", "Text is Markdown without HTML.", "Put a blank after <, or code between backquotes."
        )
    if _PROGRAM.search(_BLANKS.sub("", html.unescape(plain))):
        raise Refused("refused.text", "A link leads to a page, not to a program.", "Begin it with https://")
