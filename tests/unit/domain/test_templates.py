"""What becomes of a notebook template, and what it may say."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.notebooks import Cell
from blotter_records.domain.canonical import digest
from blotter_records.domain.drafts import draft_of, made_effective, retired
from blotter_records.domain.locked_cells import check_locked
from blotter_records.domain.records import Notebook, Template
from blotter_records.domain.templates import (
    INSTALLATION,
    TemplateText,
    Version,
    brought,
    pin_of,
    with_draft,
)
from blotter_records.errors import Conflict, Invalid, Refused
from blotter_records.services.templates.rules import checked_name, checked_text
from blotter_records.services.templates.shipped import SHIPPED_TEMPLATES
from blotter_records.vocabulary import Role, TemplateStatus

NEW = Template("TPL-000009", "Dots", 0)
LATER = {"cell_type": "markdown", "id": "more", "source": "# More"}


def text(widget: str = "ImageBrowser", roles: tuple[str, ...] = ("analyst",)) -> TemplateText:
    cells = [{"cell_type": "code", "id": "c1", "source": f"{widget}()"}]
    return TemplateText("For dots", cells, [widget], list(roles))


def effective() -> Template:
    return made_effective(with_draft(NEW, text(), "ACC-000002", "Samir"), ["Samir", "Paul"], ["SIG-000001"])


def test_a_draft_is_changed_until_it_is_effective_and_then_superseded_by_a_new_one():
    draft = with_draft(NEW, text(), "ACC-000002", "Samir")
    assert (draft.status, draft.versions, draft.effective) == (TemplateStatus.DRAFT, 1, None)
    changed = with_draft(draft, text("Studies"), "ACC-000003", "Sara")
    assert (changed.versions, changed.draft["authors"]) == (1, ["ACC-000002", "ACC-000003"])
    first = made_effective(changed, ["Sara", "Paul"], ["SIG-000001", "SIG-000002"])
    assert (first.status, first.draft, first.effective["signers"]) == (TemplateStatus.EFFECTIVE, None, ["Sara", "Paul"])
    next_ = with_draft(first, text("ImportImage"), "ACC-000002", "Samir")
    assert next_.effective == first.effective  # in use while the next one is written
    assert (next_.status, next_.draft["version"], next_.draft["authors"]) == (
        TemplateStatus.EFFECTIVE,
        2,
        ["ACC-000002"],
    )
    second = made_effective(next_, ["Samir", "Paul"], ["SIG-000003"])
    assert second.effective["version"] == 2
    assert Version.of(second.effective).sha256() == text("ImportImage").sha256() != Version.of(first.effective).sha256()


def test_a_retired_template_goes_no_further():
    gone = retired(with_draft(effective(), text("Studies"), "ACC-000002", "Samir"))
    assert (gone.status, gone.draft) == (TemplateStatus.RETIRED, None)
    for step in (
        lambda: with_draft(gone, text("ImportImage"), "ACC-000002", "Samir"),
        lambda: made_effective(gone, ["Paul"], []),
        lambda: retired(gone),
        lambda: pin_of(gone, ["analyst"]),
    ):
        with pytest.raises(Conflict) as refused:
            step()
        assert refused.value.code == "conflict.template"


def test_without_a_draft_nothing_is_made_effective_and_the_same_text_is_no_new_version():
    with pytest.raises(Conflict):
        draft_of(effective())
    with pytest.raises(Conflict):
        with_draft(effective(), text(), "ACC-000003", "Sara")


def test_a_notebook_pins_the_effective_version_for_the_roles_it_is_for():
    pinned = pin_of(effective(), ["reviewer", "analyst"])
    assert pinned == {
        "template": "TPL-000009",
        "name": "Dots",
        "version": 1,
        "sha256": text().sha256(),
        "widgets": ["ImageBrowser"],
        "locked": [],
    }
    with pytest.raises(Refused) as other:
        pin_of(effective(), ["reviewer"])
    assert other.value.code == "refused.template"
    with pytest.raises(Conflict):
        pin_of(with_draft(NEW, text(), "ACC-000002", "Samir"), ["analyst"])


def test_a_release_brings_a_template_once_and_later_versions_as_drafts():
    first = brought(None, "TPL-000001", "dots", "Dots", text())
    assert (first.status, first.effective["signers"], first.shipped) == (
        TemplateStatus.EFFECTIVE,
        [INSTALLATION],
        "dots",
    )
    assert brought(first, "TPL-000001", "dots", "Dots", text()) is None
    later = brought(first, "TPL-000001", "dots", "Dots", text("Studies"))
    assert (later.effective, later.draft["version"]) == (first.effective, 2)
    assert brought(later, "TPL-000001", "dots", "Dots", text("Studies")) is None
    # A draft that nobody touched gives way to the next release; one that people write does not.
    newest = brought(later, "TPL-000001", "dots", "Dots", text("ImportImage"))
    assert (newest.versions, Version.of(newest.draft).sha256()) == (2, text("ImportImage").sha256())
    own = with_draft(later, text("ImageBrowser", ("reviewer",)), "ACC-000002", "Samir")
    assert brought(own, "TPL-000001", "dots", "Dots", text("ImportImage")) is None
    assert brought(retired(first), "TPL-000001", "dots", "Dots", text("ImportImage")) is None


def test_what_the_site_made_effective_itself_is_not_brought_again():
    first = brought(None, "TPL-000001", "dots", "Dots", text())
    ahead = made_effective(with_draft(first, text("Studies"), "ACC-000002", "Samir"), ["Samir", "Paul"], [])
    seen = brought(ahead, "TPL-000001", "dots", "Dots", text("Studies"))
    assert seen == replace(ahead, shipped_sha256=text("Studies").sha256())


@pytest.mark.parametrize("shipped", SHIPPED_TEMPLATES, ids=lambda one: one.key)
def test_a_shipped_template_keeps_the_rules(shipped):
    roles = [role.value for role in shipped.roles]
    said = checked_text(shipped.purpose, shipped.cells(), shipped.may_use(), roles, [role.value for role in Role])
    assert checked_name(shipped.name) == shipped.name
    assert any(cell["cell_type"] == "code" for cell in said.cells)
    assert said.cells[0]["source"].startswith(f"# {shipped.name}")


def test_the_shipped_templates_are_those_of_the_design():
    assert [one.name for one in SHIPPED_TEMPLATES] == [
        "Quantify a gel",
        "Two-colour western",
        "Total-protein normalisation",
        "Dot blot / plate",
        "In-Cell Western",
        "Acquire from the instrument",
        "Review and approve",
        "Inspector's view",
    ]
    inspector = SHIPPED_TEMPLATES[-1].may_use()
    assert not {"Sign", "ImportImage"} & set(inspector)


CELL = Cell(cell_type="code", id="c1", source="ImageBrowser()")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"purpose": " "}, "template.purpose"),
        ({"widgets": []}, "template.widgets"),
        ({"widgets": ["Shell"]}, "template.widgets"),
        ({"roles": []}, "template.roles"),
        ({"roles": ["root"]}, "template.roles"),
        ({"cells": [CELL, CELL]}, "template.cell"),
        ({"cells": [Cell(cell_type="code", id="c1", source="import os")]}, "template.cell"),
        ({"cells": [Cell(cell_type="code", id="c1", source="# nothing")]}, "template.cell"),
        ({"cells": [Cell(cell_type="code", id="c1", source="Studies()")]}, "template.cell"),
        ({"cells": [Cell(cell_type="markdown", id="c1", source="<script>")]}, "template.cell"),
        ({"locked": ["c2"]}, "template.locked"),
        ({"cells": [Cell(cell_type="markdown", id="c1", source="a\r\nb")], "locked": ["c1"]}, "template.locked"),
    ],
)
def test_what_a_template_cannot_say(given, code):
    whole = {"purpose": "For dots", "cells": [CELL], "widgets": ["ImageBrowser"], "roles": ["analyst"], **given}
    with pytest.raises(Invalid) as refused:
        checked_text(**whole, known_roles=["analyst", "reviewer"])
    assert refused.value.code == code


def test_a_checked_text_is_sorted_and_each_widget_is_known():
    said = checked_text(
        " For  dots ", [CELL], [*SPECIFICATIONS, "ImageBrowser"], ["reviewer", "analyst"], ["analyst", "reviewer"]
    )
    assert (said.purpose, said.widgets, said.roles) == ("For dots", sorted(SPECIFICATIONS), ["analyst", "reviewer"])
    assert asdict(said)["cells"] == [{"cell_type": "code", "id": "c1", "source": "ImageBrowser()"}]


@pytest.mark.parametrize("name", ["ab", "a" * 81, "a<b>c", "tab\there\x00"])
def test_a_name_that_cannot_be_one(name):
    with pytest.raises(Invalid) as refused:
        checked_name(name)
    assert refused.value.code == "template.name"


def test_a_version_without_locked_cells_has_the_digest_of_before_and_a_lock_changes_it():
    said = asdict(text())
    del said["locked"]
    assert text().sha256() == digest(said)
    locked = replace(text(), locked=["c1"])
    assert locked.sha256() != text().sha256()
    changed = with_draft(effective(), locked, "ACC-000002", "Samir")
    assert Version.of(changed.draft).sha256() == locked.sha256()
    pinned = pin_of(made_effective(changed, ["Samir", "Paul"], []), ["analyst"])
    assert (pinned["locked"], pinned["sha256"]) == (["c1"], locked.sha256())


def cell(identifier: str, source: str = "", kind: str = "markdown") -> dict[str, str]:
    return {"cell_type": kind, "id": identifier, "source": source or f"# {identifier}"}


A, B, OWN = cell("a"), cell("b", "ImageBrowser()", "code"), cell("own")


def notebook(template: dict[str, object] | None) -> Notebook:
    return Notebook("NBK-000007", "dots.ipynb", "ACC-000003", [A, cell("free"), B], "0" * 64, template)


PINNED = {"template": "TPL-000009", "version": 1, "name": "Dots", "locked": ["a", "b"]}


@pytest.mark.parametrize("cells", [[A, B], [A, OWN, B], [OWN, A, B, cell("free", "Changed")], [A, cell("free"), B]])
def test_a_locked_cell_stays_whatever_stands_around_it(cells):
    check_locked(notebook(PINNED), cells)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([A, cell("b", "ImageBrowser( )", "code")], "Cell 3 (b) of NBK-000007 is locked by template TPL-000009.1"),
        ([A, cell("b", "ImageBrowser()", "markdown")], "it cannot be changed"),
        ([cell("a", "# Another method"), B], "Cell 1 (a)"),
        ([B], "it cannot be removed"),
        ([A, cell("c", "ImageBrowser()", "code")], "it cannot be removed"),
        ([], "it cannot be removed"),
        ([A, B, B], "it cannot be doubled"),
        ([A, B, cell("b", "Studies()", "code")], "it cannot be doubled"),
        ([B, A], "it keeps its place"),
    ],
)
def test_a_locked_cell_is_not_changed_removed_doubled_or_moved(cells, said):
    with pytest.raises(Refused) as refused:
        check_locked(notebook(PINNED), cells)
    assert refused.value.code == "refused.locked"
    assert said in str(refused.value)


@pytest.mark.parametrize("template", [None, {"template": "TPL-000009", "version": 1, "name": "Made before"}])
def test_a_notebook_without_locked_cells_is_free(template):
    check_locked(notebook(template), [OWN])
