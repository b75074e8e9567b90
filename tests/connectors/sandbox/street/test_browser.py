"""The street and the control page in a real browser: accessible, quiet, fresh by themselves."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from connectors.sandbox.remote import Remote

SIZES = {"wide": (1360, 900), "narrow": (320, 700)}


@pytest.fixture
def street(sandbox: Remote) -> Remote:
    """A demo with one conversation, three levels deep, with an answer of ours."""
    sandbox.reset(people=True)
    row = {"network": "facebook", "kind": "comment"}
    post = next(entry for entry in sandbox.truth("facebook") if entry["kind"] == "post")
    first = sandbox.write(**row, author="Elin Sjöberg", text="När kommer fiber?", parent_id=post["id"])
    ours = sandbox.write(**row, author_id=post["author_id"], text="I november. /Anna", parent_id=first["id"])
    sandbox.write(**row, author="Elin Sjöberg", text="Tack!", parent_id=ours["id"])
    sandbox.write(network="x", kind="tweet", author="Elin Sjöberg", text="@nordnett hej")
    return sandbox


@pytest.fixture
def page(browser: Browser, street: Remote, base: str) -> Iterator[Page]:
    """Whatever the console says is a failure: a blocked style, a lost script, a refused request."""
    context = browser.new_context(locale="sv-SE", base_url=base)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


def be(page: Page, name: str) -> None:
    page.goto("/street")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text(f"Du är {name}")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(page: Page, scheme: str, size: str) -> None:
    page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/street")
    check(page)
    be(page, "Elin Sjöberg")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    check(page)
    page.goto("/control")
    check(page)


def check(page: Page) -> None:
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]  # type: ignore[index]


def test_a_customer_answers_with_the_keyboard_alone(page: Page, street: Remote) -> None:
    be(page, "Elin Sjöberg")
    page.locator("article .acts summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Hej, är det någon här?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(":target")).to_contain_text("Hej, är det någon här?")
    assert street.truth(who="others")[-1]["text"] == "Hej, är det någon här?"


def test_what_is_new_appears_without_a_reload_and_never_under_the_hands(page: Page, street: Remote) -> None:
    be(page, "Elin Sjöberg")
    street.write(network="x", kind="tweet", author="Oskar Lindqvist", text="@nordnett något nytt")
    expect(page.get_by_text("@nordnett något nytt")).to_be_visible(timeout=8000)
    page.locator("#compose-x summary").click()
    page.locator("#new-x").fill("@nordnett jag skriver just")
    street.write(network="x", kind="tweet", author="Oskar Lindqvist", text="@nordnett ännu nyare")
    button = page.get_by_role("button", name="Något nytt. Visa")
    expect(button).to_be_visible(timeout=8000)
    expect(page.locator("#new-x")).to_have_value("@nordnett jag skriver just")
    button.click()
    expect(page.get_by_text("@nordnett ännu nyare")).to_be_visible()
