"""What a person does on the screen, one method an act."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Browser, Error

from tests.smoke.demo import Demo

PATIENCE = 30.0


class Person:
    """Someone at a browser. Acts that a broken part refuses are tried again, as a person would."""

    def __init__(self, browser: Browser, demo: Demo, name: str) -> None:
        self.demo = demo
        self.name = name
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.sign_in()

    def sign_in(self) -> None:
        self.page.goto(f"{self.demo.web}/account/login/")
        self.page.fill("[name=login]", self.name)
        self.page.fill("[name=password]", self.demo.password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{self.demo.web}/")

    def see(self, text: str, seconds: float = PATIENCE) -> float:
        """Wait until a text appears by itself; the seconds it took."""
        started = time.monotonic()
        self.page.wait_for_selector(f"text={text}", timeout=seconds * 1000)
        return time.monotonic() - started

    def open(self, path: str) -> None:
        self.again(lambda: self.page.goto(self.demo.web + path, wait_until="load"))

    def open_thread(self, text: str) -> None:
        """Click the row that shows a text, and take the thread with a key."""
        self.page.locator(".row", has_text=text).locator("a.row-link").first.click()
        self.page.wait_for_selector("h1")

    def take(self) -> None:
        self.page.keyboard.press("c")
        self.page.wait_for_selector("text=You have it")

    def write(self, text: str) -> None:
        self.page.locator("textarea[data-text]").fill(text)

    def marked(self, effect: str) -> str:
        """The passage that is marked with an effect, once the verdict has come."""
        mark = self.page.wait_for_selector(f".composer-marks mark[data-effect={effect}]")
        return (mark.text_content() or "") if mark else ""

    def button(self) -> str:
        """What the main button says will happen."""
        return self.page.locator("[data-send]").inner_text()

    def press_send(self, button: str) -> None:
        """Press the main button once it says what is expected of it."""
        self.page.wait_for_selector(f"[data-send]:has-text('{button}')")
        self.page.keyboard.press("Control+Enter")

    def tag(self, topic: str) -> None:
        self.page.locator(".thread-head summary.tag").click()
        self.page.locator(".thread-head .menu-panel button", has_text=topic).click()
        self.page.wait_for_selector(f".thread-head summary.tag:has-text('{topic}')")

    def undo(self) -> None:
        self.page.wait_for_selector(".undo-bar")
        self.page.keyboard.press("Escape")
        self.page.locator(".undo-bar button", has_text="Undo").first.click()
        self.page.wait_for_selector(".undo-bar", state="detached")

    def again(self, act: Callable[[], object]) -> None:
        """Do it, and once more when the web process was away."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                act()
                return
            except Error:
                if time.monotonic() > deadline:
                    raise
                self.page.wait_for_timeout(500)
