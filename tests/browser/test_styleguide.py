"""Every component, in both themes and at both ends of width: nothing for axe, the console or the policy to say."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import harness
from tests.browser.conftest import Open
from tests.browser.stage import Stage

PAGES = ("/styleguide/", "/desk/", "/desk/?pane=list", "/bare/")
ACCOUNT = (
    "/login/",
    "/login/?errors=1",
    "/logout/",
    "/password-change/",
    "/password-change/?errors=1",
    "/password-reset/",
    "/password-choose/",
    "/confirm/",
    "/email/",
)
DURATIONS = "[...document.querySelectorAll('*')].map(each => parseFloat(getComputedStyle(each).transitionDuration))"
ERRORS = ("/400/", "/403/", "/403-csrf/", "/404/", "/409/", "/500/", "/503/")


@pytest.mark.parametrize("size", [harness.WIDE, harness.NARROW], ids=["1280", "320"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, *ACCOUNT, *ERRORS])
def test_nothing_is_wrong_with_the_page(
    browser: Browser, stage: Stage, path: str, theme: str, size: tuple[int, int]
) -> None:
    context = harness.open_context(browser, size=size, theme=theme)
    screen = harness.open_page(context, stage.address + path)
    assert harness.axe(screen.page) == []
    assert harness.sideways(screen.page) == 0
    assert screen.complaints == []
    context.close()


def test_axe_and_the_complaints_are_heard_at_all(browser: Browser, stage: Stage) -> None:
    context = harness.open_context(browser)
    screen = harness.open_page(context, stage.address + "/bare/")
    screen.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\"><img src=/x></p>')")
    assert any(line.startswith("image-alt") for line in harness.axe(screen.page))
    assert any("style-src" in line for line in screen.complaints)
    context.close()


def colours(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_the_persons_theme_beats_the_systems(browser: Browser, stage: Stage) -> None:
    seen = {}
    for system in ("light", "dark"):
        context = harness.open_context(browser, theme=system)
        for own in ("", "dark"):
            stage.preferences = {"theme": own}
            seen[system, own] = colours(harness.open_page(context, stage.address + "/desk/").page)
        context.close()
    assert seen["light", ""] != seen["dark", ""]
    assert seen["light", "dark"] == seen["dark", "dark"] == seen["dark", ""]


def test_rows_are_56_pixels_and_40_in_compact_density(show: Open, stage: Stage) -> None:
    heights = []
    for density in ("", "compact"):
        stage.preferences = {"density": density}
        heights.append(show("/desk/").locator("#row-43").bounding_box()["height"])
    assert heights == [56, 40]


def test_every_control_is_at_least_24_pixels_high(show: Open) -> None:
    page = show("/styleguide/")
    low = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, textarea, summary')]
        .filter(control => control.checkVisibility())
        .filter(control => Math.min(24, (control.closest('.choice') ?? control).getBoundingClientRect().height) < 24)
        .map(control => control.outerHTML.slice(0, 100))"""
    )
    assert low == []


def test_at_twice_the_size_nothing_is_cut_off(browser: Browser, stage: Stage) -> None:
    context = harness.open_context(browser, size=(640, 400), device_scale_factor=2)
    page = harness.open_page(context, stage.address + "/desk/").page
    assert harness.sideways(page) == 0
    page.locator("#send-42").scroll_into_view_if_needed()
    assert page.locator("#send-42").is_visible()
    context.close()


def test_keyboard_focus_is_seen_on_every_stop(show: Open) -> None:
    page = show("/desk/")
    unseen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
            const at = document.activeElement;
            const shown = [at, at.closest('.row'), at.closest('.composer'), at.labels?.[0]].filter(Boolean);
            const seen = shown.some(each => parseFloat(getComputedStyle(each).outlineWidth) >= 1
              && getComputedStyle(each).outlineStyle !== 'none');
            return seen || at === document.body ? '' : at.outerHTML.slice(0, 120);
            }"""
        )
        unseen += [stop] if stop else []
    assert unseen == []


def test_nothing_moves_for_those_who_asked_for_it(browser: Browser, stage: Stage) -> None:
    context = harness.open_context(browser, reduced_motion="reduce")
    page = harness.open_page(context, stage.address + "/desk/").page
    assert max(page.evaluate(DURATIONS)) == 0
    context.close()


def test_motion_is_never_longer_than_150_ms(show: Open) -> None:
    assert 0 < max(show("/styleguide/").evaluate(DURATIONS)) <= 0.15


def test_in_forced_colours_the_states_keep_a_mark(browser: Browser, stage: Stage) -> None:
    context = harness.open_context(browser, forced_colors="active")
    page = harness.open_page(context, stage.address + "/desk/").page
    border = page.locator(".message.ours").evaluate("e => getComputedStyle(e).borderTopWidth")
    mark = page.locator(".composer-marks mark").first.evaluate("e => getComputedStyle(e).color")
    ground = page.locator("#text-42").evaluate("e => getComputedStyle(e).backgroundColor")
    assert border == "1px"
    assert ground == "rgba(0, 0, 0, 0)"
    assert mark.replace(" ", "") in ("rgba(0,0,0,0)", "transparent")
    context.close()


def test_on_paper_the_record_stands_without_the_tools(show: Open) -> None:
    page = show("/desk/")
    page.emulate_media(media="print")
    assert not page.locator(".top-bar, .desk-list, .composer, #tray").first.is_visible()
    assert page.locator(".message.removed .message-text").is_visible()
    assert page.locator(".message-text").first.is_visible()


def test_without_scripts_no_control_is_shown_that_needs_them(browser: Browser, stage: Stage) -> None:
    context = harness.open_context(browser, java_script_enabled=False)
    page = harness.open_page(context, stage.address + "/login/").page
    assert not page.get_by_role("button", name="Show", exact=True).is_visible()
    assert page.get_by_role("button", name="Sign in").is_visible()
    context.close()
