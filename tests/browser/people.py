"""A person at the keyboard: signs in, opens the notebook, runs cells, signs; only what a user can do."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

LONG_MS = 60_000


class Person:
    """One person with a browser of his or her own (own cookies), and a camera."""

    def __init__(self, browser: Browser, url: str, user_name: str, password: str, pictures: Path) -> None:
        self.context = browser.new_context(viewport={"width": 1360, "height": 940}, accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.url = url
        self.user_name = user_name
        self.password = password
        self.pictures = pictures
        self.frames: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.console: list[str] = []
        self.page.on("websocket", self._listen)
        self.context.on("request", lambda request: self.requests.append((request.url, request.post_data or "")))
        self.page.on("console", lambda message: self.console.append(message.text))

    def _listen(self, socket) -> None:
        for event in ("framesent", "framereceived"):
            socket.on(event, lambda payload: self.frames.append(str(payload)))

    def close(self) -> None:
        self.context.close()

    def picture(self, name: str) -> None:
        """Take a picture of the window as it stands."""
        self.page.screenshot(path=str(self.pictures / f"{name}.png"))

    # Hub

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/hub/login")
        self.page.get_by_label("User name").fill(self.user_name)
        self.page.get_by_label("Password", exact=True).fill(self.password)
        self.page.locator("#sign-in").click()

    def change_password(self, new: str) -> None:
        self.page.get_by_label(re.compile("^(Temporary|Current)")).fill(self.password)
        self.page.get_by_label("New password", exact=True).fill(new)
        self.page.get_by_label("New password again").fill(new)
        self.page.locator("#change-password").click()
        self.password = new

    def sign_out(self) -> None:
        self.page.goto(f"{self.url}/hub/logout")
        expect(self.page.get_by_label("User name")).to_be_visible(timeout=LONG_MS)

    def sign_here(self, picture: str = "") -> None:
        """Sign on the hub's page: type user name and password into its frame, and wait for the page that follows."""
        frame = self.page.frame_locator("#signing")
        frame.get_by_label("User name").fill(self.user_name)
        frame.get_by_label("Password", exact=True).fill(self.password)
        if picture:
            self.picture(picture)
        frame.get_by_role("button", name=re.compile("^Sign")).click()
        expect(self.page.locator("#signed")).to_contain_text("it has taken effect", timeout=LONG_MS)

    def accept_statement(self, picture: str = "") -> None:
        """Read the accountability statement and sign that it is accepted: the first signature of everybody."""
        self.page.goto(f"{self.url}/hub/home")
        self.page.get_by_role("link", name="Read and accept it").click()
        self.page.locator("#accept").click()
        self.sign_here(picture)

    # Notebook

    def open_notebook(self) -> None:
        self.page.goto(f"{self.url}/hub/home")
        self.page.locator("#start").click()
        expect(self.page.locator(".jp-Notebook").first).to_be_visible(timeout=LONG_MS)
        # Every command has run once: outputs are never stored.
        expect(self.page.get_by_role("region", name=re.compile("^Export")).first).to_be_attached(timeout=LONG_MS)
        expect(self.page.get_by_role("button", name="Blotter | Idle")).to_be_visible(timeout=LONG_MS)
        expect(self.page.get_by_role("region", name="Session")).to_contain_text("left", timeout=LONG_MS)

    def cell(self, widget: str) -> Locator:
        """Return the code cell whose source begins with a widget's name."""
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".jp-InputArea-editor", has_text=re.compile(rf"^\s*{widget}\("))
        )

    def run(self, widget: str, source: str) -> Locator:
        """Replace the source of a widget's cell, run it, and return its output."""
        place = self.cell(widget).first.get_attribute("data-windowed-list-index")
        cell = self.page.locator(f".jp-CodeCell[data-windowed-list-index='{place}']")
        editor = cell.locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")
        return cell.locator(".jp-OutputArea")

    def widget(self, name: str, record: str) -> Locator:
        """Return the widget of a record once it shows it."""
        found = self.page.get_by_role("region", name=f"{name} {record}", exact=True)
        expect(found).to_be_visible(timeout=LONG_MS)
        found.scroll_into_view_if_needed()
        return found

    def sign(self, widget: Locator, step: str, picture: str = "") -> None:
        """Take a signed step: press it, then type user name and password into the frame of the records service."""
        widget.locator(f"button[data-action='{step}']").click()
        self.sign_in_frame(widget, picture)

    def sign_in_frame(self, widget: Locator, picture: str = "") -> None:
        """Type user name and password into the frame of the records service, and wait until it was signed."""
        frame: FrameLocator = widget.frame_locator("iframe")
        frame.get_by_label("User name").fill(self.user_name)
        frame.get_by_label("Password", exact=True).fill(self.password)
        if picture:
            self.picture(picture)
        frame.get_by_role("button", name=re.compile("^Sign")).click()
        expect(widget.locator("iframe")).to_have_count(0, timeout=LONG_MS)
