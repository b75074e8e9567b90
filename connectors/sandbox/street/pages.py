"""The street's HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.sandbox.entries import FACEBOOK, INSTAGRAM, Entry, Person, X
from connectors.sandbox.markup import Html, document, el, join
from connectors.sandbox.street.reading import Reading, Strand
from connectors.sandbox.street.words import Say

HUES = 6
DEEPEST = 3
LENGTHS = {FACEBOOK: 8000, INSTAGRAM: 2200, X: 4000}
# What an answer is on each.
ANSWERS = {FACEBOOK: "comment", INSTAGRAM: "comment", X: "tweet"}


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, in which language, at what. change: grows whenever something is written."""

    say: Say
    language: str
    name: str | None
    company: Person
    handle: str
    names: Sequence[str]
    reading: Reading
    now: float
    change: int


def street(view: View) -> str:
    return _page(view, _welcome(view), _columns(view))


def conversation(view: View, strand: Strand) -> str:
    back = el("p", el("a", f"← {view.say('Back to the street')}", href="/street"), class_="back")
    return _page(view, back, el("div", _root(view, strand), class_="single"))


def sorry(view: View, sentence: str) -> str:
    back = el("p", el("a", view.say("Back to the street"), href="/street"))
    return _page(view, el("section", el("h2", sentence), back, class_="sheet single"))


def _page(view: View, *content: Html) -> str:
    title = view.say("The street")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · {view.company.name}"),
        el("link", rel="stylesheet", href="/static/sandbox.css"),
        el("link", rel="icon", href="/static/street.svg", type="image/svg+xml"),
        el("script", src="/static/street.js", defer=True),
    )
    skip = el("a", view.say("To the content"), href="#content", class_="skip")
    main = el("main", *content, id="content", data_change=view.change, tabindex="-1")
    return document(head, el("body", skip, _top(view), main, _news(view)), lang=view.language)


def _top(view: View) -> Html:
    note = view.say("A training network. Nothing here leaves this machine.")
    brand = el("a", el("h1", view.say("The street")), href="/street", class_="brand")
    return el("header", el("div", brand, el("p", note, class_="quiet"), _who(view), class_="top-row"), class_="top")


def _news(view: View) -> Html:
    """Shown by the script when something is new and the person is in the middle of writing."""
    button = el("button", view.say("Something new. Show it"), type="button", class_="news", hidden=True)
    return el("div", button, role="status")


def _who(view: View) -> Html:
    title = view.say("You are {name}", name=view.name) if view.name else view.say("Who are you?")
    face = _face(view.name) if view.name else None
    summary = el("summary", face, el("span", title))
    return el("details", summary, _chooser(view), class_="who", id="who")


def _chooser(view: View) -> Html:
    options = [el("option", name, value=name, selected=name == view.name) for name in view.names]
    known = el(
        "p",
        el("label", view.say("A person from the street"), for_="name"),
        el("select", *options, id="name", name="name"),
    )
    new = el(
        "p",
        el("label", view.say("Or a new name"), for_="new_name"),
        el("input", id="new_name", name="new_name", maxlength=60, autocomplete="off"),
    )
    return el("form", known, new, el("button", view.say("Choose")), method="post", action="/street/who")


def _welcome(view: View) -> Html:
    if view.name:
        return join()
    chooser = el("div", el("h2", view.say("Who are you?")), _quick(view), class_="sheet welcome")
    return join(chooser)


def _quick(view: View) -> Html:
    """The first few people as buttons: one press, and one can write."""
    buttons = [
        el("button", _face(name), name, name="name", value=name, class_="person") for name in list(view.names)[:12]
    ]
    hint = el("p", view.say("Choose who you are first, then you can write."))
    return join(hint, el("form", *buttons, method="post", action="/street/who", class_="people"))


def _columns(view: View) -> Html:
    page_title = view.say("The page of {company}", company=view.company.name)
    around_title = view.say("Around @{handle}", handle=view.handle)
    wall = _column(view, "facebook", page_title, _composer(view, FACEBOOK), view.reading.wall())
    around = _column(view, "x", around_title, _composer(view, X), view.reading.around())
    pictures = _column(view, "instagram", _pictures_title(view), join(), view.reading.pictures())
    columns = el("div", wall, around, pictures, _letters(view), class_="columns" if view.name else "columns two")
    return join(_ways(view, page_title, around_title), columns)


def _pictures_title(view: View) -> str:
    return view.say("Pictures of {company}", company=view.company.name)


def _ways(view: View, page_title: str, around_title: str) -> Html:
    """On a narrow screen the columns stand beneath each other: a way to each without scrolling past the others."""
    ways = {"facebook-title": page_title, "x-title": around_title, "instagram-title": _pictures_title(view)}
    if view.name:
        ways["letters-title"] = view.say("Messages to {company}", company=view.company.name)
    links = [el("li", el("a", title, href=f"#{id}")) for id, title in ways.items()]
    return el("nav", el("ul", *links), class_="ways", aria_label=view.say("On this page"))


def _column(view: View, id: str, title: str, composer: Html, strands: Sequence[Strand]) -> Html:
    nothing = None if strands else el("p", view.say("Nothing here yet."), class_="quiet")
    heading = el("h2", title, id=f"{id}-title")
    roots = [_root(view, strand) for strand in strands]
    return el("section", heading, composer, nothing, roots, class_=f"column {id}", aria_labelledby=f"{id}-title")


def _composer(view: View, network: str) -> Html:
    if not view.name:
        return join()
    label = view.say("Write on the page") if network == FACEBOOK else view.say("Write a post")
    kind, start = ("post", "") if network == FACEBOOK else ("tweet", f"@{view.handle} ")
    form = _form(view, network, kind, f"new-{network}", label, view.say("Publish"), text=start)
    return el("details", el("summary", label), form, class_="compose sheet", id=f"compose-{network}")


def _form(
    view: View, network: str, kind: str, id: str, label: str, button: str, *, text: str = "", parent: str = ""
) -> Html:
    return el(
        "form",
        el("input", type="hidden", name="network", value=network),
        el("input", type="hidden", name="kind", value=kind),
        el("input", type="hidden", name="parent_id", value=parent) if parent else None,
        el("label", label, for_=id),
        el("textarea", text, id=id, name="text", rows=3, required=True, maxlength=LENGTHS[network]),
        el("button", button),
        method="post",
        action="/street/write",
    )


def _root(view: View, strand: Strand) -> Html:
    return el("article", _entry(view, strand, 0), class_="sheet strand", id=f"e-{strand.entry.id}")


def _entry(view: View, strand: Strand, depth: int) -> Html:
    entry, ours = strand.entry, strand.author.ours
    body = el(
        "div", _byline(view, strand), _text(entry), _acts(view, strand), class_="entry" + (" ours" if ours else "")
    )
    earlier = None
    if strand.earlier:
        words = view.say("{count} earlier", count=strand.earlier)
        earlier = el("p", el("a", words, href=f"/street/{entry.network}/{entry.id}"), class_="earlier")
    # On a narrow screen every level costs width: the deep ones stand where the last level stands.
    answers = [el("li", _entry(view, child, depth + 1), id=f"e-{child.entry.id}") for child in strand.strands]
    deeper = "answers" if depth < DEEPEST else "answers flat"
    return join(body, earlier, el("ol", *answers, class_=deeper) if answers else None)


def _byline(view: View, strand: Strand) -> Html:
    entry, author = strand.entry, strand.author
    marks = [
        el("span", view.say("answers for the company"), class_="mark") if author.ours and entry.parent_id else None,
        el("span", view.say("edited"), class_="quiet") if entry.edited_at else None,
        el("span", view.say("hidden by {company}", company=view.company.name), class_="mark") if entry.hidden else None,
    ]
    handle = el("span", f"@{author.handle}", class_="quiet") if entry.network != FACEBOOK else None
    name = el("span", author.name, class_="name")
    return el("p", _face(author.name), name, handle, _time(view, entry.created_at), *marks, class_="byline")


def _text(entry: Entry) -> Html:
    return join(_words(entry), *(_picture(path) for path in _pictures(entry)))


def _pictures(entry: Entry) -> list[str]:
    """The pictures that the sandbox itself serves; the page shows nothing from elsewhere."""
    found = [*entry.extra.get("media", ()), *entry.extra.get("attachments", ())]
    sources = [one.get("url") or one.get("media", {}).get("image", {}).get("src", "") for one in found]
    paths = [urlsplit(str(source)).path for source in sources]
    return [path for path in paths if path.startswith("/media/")]


def _picture(path: str) -> Html:
    return el("img", src=path, alt="", width=320, height=200, loading="lazy", class_="picture")


def _words(entry: Entry) -> Html:
    return el(
        "p", entry.text, class_="text", lang=str(entry.extra["lang"]) if "lang" in entry.extra else None, dir="auto"
    )


def _acts(view: View, strand: Strand) -> Html:
    account = view.reading.accounts[strand.entry.network]
    if account is None or strand.entry.kind == "private":
        return join()
    acts = [_answer(view, strand)]
    if strand.entry.author_id == account.id:
        acts += [_change(view, strand.entry), _delete(view, strand.entry)]
    return el("div", *acts, class_="acts")


def _answer(view: View, strand: Strand) -> Html:
    entry = strand.entry
    kind = ANSWERS[entry.network]
    title = view.say("Write a comment") if entry.kind in ("post", "media") else view.say("Answer")
    label = view.say("Your answer to {name}", name=strand.author.name)
    form = _form(view, entry.network, kind, f"answer-{entry.id}", label, view.say("Publish"), parent=entry.id)
    return el("details", el("summary", title), form, id=f"answers-{entry.id}")


def _change(view: View, entry: Entry) -> Html:
    id = f"text-{entry.id}"
    form = el(
        "form",
        *_which(entry),
        el("label", view.say("Your text"), for_=id),
        el("textarea", entry.own_text, id=id, name="text", rows=3, required=True, maxlength=LENGTHS[entry.network]),
        el("button", view.say("Save")),
        method="post",
        action="/street/edit",
    )
    return el("details", el("summary", view.say("Change")), form, id=f"change-{entry.id}")


def _delete(view: View, entry: Entry) -> Html:
    button = el("button", view.say("Delete"), class_="plain")
    return el("form", *_which(entry), button, method="post", action="/street/delete", class_="inline")


def _which(entry: Entry) -> list[Html]:
    network = el("input", type="hidden", name="network", value=entry.network)
    return [network, el("input", type="hidden", name="id", value=entry.id)]


def _letters(view: View) -> Html:
    if not view.name:
        return join()
    title = view.say("Messages to {company}", company=view.company.name)
    note = el("p", view.say("Only you and {company} can read these.", company=view.company.name), class_="quiet")
    boxes = [_letterbox(view, network, label) for network, label in ((FACEBOOK, "Facebook"), (X, "X"))]
    heading = el("h2", title, id="letters-title")
    return el("section", heading, note, *boxes, class_="column letters", aria_labelledby="letters-title")


def _letterbox(view: View, network: str, label: str) -> Html:
    letters = [
        el("li", _byline(view, letter), _text(letter.entry), class_="ours" if letter.author.ours else None)
        for letter in view.reading.letters(network)
    ]
    shown = el("ol", *letters, class_="letters-list") if letters else None
    write = view.say("Write a message")
    form = _form(view, network, "private", f"letter-{network}", write, view.say("Send"))
    details = el("details", el("summary", write), form, id=f"letters-{network}")
    return el("div", el("h3", label), shown, details, class_="sheet")


def _face(name: str) -> Html:
    """The initials on a colour of their own; the name stands beside it, so it is silent."""
    initials = "".join(part[0] for part in name.split()[:2]).upper()
    return el("span", initials, class_=f"face hue-{sum(map(ord, name)) % HUES}", aria_hidden="true")


def _time(view: View, at: float) -> Html:
    local, today = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(view.now).astimezone()
    shown = f"{local:%H:%M}" if local.date() == today.date() else f"{local.day}/{local.month} {local:%H:%M}"
    return el("time", shown, datetime=datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds"), class_="quiet")
