"""Opens pages in Chromium as a person sees them: what it complains of, what axe finds, what it looks like."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = (1280, 800)
NARROW = (320, 640)
# Chromium writes every 4xx on the console; a lost race and a form with errors are answers like others.
ANSWER = re.compile(r"status of (409|422) ")
REPORT = """document.addEventListener('securitypolicyviolation',
  (event) => console.error('CSP:', event.violatedDirective, event.blockedURI))"""


@dataclass
class Screen:
    """A page and everything the browser complained of since it was opened: console errors, exceptions, CSP reports."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not ANSWER.search(message.text):
            self.complaints.append(message.text)

    def failed(self, error: Exception) -> None:
        self.complaints.append(f"exception: {error}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """One headless browser; close it by leaving the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def open_context(
    browser: Browser, *, size: tuple[int, int] = WIDE, theme: str = "light", **options: object
) -> BrowserContext:
    """A person's browser, with its own cookies: size in CSS pixels, theme light or dark."""
    width, height = size
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale="en-GB",
        timezone_id="Europe/Stockholm",
        **options,
    )


def open_page(context: BrowserContext, url: str) -> Screen:
    """A tab on a page that has come to rest. Complaints are collected from the first byte on."""
    screen = Screen(context.new_page())
    screen.page.add_init_script(REPORT)
    screen.page.on("console", screen.heard)
    screen.page.on("pageerror", screen.failed)
    screen.page.goto(url, wait_until="load")
    return screen


def turn(page: Page, theme: str, size: tuple[int, int]) -> None:
    """The same page in another light and another window."""
    width, height = size
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": height})


def axe(page: Page) -> list[str]:
    """What axe finds, one line a place: the rule, its sentence and the element."""
    violations = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {node['html'][:160]}" for rule in violations for node in rule["nodes"]]


def sideways(page: Page) -> int:
    """How many pixels the page can be scrolled sideways; 0 is right."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"))


def picture(page: Page, path: Path, *, whole: bool = True) -> Path:
    """A PNG of the page (all of it, or what the window shows)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=whole, animations="disabled")
    return path
