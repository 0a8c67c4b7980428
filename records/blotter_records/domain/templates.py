"""What a notebook template says, what a notebook keeps of it, and what a release brings (requirements A2).

What becomes of a version is in :mod:`blotter_records.domain.drafts`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from blotter_records.domain import drafts
from blotter_records.domain.canonical import digest
from blotter_records.domain.records import Json, Template
from blotter_records.errors import Refused

#: Who stands for the author of what a release brings.
INSTALLATION = "the installation"


@dataclass(frozen=True)
class TemplateText:
    """What a version says.

    Parameters
    ----------
    purpose : str
        What it is for, one line.
    cells : list of dict
        Text and commands, as in a notebook.
    widgets : list of str
        What a notebook that is made from it may run, whatever the person's roles allow besides.
    roles : list of str
        Who may make a notebook from it.
    locked : list of str
        Ids of cells that a notebook keeps as they are, in the order of the cells.
    """

    purpose: str
    cells: list[Json]
    widgets: list[str]
    roles: list[str]
    locked: list[str] = field(default_factory=list)

    def sha256(self) -> str:
        """Return the digest that a notebook pins and a signature binds."""
        said = asdict(self)
        if not self.locked:  # a version that locks nothing has the digest that it had before cells could be locked
            del said["locked"]
        return digest(said)


@dataclass(frozen=True)
class Version(TemplateText):
    """A version: what it says, who wrote it, and who made it effective."""

    version: int = 0
    authors: list[str] = field(default_factory=list)  # account ids
    author_names: list[str] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)  # printed names
    signatures: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, stored: Json) -> Self:
        """Return a stored version."""
        return cls(**stored)

    @property
    def text(self) -> TemplateText:
        """What it says, alone."""
        return TemplateText(self.purpose, self.cells, self.widgets, self.roles, self.locked)

    def sha256(self) -> str:
        """Return the digest of what it says, whoever wrote it."""
        return self.text.sha256()


def with_draft(template: Template, text: TemplateText, author: str, author_name: str) -> Template:
    """Return a template with a draft that says this. Raises as :func:`blotter_records.domain.drafts.with_draft`."""
    return drafts.with_draft(template, asdict(text), digest_of, author, author_name)


def digest_of(version: Json) -> str:
    """Return the digest of what a stored version says, whoever wrote it."""
    return Version.of(version).sha256()


def pin_of(template: Template, roles: Collection[str]) -> Json:
    """Return what a notebook keeps of the template it is made from.

    Raises
    ------
    Conflict
        ``conflict.template``: no version of it is effective.
    Refused
        ``refused.template``: it is not for any of these roles.
    """
    if template.is_retired or template.effective is None:
        standing = "is retired" if template.is_retired else "has no effective version yet"
        raise drafts.conflict(template, f"{standing}: no notebook is made from it.")
    version = Version.of(template.effective)
    if not set(roles) & set(version.roles):
        named = ", ".join(role.replace("_", " ") for role in version.roles)
        raise Refused("refused.template", f"The template “{template.name}” is for other roles: {named}.")
    return {
        "template": template.template,
        "name": template.name,
        "version": version.version,
        "sha256": version.sha256(),
        "widgets": version.widgets,
        "locked": version.locked,
    }


def brought(template: Template | None, identifier: str, key: str, name: str, text: TemplateText) -> Template | None:
    """Return a shipped template as a release leaves it; None where there is nothing to do.

    The first time it is effective at once. What a later release says differently becomes a draft, which people of the
    site make effective or not; a draft that people write themselves, and a template that they retired, stay.
    """
    sha256 = text.sha256()
    if template is None:
        first = asdict(Version(**asdict(text), version=1, author_names=[INSTALLATION], signers=[INSTALLATION]))
        return Template(identifier, name, 1, effective=first, shipped=key, shipped_sha256=sha256)
    own_draft = template.draft is not None and bool(template.draft["authors"])
    if template.shipped_sha256 == sha256 or template.is_retired or own_draft:
        return None
    seen = replace(template, shipped_sha256=sha256)
    if template.effective is not None and Version.of(template.effective).sha256() == sha256:
        return seen
    number = template.draft["version"] if template.draft else template.versions + 1
    draft: dict[str, Any] = asdict(Version(**asdict(text), version=number, author_names=[INSTALLATION]))
    return replace(seen, draft=draft, versions=number)
