"""The whole path as four people: System Manager, Supervisor, scientist, reviewer; from an account to a verified PDF."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import secrets_found
import systems
from blotter_records.adapters.image_files import ImageFiles, to_tiff
from blotter_records.client import RecordsClient
from blotter_records.densitometry.synthetic import Recipe, make_blot
from people import LONG_MS, Person
from playwright.sync_api import Locator, expect
from scipy import ndimage

ROOT = Path(__file__).parents[2]
NEW_PASSWORD = "Seven quiet Gels at dawn 4711"
STUDY = "STU-000001"


REAL = ["biorad_test4_ref.tif", "gelgenie_ladder_reference_gel.tif"]  # 16 bit; 8 bit, LZW


@pytest.fixture
def made_blot(tmp_path) -> Path:
    path = tmp_path / "made_blot.tif"
    counts, _truth = make_blot(Recipe(seed=7, rows=700, columns=900))
    path.write_bytes(to_tiff(counts))
    return path


@pytest.fixture(params=REAL)
def real_image(request, sample_images) -> Path:
    return sample_images / request.param


@pytest.mark.timeout(900)  # six people, one after the other, in real browsers
def test_from_an_account_to_a_verified_report(made_blot, chromium, running_system, pictures, tmp_path):
    scientist_name = "maria.lopez"

    # 1. A System Manager adds the scientist; the temporary password is shown once.
    manager = Person(chromium, running_system.url, *running_system.accounts["system_manager"], pictures)
    temporary = add_person(manager, scientist_name, "María López Ångström")
    second = Person(chromium, running_system.url, "max.manager", manager.password, pictures)
    activate(second, "María López Ångström")

    # 2. The scientist must change it before anything else opens.
    maria = Person(chromium, running_system.url, scientist_name, temporary, pictures)
    forced_change(maria)
    maria.accept_statement("statement")

    # 3. Who leads the study takes her in, with a signature.
    supervisor = Person(chromium, running_system.url, *running_system.accounts["supervisor"], pictures)
    take_in(supervisor, scientist_name)

    # 4. The notebook: a list of commands; anything else is refused, in words.
    maria.open_notebook()
    maria.picture("04-notebook")
    refused_cell(maria)
    chosen = maria.page.get_by_role("region", name=re.compile("^Import image")).first.get_by_label("Study")
    expect(chosen).to_have_value(STUDY, timeout=LONG_MS)  # the one of which she is a member

    # 5. The image goes from the browser to the records service and is sealed.
    image = import_image(maria, made_blot)

    # 6. Bands are drawn, moved by keyboard, measured by the service, saved as a version.
    numbers = quantify(maria, image, strongest(made_blot))
    check_numbers(numbers, made_blot)

    # 7. A result pins the version; the scientist signs it as author.
    result = make_result(maria, image)
    maria.run("Sign", f'Sign(result="{result}")')
    signing = maria.widget("Sign", result)
    maria.sign(signing, "result.submit", "sign-result-submit")
    expect(signing).to_contain_text("María López Ångström", timeout=LONG_MS)
    expect(signing).to_contain_text(re.compile("authorship", re.IGNORECASE))
    maria.picture("12-signed")

    # 8. Another person reviews; the author can't.
    reviewer = Person(chromium, running_system.url, *running_system.accounts["reviewer"], pictures)
    review(reviewer, result)

    # 9. The log, the PDF and the bundle.
    actions = ("image.import", "analysis.save", "result.submit", "result.review.sign")
    report, bundle = log_and_export(reviewer, image, result, tmp_path, actions)
    signed = ("María López Ångström", "result.submit", "authorship"), ("Rosa Benítez", "result.review.sign", "review")
    check_report(report, image, result, made_blot, signed)
    check_bundle(bundle)
    look_at_user_log(manager, scientist_name)

    # 10. No password, the demo's included, is anywhere but as a bcrypt hash, and everything verifies.
    people = [maria, supervisor, reviewer, manager]
    for person in people:
        person.sign_out()
    for password in (NEW_PASSWORD, reviewer.password):
        secrets_found.assert_nowhere(password, running_system, people)
    systems_verify(running_system)
    for person in people:
        person.close()


def test_a_real_image_goes_from_its_file_to_a_verified_bundle(real_image, chromium, running_system, tmp_path):
    anna = Person(chromium, running_system.url, *running_system.accounts["analyst"], tmp_path)
    anna.sign_in()
    anna.page.wait_for_url(lambda url: "login" not in url, timeout=LONG_MS)
    anna.open_notebook()
    image = import_image(anna, real_image)
    numbers = quantify(anna, image, strongest(real_image))
    check_numbers(numbers, real_image)
    result = make_result(anna, image)
    anna.run("Sign", f'Sign(result="{result}")')
    anna.sign(anna.widget("Sign", result), "result.submit")
    report, bundle = log_and_export(anna, image, result, tmp_path, ("image.import", "analysis.save", "result.submit"))
    check_report(report, image, result, real_image, (("Anna Lindqvist", "result.submit", "authorship"),))
    check_bundle(bundle)
    anna.close()


def add_person(manager: Person, user_name: str, printed_name: str) -> str:
    page = manager.page
    page.goto(f"{manager.url}/hub/login")
    manager.picture("01-sign-in")
    manager.sign_in()
    page.goto(f"{manager.url}/hub/system/accounts/new")
    page.locator("#user_name").fill(user_name)
    page.get_by_label("Printed name").fill(printed_name)
    page.locator("input[name='roles'][value='analyst']").check()
    page.locator("#reason").fill("joins the western-blot group today")
    page.locator("#add-person").click()
    secret = page.locator("#temporary-password")
    expect(secret).to_be_visible(timeout=LONG_MS)
    manager.picture("02-accounts")
    temporary = secret.inner_text().strip()
    page.reload()
    expect(page.locator("#temporary-password")).to_have_count(0)
    return temporary


def activate(second: Person, printed_name: str) -> None:
    """As the manager who has not added the person: verify identity and activate, both signed."""
    page = second.page
    second.sign_in()
    expect(page.locator("#session-banner")).to_be_visible(timeout=LONG_MS)
    page.goto(f"{second.url}/hub/system/accounts")
    page.get_by_role("link", name=printed_name).click()
    verify = page.locator("#step-verify")
    verify.get_by_label("How").fill("passport shown in person")
    verify.get_by_label("Document").fill("note 12 in the personnel file")
    verify.get_by_label("Reason", exact=True).fill("joins the western-blot group today")
    verify.get_by_role("button").click()
    second.sign_here("verify-identity")
    page.locator("#step-activate").get_by_role("button").click()
    second.sign_here()
    second.close()


def forced_change(person: Person) -> None:
    person.sign_in()
    expect(person.page.locator("#change-password")).to_be_visible(timeout=LONG_MS)
    for path in ("home", f"spawn/{person.user_name}", "token", "admin", "system/accounts"):
        person.page.goto(f"{person.url}/hub/{path}")
        expect(person.page.locator("#start")).to_have_count(0)
        assert "/lab" not in person.page.url
    person.page.goto(f"{person.url}/hub/password")
    person.picture("03-change-password")
    person.change_password(NEW_PASSWORD)
    person.page.wait_for_url(lambda url: "password" not in url, timeout=LONG_MS)


def take_in(supervisor: Person, user_name: str) -> None:
    """Add somebody to the demo's study as an Analyst, and sign that."""
    supervisor.sign_in()
    supervisor.page.wait_for_url(lambda url: "login" not in url, timeout=LONG_MS)
    supervisor.open_notebook()
    supervisor.run("ImportImage", f'Study(study="{STUDY}")')
    study = supervisor.widget("Study", STUDY)
    study.get_by_role("button", name="Add a member").click()
    form = study.get_by_role("group", name="A new member")
    person = form.get_by_role("option", name=f"({user_name})").get_attribute("value")
    form.get_by_label("Person").select_option(person)
    expect(form.get_by_label("Analyst")).to_be_checked()  # the one role that she holds
    form.get_by_label("Reason", exact=True).fill("joins the western-blot group today")
    form.scroll_into_view_if_needed()
    supervisor.picture("study-member")
    form.get_by_role("button", name="Go to the signing page").click()
    supervisor.sign_in_frame(study, "sign-study-member-add")
    members = study.get_by_role("region", name="Members").first
    expect(members.get_by_role("row", name=user_name)).to_contain_text("Analyst", timeout=LONG_MS)
    expect(study.locator(".bl-foot")).to_contain_text("Add a member")


def refused_cell(person: Person) -> None:
    output = person.run("ImportImage", "import os; os.listdir('/')")
    expect(output).to_contain_text("widget", timeout=LONG_MS)
    person.picture("05-refused-cell")
    editor = person.page.locator(".jp-CodeCell .cm-content", has_text="import os").first
    editor.click()
    person.page.keyboard.press("Control+A")
    person.page.keyboard.insert_text("ImportImage()")
    person.page.keyboard.press("Control+Enter")


def import_image(person: Person, path: Path) -> str:
    widget = person.page.get_by_role("region", name=re.compile("^Import image")).first
    expect(widget).to_be_visible(timeout=LONG_MS)
    widget.locator("input[type=file]").set_input_files(str(path))
    widget.get_by_label("Reason", exact=True).fill("first gel of the tutorial, from the scanner's folder")
    widget.get_by_label("Study").select_option(STUDY)
    widget.get_by_role("button", name="Import").click()
    done = widget.locator("h3", has_text="is in the records")
    expect(done).to_be_visible(timeout=LONG_MS)
    person.picture("06-imported")
    found = re.search(r"IMG-\d+", done.inner_text())
    assert found
    return found.group()


def quantify(person: Person, image: str, band: Band) -> list[dict[str, str]]:
    """Draw one rectangle by mouse, one by keyboard; set the background; save twice. Return the numbers shown."""
    person.run("ImageViewer", f'ImageViewer(image="{image}")')
    viewer = person.widget("Image viewer", image)
    expect(viewer.locator(".bl-stage")).to_have_attribute("data-missing", "0", timeout=LONG_MS)
    person.picture("07-viewer")
    viewer.get_by_role("button", name="Start analysis").click()
    stage = viewer.locator(".bl-stage")
    expect(viewer.get_by_role("button", name="Draw", exact=True)).to_have_attribute("aria-pressed", "true")
    draw(person, stage, band)
    shape = viewer.locator("[data-shape='S1']")
    expect(shape).to_be_visible(timeout=LONG_MS)
    # Keyboard: duplicate, move it right, make it wider.
    viewer.get_by_role("button", name="Duplicate").click()
    copied = viewer.locator("[data-shape='S2']")
    expect(copied).to_be_visible(timeout=LONG_MS)
    copied.focus()
    for key in ("ArrowRight", "Control+ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        person.page.keyboard.press(key)
    expect(viewer.locator("[data-row='S2'] [data-key='signal']")).not_to_have_text("…", timeout=LONG_MS)
    expect(viewer.locator(".bl-waits")).to_have_count(0, timeout=LONG_MS)
    save = viewer.get_by_role("button", name=re.compile("^Save version 1"))
    save.click()
    expect(viewer.locator(".bl-foot")).to_contain_text("Version 1 was saved", timeout=LONG_MS)
    # Version 2 needs a reason.
    viewer.get_by_label("Method").select_option("average")
    expect(viewer.locator(".bl-foot")).to_contain_text("ackground", timeout=LONG_MS)
    second = viewer.get_by_role("button", name=re.compile("^Save version 2"))
    expect(second).to_be_enabled(timeout=LONG_MS)
    second.click()
    expect(viewer).to_contain_text("reason is needed")
    viewer.get_by_role("group", name="Save").get_by_label("Reason", exact=True).fill(
        "average border, as the protocol says"
    )
    second.click()
    expect(viewer.locator(".bl-foot")).to_contain_text("Version 2 was saved", timeout=LONG_MS)
    viewer.locator(".bl-foot").scroll_into_view_if_needed()
    person.picture("08-measured")
    return [
        {cell.get_attribute("data-key"): cell.get_attribute("title") for cell in row.locator("td[data-key]").all()}
        | {"where": viewer.locator(f"[data-shape='{row.get_attribute('data-row')}']").get_attribute("aria-label")}
        for row in viewer.locator("tr[data-row]").all()
    ]


@dataclass(frozen=True)
class Band:
    """Where the strongest band of an image is: its middle, and the image's size (px)."""

    row: int
    column: int
    rows: int
    columns: int


def strongest(path: Path) -> Band:
    """Find the strongest band that lies well inside the image."""
    counts = read(path).astype(float)
    smooth = ndimage.gaussian_filter(counts, 6)
    margin = [size // 6 for size in smooth.shape]
    inside = smooth[margin[0] : -margin[0], margin[1] : -margin[1]]
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return Band(int(row) + margin[0], int(column) + margin[1], *counts.shape)


def read(path: Path) -> np.ndarray:
    return ImageFiles().read(path.read_bytes(), file_name=path.name).channels[0].counts


def draw(person: Person, stage: Locator, band: Band) -> None:
    """Drag a rectangle about a band on the whole image; what was really drawn is read back from the screen."""
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box
    scale = min(box["width"] / band.columns, box["height"] / band.rows)
    x = box["x"] + box["width"] / 2 + (band.column - band.columns / 2) * scale
    y = box["y"] + box["height"] / 2 + (band.row - band.rows / 2) * scale
    person.page.mouse.move(x - 26, y - 11)
    person.page.mouse.down()
    person.page.mouse.move(x, y, steps=4)
    person.page.mouse.move(x + 26, y + 11, steps=4)
    person.page.mouse.up()


def check_numbers(shown: list[dict[str, str]], path: Path) -> None:
    """Compare every number on the screen with numpy on the file as we read it here."""
    counts = read(path).astype(np.int64)
    assert len(shown) == 2
    for row in shown:
        row0, row1, column0, column1 = bounds(row["where"])
        inside = counts[row0:row1, column0:column1]
        assert int(row["area"]) == inside.size
        assert int(row["total"]) == inside.sum()
        assert int(row["minimum"]) == inside.min()
        assert int(row["maximum"].split(" ")[0]) == inside.max()
        assert float(row["mean"]) == pytest.approx(inside.mean(), rel=1e-12)
        assert float(row["standard_deviation"]) == pytest.approx(inside.std(ddof=1), rel=1e-12)
        assert float(row["median"]) == np.median(inside)
        signal = inside.sum() - float(row["background"]) * inside.size
        assert float(row["signal"]) == pytest.approx(signal, rel=1e-9)


def bounds(label: str) -> tuple[int, int, int, int]:
    """Read half-open bounds (row0, row1, column0, column1) out of a shape's label, as a screen reader would say it."""
    found = re.search(r"column (\d+), row (\d+), (\d+) by (\d+) pixels", label)
    assert found, label
    column, row, width, height = (int(text) for text in found.groups())
    return row, row + height, column, column + width


def make_result(person: Person, image: str) -> str:
    person.run("Result", f'Result(image="{image}")')
    widget = person.widget("Result", image)
    widget.get_by_role("checkbox", name=re.compile(r"^Pin .*\.2$")).check()
    widget.get_by_label("Title").fill("Two bands of the tutorial gel")
    widget.get_by_role("button", name="Make result").click()
    card = widget.locator("[data-result]").first
    expect(card).to_be_visible(timeout=LONG_MS)
    # What wants a reason before it is signed gets one: of made blots the strongest band is saturated.
    flags = card.locator("tr[data-flag]").filter(has_text="missing")
    if flags.count():
        for box in flags.get_by_role("checkbox").all():
            box.check()
        given = card.get_by_role("group", name=re.compile("^Quality flags of"))
        given.get_by_label("Reason", exact=True).fill("the tutorial shows a band that is too strong")
        given.get_by_role("button", name="Give this reason").click()
        expect(flags).to_have_count(0, timeout=LONG_MS)
    person.picture("09-result")
    return card.get_attribute("data-result")


def review(reviewer: Person, result: str) -> None:
    reviewer.sign_in()
    reviewer.page.wait_for_url(lambda url: "login" not in url, timeout=LONG_MS)
    reviewer.open_notebook()
    reviewer.run("Sign", f'ReviewTrail(result="{result}")')
    trail = reviewer.widget("Review trail", result)
    trail.locator("button[data-action='result.review.start']").click()
    trail.get_by_role("button", name="Begin the review").click()
    groups = trail.locator("[data-group]")
    expect(trail.get_by_text(re.compile("^Before the review can be signed"))).to_be_visible(timeout=LONG_MS)
    expect(trail.locator("button[data-action='result.review.sign']")).to_have_attribute("aria-disabled", "true")
    for at in range(groups.count()):
        group = groups.nth(at)
        if "bl-flagged" in (group.get_attribute("class") or ""):
            group.get_by_label(re.compile("^Comment")).fill("Looked at every entry; its reason explains it")
        group.get_by_role("button", name="Looked through").click()
        expect(group.get_by_role("button", name="Take the tick back")).to_be_visible(timeout=LONG_MS)
    trail.scroll_into_view_if_needed()
    reviewer.picture("12b-trail")
    reviewer.sign(trail, "result.review.sign")
    expect(trail).to_contain_text("Reviewed", timeout=LONG_MS)
    reviewer.picture("13-reviewed")


def log_and_export(
    person: Person, image: str, result: str, folder: Path, actions: Collection[str]
) -> tuple[Path, Path]:
    person.run("ImageLog", f'ImageLog(image="{image}")')
    log = person.widget("Image log", image)
    for action in actions:
        expect(log.locator("code", has_text=re.compile(f"^{re.escape(action)}$")).first).to_be_attached()
    person.picture("14-log")
    person.run("ExportPdf", f'ExportPdf(result="{result}")')
    export = person.widget("Export", result)
    files = []
    for name in ("Make PDF report", "Make export bundle"):
        export.get_by_role("button", name=name).click()
        link = export.get_by_role("link", name=re.compile("^Download")).first
        expect(export.get_by_role("link", name=re.compile("^Download"))).to_have_count(len(files) + 1, timeout=120_000)
        with person.page.expect_download() as download:
            link.click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        files.append(path)
    person.picture("15-exported")
    return files[0], files[1]


def check_report(report: Path, image: str, result: str, source: Path, signed: Collection[tuple[str, str, str]]) -> None:
    """Read the PDF back with poppler; ``signed``: printed name, action and meaning of each signature."""
    text = subprocess.run(["pdftotext", "-layout", report, "-"], capture_output=True, text=True, check=True).stdout
    info = subprocess.run(["pdfinfo", report], capture_output=True, text=True, check=True).stdout
    pages = int(re.search(r"Pages:\s+(\d+)", info).group(1))
    assert f"{pages} of {pages}" in text
    for wanted in (image, result, source.name, "UTC", "Quantify a gel"):
        assert wanted in text, f"the report lacks {wanted!r}"
    for name, action, meaning in signed:
        assert name in text
        assert action in text
        assert re.search(meaning, text, re.IGNORECASE)
    if os.environ.get("BLOTTER_SCREENSHOTS") and source.name == "made_blot.tif":
        folder = ROOT / os.environ["BLOTTER_SCREENSHOTS"]
        first_page = ["-png", "-r", "70", "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run(["pdftoppm", *first_page, report, folder / "16-report"], check=True)


def check_bundle(bundle: Path) -> None:
    """Verify with our command, and with the bundle's own verifier in a Python without any of our packages."""
    ours = systems.blotter("verify", "--bundle", str(bundle))
    assert ours.returncode == 0, ours.stdout + ours.stderr
    folder = bundle.with_suffix("")
    subprocess.run(["python3", "-m", "zipfile", "-e", bundle, folder], check=True)
    found = sorted(folder.rglob("verify.py"))
    assert found, "the bundle carries its verifier"
    alone = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", found[0], found[0].parent], capture_output=True, text=True, check=False
    )
    assert alone.returncode == 0, alone.stdout + alone.stderr


def look_at_user_log(manager: Person, user_name: str) -> None:
    manager.page.goto(f"{manager.url}/hub/system/user-log")
    expect(manager.page.locator("body")).to_contain_text(user_name)
    # What JupyterLab itself sends is no refusal: a log full of those would hide the real ones.
    expect(manager.page.locator("body")).not_to_contain_text("Refused message")


def systems_verify(system: systems.RunningSystem) -> None:
    verified = systems.blotter("verify", "--data", str(system.data))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_screen_of_the_trail_equals_the_database(running_system):
    """The image log holds as many entries as the service says there are, with numbers without a gap."""
    name, password = running_system.accounts["auditor"]
    with RecordsClient(running_system.signing_url, token=f"service:hub:{running_system.secret('service-hub')}") as hub:
        token = hub.open_session(name, password, "127.0.0.1").token
    with RecordsClient(running_system.signing_url, token=token) as client:
        image = client.images()[-1].image
        page = client.image_trail(image)
        assert page.total == len(page.entries)
        numbers = [entry.number for entry in page.entries if entry.number is not None]
        assert numbers == sorted(set(numbers))
    answer = httpx.get(f"{running_system.api_url}/openapi.json")
    assert answer.status_code == httpx.codes.OK
    assert json.loads(answer.text)["paths"]
