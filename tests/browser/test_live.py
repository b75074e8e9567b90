"""static/live.js, static/stream-worker.js: one stream a browser, lists that do not jump, a line that comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Open
from tests.browser.stage import Row, Stage

NEW = Row(99, "Ny Kunde", "Hei, er det noen der?", "waits since 14:40", "14:40", unread=True)


def connected(page: Page, stage: Stage) -> None:
    wait(page, lambda: len(stage.streams) > 0)


def wait(page: Page, seen: Callable[[], object]) -> None:
    """Lets the browser run until the stage has seen it: 5 s at most."""
    for _ in range(100):
        if seen():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came true")


def ids(page: Page) -> list[str]:
    return page.locator("#thread-list > .row").evaluate_all("rows => rows.map(row => row.id)")


def shown(stage: Stage) -> list[list[str]]:
    return [post.fields.get("threads", []) for post in stage.posts("/live/shown/")]


def test_three_tabs_hold_one_stream(show: Open, stage: Stage) -> None:
    pages = [show("/desk/") for _ in range(3)]
    connected(pages[0], stage)
    pages[0].wait_for_timeout(300)
    assert len(stage.opened) == 1


def test_the_shown_threads_are_reported_under_the_streams_name(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    wait(page, lambda: stage.posts("/live/shown/"))
    [report] = stage.posts("/live/shown/")
    assert report.fields == {"stream": stage.names, "threads": ["42"]}


def test_a_closed_tab_no_longer_shows_its_thread(show: Open, stage: Stage) -> None:
    staying, going = show("/styleguide/"), show("/desk/")
    wait(staying, lambda: ["42"] in shown(stage))
    going.close(run_before_unload=True)
    wait(staying, lambda: shown(stage)[-1] == [])


def test_without_shared_workers_the_tab_holds_the_stream_itself(
    window: BrowserContext, show: Open, stage: Stage
) -> None:
    window.add_init_script("delete window.SharedWorker")
    page = show("/desk/")
    wait(page, lambda: stage.posts("/live/shown/"))
    stage.rows.insert(0, NEW)
    stage.change("list")
    expect(page.locator("#row-99")).to_be_visible()


def test_an_event_reaches_every_tab(show: Open, stage: Stage) -> None:
    pages = [show("/desk/"), show("/desk/")]
    connected(pages[0], stage)
    stage.rows.insert(0, NEW)
    stage.change("thread", 99)
    for page in pages:
        page.bring_to_front()
        expect(page.locator("#row-99")).to_be_visible()


def test_an_event_is_told_under_its_kind_and_its_thread(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.evaluate(
        """() => { window.told = [];
        for (const name of ['samtal:thread', 'samtal:thread-42', 'samtal:list', 'samtal:brake'])
          document.body.addEventListener(name, event => window.told.push([name, event.detail.version])); }"""
    )
    stage.change("thread", 42, version=7)
    stage.change("brake", version=8)
    wait(page, lambda: len(page.evaluate("window.told")) == 4)
    assert page.evaluate("window.told") == [
        ["samtal:thread", 7],
        ["samtal:thread-42", 7],
        ["samtal:list", 7],
        ["samtal:brake", 8],
    ]


def test_new_rows_enter_and_gone_rows_leave_in_the_servers_order(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    stage.rows = [stage.rows[1], NEW, stage.rows[3], stage.rows[0]]
    stage.change("list")
    expect(page.locator("#row-99")).to_be_visible()
    assert ids(page) == ["row-42", "row-99", "row-44", "row-7"]


def test_an_unchanged_row_stays_the_same_element(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.evaluate("document.getElementById('row-44').kept = true")
    stage.rows.insert(0, NEW)
    stage.change("list")
    expect(page.locator("#row-99")).to_be_visible()
    assert page.evaluate("document.getElementById('row-44').kept") is True


def test_under_the_pointer_nothing_moves_until_it_leaves(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.hover("#row-43")
    before = page.locator("#row-43").bounding_box()
    stage.rows.insert(0, NEW)
    stage.change("list")
    expect(page.locator(".rows-news")).to_have_text("1 new · Show")
    assert page.locator("#row-43").bounding_box() == before
    page.hover(".thread-head h1")
    expect(page.locator("#row-99")).to_be_visible()
    expect(page.locator(".rows-news")).to_have_count(0)


def test_with_focus_inside_nothing_moves_until_it_is_asked_for(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.focus("#row-7 .row-link")
    stage.rows = [NEW, Row(98, "En til", "Hallo?", "", "14:41"), *stage.rows]
    stage.change("list")
    expect(page.locator(".rows-news")).to_have_text("2 new · Show")
    assert page.evaluate("document.activeElement.closest('.row').id") == "row-7"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#row-99")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('.row').id") == "row-99"


def test_while_held_the_rows_that_stay_are_drawn_anew(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.focus("#row-43 .row-link")
    stage.rows[3].who = "Lea"
    stage.change("list")
    expect(page.locator("#row-44 .row-status")).to_contain_text("Lea")
    expect(page.locator(".rows-news")).to_have_count(0)


def test_whoever_has_scrolled_keeps_the_row_they_look_at(show: Open, stage: Stage) -> None:
    stage.rows += [Row(1000 + n, f"Kunde {n}", "Hei", "", "12:00") for n in range(40)]
    page = show("/desk/")
    connected(page, stage)
    page.evaluate("document.getElementById('threads').scrollTop = 600")
    before = page.locator("#row-1010").bounding_box()
    stage.rows.insert(0, NEW)
    stage.change("list")
    expect(page.locator("#row-99")).to_be_attached()
    assert page.locator("#row-1010").bounding_box()["y"] == before["y"]


def test_a_dialog_with_words_in_it_is_not_drawn_over(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.evaluate("document.querySelector('#note-42').showModal()")
    page.fill("#note-text", "Ring henne")
    stage.extra = {"name": "Kari N."}
    with page.expect_response("**/desk/"):
        stage.change("thread", 42)
    page.wait_for_timeout(100)
    assert page.input_value("#note-text") == "Ring henne"
    page.keyboard.press("Escape")
    expect(page.locator(".thread-head h1")).to_have_text("Kari N.")


def test_selected_words_stay_selected(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.message.unanswered .message-text'))")
    stage.extra = {"who": "Bo"}
    with page.expect_response("**/messages/"):
        stage.change("thread", 42)
    page.wait_for_timeout(100)
    assert page.evaluate("getSelection().toString()").startswith("Men naboen sier")
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator(".message.event")).to_contain_text("Bo took it")


def test_what_is_unfolded_stays_unfolded(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    page.click("#message-6 summary")
    stage.extra = {"who": "Bo"}
    stage.change("thread", 42)
    expect(page.locator(".message.event")).to_contain_text("Bo took it")
    assert page.locator("#message-6 .message-text").is_visible()


def test_a_broken_stream_comes_back_with_the_last_event(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    stage.change("list", version=12)
    page.wait_for_timeout(100)
    stage.hang_up()
    wait(page, lambda: len(stage.opened) == 2)
    assert stage.opened == ["", "s-12"]


def test_the_stream_begins_where_the_page_was_read(show: Open, stage: Stage) -> None:
    stage.heard = "s-7"
    connected(show("/desk/"), stage)
    assert stage.opened == ["s-7"]


@pytest.mark.parametrize(("heard", "refreshes"), [("s-7", 1), ("s-8", 0)])
def test_a_tab_that_was_on_its_way_when_something_changed_looks_again(
    window: BrowserContext, show: Open, stage: Stage, heard: str, refreshes: int
) -> None:
    window.add_init_script("window.refreshed = 0; addEventListener('samtal:refresh', () => (window.refreshed += 1))")
    stage.heard = "s-7"
    first = show("/desk/")
    connected(first, stage)
    stage.change("list", version=8)
    first.wait_for_timeout(100)
    stage.heard = heard
    late = show("/desk/")
    wait(late, lambda: len(shown(stage)) > 0)
    late.wait_for_timeout(300)
    assert late.evaluate("window.refreshed") == refreshes


def test_after_a_break_everything_is_asked_for_again(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    stage.rows.insert(0, NEW)
    stage.hang_up()
    expect(page.locator("#row-99")).to_be_visible(timeout=8000)


def test_a_lost_connection_is_said_and_its_return_too(show: Open, stage: Stage) -> None:
    page = show("/desk/")
    connected(page, stage)
    stage.stream_status = 204
    stage.hang_up()
    expect(page.locator("#connection-notice")).to_contain_text("No contact with Samtal", timeout=8000)
    stage.stream_status = 200
    expect(page.locator("#connection-notice")).to_have_count(0, timeout=15000)
    expect(page.locator("#said-politely")).to_contain_text("In contact with Samtal again.")


def test_a_person_signed_out_elsewhere_is_told_and_offered_to_sign_in(
    window: BrowserContext, show: Open, stage: Stage
) -> None:
    stage.stream_status = 401
    page = window.new_page()
    page.goto(stage.address + "/desk/")
    expect(page.locator("#connection-notice")).to_contain_text("You are signed out")
    assert page.locator("#connection-notice a").get_attribute("href").startswith("/account/login/?next=")
    page.wait_for_timeout(1500)
    assert len(stage.opened) == 1
