"""static/keys.js: a key is a control of the page, outside text fields, by its character; the palette finds them all."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.stage import DRAFT, Stage

COUNT = """key => { window.clicks = 0;
  document.querySelector(`[data-key="${key}"]`).addEventListener('click', () => window.clicks += 1); }"""


def clicks_of(page: Page, key: str, press: str | None = None) -> int:
    page.evaluate(COUNT, key)
    page.keyboard.press(press or key)
    return int(page.evaluate("window.clicks"))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('[id]')?.id ?? ''"))


@pytest.mark.parametrize("key", ["c", "a", "f", "l", "e", "w", "y", "x"])
def test_a_letter_clicks_its_control(show: Open, key: str) -> None:
    assert clicks_of(show("/desk/"), key) == 1


def test_a_letter_in_a_text_field_is_a_letter(show: Open) -> None:
    page = show("/desk/")
    page.focus("#text-42")
    assert clicks_of(page, "c") == 0
    assert page.input_value("#text-42").count("c") == 1


@pytest.mark.parametrize("press", ["Control+c", "Alt+c", "Meta+c", "Shift+C"])
def test_a_letter_with_another_key_is_no_command(show: Open, press: str) -> None:
    assert clicks_of(show("/desk/"), "c", press) == 0


def test_r_goes_to_the_reply_and_escape_leaves_it(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("r")
    assert focused(page) == "text-42"
    assert page.input_value("#text-42") == DRAFT
    page.keyboard.press("Escape")
    assert focused(page) == "composer-42"
    assert clicks_of(page, "w") == 1


def test_slash_goes_to_the_search(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_j_and_k_move_through_the_list_from_the_thread_on_screen(show: Open) -> None:
    page = show("/desk/")
    stops = []
    for key in ("j", "j", "k", "k", "k", "k"):
        page.keyboard.press(key)
        stops.append(focused(page))
    assert stops == ["row-43", "row-44", "row-43", "row-42", "row-7", "row-7"]


def test_keys_switched_off_do_nothing_and_are_not_shown(show: Open, stage: Stage) -> None:
    stage.preferences = {"keys": "off"}
    page = show("/desk/")
    assert clicks_of(page, "c") == 0
    assert not page.locator("[data-key=c] .key").is_visible()
    assert page.locator("[data-key=c]").get_attribute("aria-keyshortcuts") is None


def test_a_changed_key_replaces_the_old_one(show: Open, stage: Stage) -> None:
    stage.preferences = {"key_map": "c:t"}
    page = show("/desk/")
    assert clicks_of(page, "c", "c") == 0
    page.keyboard.press("t")
    assert page.evaluate("window.clicks") == 1
    assert page.locator("[data-key=c]").get_attribute("aria-keyshortcuts") == "t"


def test_the_question_mark_lists_the_pages_keys(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    listed = dict(zip(*(page.locator(f"#keys-list {part}").all_inner_texts() for part in ("dt", "dd")), strict=True))
    assert listed["c"] == "Take"
    assert listed["r"] == "Reply"
    assert listed["j"] == "Next thread"
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()


def test_behind_an_open_dialog_no_key_works(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("?")
    assert clicks_of(page, "c") == 0


def test_the_palette_finds_a_command_and_does_it(show: Open) -> None:
    page = show("/desk/")
    page.evaluate(COUNT, "f")
    page.keyboard.press("Control+k")
    page.keyboard.type("follow u")
    expect(page.locator("#palette-list [role=option]").first).to_have_text("Follow upf")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).not_to_be_visible()
    assert page.evaluate("window.clicks") == 1


def test_the_palette_moves_with_arrows_and_tells_which_is_chosen(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("Control+k")
    page.keyboard.press("ArrowDown")
    assert page.locator("#palette-input").get_attribute("aria-activedescendant") == "palette-option-1"
    assert page.locator("#palette-option-1").get_attribute("aria-selected") == "true"


def test_the_palette_leads_to_lists_by_their_names_without_counts(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("Control+k")
    page.keyboard.type("waiting for")
    expect(page.locator("#palette-list [role=option]")).to_have_text(["Waiting for customer"])


def test_the_palette_says_when_nothing_has_that_name(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")
    expect(page.locator("#palette-list")).to_have_text("No command has that name")


def test_escape_closes_the_menu_and_gives_focus_back(show: Open) -> None:
    page = show("/desk/")
    page.click(".top-end summary")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert not page.locator(".top-end .menu-panel").is_visible()
