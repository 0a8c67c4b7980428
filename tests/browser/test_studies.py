"""A study from its making to an image that is found by its sample: Supervisor, scientist, and somebody outside."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from blotter_records.adapters.image_files import to_tiff
from blotter_records.contract.studies import SampleRequest, SampleView, StudyContents
from blotter_records.densitometry.synthetic import Recipe, make_blot
from people import LONG_MS, Person
from playwright.sync_api import Locator, expect
from systems import RunningSystem

TITLE = "GLP-2026-11 loading controls"
SAMPLES = ("Control 1", "Control 2", "Treated 1", "Treated 2")
#: What is typed into the column “Loaded”: the beginning of a ladder, of a sample's name, or nothing.
LOADED = (
    "l",
    "control 1",
    "control 2",
    "treated 1",
    "treated 2",
    "control 1",
    "control 2",
    "treated 1",
    "treated 2",
    "",
)


@pytest.fixture
def image_file(tmp_path: Path) -> Path:
    path = tmp_path / "actin.tif"
    counts, _truth = make_blot(Recipe(seed=23, rows=500, columns=700))
    path.write_bytes(to_tiff(counts))
    return path


def test_an_image_is_found_by_its_sample_by_members_alone(
    image_file: Path, chromium, running_system: RunningSystem, pictures: Path
) -> None:
    samir, anna, rosa = (
        Person(chromium, running_system.url, *running_system.accounts[role], pictures)
        for role in ("supervisor", "analyst", "reviewer")
    )
    # 1. A Supervisor makes the study and takes people in, each with a signature; one of them is taken out again.
    start(samir)
    study = make_study(samir)
    samir.run("Studies", f'Study(study="{study}")')
    page = samir.widget("Study", study)
    take_in(samir, page, "Anna Lindqvist", "Analyst")
    take_in(samir, page, "Rosa Benítez", "Reviewer")
    take_out(samir, page, "Rosa Benítez")

    # 2. What the images will be of, typed without the mouse.
    add_samples(samir, page)
    membrane = add_membrane(samir, page)
    leave_strip_check_open(samir, page)
    probing = add_probing(samir, page)
    come_back_to_a_draft(samir, page, running_system)
    check_stored(contents(running_system, study))

    # 3. The scientist imports an image of that round, and finds it by what was loaded.
    start(anna)
    image = import_of(anna, image_file, study, membrane, probing)
    anna.run("ImageBrowser", "Studies()")
    found = search(anna, "Treated 2")
    expect(found.get_by_role("row", name=image)).to_contain_text(f'ImageViewer(image="{image}")', timeout=LONG_MS)
    anna.picture("studies-search")
    analysis = bands_of(anna, image)
    quantify(anna, analysis)
    check_quantities(running_system, analysis)

    # 4. Who is no member sees nothing of it, and is told no more than of a study that does not exist.
    start(rosa)
    rosa.run("ImageBrowser", "Studies()")
    listed = rosa.page.get_by_role("region", name="Studies", exact=True).first
    expect(listed).to_contain_text("STU-000001", timeout=LONG_MS)
    expect(listed).not_to_contain_text(TITLE)
    rosa.run("ImportImage", f'Study(study="{study}")')
    refused = rosa.page.get_by_role("region", name=f"Study {study}")
    expect(refused).to_contain_text(f"There is no study {study}.", timeout=LONG_MS)
    rosa.picture("studies-outside")
    for person in (samir, anna, rosa):
        person.close()


def start(person: Person) -> None:
    person.sign_in()
    person.page.wait_for_url(lambda url: "login" not in url, timeout=LONG_MS)
    person.open_notebook()


def make_study(person: Person) -> str:
    person.run("ImportImage", "Studies()")
    page = person.page.get_by_role("region", name="Studies", exact=True).first
    page.get_by_role("button", name="Make a study").click()
    form = page.get_by_role("group", name="A new study")
    form.get_by_label("Title").fill(TITLE)
    form.get_by_label("Kind").select_option(label="GxP")
    form.get_by_label("Purpose").fill("Which loading control holds over the range of the assay?")
    form.get_by_label("Reason", exact=True).fill("ordered by QA before the release study")
    person.picture("studies-new")
    form.get_by_role("button", name="Make the study").click()
    foot = page.locator(".bl-foot")
    expect(foot).to_contain_text("you are its first member", timeout=LONG_MS)
    made = re.search(r"STU-\d+", foot.inner_text())
    assert made
    return made.group()


def take_in(person: Person, page: Locator, name: str, role: str) -> None:
    page.get_by_role("button", name="Add a member").click()
    form = page.get_by_role("group", name="A new member")
    account = form.get_by_role("option", name=name).get_attribute("value")
    form.get_by_label("Person").select_option(account)
    expect(form.get_by_label(role)).to_be_checked()
    form.get_by_label("Reason", exact=True).fill("works on the loading controls")
    form.get_by_role("button", name="Go to the signing page").click()
    person.sign_in_frame(page)
    members = page.get_by_role("region", name="Members").last
    expect(members.get_by_role("row", name=name)).to_contain_text(role, timeout=LONG_MS)


def take_out(person: Person, page: Locator, name: str) -> None:
    page.get_by_role("button", name=f"Take out {name}").click()
    form = page.get_by_role("group", name=f"Take {name} out of the study")
    form.get_by_label("Reason", exact=True).fill("reviews for another group now")
    form.get_by_role("button", name="Go to the signing page").click()
    person.sign_in_frame(page)
    expect(page.get_by_role("region", name="Members").last.get_by_role("row", name=name)).to_have_count(
        0, timeout=LONG_MS
    )


def add_samples(person: Person, page: Locator) -> None:
    """Type one sample after the other: the form stays for the next one."""
    page.get_by_role("button", name="Add a sample").click()
    form = page.get_by_role("group", name="A new sample")
    for name in SAMPLES:
        form.get_by_label("Name").fill(name)
        form.get_by_label("Group").fill(name.split()[0].lower())
        form.get_by_label("Biological replicate").fill(name.split()[1])
        person.page.keyboard.press("Enter")
        expect(page.locator(".bl-foot")).to_contain_text(f"“{name}” was saved", timeout=LONG_MS)
        expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_role("button", name="Cancel").click()


def add_membrane(person: Person, page: Locator) -> str:
    """Fill in ten lanes with the keyboard alone."""
    keyboard = person.page.keyboard
    page.get_by_role("button", name="Add a membrane").click()
    form = page.get_by_role("group", name="A new gel, membrane or plate")
    expect(form.get_by_label("Name")).to_be_focused()
    keyboard.type("Blot 1")
    form.get_by_label("Number of lanes").focus()
    keyboard.press("Control+A")
    keyboard.type("10")
    keyboard.press("Enter")  # goes on in the first lane
    for typed in LOADED:
        if typed:
            keyboard.type(typed)
        keyboard.press("Enter")
    form.get_by_label("Lane 1: ladder").focus()
    keyboard.type("Ladder 10-250 kDa")
    form.get_by_label("Lane 2: µg").focus()
    keyboard.type("20")
    for _ in range(7):
        keyboard.press("Enter")
        keyboard.press("Control+D")  # what stands above
    form.get_by_label("Lane 2: technical replicate").focus()
    for number in "11112222":
        keyboard.type(number)
        keyboard.press("Enter")
    form.scroll_into_view_if_needed()
    person.picture("studies-lanes")
    form.get_by_role("button", name="Add the membrane").click()
    saved = page.locator("[data-record^=MEM-]")
    expect(saved).to_contain_text("10 lanes, 8 with samples, 1 ladder, 1 blank", timeout=LONG_MS)
    return str(saved.get_attribute("data-record"))


def add_probing(person: Person, page: Locator) -> str:
    page.get_by_role("button", name="Add a probing round").click()
    form = page.get_by_role("group", name="A new probing round")
    for label, typed in (
        ("Target 1", "Actin"),
        ("Antibody or stain 1", "anti-actin, mouse"),
        ("Lot 1", "A-4711"),
        ("Dilution 1", "1:5000"),
        ("Channel 1", "700 nm"),
    ):
        form.get_by_label(label).fill(typed)
    form.get_by_role("button", name="Add the probing round").click()
    saved = page.locator("[data-record^=PRB-]")
    expect(saved).to_contain_text("Round 1 (probe): Actin", timeout=LONG_MS)
    saved.scroll_into_view_if_needed()
    person.picture("studies-probing")
    return str(saved.get_attribute("data-record"))


def leave_strip_check_open(person: Person, page: Locator) -> None:
    """Go away from a form by Escape: what was typed is kept, and what was not answered is still not answered."""
    add = page.get_by_role("button", name="Add a probing round")
    add.click()
    form = page.get_by_role("group", name="A new probing round")
    form.get_by_label("What was done").select_option("strip_and_probe")
    form.get_by_label("Note").fill("stripped for ten minutes")
    person.page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    add.click()
    expect(form).to_contain_text("What you had typed is here again.")
    expect(form.get_by_label("Note")).to_have_value("stripped for ten minutes")
    expect(form.get_by_label("The membrane was")).to_have_value("")
    form.get_by_role("button", name="Cancel").click()


def come_back_to_a_draft(person: Person, page: Locator, system: RunningSystem) -> None:
    """Somebody else saves a sample meanwhile: what was typed on the version of before does not write over it."""
    change = page.locator("tr[data-record^=SMP-]", has_text="Treated 2").get_by_role("button")
    form = page.get_by_role("group", name=re.compile("^Change SMP"))
    change.click()
    form.get_by_label("Group").fill("typed before")
    person.page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    with system.client(*system.accounts["analyst"]) as anna:
        study = str(page.get_attribute("aria-label")).split()[-1]

        def treated() -> SampleView:
            return next(one for one in anna.study_contents(study).samples if one.name == "Treated 2")

        fields = treated().model_dump(include={"study", "name", "group", "biological_replicate"})
        more = {"note": "of Anna", "reason": "the note was missing", "idempotency_key": "k" * 20}
        anna.save_sample(SampleRequest.model_validate({**fields, **more, "expected_version": 1}), treated().sample)
        page.get_by_role("button", name="Refresh").click()
        expect(change).to_be_visible(timeout=LONG_MS)
        change.click()
        expect(form.get_by_label("Group")).to_have_value("typed before")
        form.get_by_label("Reason", exact=True).fill("the group was wrong")
        form.get_by_role("button", name="Save").click()
        expect(page).to_contain_text("your change was not written", timeout=LONG_MS)
        page.get_by_role("button", name="Reload and show what changed").click()
        expect(page).to_contain_text("is now version 2; you had seen version 1", timeout=LONG_MS)
        assert (treated().version, treated().note, treated().group) == (2, "of Anna", "treated")
    form.get_by_role("button", name="Cancel").click()


def contents(system: RunningSystem, study: str) -> StudyContents:
    """Read the study from outside, as the auditor."""
    with system.client(*system.accounts["auditor"]) as client:
        return client.study_contents(study)


def check_stored(found: StudyContents) -> None:
    """Compare what the records hold with what was typed."""
    names = {one.sample: one.name for one in found.samples}
    assert [(one.name, one.group, one.biological_replicate) for one in found.samples] == [
        ("Control 1", "control", 1),
        ("Control 2", "control", 2),
        ("Treated 1", "treated", 1),
        ("Treated 2", "treated", 2),
    ]
    lanes = found.membranes[0].lanes
    assert [one.load for one in lanes] == ["ladder", *["sample"] * 8, "blank"]
    assert [names[one.sample] for one in lanes[1:9] if one.sample] == [*SAMPLES, *SAMPLES]
    assert [(one.micrograms, one.technical_replicate) for one in lanes[1:9]] == [(20, 1)] * 4 + [(20, 2)] * 4
    assert (lanes[0].ladder, lanes[9].micrograms) == ("Ladder 10-250 kDa", None)
    assert [one.target for one in found.probings[0].reagents] == ["Actin"]


def import_of(person: Person, path: Path, study: str, membrane: str, probing: str) -> str:
    widget = person.page.get_by_role("region", name=re.compile("^Import image")).first
    expect(widget).to_be_visible(timeout=LONG_MS)
    widget.locator("input[type=file]").set_input_files(str(path))
    widget.get_by_label("Study").select_option(study)
    widget.get_by_label("Membrane").select_option(membrane)
    widget.get_by_label("Probing round").select_option(probing)
    widget.get_by_label("Reason", exact=True).fill("exposure of 30 s after the actin round")
    person.picture("studies-import")
    widget.get_by_role("button", name="Import", exact=True).click()
    done = widget.locator(".bl-card", has_text="is in the records")
    expect(done).to_contain_text(f"{membrane}, {probing}", timeout=LONG_MS)
    found = re.search(r"IMG-\d+", done.inner_text())
    assert found
    return found.group()


def bands_of(person: Person, image: str) -> str:
    """Have bands found; return the analysis."""
    person.run("ImageViewer", f'ImageViewer(image="{image}")')
    viewer = person.widget("Image viewer", image)
    viewer.get_by_role("button", name="Start analysis").click()
    viewer.get_by_role("button", name="Find bands").click()
    expect(viewer).to_contain_text("bands in 10 lanes (lanes counted", timeout=LONG_MS)
    found = re.search(r"ANL-\d+", viewer.get_by_role("group", name="Save", exact=True).inner_text())
    assert found
    return found.group()


def quantify(person: Person, analysis: str) -> None:
    """Take bands for ladder, targets and controls; look at table and charts; make a workbook of the saved version."""
    person.run("ImageViewer", f'BandTable(analysis="{analysis}")')
    table = person.widget("Band table", analysis)
    table.get_by_role("button", name="Set quantities…").click()
    form = table.get_by_role("group", name="Quantities", exact=True)
    for lane in range(2, 10):
        for band, use in ((1, "control"), (2, "target")):
            row = form.get_by_role("row", name=re.compile(f"^L{lane} B{band}"))
            expect(row.get_by_label("lane")).to_have_value(str(lane))
            row.get_by_label("taken for").select_option(use)
    form.get_by_label("Ladder", exact=True).select_option("Bio-Rad Precision Plus Protein")
    form.get_by_role("button", name="Fill weights from the top").click()  # lane 1 holds the ladder, says the membrane
    form.get_by_label("To", exact=True).select_option("housekeeping")
    form.get_by_label("Control group").select_option("control")
    form.get_by_label("One a line").fill("9: air bubble over the band")
    form.scroll_into_view_if_needed()
    person.picture("quantities-form")
    form.get_by_role("button", name="Set quantities").click()
    expect(table.locator(".bl-foot")).to_contain_text("Quantities were set", timeout=LONG_MS)
    # A person finds a lane that is left out, with its reason, by typing into the filter.
    table.get_by_label("Filter rows").fill("bubble")
    expect(table.get_by_role("region", name="Bands")).to_contain_text("L9 B2")
    expect(table).to_contain_text("1 of ")
    table.get_by_label("Filter rows").fill("target")
    for kind in ("groups", "ladder", "profile"):
        picture = table.locator(f"[data-chart='{kind}'] img")
        expect(picture).to_be_visible(timeout=LONG_MS)
        assert picture.evaluate("node => node.decode().then(() => node.naturalWidth)") > 300
    table.get_by_role("region", name="Bands").scroll_into_view_if_needed()
    person.picture("quantities-table")
    table.locator("[data-chart='groups']").scroll_into_view_if_needed()
    person.picture("quantities-charts")
    table.get_by_role("button", name="Save version 1").click()
    expect(table.locator(".bl-foot")).to_contain_text("Version 1 was saved", timeout=LONG_MS)
    table.get_by_label("Version", exact=True).select_option("1")
    table.get_by_role("button", name="Make XLSX").click()
    with person.page.expect_download() as coming:
        table.get_by_role("link", name=f"Download {analysis}.1.xlsx").click()
    assert zipfile.is_zipfile(coming.value.path())


def check_quantities(system: RunningSystem, analysis: str) -> None:
    """Compare what the version holds with what was chosen."""
    with system.client(*system.accounts["auditor"]) as client:
        quantities = client.analysis_version(analysis, 1).quantities
    assert quantities is not None
    assert quantities.numbers is not None
    assert [(one.group, one.n, one.excluded) for one in quantities.numbers.groups] == [
        ("control", 2, 0),
        ("treated", 2, 0),
    ]
    assert [one.lane for one in quantities.numbers.normalised if one.left_out] == [9]
    assert quantities.numbers.weights is not None
    assert quantities.numbers.weights.ladder[0].kda == 250


def search(person: Person, sample: str) -> Locator:
    """Search for the images of a sample, chosen from those that are offered."""
    form = person.page.get_by_role("search")
    expect(form).to_be_visible(timeout=LONG_MS)
    form.get_by_label("Sample").focus()
    option = form.locator(f"datalist option:has-text('{sample}')")
    expect(option).to_have_count(1, timeout=LONG_MS)
    form.get_by_label("Sample").fill(str(option.get_attribute("value")))
    form.get_by_role("button", name="Search").click()
    found = person.page.get_by_role("region", name="Found records")
    expect(found).to_be_visible(timeout=LONG_MS)
    return found
