"""A System Manager's working day at the hub, with a pointer and with the keyboard alone; no page shuts anybody out."""

from __future__ import annotations

import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from blotter_records.services.operating.demo import DEMO_PASSWORD
from hands import LONG_MS, Keyboard, Pointer
from people import Person
from persons import HubPerson, until
from playwright.sync_api import Browser, Locator, Page, Route, expect
from systems import RunningSystem

pytestmark = pytest.mark.timeout(1200)

WHY = "As agreed with the head of the laboratory"
#: Within this time a person who is deactivated has lost every right (11.10(d)).
ENDED_S = 5.0
MANAGER_PAGES = (
    "home", "account", "second-factor", "password", "proposals", "notifications", "notifications?all=yes", "system",
    "system/tasks", "system/accounts", "system/accounts/new", "system/accounts/ACC-000001", "system/authority",
    "system/access-reviews", "system/letters", "system/roles", "system/roles/analyst", "system/roles/new",
    "system/policies", "system/policies/change", "system/signature-requirements", "system/notification-rules",
    "system/notification-rules/account.locked", "system/widgets", "system/widgets/analyst", "system/user-log",
    "system/user-log?who=nobody", "system/status", "system/manifest", "no-such-page",
)  # fmt: skip
AUDITOR_PAGES = ("system", "system/images", "system/images/IMG-000001", "system/user-log", "system/accounts/ACC-000001")


class Manager(Person):
    """A System Manager, who works with a pointer or with the keyboard alone."""

    def __init__(self, browser: Browser, url: str, user_name: str, pictures: Path, hands: type) -> None:
        super().__init__(browser, url, user_name, DEMO_PASSWORD, pictures)
        self.hands = hands(self.page)
        self.is_pictured = hands is Pointer

    def come_in(self) -> None:
        """Sign in."""
        self.page.goto(f"{self.url}/hub/login")
        self.hands.write(self.page.locator("#username"), self.user_name)
        self.hands.write(self.page.locator("#password"), self.password)
        self.hands.press(self.page.locator("#sign-in"))
        expect(self.page.locator("#session-banner")).to_be_visible(timeout=LONG_MS)

    def show(self, name: str) -> None:
        """Take a picture for the tutorial."""
        if self.is_pictured:
            self.picture(f"system-manager-{name}")

    def go(self, link: str) -> None:
        """Go to a System Management page by its link at the side."""
        side = self.page.get_by_role("navigation", name="System Management")
        if not side.count():
            self.hands.press(self.page.get_by_role("link", name="System Management"))
        self.hands.press(side.get_by_role("link", name=link, exact=True))
        expect(side.locator("[aria-current]")).to_have_text(link, timeout=LONG_MS)

    def go_to_person(self, printed_name: str) -> None:
        """Go to one person's page through the list."""
        self.go("Users")
        self.hands.press(self.page.get_by_role("link", name=printed_name))
        expect(self.page.get_by_role("heading", level=1)).to_have_text(printed_name, timeout=LONG_MS)

    def step(self, name: str) -> Locator:
        """Open a step of a person's page and return its form."""
        form = self.page.locator(f"#step-{name}")
        if form.get_attribute("open") is None:
            self.hands.press(form.locator("summary"))
        return form

    def write(self, place: Locator | Page, label: str, text: str) -> None:
        """Write into the field with a label."""
        self.hands.write(place.get_by_label(label, exact=True), text)

    def sign_it(self, picture: str = "") -> None:
        """Sign in the frame of the records service, and wait for the page that says what became of it."""
        frame = self.page.frame_locator("#signing")
        self.hands.write(frame.get_by_label("User name"), self.user_name)
        self.hands.write(frame.get_by_label("Password", exact=True), self.password)
        if picture:
            self.show(picture)
        self.hands.press(frame.get_by_role("button", name=re.compile("^Sign")))
        expect(self.page.locator("#signing")).to_have_count(0, timeout=LONG_MS)

    def confirm(self) -> None:
        """Sign as the second person what waits."""
        self.hands.press(self.page.get_by_role("link", name=re.compile("^Second signatures")))
        self.hands.press(self.page.get_by_role("link", name="Sign or decline…").first)
        self.hands.press(self.page.locator("#sign"))
        self.sign_it()
        expect(self.page.locator("#ended")).to_contain_text("it has taken effect", timeout=LONG_MS)


@pytest.fixture
def managers(
    chromium: Browser, running_system: RunningSystem, pictures: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Manager, Manager]]:
    """Two System Managers, each at a browser."""
    both = tuple(
        Manager(chromium, running_system.url, name, pictures, request.param) for name in ("mia.manager", "max.manager")
    )
    yield both  # type: ignore[misc]
    for one in both:
        one.close()


@pytest.mark.parametrize("managers", [Pointer, Keyboard], indirect=True, ids=["pointer", "keyboard"])
def test_a_working_day(
    managers: tuple[Manager, Manager], chromium: Browser, running_system: RunningSystem, pictures: Path, tmp_path: Path
) -> None:
    mia, max_ = managers
    user_name = f"nora.{secrets.token_hex(3)}"
    printed_name = f"Nora {user_name[5:].capitalize()}"
    mia.come_in()
    max_.come_in()

    temporary = add(mia, user_name, printed_name)
    verify_and_activate(max_, printed_name)
    assign_a_role(mia, max_, printed_name)

    nora = Person(chromium, running_system.url, user_name, temporary, pictures)
    choose_password(nora, f"a first sentence of {secrets.token_hex(4)} words")
    watch_a_lock_out(mia, running_system, user_name, printed_name)
    nora.password = reset(mia, printed_name)
    choose_password(nora, f"a second sentence of {secrets.token_hex(4)} words")
    expect(nora.page.locator("#identity-due")).to_be_visible()
    verify_again(max_, printed_name)

    open_the_notebook(nora)
    deactivate(mia, max_, printed_name)
    loses_every_right(nora)
    export_the_log(mia, user_name, tmp_path)
    review_access(mia)
    nora.close()


def test_input_during_another_question_is_told_after_its_answer(
    chromium: Browser, running_system: RunningSystem
) -> None:
    """The page looks every 15 s whether the session lives; a key pressed while it waits for that answer counts."""
    person = Person(chromium, running_system.url, *running_system.accounts["reviewer"], Path())
    person.sign_in()
    expect(person.page.locator("#session-banner")).to_be_visible(timeout=LONG_MS)
    person.page.clock.install()
    person.page.goto(f"{running_system.url}/hub/account")
    held: list[Route] = []
    person.page.route("**/hub/session", lambda route: held.append(route))  # noqa: PLW0108 - it is given an attribute
    with person.page.expect_request("**/hub/session"):
        person.page.clock.fast_forward(31_000)
    person.page.keyboard.press("Shift")
    [looking] = held
    assert looking.request.method == "GET"
    with person.page.expect_request("**/hub/session") as told:
        looking.continue_()
    assert told.value.method == "POST"
    person.close()


def add(mia: Manager, user_name: str, printed_name: str) -> str:
    """Add a person; return the temporary password, which no later page shows."""
    mia.hands.press(mia.page.get_by_role("link", name="System Management"))
    expect(mia.page.get_by_role("heading", level=1)).to_have_text("System Management")
    mia.show("01-overview")
    mia.go("Users")
    mia.hands.press(mia.page.locator("#add-a-person"))
    mia.write(mia.page, "User name", user_name)
    mia.write(mia.page, "Printed name", printed_name)
    mia.hands.press(mia.page.locator("input[name='roles'][value='analyst']"))
    mia.write(mia.page, "Reason", WHY)
    mia.show("02-add")
    mia.hands.press(mia.page.locator("#add-person"))
    secret = mia.page.locator("#temporary-password")
    expect(secret).to_be_visible(timeout=LONG_MS)
    temporary = secret.inner_text().strip()
    mia.hands.press(mia.page.locator("#to-person"))
    expect(mia.page.locator("#to-do")).to_contain_text("Not in use yet")
    assert temporary not in mia.page.content()
    return temporary


def verify_and_activate(max_: Manager, printed_name: str) -> None:
    """As the manager who has not added the person: verify identity, activate; both signed."""
    verify_again(max_, printed_name, picture="03-verify")
    form = max_.step("activate")
    max_.hands.press(form.get_by_role("button"))
    max_.sign_it()
    expect(max_.page.locator("#signed")).to_contain_text("it has taken effect", timeout=LONG_MS)
    expect(max_.page.locator("#standing")).to_contain_text("active")
    max_.show("04-person")


def verify_again(max_: Manager, printed_name: str, picture: str = "") -> None:
    """Verify a person's identity and sign it."""
    max_.go_to_person(printed_name)
    form = max_.step("verify")
    max_.write(form, "How", "passport shown in person")
    max_.write(form, "Document", "note 12 in the personnel file")
    max_.write(form, "Reason", WHY)
    max_.hands.press(form.get_by_role("button"))
    max_.sign_it(picture)
    expect(max_.page.locator("#signed")).to_contain_text("it has taken effect", timeout=LONG_MS)
    expect(max_.page.locator("#standing")).not_to_contain_text("identity due")


def assign_a_role(mia: Manager, max_: Manager, printed_name: str) -> None:
    """One signs, nothing changes; the other signs, too."""
    mia.go_to_person(printed_name)
    form = mia.step("assign")
    mia.hands.choose(form.get_by_label("Role", exact=True), "Reviewer")
    mia.write(form, "Reason", WHY)
    mia.hands.press(form.get_by_role("button"))
    mia.sign_it()
    expect(mia.page.locator("#signed")).to_contain_text("waits for a second person", timeout=LONG_MS)
    mia.show("05-four-eyes")
    expect(mia.page.locator("dl.facts").first).not_to_contain_text("Reviewer")
    max_.confirm()
    mia.go_to_person(printed_name)
    expect(mia.page.locator("dl.facts").first).to_contain_text("Reviewer")


def choose_password(nora: Person, new: str) -> None:
    """Sign in with the temporary password, and choose an own one."""
    nora.sign_in()
    expect(nora.page.locator("#change-password")).to_be_visible(timeout=LONG_MS)
    nora.change_password(new)
    expect(nora.page.locator("#last-attempts")).to_be_visible(timeout=LONG_MS)


def watch_a_lock_out(mia: Manager, system: RunningSystem, user_name: str, printed_name: str) -> None:
    """Somebody guesses; the alarm arrives within seconds, is acknowledged, and the account unlocked."""
    with HubPerson(system.url, "127.0.0.66") as outsider:
        for _ in range(5):
            assert outsider.sign_in(user_name, "not the password").status_code == 403
    page = mia.page

    def arrived() -> bool:
        page.goto(f"{mia.url}/hub/notifications")
        return page.locator("li[data-notification]", has_text=printed_name).count() > 0

    until(arrived, 20)
    expect(page.get_by_role("link", name=re.compile(r"^Notifications"))).to_contain_text("open")
    mia.show("06-lock-out")
    mine = page.locator("li[data-notification]", has_text=printed_name).first
    number = mine.get_attribute("data-notification")
    mia.hands.write(mine.get_by_label("What was done about it"), "Called Nora: it was not her")
    mia.hands.press(mine.get_by_role("button", name="Acknowledge"))
    expect(page.locator("#acknowledged")).to_contain_text(str(number), timeout=LONG_MS)
    mia.go_to_person(printed_name)
    expect(page.locator("#standing")).to_contain_text("locked")
    form = mia.step("unlock")
    mia.write(form, "Reason", WHY)
    mia.hands.press(form.get_by_role("button"))
    expect(page.locator("#done")).to_contain_text("unlocked", timeout=LONG_MS)
    expect(page.locator("#standing")).not_to_contain_text("locked")


def reset(mia: Manager, printed_name: str) -> str:
    """Reset a password; return the temporary one."""
    mia.go_to_person(printed_name)
    form = mia.step("reset")
    mia.write(form, "Reason", WHY)
    mia.hands.press(form.get_by_role("button"))
    secret = mia.page.locator("#temporary-password")
    expect(secret).to_be_visible(timeout=LONG_MS)
    return secret.inner_text().strip()


def open_the_notebook(nora: Person) -> None:
    """Open the first notebook, with a kernel that runs."""
    nora.page.locator("#start").click()
    expect(nora.page.locator(".jp-Notebook").first).to_be_visible(timeout=3 * LONG_MS)
    expect(nora.page.get_by_role("button", name="Blotter | Idle")).to_be_visible(timeout=3 * LONG_MS)


def deactivate(mia: Manager, max_: Manager, printed_name: str) -> None:
    """Deactivate somebody: signed by one, confirmed by the other."""
    mia.go_to_person(printed_name)
    form = mia.step("deactivate")
    mia.write(form, "Reason", WHY)
    mia.hands.press(form.get_by_role("button"))
    mia.sign_it()
    expect(mia.page.locator("#signed")).to_contain_text("waits for a second person", timeout=LONG_MS)
    max_.confirm()


def loses_every_right(nora: Person) -> None:
    """See an open notebook told why, and the hub closed, within seconds."""
    began = time.monotonic()
    expect(nora.page.get_by_text("drafts are kept")).to_be_visible(timeout=1000 * 4 * ENDED_S)
    answer = nora.page.request.get(f"{nora.url}/user/{nora.user_name}/api/status", max_redirects=0)
    assert answer.status != 200
    assert time.monotonic() - began < 4 * ENDED_S  # a busy machine; the hub's tests measure the bound
    nora.page.goto(f"{nora.url}/hub/home")
    expect(nora.page.locator("#sign-in")).to_be_visible(timeout=LONG_MS)
    nora.sign_in()
    expect(nora.page.get_by_role("alert")).to_be_visible(timeout=LONG_MS)


def export_the_log(mia: Manager, user_name: str, folder: Path) -> None:
    """Export what concerns one person as PDF: the filter and *n of N* are printed."""
    mia.go("User log")
    mia.write(mia.page, "Person", user_name)
    mia.hands.press(mia.page.locator("#filter").get_by_role("button", name="Filter"))
    expect(mia.page.locator("#total")).to_contain_text("entries", timeout=LONG_MS)
    mia.show("07-user-log")
    with mia.page.expect_download(timeout=2 * LONG_MS) as waiting:
        mia.hands.press(mia.page.locator("#export").get_by_role("button", name="PDF"))
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    assert user_name in text
    n_of_n = re.search(r"(\d+) of (\d+) entries", text)
    assert n_of_n
    assert 0 < int(n_of_n[1]) < int(n_of_n[2])
    for name in ("session.login", "session.login.failed", "password.change"):
        assert name in text


def review_access(mia: Manager) -> None:
    """Begin an access review, decide on every account, sign it."""
    mia.go("Access reviews")
    mia.hands.press(mia.page.locator("#begin"))
    table = mia.page.locator("#review")
    expect(table).to_be_visible(timeout=LONG_MS)
    for row in table.locator("tbody tr").all():
        mia.hands.press(row.get_by_label("keep"))
    mia.show("08-access-review")
    mia.hands.press(mia.page.locator("#sign"))
    mia.sign_it()
    expect(mia.page.locator("#signed")).to_contain_text("it has taken effect", timeout=LONG_MS)
    expect(table.get_by_role("radio")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_barrier(
    chromium: Browser, running_system: RunningSystem, pictures: Path, theme: str
) -> None:
    """axe-core finds no serious and no critical violation, and no page is wider than a small window."""
    found: dict[str, list[str]] = {}
    for user_name, paths in (("", ("login",)), ("mia.manager", MANAGER_PAGES), ("ines.auditor", AUDITOR_PAGES)):
        person = Person(chromium, running_system.url, user_name, DEMO_PASSWORD, pictures)
        person.page.emulate_media(color_scheme=theme)
        if user_name:
            person.sign_in()
            expect(person.page.locator("#session-banner")).to_be_visible(timeout=LONG_MS)
        for path in paths:
            person.page.goto(f"{person.url}/hub/{path}")
            answer = Axe().run(person.page).response
            assert answer["passes"], path
            bad = [one["id"] for one in answer["violations"] if one["impact"] in {"serious", "critical"}]
            if person.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                bad.append("wider than the window")
            if bad:
                found[path] = bad
        person.close()
    assert found == {}


def test_forms_work_without_javascript(chromium: Browser, running_system: RunningSystem) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running_system.url}/hub/login")
    page.locator("#username").fill("max.manager")
    page.locator("#password").fill(DEMO_PASSWORD)
    page.locator("#sign-in").click()
    page.goto(f"{running_system.url}/hub/system/policies/change")
    page.get_by_label("reason.min_chars (characters)").fill("12")
    page.locator("#review").click()
    expect(page.locator("#old-and-new")).to_contain_text("reason.min_chars")
    page.get_by_label("Reason", exact=True).fill(WHY)
    page.locator("#sign").click()
    frame = page.frame_locator("#signing")
    frame.get_by_label("User name").fill("max.manager")
    frame.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    frame.get_by_role("button", name=re.compile("^Sign")).click()
    expect(frame.get_by_text(re.compile("^Signed:"))).to_be_visible(timeout=LONG_MS)
    page.get_by_role("link", name="I have signed").press("Enter")
    expect(page.locator("#signed")).to_contain_text("waits for a second person", timeout=LONG_MS)
    page.locator("#signed a").click()
    page.get_by_label("Reason", exact=True).fill("Taken back after the test")
    page.locator("#decline-it").click()
    expect(page.locator("#ended")).to_contain_text("nothing of it takes effect", timeout=LONG_MS)
    context.close()
