"""Every role × requestable action × status over HTTP, inside and outside of the study, against the published matrix.

What is expected is read from ``docs/reference/authority.md``, the page that people read, and not from the tables in the
code. Images are never *acquiring* or *aborted* here: nothing acquires yet. ``unit/domain/test_authority.py`` has both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from blotter_records.contract.searching import RecordQuestion
from blotter_records.domain.catalogue import CATALOGUE
from blotter_records.errors import BlotterError
from blotter_records.vocabulary import Action, ImageStatus, RecordKind, ResultStatus, Role
from matrix_requests import ASKS, BARE, CASES, FIXED, NEEDS_ANALYSIS, Ask, Case, ask_for, intent
from matrix_world import Person, World

PAGE = (Path(__file__).parents[2] / "docs/reference/authority.md").read_text(encoding="utf-8")
IMAGES = tuple(sorted(set(ImageStatus) - {ImageStatus.ACQUIRING, ImageStatus.ABORTED}))
#: Roles of the people who ask: what they hold, and what they hold in the study.
PEOPLE: dict[str, tuple[tuple[Role, ...], tuple[Role, ...]]] = {
    **{f"{role.value}.inside": ((role,), (role,)) for role in Role if role is not Role.SYSTEM_MANAGER},
    **{f"{role.value}.outside": ((role,), ()) for role in Role},
    # Holds two roles, but in this study only the second one.
    "two.roles": ((Role.ANALYST, Role.REVIEWER), (Role.REVIEWER,)),
}


@dataclass(frozen=True)
class Row:
    """What the page says of an action."""

    heading: str
    cells: dict[str, str]
    statuses: frozenset[str]


def published() -> dict[str, Row]:
    """Read the page."""
    rows: dict[str, Row] = {}
    for section in PAGE.split("\n## ")[1:]:
        heading, *lines = section.splitlines()
        table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
        names, _, *body = table
        for cells in body:
            row = dict(zip(names, cells, strict=True))
            statuses = frozenset(one.replace(" ", "_") for one in row["in status"].split(", ") if one)
            rows[row["action"].strip("`")] = Row(heading, row, statuses)
    return rows


MATRIX = published()


def statuses_of(action: Action) -> tuple[str | None, ...]:
    """Return the statuses in which an action is asked for."""
    if not MATRIX[action.value].statuses:
        return (None,)
    of = CATALOGUE[action].of
    if of is RecordKind.RESULT:
        return tuple(sorted(ResultStatus))
    kept_out = {ImageStatus.ACQUIRED} if action in NEEDS_ANALYSIS else set()
    # An image that lies on hold was never analysed here; one that has no analysis can't be asked for one.
    kept_out |= {ImageStatus.INTEGRITY_HOLD} if action in NEEDS_ANALYSIS else set()
    return tuple(one for one in IMAGES if one not in kept_out)


REQUESTABLE = sorted({*ASKS, *FIXED})
TRIPLES = [(name, action, status) for action in REQUESTABLE for status in statuses_of(action) for name in PEOPLE]


def expected(person: Person, action: Action, status: str | None) -> str:
    """Return what the page says: nothing if it may be done, else the code of the refusal."""
    row = MATRIX[action.value]
    able = [role for role in person.held if _cell(action, role)]
    if action is Action.PROPOSAL_COUNTERSIGN or action is Action.PROPOSAL_DECLINE:
        # Judged by what is proposed: a change of a policy.
        able = [role for role in able if _cell(Action.POLICY_EDIT, role)]
    if not able:
        # A proposal is shown to who may have a part in it.
        return "not_found" if action is Action.PROPOSAL_DECLINE else "refused.role"
    if row.heading == "In studies":
        as_member = [role for role in able if role in person.in_study]
        able = as_member or [role for role in able if _cell(action, role) == "across"]
        if not able:
            return "not_found"
    if status is not None and status not in row.statuses:
        return "conflict.status"
    if action is Action.RESULT_RETURN:
        # Who reviews sends back while it is reviewed, who approves afterwards (requirements C2).
        needed = Action.RESULT_APPROVE if status == ResultStatus.REVIEWED else Action.RESULT_REVIEW_SIGN
        return "" if any(_cell(needed, role) for role in able) else "refused.role"
    return ""


def _cell(action: Action, role: Role) -> str:
    return MATRIX[action.value].cells[role.value.replace("_", " ").title()]


@pytest.fixture(scope="module")
def world(service):
    with service.sequencing():
        yield World(service)


@pytest.fixture(scope="module")
def people(world):
    made = {name: world.add_person(name, *roles, world.study) for name, roles in PEOPLE.items()}
    for name in ("analyst.inside", "supervisor.inside"):
        world.service.join(made[name].account, *made[name].held, study=world.other_study, keeper=world.ruth)
    return made


@pytest.fixture(scope="module")
def refusals():
    return []


def test_every_action_of_the_page_is_asked_for():
    assert set(MATRIX) == {action.value for action in CATALOGUE}
    # The statement was accepted by everybody of this world when they first signed in; test_accounts has it.
    missing = {Action.BUNDLE_IMPORT, Action.COPY_VIEW, Action.LOG_USER_EXPORT, Action.POLICY_ACCEPT}
    assert set(REQUESTABLE) | missing == set(CATALOGUE)
    print(f"{len(TRIPLES)} triples: {len(REQUESTABLE)} actions, {len(PEOPLE)} people")


@pytest.mark.parametrize(("name", "action", "status"), TRIPLES, ids=lambda part: str(getattr(part, "value", part)))
def test_authority(world, people, refusals, name, action, status):
    person = people[name]
    refused = asked(world, person, action, status)
    code = refused.code if refused else ""
    wanted = expected(person, action, status)
    if wanted == "not_found" and action is Action.RECORD_SEARCH:
        assert not person.client.search(RecordQuestion(kind="sample", study=world.study)).records
        return  # a list has no place for a refusal: it is empty
    if wanted == "not_found":
        assert code.startswith("not_found."), refused
    elif not wanted and action is Action.SIGNATURE_INTEND:
        assert code == "not_found.intent"  # nobody's page: who may ask is told that there is none
    else:
        assert code == wanted, refused
    if wanted:
        refusals.append((refused.entry, person.name, action.value))


def asked(world: World, person: Person, action: Action, status: str | None) -> BlotterError | None:
    """Ask, and see to it that the next one finds the world as it was; return why it was refused."""
    case = CASES.get(action, Case)(world, person, status)
    ask = ask_for(action, case)
    try:
        if ask.signs:
            sign(world, person, action, ask)
        else:
            person.client._transport.send(ask.method, ask.path, body=ask.body, params=ask.params, content=ask.content)
    except BlotterError as error:
        return error
    tidy(world, person, action, case, ask)
    return None


def sign(world: World, person: Person, action: Action, ask: Ask) -> None:
    """Have a person sign an action on the page that was prepared for it."""
    page = person.client.create_signing_intent(intent(action, ask))
    answer = world.service.post(page, person.name, world.service.password(person.name))
    assert answer.status_code == 200, answer.text
    assert person.client.signing_intent(page.intent).state == "signed"


def tidy(world: World, person: Person, action: Action, case: Case, ask: Ask) -> None:
    """Forget what is no longer in its status; take back what waits; sign in again who signed out."""
    if CATALOGUE[action].of is RecordKind.RESULT and case.status:
        world.result_still_there(case.status, case.submitter(), case.reviewer())
    elif case.status:
        world.still_there(case.status, "bare" if action in BARE else "")
    if CATALOGUE[action].second is not None:
        world.take_back(person.client)
    if action is Action.PASSWORD_CHANGE:
        world.service.passwords[person.name] = ask.body["new_password"]
    if action is Action.ACCOUNT_REPORT_COMPROMISE:
        world.recover(person)
    if action in {Action.SESSION_END, Action.PASSWORD_CHANGE}:
        person.client = world.service.signed_in(person.name)


def test_every_refusal_is_in_the_trail(service, refusals):
    assert refusals
    with service.database.connect("postgres") as connection:
        rows = connection.execute("SELECT id, entry::json FROM audit.entry").fetchall()
    entries = dict(rows)
    for id_, name, action in refusals:
        entry = entries[id_]
        assert (entry["action"], entry["user_name"], entry["new"]["action"]) == ("action.refused", name, action)
    print(f"{len(refusals)} refusals, each with its entry")
