"""static/composer.js: the check after a pause, marks on the right passages, wordings, drafts that are never lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.stage import DRAFT, Finding, Stage
from tests.browser.test_live import wait

TEXT = "#text-42"
COPY = "localStorage.getItem('samtal:text:1:42')"


def marks(page: Page) -> list[tuple[str, str]]:
    found = page.locator(".composer-marks mark")
    return [(mark.get_attribute("data-effect") or "", mark.text_content() or "") for mark in found.all()]


def keep(page: Page, person: int, text: str, at: str) -> None:
    """A copy as a crashed tab leaves it; `at` is an expression of the browser's clock."""
    page.evaluate(f"localStorage.setItem('samtal:text:{person}:42', JSON.stringify({{text: '{text}', at: {at}}}))")


def finding(effect: str, start: int, passage: str, wording: str = "") -> Finding:
    return Finding(effect, start, start + len(passage), passage, "m", "d", wording)


def test_the_passages_of_the_verdict_are_marked_in_the_text(show: Open) -> None:
    assert marks(show("/desk/")) == [("hold", "Ja, det stemmer"), ("block", "fødselsnummeret ditt")]


def test_places_count_characters_also_behind_an_emoji(show: Open, stage: Stage) -> None:
    stage.draft = "🙂👍🏽 ring 123"
    stage.findings = [finding("warn", stage.draft.index("123"), "123")]
    assert marks(show("/desk/")) == [("warn", "123")]


def test_of_two_overlapping_marks_the_stronger_is_drawn(show: Open, stage: Stage) -> None:
    stage.findings = [finding("advise", 0, "Ja, det"), finding("block", 4, "det stemmer")]
    assert marks(show("/desk/")) == [("block", "det stemmer")]


def test_the_layer_lies_exactly_behind_the_text(show: Open, stage: Stage) -> None:
    stage.draft = "\n".join(f"Linje {n}" for n in range(60))
    page = show("/desk/")
    boxes = page.evaluate(
        """() => ['.composer-marks', '#text-42'].map(at => {
        const style = getComputedStyle(document.querySelector(at));
        const box = document.querySelector(at).getBoundingClientRect();
        return [box.x, box.y, box.width, style.font, style.lineHeight, style.padding, style.letterSpacing,
          document.querySelector(at).clientWidth, document.querySelector(at).scrollHeight];
        })"""
    )
    assert boxes[0] == boxes[1]
    page.evaluate("document.querySelector('#text-42').scrollTop = 200")
    wait(page, lambda: page.evaluate("document.querySelector('.composer-marks').scrollTop") == 200)


def test_the_check_waits_for_a_pause_and_asks_once(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.focus(TEXT)
    page.keyboard.type(" abc")
    wait(page, lambda: stage.posts("/check/"))
    page.wait_for_timeout(400)
    [check] = stage.posts("/check/")
    assert check["text"].replace("\r\n", "\n") == page.input_value(TEXT)


def test_the_newest_text_does_not_wait_for_the_answer_to_an_older_one(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    hanging: list[Route] = []
    page.route("**/check/", lambda route: route.continue_() if hanging else hanging.append(route))
    page.fill(TEXT, "Gammel")
    wait(page, lambda: hanging)
    stage.findings = [finding("warn", 0, "Ny")]
    page.fill(TEXT, "Ny tekst")
    expect(page.locator(".finding")).to_have_count(1)
    assert marks(page) == [("warn", "Ny")]


def test_a_draft_from_before_is_checked_when_the_page_is_opened(show: Open, stage: Stage) -> None:
    stage.findings = []
    page = show("/desk/")
    wait(page, lambda: stage.posts("/check/"))
    assert stage.posts("/check/")[0]["text"] == DRAFT


def test_the_answer_stands_under_the_text_and_is_said_once(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    stage.findings = [finding("warn", 0, "Hei")]
    page.fill(TEXT, "Hei der")
    expect(page.locator(".finding")).to_have_count(1)
    assert marks(page) == [("warn", "Hei")]
    assert page.locator("#said-politely").inner_text().count("Cannot be sent: 2 remarks") == 1


def test_focus_and_the_place_in_the_text_stay_while_the_verdict_is_drawn(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.focus(TEXT)
    page.evaluate("document.querySelector('#text-42').setSelectionRange(3, 3)")
    page.keyboard.type("X")
    wait(page, lambda: stage.posts("/check/"))
    page.wait_for_timeout(200)
    assert page.evaluate("[document.activeElement.id, document.activeElement.selectionStart]") == ["text-42", 4]


def test_marks_move_with_the_text_and_go_when_their_passage_is_changed(show: Open) -> None:
    page = show("/desk/")
    page.evaluate("document.querySelector('#composer-42').removeAttribute('data-check')")
    page.focus(TEXT)
    page.evaluate("document.querySelector('#text-42').setSelectionRange(16, 16)")
    page.keyboard.press("a")
    assert marks(page) == [("hold", "Ja, det stemmer"), ("block", "fødselsnummeret ditt")]
    page.evaluate("document.querySelector('#text-42').setSelectionRange(2, 2)")
    page.keyboard.press("a")
    assert marks(page) == [("block", "fødselsnummeret ditt")]


def test_the_offered_wording_takes_the_passages_place_and_can_be_undone(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("w")
    assert page.input_value(TEXT) == DRAFT.replace("fødselsnummeret ditt", "kundenummeret ditt på Min side")
    page.keyboard.press("Control+z")
    assert page.input_value(TEXT) == DRAFT


def test_a_text_from_the_side_goes_in_at_the_caret(show: Open) -> None:
    page = show("/desk/")
    page.evaluate("document.querySelector('#text-42').setSelectionRange(0, 2)")
    page.get_by_role("button", name="Put it in the reply").click()
    assert page.input_value(TEXT).startswith("Følg med på status.example.no.,")


def test_ctrl_enter_sends_and_enter_alone_does_not(show: Open, stage: Stage) -> None:
    stage.findings = []
    page = show("/desk/")
    page.focus(TEXT)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    wait(page, lambda: stage.posts("/send/"))
    [sent] = stage.posts("/send/")
    assert sent["act"] == "send"
    assert sent["text"].count("\n") == 1


def test_what_is_stopped_is_not_sent_but_said(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.focus(TEXT)
    page.keyboard.press("Control+Enter")
    page.click("#send-42", force=True)
    expect(page.locator("#said-at-once")).to_contain_text("Cannot be sent: a personal number")
    assert stage.posts("/send/") == []


def test_the_draft_saves_itself(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.fill(TEXT, "Hei Kari")
    expect(page.locator("#saved-42")).to_have_text("Saved 14:33", timeout=3000)
    assert stage.posts("/save/")[-1]["text"] == "Hei Kari"
    wait(page, lambda: page.evaluate(COPY) is None)


def test_a_draft_that_was_refused_keeps_its_copy_in_the_browser(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    stage.save_status = 409
    page.fill(TEXT, "Hei Kari")
    expect(page.locator("#saved-42")).to_have_text("Saved 14:33", timeout=3000)
    page.wait_for_timeout(200)
    assert "Hei Kari" in page.evaluate(COPY)


def test_leaving_the_page_saves_what_the_pause_had_not(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.fill(TEXT, "Midt i en setn")
    page.goto(stage.address + "/styleguide/")
    wait(page, lambda: any(post["text"] == "Midt i en setn" for post in stage.posts("/save/")))


def test_after_a_crash_the_unsaved_text_is_offered_and_put_back(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.route("**/save/", lambda route: route.abort())
    page.evaluate(
        "localStorage.setItem('samtal:text:1:42', JSON.stringify({text: 'Før strømbruddet', at: Date.now()}))"
    )
    page.goto(stage.address + "/desk/")
    page.get_by_role("button", name="Put it back").click()
    assert page.input_value(TEXT) == "Før strømbruddet"
    page.unroute("**/save/")


def test_the_copy_of_another_person_is_not_offered(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    keep(page, 2, "Bos tekst", "Date.now()")
    page.goto(stage.address + "/desk/")
    expect(page.locator("[data-kept]")).to_have_count(0)


def test_copies_are_forgotten_after_a_week(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    keep(page, 1, "Gammel", "Date.now() - 7 * 24 * 3600 * 1000")
    page.goto(stage.address + "/desk/")
    assert page.evaluate(COPY) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("abc", "9/280"),
        ("æøå", "9/280"),
        ("漢字", "10/280"),
        ("👍🏽", "8/280"),
        ("se https://example.org/a/b?c=d", "32/280"),
    ],
)
def test_the_weighted_count_is_x_s_own(show: Open, text: str, count: str) -> None:
    page = show("/desk/")
    page.evaluate("document.querySelector('#count-42').dataset.count = 'weighted'")
    page.fill(TEXT, text)
    assert page.locator("#count-42").inner_text() == count


def test_too_long_is_said_in_words(show: Open) -> None:
    page = show("/desk/")
    page.fill(TEXT, "a" * 280)
    assert page.locator("#count-42").inner_text() == "286/280 · 6 over the limit"


def test_a_refresh_does_not_draw_over_a_composer_in_use(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.fill(TEXT, "Halvferdig")
    page.evaluate(
        """() => htmx.ajax('GET', '/desk/', {target: '.composer-dock', select: '.composer-dock', swap: 'outerHTML'})"""
    )
    assert page.input_value(TEXT) == "Halvferdig"
    assert page.evaluate("document.activeElement.id") == "text-42"


def test_leaving_is_questioned_only_when_saving_has_failed(window: BrowserContext, stage: Stage) -> None:
    page = window.new_page()
    page.goto(stage.address + "/desk/")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.route("**/save/", lambda route: route.fulfill(status=503))
    page.locator(TEXT).press_sequentially("a")
    with page.expect_response("**/save/"):
        page.keyboard.press("End")
    page.goto(stage.address + "/styleguide/")
    assert asked == ["beforeunload"]
