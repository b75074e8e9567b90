"""A blog beside the networks: /blog/feed.xml names its entries, and for each of them a feed of its comments.

Each entry has a page, too, where anybody may write under any name: a site has no other way in.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox.entries import BLOG, Entry, NewEntry, Person
from connectors.sandbox.guard import POLICY, refuse_strangers
from connectors.sandbox.markup import Html, document, el
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.street.words import Say, chosen, speaker

SPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
NEWEST = 50
BENEATH = "network = 'blog' AND kind = 'comment' AND root_id = :id"


def routes() -> list[Route]:
    return [
        Route("/blog/feed.xml", entries),
        Route("/blog/{id}/comments.xml", comments),
        Route("/blog/{id}/comments", refuse_strangers(write), methods=["POST"]),
        Route("/blog/{id}", show),
    ]


async def entries(request: Request) -> Response:
    found = _sandbox(request).world.seen(
        "network = 'blog' AND kind = 'entry'", {}, f"ORDER BY position DESC LIMIT {NEWEST}"
    )
    return _feed(request, "Nordnetts blogg", found)


async def comments(request: Request) -> Response:
    """A reader of an entry that is gone gets an empty feed, as most blogs do it."""
    found = _sandbox(request).world.seen(
        BENEATH, {"id": request.path_params["id"]}, f"ORDER BY position DESC LIMIT {NEWEST}"
    )
    return _feed(request, "Comments", found)


async def show(request: Request) -> Response:
    entry = _sandbox(request).world.entry(BLOG, request.path_params["id"])
    if entry is None or entry.kind != "entry":
        return PlainTextResponse("Not found", 404)
    language = chosen(request.headers.get("accept-language", ""))
    found = _sandbox(request).world.seen(BENEATH, {"id": entry.id}, "ORDER BY position, seq")
    beneath = defaultdict(list)
    for comment in found:
        beneath[str(comment.parent_id)].append(comment)
    page = _Leaf(request, speaker(language), beneath).page(entry, language)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


async def write(request: Request) -> Response:
    """A comment, under whatever name the form gives."""
    world = _sandbox(request).world
    fields = {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    name, text = (" ".join(fields.get("name", "").split())[:60], fields.get("text", "").replace("\r\n", "\n").strip())
    entry, parent = (world.standing(BLOG, id) for id in (request.path_params["id"], fields.get("parent_id", "")))
    if entry is None or parent is None or parent.root_id != entry.id or not name or not text:
        return PlainTextResponse("Not found", 404)
    known = world.store.one("SELECT * FROM person WHERE network = 'blog' AND name = ? ORDER BY ours DESC", (name,))
    author = Person.from_row(known) if known else world.add_person(Person(BLOG, "", name))
    comment = world.write(NewEntry(BLOG, "comment", author.id, text, parent_id=parent.id, via="street"))
    return RedirectResponse(f"/blog/{entry.id}#c{comment.id}", 303)


class _Leaf:
    """The page of one entry: what it says, what was written under it, and a form under each."""

    def __init__(self, request: Request, say: Say, beneath: Mapping[str, Sequence[Entry]]) -> None:
        self.world = _sandbox(request).world
        self.say = say
        self.beneath = beneath

    def page(self, entry: Entry, language: str) -> str:
        title, _, body = entry.text.partition("\n")
        head = el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("title", title),
            el("link", rel="stylesheet", href="/static/sandbox.css"),
        )
        words = el("article", el("h1", title), self.byline(entry), el("p", body, class_="text"), class_="sheet")
        form = el("section", self.form(entry, entry.id, self.say("Write a comment")), class_="sheet")
        back = el("p", el("a", f"← {self.say('Back to the street')}", href="/street"), class_="back")
        main = el("main", back, el("div", words, self.comments(entry.id), form, class_="single column"))
        return document(head, el("body", main), lang=language)

    def comments(self, above: str) -> Html | None:
        found = [self.comment(one) for one in self.beneath.get(above, ())]
        return el("ol", *found, class_="answers") if found else None

    def comment(self, entry: Entry) -> Html:
        label = self.say("Your answer to {name}", name=self.name(entry))
        answer = el("details", el("summary", self.say("Answer")), self.form(entry, entry.root_id, label))
        shown = [self.byline(entry), el("p", entry.text, class_="text"), el("div", answer, class_="acts")]
        return el("li", el("div", *shown, class_="sheet"), self.comments(entry.id), id=f"c{entry.id}")

    def byline(self, entry: Entry) -> Html:
        return el("p", el("span", self.name(entry), class_="name"), class_="byline")

    def name(self, entry: Entry) -> str:
        author = self.world.person(BLOG, entry.author_id)
        return author.name if author else ""

    def form(self, parent: Entry, root: str, label: str) -> Html:
        name, text = f"name-{parent.id}", f"text-{parent.id}"
        return el(
            "form",
            el("input", type="hidden", name="parent_id", value=parent.id),
            el("label", self.say("Your name"), for_=name),
            el("input", id=name, name="name", required=True, maxlength=60),
            el("label", label, for_=text),
            el("textarea", id=text, name="text", rows=3, required=True, maxlength=8000),
            el("button", self.say("Publish")),
            method="post",
            action=f"/blog/{root}/comments",
        )


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def _feed(request: Request, title: str, found: Sequence[Entry]) -> Response:
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in SPACES.items())
    items = "".join(_item(request, entry) for entry in found)
    head = f"<title>{title}</title><link>{_address(request, '')}</link><description/>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {spaces}><channel>{head}{items}</channel></rss>'
    etag = f'"{hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/rss+xml", headers={"ETag": etag})


def _item(request: Request, entry: Entry) -> str:
    world = _sandbox(request).world
    author = world.person(BLOG, entry.author_id)
    title, _, body = entry.text.partition("\n")
    text = body or title
    parts = [
        f"<guid isPermaLink='false'>{entry.id}</guid>",
        f"<link>{_address(request, entry.root_id)}{'' if entry.kind == 'entry' else f'#c{entry.id}'}</link>",
        f"<pubDate>{formatdate(entry.created_at, usegmt=True)}</pubDate>",
        f"<dc:creator>{escape(author.name if author else '')}</dc:creator>",
        f"<content:encoded>{escape(f'<p>{escape(text)}</p>')}</content:encoded>",
    ]
    if entry.kind == "entry":
        number = world.count(BENEATH, {"id": entry.id})
        below = _address(request, f"{entry.id}/comments.xml")
        parts += [f"<title>{escape(title)}</title>", f"<slash:comments>{number}</slash:comments>"]
        parts += [f"<wfw:commentRss>{below}</wfw:commentRss>"]
    return f"<item>{''.join(parts)}</item>"


def _address(request: Request, path: str) -> str:
    return f"{request.base_url}blog/{path}"
