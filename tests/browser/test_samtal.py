"""static/samtal.js: one submission a form, countdowns, notices in words, dialogs, error summaries."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.stage import Stage, findings
from tests.browser.test_live import wait

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

FORM = """([attribute, address]) => { document.body.insertAdjacentHTML('beforeend', '<form method="post" id="form"'
  + ` ${attribute}="${address}" hx-swap="none"><input type="hidden" name="key"><button id="go">Go</button></form>`);
  htmx.process(document.querySelector('#form')); }"""
TWICE = "() => { const go = document.querySelector('#go'); go.click(); go.click(); }"


def ready(show: Open, stage: Stage) -> Page:
    stage.findings = []
    return show("/desk/")


def keys(stage: Stage) -> list[str]:
    return [post["key"] for post in stage.posts("/send/")]


def test_a_double_click_sends_one_request_with_a_key(show: Open, stage: Stage) -> None:
    page = ready(show, stage)
    page.evaluate(FORM, ["hx-post", "/again/"])
    page.evaluate(TWICE)
    wait(page, lambda: stage.posts("/again/"))
    page.wait_for_timeout(300)
    [post] = stage.posts("/again/")
    assert UUID.match(post["key"])


def test_a_plain_form_is_not_submitted_twice_either(show: Open, stage: Stage) -> None:
    page = ready(show, stage)
    page.evaluate(FORM, ["action", "/again/"])
    page.evaluate("() => { window.sent = 0; window.addEventListener('submit', () => window.sent += 1); }")
    page.evaluate(TWICE)
    wait(page, lambda: stage.posts("/again/"))
    assert page.evaluate("window.sent") == 1
    assert UUID.match(stage.posts("/again/")[0]["key"])


def test_after_an_answer_the_next_submission_has_a_new_key(show: Open, stage: Stage) -> None:
    page = ready(show, stage)
    stage.send_status = 422
    for count in (1, 2):
        page.click("#send-42")
        wait(page, lambda count=count: len(keys(stage)) == count)
        expect(page.locator("#composer-42[data-busy]")).to_have_count(0)
    assert len(set(keys(stage))) == 2


def test_without_an_answer_the_retry_carries_the_same_key(window: BrowserContext, stage: Stage) -> None:
    stage.findings = []
    page = window.new_page()
    page.goto(stage.address + "/desk/")
    tried: list[str] = []

    def break_the_line(route: Route) -> None:
        tried.append(str(route.request.post_data))
        route.abort()

    page.route("**/send/", break_the_line)
    page.click("#send-42")
    expect(page.locator("#messages .toast")).to_contain_text("It is not known whether that was done")
    page.unroute("**/send/")
    page.click("#send-42")
    wait(page, lambda: keys(stage))
    assert keys(stage)[0] in tried[0]


def test_a_lost_race_and_a_form_with_errors_are_shown_in_place(show: Open, stage: Stage) -> None:
    for status in (409, 422):
        page = ready(show, stage)
        stage.send_status, stage.draft = status, f"Answered with {status}"
        page.click("#send-42")
        expect(page.locator("#text-42")).to_have_value(f"Answered with {status}")
        page.close()


def test_a_refusal_is_said_in_words_and_the_text_stays(window: BrowserContext, stage: Stage) -> None:
    stage.findings, stage.send_status = [], 403
    page = window.new_page()
    page.goto(stage.address + "/desk/")
    page.click("#send-42")
    expect(page.locator("#messages .toast")).to_contain_text("You may not do that")
    expect(page.locator("#said-at-once")).to_contain_text("You may not do that")
    assert page.input_value("#text-42") == stage.draft
    page.click("#messages .toast button")
    expect(page.locator("#messages .toast")).to_have_count(0)


def test_what_refetches_itself_fails_in_silence(window: BrowserContext, stage: Stage) -> None:
    page = window.new_page()
    page.goto(stage.address + "/desk/")
    page.route("**/rows/", lambda route: route.fulfill(status=500))
    with page.expect_response("**/rows/"):
        page.evaluate("htmx.trigger(document.body, 'samtal:list')")
    page.wait_for_timeout(100)
    assert page.locator("#messages .toast").count() == 0


def test_the_sign_in_page_is_never_drawn_into_a_partial(window: BrowserContext, stage: Stage) -> None:
    page = window.new_page()
    page.goto(stage.address + "/desk/")
    page.route("**/rows/", lambda route: route.fulfill(status=302, headers={"Location": "/login/"}))
    page.evaluate("htmx.trigger(document.body, 'samtal:list')")
    expect(page.locator("#connection-notice")).to_contain_text("You are signed out")
    assert page.locator("#row-42").is_visible()


def test_the_countdown_runs_from_the_servers_seconds_and_ends_with_an_event(show: Open, stage: Stage) -> None:
    stage.extra = {"undo_url": "/undo/", "due_in": 1.6}
    page = show("/desk/")
    page.evaluate("() => { window.ended = 0; document.body.addEventListener('samtal:due', () => window.ended += 1); }")
    expect(page.locator("#due")).to_have_text("Going out in 2 s")
    expect(page.locator("#due")).to_have_text("Going out in 1 s")
    expect(page.locator("#due")).to_have_text("Going out now")
    assert page.evaluate("window.ended") == 1
    assert page.locator("#said-politely").inner_text().count("goes out soon") == 1


def test_a_dialog_opens_closes_and_gives_focus_back(show: Open) -> None:
    page = show("/styleguide/")
    page.get_by_role("button", name="Declare an outage").click()
    expect(page.locator("#example-dialog")).to_be_visible()
    page.locator("#example-dialog").get_by_role("button", name="Close").click()
    expect(page.locator("#example-dialog")).not_to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "Declare an outage"


def note(page: Page) -> None:
    page.evaluate("document.querySelector('#note-42').showModal()")
    page.fill("#note-text", "Ring henne")
    page.click("#note-save")


def test_a_dialog_closes_when_what_it_asked_for_is_done(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    note(page)
    expect(page.locator("#note-42")).not_to_be_visible()
    assert stage.posts("/note/")[0]["note"] == "Ring henne"


def test_a_dialog_that_is_refused_says_so_in_itself_and_keeps_the_words(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    stage.note_status = 409
    note(page)
    expect(page.locator("#note-42 .toast")).to_have_text("Bo has it.")
    assert page.input_value("#note-text") == "Ring henne"


def test_the_error_summary_has_focus_and_leads_to_the_field(show: Open) -> None:
    page = show("/login/?errors=1")
    assert "error-summary" in page.evaluate("document.activeElement.className")
    page.locator(".error-summary a").first.click()
    assert page.evaluate("document.activeElement.name") == "login"


def test_a_password_can_be_shown_and_hidden(show: Open) -> None:
    page = show("/login/")
    page.get_by_role("button", name="Show").click()
    assert page.locator("[name=password]").get_attribute("type") == "text"
    page.get_by_role("button", name="Hide").click()
    assert page.locator("[name=password]").get_attribute("type") == "password"


COPY = """document.querySelector('main').insertAdjacentHTML('beforeend',
  '<button type="button" id="copy" data-copy="Hej!" data-copied="Copied">Copy the text</button>')"""


def test_a_text_is_copied_and_that_is_said(show: Open, window: BrowserContext) -> None:
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    page = show("/styleguide/")
    page.evaluate(COPY)
    page.click("#copy")
    expect(page.locator("#copy")).to_have_text("Copied")
    expect(page.locator("#said-politely")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Hej!"


def test_where_nothing_can_be_copied_that_is_said_too(show: Open) -> None:
    page = show("/styleguide/")
    page.evaluate(COPY)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no')); }")
    page.click("#copy")
    expect(page.locator("#messages .toast")).to_contain_text("That did not work")
    expect(page.locator("#copy")).to_have_text("Copy the text")


IN_SIGHT = "e => e.getBoundingClientRect().bottom <= e.closest('.desk-scroll').getBoundingClientRect().bottom"


def test_the_thread_begins_at_its_newest_message(show: Open) -> None:
    assert show("/desk/").locator(".message.unanswered").evaluate(IN_SIGHT)


def test_the_newest_message_stays_in_sight_when_the_verdict_needs_room(show: Open, stage: Stage) -> None:
    stage.findings = []
    page = show("/desk/")
    stage.findings = findings()
    page.fill("#text-42", stage.draft + " ")
    expect(page.locator(".finding")).to_have_count(2)
    assert page.locator(".message.unanswered").evaluate(IN_SIGHT)


def test_whoever_reads_further_up_is_left_there(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    page.evaluate("document.querySelector('[data-starts-at-end]').scrollTop = 10")
    page.wait_for_timeout(100)
    with page.expect_response("**/messages/"):
        page.evaluate("htmx.trigger(document.body, 'samtal:refresh')")
    page.wait_for_timeout(100)
    assert page.evaluate("document.querySelector('[data-starts-at-end]').scrollTop") == 10


def test_the_skip_link_leads_past_the_navigation(show: Open) -> None:
    page = show("/desk/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
