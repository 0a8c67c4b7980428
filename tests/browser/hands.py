"""How a person works a page: with a pointer, or with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

LONG_MS = 60_000
MOST_TABS = 250


class Pointer:
    """Clicks and types."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        """Press a link, a button, a summary or a choice."""
        target.click(timeout=LONG_MS)

    def write(self, target: Locator, text: str) -> None:
        """Write into a field."""
        target.fill(text, timeout=LONG_MS)

    def choose(self, target: Locator, label: str) -> None:
        """Choose an option."""
        target.select_option(label=label)


class Keyboard:
    """Reaches everything with Tab, and works it with Enter, Space and letters; touches no pointer."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Press Tab until the target has the focus, as somebody without a pointer does."""
        expect(target).to_be_visible(timeout=LONG_MS)
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement && document.hasFocus()"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")

    def press(self, target: Locator) -> None:
        """Press a link, a button, a summary or a choice."""
        self.reach(target)
        is_choice = target.evaluate("element => ['checkbox', 'radio'].includes(element.type)")
        self.page.keyboard.press("Space" if is_choice else "Enter")

    def write(self, target: Locator, text: str) -> None:
        """Write into a field."""
        self.reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, label: str) -> None:
        """Choose an option by its letters."""
        self.reach(target)
        self.page.keyboard.type(label)
        self.page.keyboard.press("Enter")
        expect(target.locator("option:checked")).to_have_text(label)
