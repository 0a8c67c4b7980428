"""Notebook templates: what notebooks are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from blotter_records.domain.records.content import Json
from blotter_records.domain.records.drafted import Drafted
from blotter_records.vocabulary import RecordKind


@dataclass(frozen=True)
class Template(Drafted):
    """A notebook template: its version in use, and the draft that may follow it.

    Its versions are as ``domain.templates.Version`` writes them.
    """

    kind: ClassVar[RecordKind] = RecordKind.TEMPLATE

    template: str
    name: str
    versions: int  # ever begun
    effective: Json | None = None
    draft: Json | None = None
    is_retired: bool = False
    shipped: str = ""  # under which key a release brings it; empty for a template of the site
    shipped_sha256: str = ""  # of what a release brought last
