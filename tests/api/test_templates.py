"""Notebook templates: written by one role, effective by two persons, pinned by notebooks and enforced by the pin."""

from __future__ import annotations

import pytest
from blotter_records.contract.notebooks import Cell, NotebookSave
from blotter_records.contract.templates import TemplateDraftRequest, TemplateRequest
from blotter_records.domain.templates import INSTALLATION
from blotter_records.errors import Conflict, Invalid, NotFound, Refused
from blotter_records.services.templates.shipped import SHIPPED_TEMPLATES, ShippedTemplate
from blotter_records.services.templates.shipping import Shipping
from blotter_records.vocabulary import Action, Event, ProposalStatus, Role, TemplateStatus

WHY = "The method was validated, report V-12"


@pytest.fixture
def samir(service):
    return service.signed_in(Role.SUPERVISOR)


@pytest.fixture
def paul(service):
    return service.signed_in(Role.APPROVER)


@pytest.fixture
def anna(service):
    return service.signed_in(Role.ANALYST)


def cells(*sources: str) -> list[Cell]:
    return [Cell(cell_type="code", id=f"c{at}", source=source) for at, source in enumerate(sources)]


def written(client, name, *, sources=("ImageBrowser()",), widgets=("ImageBrowser",), roles=("analyst",), locked=()):
    request = TemplateRequest(
        name=name,
        purpose="For dots",
        cells=cells(*sources),
        widgets=list(widgets),
        roles=list(roles),
        locked=list(locked),
    )
    return client.create_template(request)


def changed(client, view, **values):
    said = view.draft or view.effective
    names = ("purpose", "cells", "widgets", "roles", "locked")
    given = {**{name: getattr(said, name) for name in names}, **values}
    return client.edit_template(view.template, TemplateDraftRequest(**given, expected_rev=view.rev, reason=WHY))


def made_effective(service, samir, paul, view):
    proposal = service.sign(samir, view.template, Action.TEMPLATE_EFFECTIVE).proposal
    service.sign(paul, proposal, Action.PROPOSAL_COUNTERSIGN)
    return samir.template(view.template)


def refusal(service, error) -> dict:
    """Return the trail's entry of a refusal."""
    with service.database.connect("postgres") as connection:
        [(entry,)] = connection.execute("SELECT entry::json FROM audit.entry WHERE id = %s", (error.entry,)).fetchall()
    return entry


def test_the_templates_of_the_release_are_there_and_a_second_start_brings_none(service, anna):
    views = anna.templates()
    shipped = [one for one in views if one.is_shipped]
    assert [one.name for one in shipped] == [one.name for one in SHIPPED_TEMPLATES]
    assert {one.status for one in shipped} == {TemplateStatus.EFFECTIVE}
    assert {one.effective.signers[0] for one in shipped} == {INSTALLATION}
    assert {one.changed_by for one in shipped} == {"system"}
    entries = [one for one in service.entries(action=Event.SYSTEM_INSTALL) if one["stream"].startswith("template:")]
    assert len(entries) == len(SHIPPED_TEMPLATES)
    # What is long is told by its digest; the record has the cells.
    told = entries[0]["new"]
    assert (told["sha256"], told["cells"]) == (shipped[0].effective.sha256, len(shipped[0].effective.cells))
    service.services.shipping.install()
    assert [one.rev for one in anna.templates()] == [one.rev for one in views]


def test_who_may_not_write_one_is_told_so_before_anything_of_the_text(service, anna):
    with pytest.raises(Refused) as no:
        written(anna, "Mine", sources=("import os",))
    assert refusal(service, no.value)["new"]["action"] == Action.TEMPLATE_CREATE


def test_a_later_release_brings_a_draft_and_the_version_in_use_stays(service, anna):
    old = SHIPPED_TEMPLATES[3]
    newer = ShippedTemplate(old.key, old.name, "Dots and wells.", old.roles, old.parts, old.widgets)
    before = next(one for one in anna.templates() if one.name == old.name)
    later = Shipping(service.services.ports.ledger, service.services.configurations, [newer])
    later.install()
    after = anna.template(before.template)
    assert (after.effective, after.draft.purpose, after.draft.version) == (before.effective, "Dots and wells.", 2)
    assert service.entries(action=Event.SYSTEM_UPGRADE)[-1]["stream"] == f"template:{before.template}"
    later.install()
    assert anna.template(before.template).rev == after.rev


def test_two_persons_make_a_draft_effective_and_it_is_superseded_by_the_next(service, samir, paul, anna):
    view = written(samir, "Dots on nylon")
    assert (view.status, view.effective, view.draft.version, view.draft.authors) == (
        TemplateStatus.DRAFT, None, 1, ["Samir Haddad"],
    )  # fmt: skip
    with pytest.raises(Conflict) as too_early:
        anna.make_notebook("dots.ipynb", view.template)
    assert refusal(service, too_early.value)["new"]["action"] == Action.NOTEBOOK_SAVE

    first = service.sign(samir, view.template, Action.TEMPLATE_EFFECTIVE)
    assert samir.template(view.template).effective is None  # nothing has changed yet
    assert samir.proposal(first.proposal).may_countersign is False
    with pytest.raises(Refused) as own:
        service.intend(samir, first.proposal, Action.PROPOSAL_COUNTERSIGN)
    assert own.value.code == "refused.independence"
    waiting = paul.proposal(first.proposal)
    assert {(one.name, one.after) for one in waiting.facts} >= {
        ("Version", "1"), ("Widgets", "ImageBrowser"), ("Cell 1", "ImageBrowser()")
    }  # fmt: skip
    service.sign(paul, first.proposal, Action.PROPOSAL_COUNTERSIGN)
    effective = anna.template(view.template)
    assert (effective.status, effective.effective.version, effective.draft) == (TemplateStatus.EFFECTIVE, 1, None)
    assert effective.effective.signers == ["Samir Haddad", "Paul Okafor"]
    assert len(effective.effective.signatures) == 2
    entry = service.entries(action=Action.TEMPLATE_EFFECTIVE)[-1]
    assert (entry["proposer"]["printed_name"], entry["authoriser"]["printed_name"]) == ("Samir Haddad", "Paul Okafor")

    draft = changed(samir, effective, widgets=["ImageBrowser", "Studies"])
    assert (draft.effective, draft.draft.version) == (effective.effective, 2)
    entry = service.entries(action=Action.TEMPLATE_EDIT)[-1]
    assert (entry["old"]["widgets"], entry["new"]["widgets"]) == (["ImageBrowser"], ["ImageBrowser", "Studies"])
    assert entry["reason"] == WHY
    second = made_effective(service, samir, paul, draft)
    assert (second.effective.version, second.effective.widgets) == (2, ["ImageBrowser", "Studies"])


def test_a_draft_that_changed_after_the_first_signature_is_not_confirmed(service, samir, paul):
    view = written(samir, "Overtaken")
    proposal = service.sign(samir, view.template, Action.TEMPLATE_EFFECTIVE).proposal
    changed(samir, view, purpose="For other dots")
    with pytest.raises(Conflict) as stale:
        service.intend(paul, proposal, Action.PROPOSAL_COUNTERSIGN)
    assert stale.value.code == "conflict.changed"
    assert paul.decline_proposal(proposal, "The draft was changed").status is ProposalStatus.DECLINED
    with pytest.raises(Conflict) as old_rev:
        changed(samir, view, purpose="For dots again")
    assert old_rev.value.code == "conflict.stale"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SUPERVISOR}))
def test_only_a_supervisor_writes_templates(service, role):
    client = service.signed_in(role)
    with pytest.raises(Refused) as refused:
        written(client, "Not mine")
    assert refused.value.code == "refused.role"
    assert refusal(service, refused.value)["new"]["action"] == Action.TEMPLATE_CREATE


def test_two_signatures_of_one_role_are_not_enough(service, samir):
    view = written(samir, "One role only")
    proposal = service.sign(samir, view.template, Action.TEMPLATE_EFFECTIVE).proposal
    made = service.add("sara.second", "Sara Second", Role.SUPERVISOR)
    sara = service.first_sign_in("sara.second", made.temporary_password, "Wide 8 rivers meet here")
    with pytest.raises(Refused) as refused:
        service.intend(sara, proposal, Action.PROPOSAL_COUNTERSIGN)
    assert refused.value.code == "refused.role"


@pytest.mark.parametrize(("sources", "code"), [(("import os",), "template.cell"), (("Studies()",), "template.cell")])
def test_a_template_holds_commands_of_its_own_widgets(samir, sources, code):
    with pytest.raises(Invalid) as refused:
        written(samir, "Wrong", sources=sources)
    assert refused.value.code == code


def test_a_name_is_taken_once(samir):
    written(samir, "Taken once")
    with pytest.raises(Conflict) as taken:
        written(samir, "taken ONCE")
    assert taken.value.code == "conflict.template"


def test_a_notebook_pins_its_version_and_may_run_what_that_allows(service, samir, paul, anna):
    view = made_effective(service, samir, paul, written(samir, "Pinned", widgets=["ImageBrowser", "ImageLog"]))
    made = anna.make_notebook("pinned.ipynb", view.template)
    assert (made.template.template, made.template.version, made.is_ad_hoc) == (view.template, 1, False)
    assert made.template.sha256 == view.effective.sha256
    assert made.cells == view.effective.cells
    assert made.limit.widgets == ["ImageBrowser", "ImageLog"]
    entry = service.entries(action=Action.NOTEBOOK_SAVE)[-1]
    assert entry["new"]["made_from"] == f"{view.template}.1"
    assert "Pinned" in entry["summary"]

    with pytest.raises(Invalid) as other:
        anna.save_notebook("pinned.ipynb", NotebookSave(expected_version=1, cells=cells("Studies()")))
    assert other.value.code == "notebook.cell"
    assert "Pinned" in str(other.value)
    saved = anna.save_notebook(
        "pinned.ipynb", NotebookSave(expected_version=1, cells=cells('ImageLog(image="IMG-000001")'))
    )
    assert (saved.version, saved.template) == (2, made.template)

    # A later version of the template changes nothing for it.
    made_effective(service, samir, paul, changed(samir, samir.template(view.template), widgets=["ImageBrowser"]))
    assert anna.notebook("pinned.ipynb").limit.widgets == ["ImageBrowser", "ImageLog"]
    with pytest.raises(Conflict) as twice:
        anna.make_notebook("pinned.ipynb", view.template)
    assert twice.value.code == "conflict.notebook"


def test_what_a_notebook_may_run_is_told_to_the_notebook_that_asks(service, samir, paul):
    view = made_effective(service, samir, paul, written(samir, "Told", roles=["analyst", "supervisor"]))
    made = samir.make_notebook("told.ipynb", view.template)
    inside = service.signed_in(
        Role.SUPERVISOR, **{"X-Blotter-Notebook": made.notebook, "X-Blotter-Notebook-Version": "1"}
    )
    told = inside.widgets()
    assert told.notebook.widgets == ["ImageBrowser"]
    assert "Told" in told.notebook.why_not
    assert "Studies" in told.mine
    stranger = service.signed_in(
        Role.ANALYST, **{"X-Blotter-Notebook": made.notebook, "X-Blotter-Notebook-Version": "1"}
    )
    assert stranger.widgets().notebook.widgets == []


def test_a_template_is_for_its_roles(service, samir, paul):
    view = made_effective(service, samir, paul, written(samir, "For analysts"))
    with pytest.raises(Refused) as refused:
        service.signed_in(Role.REVIEWER).make_notebook("not mine.ipynb", view.template)
    assert refused.value.code == "refused.template"
    assert refusal(service, refused.value)["user_name"] == "rosa.reviewer"
    mine = {one.name for one in service.signed_in(Role.REVIEWER).templates() if one.is_mine}
    assert {"Quantify a gel", "Review and approve"} <= mine
    assert not {"For analysts", "Inspector's view"} & mine


def test_a_retired_template_makes_no_notebook_and_its_notebooks_go_on(service, samir, paul, anna):
    view = made_effective(service, samir, paul, written(samir, "To be retired"))
    anna.make_notebook("kept.ipynb", view.template)
    with pytest.raises(Refused):
        service.intend(samir, view.template, Action.TEMPLATE_RETIRE, WHY)
    with pytest.raises(Invalid) as no_reason:
        service.intend(paul, view.template, Action.TEMPLATE_RETIRE)
    assert no_reason.value.code.startswith("reason.")
    service.sign(paul, view.template, Action.TEMPLATE_RETIRE, WHY)
    gone = anna.template(view.template)
    assert (gone.status, gone.is_mine, gone.effective) == (TemplateStatus.RETIRED, False, view.effective)
    with pytest.raises(Conflict):
        anna.make_notebook("late.ipynb", view.template)
    assert anna.notebook("kept.ipynb").limit.widgets == ["ImageBrowser"]
    with pytest.raises(Conflict):
        changed(samir, gone, purpose="For dots again")
    with pytest.raises(NotFound):
        anna.template("TPL-999999")


def test_a_notebook_without_a_template_is_marked_and_policy_can_forbid_it(service, anna):
    request = NotebookSave(expected_version=0, cells=cells("ImageBrowser()"))
    free = anna.save_notebook("free.ipynb", request)  # a demo begins with the policy on
    assert (free.is_ad_hoc, free.template) == (True, None)
    entry = service.entries(action=Action.NOTEBOOK_SAVE)[-1]
    assert entry["new"]["made_from"] == "ad hoc"
    assert "ad hoc" in entry["summary"]

    service.set_policies(notebooks__ad_hoc=False)
    strict = service.signed_in(Role.ANALYST)
    for name, version in (("free.ipynb", 1), ("another.ipynb", 0)):
        with pytest.raises(Refused) as refused:
            strict.save_notebook(name, NotebookSave(expected_version=version, cells=cells("Studies()")))
        assert refused.value.code == "refused.ad_hoc"
        assert refusal(service, refused.value)["new"]["rule"] == "refused.ad_hoc"
    assert strict.widgets().notebook.widgets == []
    still = strict.notebook("free.ipynb")
    assert (still.limit.widgets, [cell.source for cell in still.cells]) == ([], ["ImageBrowser()"])
    view = next(one for one in strict.templates() if one.name == "Quantify a gel")
    assert strict.make_notebook("mine.ipynb", view.template).limit.widgets == view.effective.widgets
    service.set_policies(notebooks__ad_hoc=True)


def test_what_a_template_locks_stays_in_its_notebooks(service, samir, paul, anna):
    view = written(
        samir, "With a locked step", sources=("ImageBrowser()", "Studies()"), widgets=("ImageBrowser", "Studies")
    )
    assert view.draft.locked == []
    view = changed(samir, view, locked=["c0"])
    assert service.entries(action=Action.TEMPLATE_EDIT)[-1]["new"]["locked"] == ["c0"]
    proposal = service.sign(samir, view.template, Action.TEMPLATE_EFFECTIVE).proposal
    assert ("Locked cells", "c0") in {(one.name, one.after) for one in paul.proposal(proposal).facts}
    service.sign(paul, proposal, Action.PROPOSAL_COUNTERSIGN)

    made = anna.make_notebook("locked.ipynb", view.template)
    assert made.locked == ["c0"]
    first, second = made.cells
    own = Cell(cell_type="markdown", id="own", source="My words")
    other = first.model_copy(update={"source": "ImageBrowser( )"})
    for given, said in (([other, second], "changed"), ([second, own], "removed"), ([first, second, other], "doubled")):
        with pytest.raises(Refused) as refused:
            anna.save_notebook("locked.ipynb", NotebookSave(expected_version=1, cells=given))
        assert refused.value.code == "refused.locked"
        assert f"Cell 1 (c0) of {made.notebook} is locked by template {view.template}.1" in str(refused.value)
        entry = refusal(service, refused.value)
        assert (entry["new"]["rule"], entry["new"]["action"]) == ("refused.locked", Action.NOTEBOOK_SAVE)
        assert f"it cannot be {said}." in str(refused.value)
    saved = anna.save_notebook("locked.ipynb", NotebookSave(expected_version=1, cells=[own, first]))
    assert (saved.version, saved.locked) == (2, ["c0"])
    assert "locked.ipynb" in {one.name for one in anna.notebooks()}

    # A later version that locks nothing frees nothing in it; a copy is ad hoc, and free.
    made_effective(service, samir, paul, changed(samir, samir.template(view.template), locked=[]))
    with pytest.raises(Refused):
        anna.save_notebook("locked.ipynb", NotebookSave(expected_version=2, cells=[own]))
    assert anna.make_notebook("free after.ipynb", view.template).locked == []
    assert anna.save_notebook("copied.ipynb", NotebookSave(expected_version=0, cells=[other])).locked == []
