"""Every page as every role sees it: axe finds nothing, the browser complains of nothing, nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from inbox.models import Brake, Channel, Clearance, FollowUp, Note, Person, Reply, Role, Snippet, Thread
from inbox.states import ReplyState
from policies.models import Rulebook, Situation
from tests import make
from tests.browser import harness, rows, site

pytestmark = pytest.mark.django_db(transaction=True)

DESK = ("/", "/?list=needs", "/?list=all", "/?list=all&q=faktura", "/follow-ups/", "/me/", "/rules/", "/snippets/")
LEADS = ("/board/", "/channels/", "/people/", "/situations/", "/follow-ups/?all")
ADMINS = ("/rules/privacy/", "/rules/versions/1/", "/channels/connect/", "/channels/connect/facebook/")
PAGES = {
    "anna": DESK,
    "lea": DESK[:1] + LEADS,
    "ada": (*LEADS, *ADMINS),
}


@pytest.fixture
def address(settings: LazySettings) -> Iterator[str]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Which state a reply comes to rest in is a matter of the rules here, not of the last training.
    settings.SAMTAL_MODELS = False
    with site.running() as running:
        yield running
    connection.close_pool()


@pytest.fixture
def company(db: None) -> dict[str, Thread]:
    """A morning with a bit of everything on the screen: every state a thread and a reply can be seen in."""
    Rulebook.install_starter("company", at=timezone.now())
    channel = make.channel("facebook", last_error="Facebook is in trouble (HTTP 503)", last_read_at=timezone.now())
    anna, lea = make.person("anna"), make.person("lea", Role.LEAD)
    make.person("ada", Role.ADMIN)
    make.clear(anna, channel)
    Snippet.objects.create(title="Router", text="Starta om routern.", language="sv", written_by=lea, approved_by=lea)
    outage(channel)
    threads = {
        "open": make.thread(channel, "Stämmer det att ni lägger ner butiken i Luleå?"),
        "answered": make.thread(channel, "Hvor er fakturaen min?"),
        "danger": make.thread(channel, "Jeg kan ikke ringe 112, det virker ikke!"),
    }
    Note.write(threads["open"], "Pressen frågar också.", by=lea)
    FollowUp.write(threads["open"], by=anna, text="Ringa upp", due_at=timezone.now() - timedelta(hours=1))
    for state in (ReplyState.HELD, ReplyState.FAILED, ReplyState.UNCERTAIN):
        reply(channel, anna, state)
    threads |= {
        "changed": rows.changed(channel, anna, lea),
        "conversation": rows.conversation(channel, anna, lea),
        "by hand": rows.by_hand(anna),
        "costly": make.thread(rows.costly(), "Hvem kan jeg spørre om dette?"),
    }
    rows.blocked(channel, anna)
    Brake.pull(by=lea, channel=channel)
    return threads


def outage(channel: Channel) -> None:
    Situation.objects.create(
        kind="outage",
        title="Bergen",
        starts_at=timezone.now(),
        terms=["bergen"],
        targets=[{"kind": "phone", "text": "kundservice 020-12 34 56", "language": "", "hours": []}],
    )


def reply(channel: Channel, writer: Person, state: ReplyState) -> None:
    """A reply as it stands on the screen in a state; the gate is satisfied by an approval of its text."""
    thread = make.thread(channel, f"En fråga till ({state})")
    draft = Reply.draft(thread, by=writer)
    draft.save_text("Det kan jag svara på: 0-0-0.")
    verdict = draft.check_text()
    lead = Person.objects.get(username="lea")
    judged = draft.judged(verdict)
    approval = {"approved_by": lead, "approved_digest": judged["digest"]}
    reason = "" if state == ReplyState.HELD else "unread"
    Reply.objects.filter(pk=draft.pk).update(state=state, reason=reason, **approval, **judged)


def context_of(browser: Browser, address: str, name: str, **options: object) -> BrowserContext:
    context = harness.open_context(browser, **options)
    page = context.new_page()
    page.goto(f"{address}/account/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", "samtal-test")
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/")
    page.close()
    return context


THREADS = {
    "anna": ("open", "answered", "danger", "changed", "conversation", "by hand"),
    "lea": ("open", "answered", "danger", "conversation"),
    "ada": ("open", "answered", "danger"),
}


def pages_of(company: dict[str, Thread], name: str) -> list[str]:
    """The threads, and what only a lead, or an administrator, does to a message or to its channel."""
    thread = company["open"]
    channel = f"/channels/{thread.channel_id}/"
    more = {
        "lea": [f"/messages/{thread.messages.get().pk}/moderate/"],
        "ada": [channel, f"{channel}connect/", f"{channel}disconnect/", f"/channels/{company['costly'].channel_id}/"],
    }
    return [*(f"/threads/{company[which].pk}/" for which in THREADS[name]), *more.get(name, [])]


def unfold(page: Page) -> None:
    """What is folded is on the page too."""
    page.evaluate("document.querySelectorAll('details.fold').forEach(fold => fold.open = true)")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_quiet(
    browser: Browser, address: str, company: dict[str, Thread], name: str
) -> None:
    complaints: list[str] = []
    # No colour may be on its way to another when it is measured.
    context = context_of(browser, address, name, reduced_motion="reduce")
    for path in (*PAGES[name], *pages_of(company, name)):
        screen = harness.open_page(context, address + path)
        unfold(screen.page)
        for theme, size in (("light", harness.WIDE), ("dark", harness.NARROW)):
            harness.turn(screen.page, theme, size)
            complaints += [f"{path} {theme} {size[0]}: {line}" for line in wrong(screen)]
        complaints += [f"{path}: {line}" for line in screen.complaints]
        screen.page.close()
    context.close()
    assert complaints == []


def wrong(screen: harness.Screen) -> list[str]:
    """What is wrong with the page as it looks now."""
    over = harness.sideways(screen.page)
    return [*harness.axe(screen.page), *([f"scrolls {over} px sideways"] if over else [])]


def test_a_reader_without_clearance_sees_the_thread_and_no_composer(
    browser: Browser, address: str, company: dict[str, Thread]
) -> None:
    Clearance.objects.all().delete()
    context = context_of(browser, address, "anna")
    screen = harness.open_page(context, f"{address}/threads/{company['open'].pk}/")
    assert screen.page.locator("textarea[data-text]").count() == 0
    assert "You may read here" in screen.page.content()
    context.close()


def dialogs(page: Page) -> list[Locator]:
    """What opens a dialog with a form of its own: on the overview, and in a thread."""
    kinds = ("change-", "despite-", "back-", "withdraw-", "moderating-")
    return [
        page.locator(f"[data-opens^={kind}]").first for kind in kinds if page.locator(f"[data-opens^={kind}]").count()
    ]


def test_every_dialog_fits_a_narrow_window_and_is_used_by_keyboard(
    browser: Browser, address: str, company: dict[str, Thread]
) -> None:
    context = context_of(browser, address, "lea", theme="dark", size=harness.NARROW)
    seen = 0
    for path in ("/board/", f"/threads/{company['conversation'].pk}/"):
        page = harness.open_page(context, address + path).page
        for opener in dialogs(page):
            opener.press("Enter")
            dialog = page.locator("dialog:modal")
            expect(dialog.locator("[name=text], [name=despite], [name=reason]")).to_be_visible()
            assert harness.axe(page) == []
            assert dialog.evaluate(INSIDE), dialog.get_attribute("id")
            page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
            expect(opener).to_be_focused()
            seen += 1
    assert seen == 5
    context.close()


INSIDE = """dialog => { const at = dialog.getBoundingClientRect();
  return at.left >= 0 && at.top >= 0 && at.right <= innerWidth && at.bottom <= innerHeight
    && dialog.scrollWidth <= dialog.clientWidth; }"""
