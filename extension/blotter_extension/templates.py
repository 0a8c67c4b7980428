"""Notebook templates as the person meets them: the first notebook, and names of the notebooks that are made."""

from __future__ import annotations

import re
from collections.abc import Collection

from blotter_records.contract.templates import TemplateView
from blotter_records.errors import BlotterError

from blotter_extension.person import Person

_TEMPLATE = re.compile(r"TPL-[0-9]{6,12}\Z")
_NOT_IN_A_NAME = re.compile(r"[^\w() ,+-]+")


def is_template(path: str) -> bool:
    """Return whether a path names a template, not a notebook."""
    return _TEMPLATE.match(path) is not None


def notebook_name(title: str, taken: Collection[str] = ()) -> str:
    """Return a name for a notebook that is made from a template of this title; counted on from one that is taken."""
    plain = " ".join(_NOT_IN_A_NAME.sub(" ", title.replace("'", "")).split())[:80].strip()
    folded = {one.casefold() for one in taken}
    name, number = f"{plain}.ipynb", 1
    while name.casefold() in folded:
        number += 1
        name = f"{plain} {number}.ipynb"
    return name


def first_template(person: Person) -> TemplateView | None:
    """Return from which template a person's first notebook is made; None if none is for the person's roles.

    Nothing is made up when the records service does not answer: then there is no first notebook yet.
    """
    try:
        return next((one for one in person.client.templates() if one.is_mine), None)
    except BlotterError:
        return None
