"""Mastodon through Mastodon.py: the statuses that mention us, what is written under ours, and our own.

Lists are walked from new to old between two ids. No status says where its conversation begins: what stands above one is
asked for where the page does not show it. The channel's account is name@instance, as people write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from html.parser import HTMLParser

import mastodon

from connectors import answer
from connectors.answer import Unreadable
from connectors.base import (
    CLOCK_SKEW,
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
    Look,
    Malformed,
    Mark,
    Options,
    Outgoing,
    Page,
    PostContext,
    Rate,
    ReadBack,
    RemoteMessage,
    Sent,
    Turn,
    Visibility,
    Window,
)
from connectors.http import Adapter, Exchange, Redactor, is_public, session
from connectors.refusal import RATE_PAUSE, from_status, refusal

USUAL_PAGE = 40
MAX_PAGES = 50  # of one read-back
OVERLAP = timedelta(minutes=2)
# Polling sees the newest of our statuses only: where much is said, those of yesterday are none of them.
FOLLOWED = timedelta(days=1)
ADDRESS_LENGTH = 23
LONGEST_WINDOW = 3600.0  # seconds; Mastodon's own are five minutes
# How an instance that gives lists as ever may fail to tell of one conversation. Each silence costs a whole deadline, so
# that after some of them nobody asks any more.
UNTOLD = (ErrorKind.INVALID, ErrorKind.MALFORMED, ErrorKind.UNAVAILABLE)
MOST_SILENCES = 2

JsonObject = Mapping[str, object]

_ACCOUNT = re.compile(r"[\w.-]+@(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,60}(?:@[\w.:-]{1,60})?", re.ASCII)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?<!\w)(@\w+)@[\w.-]*\w")
_LEADING_NAMES = re.compile(r"^(?:@[\w.-]+(?:@[\w.-]+)?\s+)+")
_DIGITS = re.compile(r"\d{1,15}", re.ASCII)
_KINDS: Mapping[int, ErrorKind] = {
    400: ErrorKind.INVALID,
    401: ErrorKind.TOKEN,
    404: ErrorKind.GONE,
    410: ErrorKind.GONE,
    422: ErrorKind.INVALID,
    429: ErrorKind.RATE,
}
# A 403 says why in words only.
_WORDS: Sequence[tuple[str, ErrorKind]] = (
    ("authorized scopes", ErrorKind.PERMISSION),
    ("disabled", ErrorKind.BLOCKED),
    ("suspended", ErrorKind.BLOCKED),
    ("pending", ErrorKind.BLOCKED),
)


class Mastodon(Connector):
    network = "mastodon"
    label = "Mastodon"
    # Of the 500 an instance usually takes, some go for the name that we put in front of an answer. Its Idempotency-Key
    # is kept for an hour only, so it is no promise for every second sending.
    capabilities = Capabilities(max_length=460, look_size=20, can_delete=True, can_delete_private=True, can_like=True)

    account_hint = "name@instance"
    media_hosts = None
    beneath = ("replies",)

    def __init__(self, credentials: Credentials, options: Options | None = None) -> None:
        super().__init__(credentials, options)
        secret = credentials.secrets.get("access_token")
        self._token = secret.reveal() if secret else ""
        self._hide = Redactor((self._token,))
        host = _host(credentials.account_id)
        # Anybody can run an instance, at any address.
        self._http = Adapter(self.label, self.options, partial(judge, hide=self._hide), may_reach=is_public)
        http = session(self._http, f"https://{host}/")
        # The session signs: the library takes a token for the name of a file where there is such a file.
        http.headers["Authorization"] = f"Bearer {self._token}"
        self._client = mastodon.Mastodon(
            api_base_url=f"https://{host}", session=http, user_agent="Samtal",
            ratelimit_method="throw", version_check_mode="none", request_timeout=self.options.deadline,
        )  # fmt: skip
        self._host = host
        self._number = ""
        self._silences = 0

    def account(self) -> Account:
        found = self._http.believe(answer.as_object, self._ask(self._client.account_verify_credentials), "the account")
        self._number = self._http.believe(answer.as_id, found.get("id"), "id of the account")
        author = _author(found, self._host)
        return Account(
            remote_id=author.remote_id if author else "",
            name=author.name if author else "",
            handle=author.handle if author else "",
            url=author.url if author else "",
        )

    def streams(self) -> tuple[str, ...]:
        return ("mentions", "own")

    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: Mapping[str, str]) -> Page:
        """ "mentions", "own", or "replies/<id>": all that stands under one of our newest statuses."""
        name, _, status_id = stream.partition("/")
        if stream == "mentions":
            ask = partial(self._client.notifications, types=["mention"])
            return self._walk(ask, _mentioned, window, since, known)
        if stream == "own":
            return self._walk(self._own_statuses, _status, window, since, known)
        if name == "replies" and answer.known_id({"id": status_id}, "id"):
            return self._replies(status_id, window, since)
        raise ConnectorError(f"Mastodon has no stream of this name: {stream}", kind=ErrorKind.INVALID, permanent=True)

    @classmethod
    def turn(cls, one: PostContext | RemoteMessage, *, account_id: str) -> Turn | None:
        """Under our own statuses."""
        if not isinstance(one, PostContext) or one.created_at is None:
            return None
        return Turn(f"replies/{one.remote_id}", one.created_at, one.created_at + FOLLOWED)

    def look(self, remote_ids: Sequence[str]) -> Look:
        """What is not among the answer is gone: the network says nothing of those."""
        ids = [one for one in remote_ids if answer.known_id({"id": one}, "id")]
        if not ids:
            return Look()
        items, _odd = answer.sorted_out(self._list(self._client.statuses, {"ids": ids}), _status)
        stands = [item.mark.id for item in items]
        shown = [self._shown([item.status]) for item in items if item.status]
        messages = tuple(one for one in shown if isinstance(one, RemoteMessage))
        posts = tuple(one for one in shown if isinstance(one, PostContext))
        gone = tuple(one for one in ids if one not in stands)
        return Look(messages, gone, posts, read_at=self._http.answered_at)

    def read_again(self, stream: str, raw: object) -> Page:
        read = _mentioned if stream == "mentions" else _status
        found, malformed = answer.sorted_out([raw], read)
        shown = [self._shown([one.status]) for one in found if one.status]
        return Page(tuple(one for one in shown if isinstance(one, RemoteMessage)), Window(), malformed=tuple(malformed))

    def send(self, outgoing: Outgoing) -> Sent:
        """Answers a status as openly as it was written; whoever is answered must be named to be told."""
        _refuse_unsendable(outgoing)
        name = f"@{outgoing.recipient_handle} " if _NAME.fullmatch(outgoing.recipient_handle) else ""
        made = self._ask(
            partial(
                self._client.status_post, name + outgoing.text, in_reply_to_id=outgoing.answers_remote_id,
                visibility="direct" if outgoing.visibility is Visibility.PRIVATE else "public",
                idempotency_key=outgoing.key or None,
            )
        )  # fmt: skip
        found = self._http.believe(answer.as_object, made, "the new status")
        return Sent(
            remote_id=self._http.believe(answer.as_id, found.get("id"), "id of the new status"),
            permalink=answer.address(found, "url"),
            at=answer.known_time(found, "created_at"),
        )

    def delete(self, remote_id: str) -> None:
        """Ours only."""
        _refuse_odd(remote_id)
        self._ask(partial(self._client.status_delete, remote_id))

    def like(self, remote_id: str) -> None:
        _refuse_odd(remote_id)
        self._ask(partial(self._client.status_favourite, remote_id))

    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        """Our own statuses: they are there as soon as they are written."""
        found: list[_Item] = []
        bounds: dict[str, object] = {"limit": USUAL_PAGE}
        for _ in range(MAX_PAGES):
            items, _bad = answer.sorted_out(self._list(self._own_statuses, bounds), _status)
            found += items
            if not items or min(item.mark.at for item in items) < since - CLOCK_SKEW:
                break
            bounds["max_id"] = min((item.mark for item in items), key=_order).id
        shown = [self._shown([item.status]) for item in found if item.status]
        own = [one for one in shown if isinstance(one, RemoteMessage)]
        own.sort(key=lambda message: message.created_at, reverse=True)
        return ReadBack(tuple(own), max((item.mark.at for item in found), default=None))

    @classmethod
    def length(cls, text: str, visibility: Visibility = Visibility.PUBLIC) -> int:
        """An address counts 23, and of a name elsewhere only what stands before its instance."""
        return len(_ELSEWHERE.sub(r"\1", _ADDRESS.sub("x" * ADDRESS_LENGTH, text)))

    @classmethod
    def normalise(cls, text: str) -> str:
        """Without the names in front, which we put there ourselves."""
        plain = " ".join(unicodedata.normalize("NFC", text).split())
        return _LEADING_NAMES.sub("", plain)

    # Walking

    def _own_statuses(self, **bounds: object) -> object:
        if not self._number:
            self.account()
        return self._client.account_statuses(self._number, exclude_reblogs=True, **bounds)

    def _walk(
        self,
        ask: Callable[..., object],
        read: Callable[[JsonObject], _Item],
        window: Window,
        since: datetime,
        known: Mapping[str, str],
    ) -> Page:
        """One page from new to old. The last one is empty or reaches below what is known: pages may come short."""
        last = window.complete_up_to
        floor = max(since, last.at - OVERLAP) if last else since
        bounds: dict[str, object] = {"limit": min(max(self.options.page_size or USUAL_PAGE, 1), USUAL_PAGE)}
        if window.walk_to:
            bounds["max_id"] = window.walk_to.id
        listed = self._list(ask, bounds)
        items, malformed = answer.sorted_out(listed, read)
        marks = [item.mark for item in items]
        if marks and not _lower(marks, window.walk_to):
            raise ConnectorError("Mastodon's pages lead nowhere", kind=ErrorKind.MALFORMED)
        fresh = [item.status for item in items if item.status and item.mark.at >= floor]
        messages, posts, odd = self._placed(fresh)
        return Page(
            messages=tuple(messages),
            posts=tuple(posts),
            window=_walked(window, marks, done=not marks or min(mark.at for mark in marks) < floor),
            malformed=(*malformed, *odd),
            follow=tuple(self._follows([item.status for item in items if item.status], known)),
            calls_left=self._calls_left(),
            read_at=self._http.answered_at,
        )

    def _replies(self, status_id: str, window: Window, since: datetime) -> Page:
        """All at once: the network gives a conversation whole."""
        above, below = self._context(status_id)
        messages, posts, odd = self._placed([*below], {_id(one): one for one in (*above, *below)})
        kept = [message for message in messages if message.created_at >= since]
        marks = [Mark(message.created_at, message.remote_id) for message in kept]
        return Page(
            messages=tuple(kept),
            posts=tuple(posts),
            window=_walked(window, marks, done=True),
            malformed=tuple(odd),
            calls_left=self._calls_left(),
            read_at=self._http.answered_at,
        )

    def _follows(self, statuses: Sequence[JsonObject], known: Mapping[str, str]) -> Iterator[Follow]:
        """Under our own newest ones people answer who do not name us."""
        for status in statuses:
            count = answer.number(status, "replies_count")
            stream = f"replies/{_id(status)}"
            if count and _id(status) and self._is_ours(status) and known.get(stream) != str(count):
                yield Follow(stream, str(count))

    def _placed(
        self, statuses: Sequence[JsonObject], known: Mapping[str, JsonObject] | None = None
    ) -> tuple[list[RemoteMessage], list[PostContext], list[Malformed]]:
        """Each status in its conversation, as far up as it can be seen."""
        seen = {_id(status): status for status in statuses} | dict(known or {})
        found: list[RemoteMessage | PostContext] = []
        malformed: list[Malformed] = []
        for status in statuses:
            try:
                found.append(self._shown(self._line(status, seen)))
            except Unreadable as error:
                malformed.append(Malformed(status, str(error)))
        messages = answer.once(one for one in found if isinstance(one, RemoteMessage))
        return messages, answer.once(one for one in found if isinstance(one, PostContext)), malformed

    def _line(self, status: JsonObject, seen: dict[str, JsonObject]) -> list[JsonObject]:
        """A status and what stands above it, the nearest first. `seen` grows by what had to be asked for."""
        line = [status]
        while (above := answer.known_id(line[-1], "in_reply_to_id")) and not _is_private(status):
            if above not in seen and line[-1] is status:
                seen |= {_id(one): one for one in self._above(_id(status))}
            if above not in seen or seen[above] in line:
                break
            line.append(seen[above])
        return line

    def _above(self, status_id: str) -> list[JsonObject]:
        """What stands above a status. Where the network cannot tell, it begins a thread and costs its page nothing."""
        if self._silences >= MOST_SILENCES:
            return []
        try:
            return self._context(status_id)[0]
        except ConnectorError as error:
            if error.kind not in UNTOLD:
                raise
            self._silences += error.kind is ErrorKind.UNAVAILABLE
            return []

    def _context(self, status_id: str) -> tuple[list[JsonObject], list[JsonObject]]:
        """(what stands above a status, the first one first; what stands beneath it)."""
        try:
            found = self._ask(partial(self._client.status_context, status_id))
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            return [], []
        whole = self._http.believe(answer.as_object, found, "the conversation")
        return answer.parts(whole, "ancestors"), answer.parts(whole, "descendants")

    # The wire

    def _list(self, ask: Callable[..., object], bounds: Mapping[str, object]) -> list[object]:
        return self._http.believe(answer.as_list, self._ask(partial(ask, **bounds)), "the list")

    def _ask(self, call: Callable[[], object]) -> object:
        """One call through the library. It sees no more of an answer than its shape; what was answered is read here."""
        if not self._token:
            raise ConnectorError("The channel has no access token", kind=ErrorKind.TOKEN, permanent=True)
        problem: BaseException | None = None
        try:
            call()
        except ConnectorError as error:
            problem = error
        except mastodon.MastodonError as error:
            # The library wraps whatever its session raises, our own errors too.
            problem = error.__context__
        if isinstance(problem, ConnectorError):
            raise problem.with_traceback(None)
        if self._http.last is None:
            raise ConnectorError("Mastodon was not asked", kind=ErrorKind.MALFORMED)
        return answer.decode(self._http.last.body, self._hide)

    @property
    def rate(self) -> Rate | None:
        """One budget for reads and writes."""
        headers = self._http.last.headers if self._http.last else {}
        left, limit = (headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit"))
        if self._http.last is None or not (_DIGITS.fullmatch(left) and _DIGITS.fullmatch(limit) and int(limit)):
            return None
        return Rate(int(left) / int(limit), _wait(self._http.last))

    def _calls_left(self) -> int | None:
        remaining = self._http.last.headers.get("x-ratelimit-remaining", "") if self._http.last else ""
        return int(remaining) if _DIGITS.fullmatch(remaining) else None

    # Reading

    def _is_ours(self, status: JsonObject) -> bool:
        author = _author(answer.part(status, "account"), self._host)
        return author is not None and author.remote_id == self.credentials.account_id

    def _shown(self, line: Sequence[JsonObject]) -> RemoteMessage | PostContext:
        """The first of a line. One of ours that answers nobody is what others write under."""
        status, top = line[0], line[-1]
        if self._is_ours(top) and not _is_private(status) and not answer.known_id(top, "in_reply_to_id"):
            if len(line) == 1:
                return _post(status)
            return self._message(status, root=_id(line[-2]), post=_id(top))
        return self._message(status, root=self._other(status) if _is_private(status) else _id(top), post="")

    def _other(self, status: JsonObject) -> str:
        """With whom a private status is: such a conversation goes by the person."""
        people = [_author(one, self._host) for one in answer.parts(status, "mentions")]
        named = people if self._is_ours(status) else [_author(answer.part(status, "account"), self._host)]
        return next((one.remote_id for one in named if one), "") or _id(status)

    def _message(self, raw: JsonObject, *, root: str, post: str) -> RemoteMessage:
        remote_id = answer.as_id(raw.get("id"), "id")
        parent = answer.known_id(raw, "in_reply_to_id")
        private = _is_private(raw)
        kind = Kind.PRIVATE if private else Kind.COMMENT if post or self._is_ours(raw) else Kind.MENTION
        return RemoteMessage(
            remote_id=remote_id,
            root_remote_id=root,
            kind=kind,
            visibility=Visibility.PRIVATE if private else Visibility.PUBLIC,
            text=_text(raw),
            created_at=answer.as_time(raw.get("created_at"), "created_at"),
            author=_author(answer.part(raw, "account"), self._host),
            parent_remote_id=parent if parent and parent != post else None,
            post_remote_id=post,
            permalink=answer.address(raw, "url"),
            language=_language(raw),
            edited_at=answer.known_time(raw, "edited_at"),
            attachments=tuple(_attachments(raw)),
            raw=raw,
        )


# Errors


def judge(exchange: Exchange, *, hide: Redactor) -> bytes:
    """The shape of a success, which is all that the library needs. Raises ConnectorError for everything else."""
    try:
        found = answer.decode(exchange.body, hide)
    except Unreadable:
        found = None
    if not isinstance(found, dict | list):
        raise from_status("Mastodon", exchange)
    if not 200 <= exchange.status < 300:
        raise error_of(found if isinstance(found, dict) else {}, exchange, hide)
    return b"{}" if isinstance(found, dict) else b"[]"


def error_of(found: JsonObject, exchange: Exchange, hide: Redactor) -> ConnectorError:
    """The error for {"error": …} beside a status."""
    message = hide.quoted(answer.words(found, "error"))
    kind = _KINDS.get(exchange.status)
    if exchange.status == 403 and message:
        usual = ErrorKind.NOT_ALLOWED if exchange.writes else ErrorKind.PERMISSION
        kind = next((kind for words, kind in _WORDS if words in message), usual)
    if kind is None or not message:
        return from_status("Mastodon", exchange)
    wait = _wait(exchange) if kind is ErrorKind.RATE else None
    text = f"Mastodon: {message} (HTTP {exchange.status})"
    return refusal(text, kind, exchange, retry_after=wait, code=str(exchange.status))


def _wait(exchange: Exchange) -> float | None:
    """Seconds until the closed window opens; None where the header is absent or cannot be true."""
    reset = answer.known_time({"reset": exchange.headers.get("x-ratelimit-reset", "")}, "reset")
    if reset is None:
        return None
    wait = (reset - exchange.at).total_seconds() + 1
    return max(wait, 5.0) if -60 < wait < LONGEST_WINDOW else RATE_PAUSE


def _refuse_unsendable(outgoing: Outgoing) -> None:
    _refuse_odd(outgoing.answers_remote_id)
    if not answer.is_sendable(outgoing.text):
        raise ConnectorError("The text is empty or no Unicode text", kind=ErrorKind.INVALID, permanent=True)
    if outgoing.visibility is Visibility.PRIVATE and not _NAME.fullmatch(outgoing.recipient_handle):
        raise ConnectorError("Mastodon: nobody is named to read it", kind=ErrorKind.INVALID, permanent=True)


def _refuse_odd(remote_id: str) -> None:
    if not answer.known_id({"id": remote_id}, "id"):
        raise ConnectorError("Mastodon has no such id", kind=ErrorKind.INVALID, permanent=True)


def _host(account_id: str) -> str:
    found = _ACCOUNT.fullmatch(account_id)
    if not found:
        raise ConnectorError("An account looks like name@instance", kind=ErrorKind.INVALID, permanent=True)
    return found["host"]


# Reading


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a list: its place there, and the status it is or tells of; None where it tells of something else."""

    mark: Mark
    status: JsonObject | None


def _mentioned(raw: JsonObject) -> _Item:
    item = _status(raw)
    if raw.get("type") != "mention":
        return _Item(item.mark, None)
    status = answer.as_object(raw.get("status"), "the status")
    answer.as_id(status.get("id"), "id of the status")
    return _Item(item.mark, status)


def _status(raw: JsonObject) -> _Item:
    at = answer.as_time(raw.get("created_at"), "created_at")
    return _Item(Mark(at, answer.as_id(raw.get("id"), "id")), raw)


def _order(mark: Mark) -> tuple[int, str]:
    """Ids are numbers, or on other software words of one length; both are in order like this."""
    return len(mark.id), mark.id


def _lower(marks: Sequence[Mark], than: Mark | None) -> bool:
    """Whether a page has brought the walk further down."""
    return bool(marks) and (than is None or min(map(_order, marks)) < _order(than))


def _walked(window: Window, marks: Sequence[Mark], *, done: bool) -> Window:
    newest = window.newest_seen or max(marks, key=_order, default=None)
    if done:
        reached = [mark for mark in (window.complete_up_to, newest) if mark]
        return Window(complete_up_to=max(reached, key=lambda mark: mark.at, default=None))
    return Window(window.complete_up_to, newest, min(marks, key=_order))


def _id(status: JsonObject) -> str:
    return answer.known_id(status, "id")


def _is_private(status: JsonObject) -> bool:
    """For those it names, or for followers alone: neither is answered in public."""
    return status.get("visibility") in ("direct", "private")


def _post(raw: JsonObject) -> PostContext:
    return PostContext(
        remote_id=answer.as_id(raw.get("id"), "id"),
        text=_text(raw),
        created_at=answer.as_time(raw.get("created_at"), "created_at"),
        updated_at=answer.known_time(raw, "edited_at"),
        comment_count=answer.number(raw, "replies_count"),
        permalink=answer.address(raw, "url"),
    )


def _author(account: JsonObject, host: str) -> Author | None:
    """Known by name@instance, which is one person wherever they are seen from."""
    handle = answer.words(account, "acct")
    if not _NAME.fullmatch(handle):
        return None
    return Author(
        remote_id=handle if "@" in handle else f"{handle}@{host}",
        name=answer.words(account, "display_name") or answer.words(account, "username"),
        handle=handle,
        reach=answer.number(account, "followers_count"),
        url=answer.address(account, "url"),
    )


def _language(raw: JsonObject) -> str:
    code = answer.words(raw, "language").partition("-")[0]
    return "nb" if code == "no" else code if len(code) in (2, 3) and code.isalpha() else ""


def _attachments(raw: JsonObject) -> Iterator[Attachment]:
    kinds = {"image": "photo", "video": "video", "gifv": "video"}
    for media in answer.parts(raw, "media_attachments"):
        url = answer.address(media, "url") or answer.address(media, "remote_url")
        yield Attachment(kinds.get(answer.words(media, "type"), "file"), url, answer.words(media, "description"))


def _text(raw: JsonObject) -> str:
    """The warning in front, where there is one, and the status without its markup."""
    words = _Words()
    with suppress(AssertionError):  # for half a declaration, and then we have what stands before it
        words.feed(answer.as_text(raw.get("content"), "content"))
        words.close()
    said = "".join(words.found).strip("\n")
    warning = answer.words(raw, "spoiler_text").strip()
    return f"{warning}\n\n{said}" if warning else said


class _Words(HTMLParser):
    """The words of a status: nothing is shortened or joined, a blank line parts paragraphs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "p" and self.found:
            self.found.append("\n\n")
        elif tag in ("br", "li", "div", "blockquote"):
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        self.found.append(data)
