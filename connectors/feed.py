"""Blogs and forums through feedparser: their entries, and the comments of those whose feed names a feed for them.

A feed has no pages, no account and no way to answer: it is read whole, if it has changed, and the answer is written on
the site itself. Anybody may put any address into one, so only public addresses are reached.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import feedparser

from connectors import answer
from connectors.answer import Unreadable
from connectors.base import (
    Account,
    Attachment,
    Author,
    Capabilities,
    Connector,
    ConnectorError,
    Credentials,
    ErrorKind,
    Follow,
    Kind,
    Mark,
    Options,
    Outgoing,
    Page,
    PostContext,
    ReadBack,
    RemoteMessage,
    Sent,
    Turn,
    Visibility,
    Window,
)
from connectors.http import Adapter, Exchange, is_public, session, without_a_trace
from connectors.refusal import from_status, refusal

MAX_HOPS = 4
MAX_STREAM = 600  # characters of a stream's name, which holds an address
MAX_VALIDATOR = 80
# A feed names its newest entries only; most name a week's.
FOLLOWED = timedelta(days=7)
_COUNT = re.compile(r"[1-9]\d{0,8}", re.ASCII)
SCHEMES = ("http://", "https://")
# What its loose parser, for feeds that are no XML, lets through when a feed is odd enough.
FEEDPARSER_TRIPS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, RecursionError)
REDIRECTS = (301, 302, 303, 307, 308)

JsonObject = Mapping[str, object]


class Feed(Connector):
    """credentials.account_id is the feed's address."""

    network = "feed"
    label = "Blog or forum"
    capabilities = Capabilities(can_reply=False)
    pasted = ()
    account_hint = "https://"
    media_hosts = None

    def __init__(self, credentials: Credentials, options: Options | None = None) -> None:
        super().__init__(credentials, options)
        self._http = Adapter("The site", self.options, judge, may_reach=is_public)
        self._session = session(self._http, *SCHEMES)

    def account(self) -> Account:
        address = self.credentials.account_id
        feed = self._parsed(self._fetch(address), address)
        about = answer.part(feed, "feed")
        return Account(
            remote_id=address, name=answer.words(about, "title"), url=_web(answer.words(about, "link"), address)
        )

    def streams(self) -> tuple[str, ...]:
        return ("entries",)

    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: Mapping[str, str]) -> Page:
        """All there is at once: an entry's place in time is not to be trusted, so nothing is left out but by reach."""
        name, _, rest = stream.partition("/")
        entry_id, _, address = rest.partition("/")
        if stream == "entries":
            return self._page(self.credentials.account_id, window, since, known, under="")
        if name == "comments" and entry_id and address:
            return self._page(address, window, since, known, under=entry_id)
        raise ConnectorError(f"A feed has no stream of this name: {stream}", kind=ErrorKind.INVALID, permanent=True)

    def read_again(self, stream: str, raw: object) -> Page:
        """As it was found: feedparser's own names, without the feed around it."""
        name, _, rest = stream.partition("/")
        under, _, address = rest.partition("/") if name == "comments" else ("", "", self.credentials.account_id)
        read = partial(_entry, address=address, under=under, fetched_at=datetime.now(UTC))
        found, malformed = answer.sorted_out([raw], read)
        return Page(tuple(found), Window(), malformed=tuple(malformed))

    @classmethod
    def turn(cls, one: PostContext | RemoteMessage, *, account_id: str) -> Turn | None:
        """The comments of an entry; how long the feed goes on naming it, only the site knows."""
        stream = "" if isinstance(one, PostContext) else _comments_of(one, account_id)
        return Turn(stream, one.created_at, one.created_at + FOLLOWED) if stream and one.created_at else None

    def send(self, outgoing: Outgoing) -> Sent:
        raise ConnectorError("The answer is written on the site itself", kind=ErrorKind.NOT_ALLOWED, permanent=True)

    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        return ReadBack(())

    def _page(self, address: str, window: Window, since: datetime, known: Mapping[str, str], *, under: str) -> Page:
        """The mark of what is known carries the feed's own validator, so that an unchanged feed costs a 304."""
        last = window.complete_up_to
        exchange = self._fetch(address, validator=last.id if last else "")
        if exchange.status == 304:
            return Page((), Window(complete_up_to=last))
        feed = self._parsed(exchange, address)
        entries = feed.get("entries")
        read = partial(_entry, address=address, under=under, fetched_at=exchange.at)
        found, malformed = answer.sorted_out(entries if isinstance(entries, list) else [], read)
        messages = [message for message in answer.once(found) if message.created_at >= since]
        newest = max([message.created_at for message in messages] + ([last.at] if last else []), default=exchange.at)
        return Page(
            messages=tuple(messages),
            window=Window(complete_up_to=Mark(newest, _validator(exchange))),
            malformed=tuple(malformed),
            follow=tuple(one for message in messages for one in _follow(message, address, known)) if not under else (),
        )

    def _fetch(self, address: str, *, validator: str = "") -> Exchange:
        """Follows the site's redirects by hand: each hop is a call with a look of its own at the address."""
        headers = {"User-Agent": "Samtal"}
        if validator:
            # An ETag begins with a quotation mark, or with W/ and one; a date with neither.
            headers["If-None-Match" if '"' in validator else "If-Modified-Since"] = validator
        for _ in range(MAX_HOPS):
            _refuse_odd(address)
            without_a_trace(partial(self._session.get, address, headers=headers, allow_redirects=False))
            exchange = self._http.last
            if exchange is None or exchange.status not in REDIRECTS:
                break
            address = _web(exchange.headers.get("location", "") or address, address)
        if exchange is None or exchange.status in REDIRECTS:
            raise ConnectorError("The site sends us in circles", kind=ErrorKind.MALFORMED)
        return exchange

    def _parsed(self, exchange: Exchange, address: str) -> JsonObject:
        """{"feed": …, "entries": […]} as feedparser names things, cleaned. What it cannot read is MALFORMED."""
        headers = {"content-type": exchange.headers.get("content-type", "application/xml"), "content-location": address}
        found: Mapping[str, object] = {}
        with suppress(*FEEDPARSER_TRIPS):
            found = feedparser.parse(exchange.body, response_headers=headers, resolve_relative_uris=False)
        if not found.get("version") and not found.get("entries"):
            raise ConnectorError("This is no feed that can be read", kind=ErrorKind.MALFORMED, status=exchange.status)
        plain = json.dumps({"feed": found.get("feed"), "entries": found.get("entries")}, default=str)
        return answer.as_object(answer.decode(plain.encode()), "the feed")


def _validator(exchange: Exchange) -> str:
    """By which the site tells next time whether anything has changed: its ETag, else the date of its last change."""
    told = (exchange.headers.get(name, "") for name in ("etag", "last-modified"))
    return next((one for one in told if one and len(one) <= MAX_VALIDATOR and one.isprintable()), "")


def judge(exchange: Exchange) -> bytes:
    """Success, unchanged and elsewhere are all good; what a feed says besides is said by its status alone."""
    status = exchange.status
    if status in (200, 304, *REDIRECTS):
        return b""
    refused = {401: ErrorKind.PERMISSION, 403: ErrorKind.PERMISSION, 410: ErrorKind.GONE}.get(status)
    if refused:
        raise refusal(f"The site refused (HTTP {status})", refused, exchange)
    raise from_status("The site", exchange)


def _refuse_odd(address: str) -> None:
    try:
        parts = urlsplit(address)
        plain = address.startswith(SCHEMES) and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        plain = False
    if not plain or not address.isprintable() or " " in address:
        raise ConnectorError("This is no address of a feed", kind=ErrorKind.INVALID, permanent=True)


def _follow(message: RemoteMessage, address: str, known: Mapping[str, str]) -> Iterator[Follow]:
    """The comments of an entry, where it names a feed for them and how many there are."""
    stream, count = _comments_of(message, address), answer.words(message.raw, "slash_comments")
    if stream and _COUNT.fullmatch(count) and known.get(stream) != count:
        yield Follow(stream, count)


def _comments_of(message: RemoteMessage, address: str) -> str:
    """The stream of an entry's comments; "" where it names no feed for them."""
    comments = _web(answer.words(message.raw, "wfw_commentrss"), address)
    stream = f"comments/{message.remote_id}/{comments}"
    return stream if comments and len(stream) <= MAX_STREAM else ""


def _entry(raw: JsonObject, *, address: str, under: str, fetched_at: datetime) -> RemoteMessage:
    """under: the entry whose comments these are, "" for the entries themselves."""
    link = answer.words(raw, "link")
    told = answer.words(raw, "id") or link or answer.words(raw, "title")
    if not told:
        raise Unreadable("neither id nor link nor title")
    remote_id = _id(under or address, told)
    title = "" if under else _said(answer.part(raw, "title_detail"))
    body = _said(*answer.parts(raw, "content"), answer.part(raw, "summary_detail"))
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=under or remote_id,
        kind=Kind.COMMENT if under else Kind.POST,
        visibility=Visibility.PUBLIC,
        text="\n\n".join(filter(None, (title, body))),
        created_at=_time(raw, "published_parsed") or _time(raw, "updated_parsed") or fetched_at,
        author=_author(raw, address),
        parent_remote_id=under or None,
        post_remote_id=under,
        permalink=_web(link, address),
        attachments=tuple(_attachments(raw, address)),
        raw=raw,
    )


def _said(first: JsonObject, *others: JsonObject) -> str:
    """The first of several texts, without its markup where it has any."""
    text = answer.words(first, "value")
    return " ".join(text.split()) if first.get("type") == "text/plain" else _plain(text)


def _id(scope: str, told: str) -> str:
    """Ids of feeds are whatever their makers like, and unique within one feed only."""
    return hashlib.sha256(f"{scope}\n{told}".encode()).hexdigest()[:32]


def _time(raw: JsonObject, key: str) -> datetime | None:
    """feedparser gives moments in UTC as nine numbers."""
    value = raw.get(key)
    if not isinstance(value, list) or not all(isinstance(part, int) for part in value):
        return None
    try:
        return answer.known_time({key: calendar.timegm(tuple(value))}, key)
    except (ValueError, OverflowError, TypeError):
        return None


def _author(raw: JsonObject, address: str) -> Author | None:
    """A name is all that a feed has; the same name on the same site is the same person to us."""
    name = answer.words(raw, "author").strip()
    return Author(_id(urlsplit(address).hostname or "", name), name, url="") if name else None


def _attachments(raw: JsonObject, address: str) -> Iterator[Attachment]:
    kinds = {"image": "photo", "video": "video"}
    for enclosure in (link for link in answer.parts(raw, "links") if link.get("rel") == "enclosure"):
        url = _web(answer.words(enclosure, "href"), address)
        if url:
            yield Attachment(kinds.get(answer.words(enclosure, "type").partition("/")[0], "file"), url)


def _web(link: str, address: str) -> str:
    """A link as an address of the web, "" for anything else: it will stand behind the desk's "open"."""
    try:
        whole = urljoin(address, link) if link else ""
    except ValueError:
        return ""
    return whole if whole.startswith(SCHEMES) else ""


class _Words(HTMLParser):
    """The words of a piece of HTML, a line for each block."""

    BLOCKS = ("p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self.BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.handle_starttag(tag, None)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def _plain(markup: str) -> str:
    words = _Words()
    with suppress(AssertionError):  # for half a declaration, and then we have what stands before it
        words.feed(markup)
        words.close()
    lines = (" ".join(line.split()) for line in "".join(words.found).split("\n"))
    return "\n".join(line for line in lines if line)
