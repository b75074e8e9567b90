"""One stage and one person's window for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import harness
from tests.browser.stage import Stage, open_stage

Open = Callable[..., Page]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """Anna's browser: her tabs share cookies, storage and the SharedWorker."""
    context = harness.open_context(browser)
    yield context
    context.close()


@pytest.fixture
def show(window: BrowserContext, stage: Stage) -> Iterator[Open]:
    """Opens a page of the stage in Anna's browser; at the end no page may have complained of anything."""
    screens: list[harness.Screen] = []

    def open_page(path: str) -> Page:
        screens.append(harness.open_page(window, stage.address + path))
        return screens[-1].page

    yield open_page
    assert [line for screen in screens for line in screen.complaints] == []
