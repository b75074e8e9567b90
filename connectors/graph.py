"""What the networks of Meta's Graph API share: the SDK, its errors and budgets, pages of an edge, looking ids up.

Facebook and Instagram stand on it; what is on a page, and what may be done to it, is theirs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs, urlsplit

import facebook
import requests

from connectors import answer, graph_webhooks
from connectors.answer import Unreadable
from connectors.base import (
    Change,
    Connector,
    ConnectorError,
    Credentials,
    ErrorKind,
    Follow,
    Malformed,
    Mark,
    Notification,
    Options,
    Page,
    Rate,
    RemoteMessage,
    Window,
)
from connectors.graph_webhooks import JsonObject
from connectors.http import Adapter, Exchange, Redactor, session, without_a_trace
from connectors.refusal import from_status, refusal

GRAPH = "https://graph.facebook.com/"
VERSION = "26.0"
USUAL_PAGE = 100
MAX_PAGES = 500  # of one walk within one fetch; a network whose pages do not end must not hold a worker for ever
# How far behind a write the network's reads may be: so much is read again, and so long a post counts as unsettled.
OVERLAP = timedelta(minutes=5)
# What a page's app can be notified of, and what of it takes the permission for private messages.
TOLD_IN_PUBLIC = ("feed", "mention")
TOLD_IN_PRIVATE = ("messages", "message_echoes", "message_edits")
# What of a `next` address we follow; host, path and token in it are not ours to trust.
CURSORS = ("after", "until", "since", "__paging_token", "__previous")

T = TypeVar("T")

_KINDS: Mapping[int, ErrorKind] = {
    1: ErrorKind.UNAVAILABLE,
    2: ErrorKind.UNAVAILABLE,
    3: ErrorKind.PERMISSION,
    4: ErrorKind.RATE,
    10: ErrorKind.PERMISSION,
    17: ErrorKind.RATE,
    32: ErrorKind.RATE,
    100: ErrorKind.INVALID,
    102: ErrorKind.TOKEN,
    104: ErrorKind.TOKEN,
    190: ErrorKind.TOKEN,
    341: ErrorKind.RATE,
    368: ErrorKind.BLOCKED,
    506: ErrorKind.DUPLICATE,
    551: ErrorKind.GONE,
    613: ErrorKind.RATE,
    803: ErrorKind.GONE,
    2500: ErrorKind.INVALID,
    10900: ErrorKind.NOT_ALLOWED,
    10903: ErrorKind.NOT_ALLOWED,
    10904: ErrorKind.NOT_ALLOWED,
    1609005: ErrorKind.INVALID,
}
# The limits of the app as a whole; the others are those of a page or a user.
_APP_WIDE = frozenset({4, 341})
_SUBKINDS: Mapping[tuple[int, int], ErrorKind] = {
    (10, 2018065): ErrorKind.NOT_ALLOWED,  # outside Messenger's window
    (10, 2018278): ErrorKind.NOT_ALLOWED,
    (100, 33): ErrorKind.GONE,
    (100, 2018001): ErrorKind.GONE,
}


class Graph(facebook.GraphAPI):  # type: ignore[misc]
    """facebook-sdk for a version of today: its own list of valid ones ended with 3.1. Signs with the app's secret."""

    def __init__(self, token: str, app_secret: str, version: str, http: requests.Session) -> None:
        super().__init__(access_token=token, session=http)
        self.version = f"v{version}"
        self.proof = _proof(token, app_secret)

    def request(
        self,
        path: str,
        args: dict[str, str] | None = None,
        post_args: dict[str, str] | None = None,
        files: None = None,
        method: str | None = None,
    ) -> Any:
        if self.proof:
            # Beside the token: in the body of a POST that has one, else in the query.
            args, post_args = dict(args or {}), dict(post_args) if post_args is not None else None
            (post_args or args)["appsecret_proof"] = self.proof
        return super().request(path, args, post_args, files, method)


def _proof(token: str, app_secret: str) -> str:
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest() if app_secret else ""


class GraphConnector(Connector):
    """One account behind one token. page_size: the most that an edge gives at once."""

    media_hosts = ("fbcdn.net", "fbsbx.com", "facebook.com", "cdninstagram.com")
    largest_page: ClassVar[int] = 100

    def __init__(self, credentials: Credentials, options: Options | None = None) -> None:
        super().__init__(credentials, options)
        token, app_secret = (_secret(credentials, name) for name in ("access_token", "app_secret"))
        hide = Redactor((token, app_secret, _proof(token, app_secret)))
        # Not a method of ours: a circle of references would keep the connection open until the collector comes.
        self._http = Adapter(self.label, self.options, partial(judge, hide=hide, label=self.label))
        self._graph = Graph(token, app_secret, version(self.options.api_version), session(self._http, GRAPH))

    @classmethod
    def signed(cls, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        return graph_webhooks.signed(body, headers.get("x-hub-signature-256", ""), secret)

    @classmethod
    def handshake(cls, query: Mapping[str, str], *, secret: str, token: str) -> str | None:
        return graph_webhooks.handshake(query, token)

    @classmethod
    def parse_webhook(cls, body: bytes) -> Notification:
        try:
            return graph_webhooks.parsed(body, cls.change)
        except Unreadable as error:
            problem = f"{cls.label}'s notification cannot be read: {error}"
        raise ConnectorError(problem, kind=ErrorKind.MALFORMED)

    @staticmethod
    @abstractmethod
    def change(piece: JsonObject) -> Change | None:
        """One piece of a notification with its entry's id and time; None for what Samtal has no use for."""

    def _now(self) -> datetime:
        """The network's own time, as of its last answer."""
        return self._http.answered_at or datetime.now(UTC)

    def _page(
        self,
        messages: Sequence[RemoteMessage],
        window: Window,
        malformed: Sequence[Malformed],
        follow: Iterable[Follow] = (),
    ) -> Page:
        return Page(
            messages=tuple(answer.once(messages)),
            window=window,
            malformed=tuple(malformed),
            follow=tuple(follow),
            calls_left=self._calls_left(),
            read_at=self._http.answered_at,
        )

    # The wire

    @property
    def _us(self) -> str:
        return self.credentials.account_id

    @property
    def _limit(self) -> str:
        return str(min(max(self.options.page_size or USUAL_PAGE, 1), self.largest_page))

    def _pages(self, node: str, edge: str, params: Mapping[str, str]) -> Iterator[tuple[list[object], bool]]:
        """The pages of an edge, a call each: what is on one, and whether it is the last."""
        if not is_id(node):
            raise self._no_such_id()
        for _ in range(MAX_PAGES):
            found = self._ask(partial(self._graph.get_connections, node, edge, **params))
            cursor = self._http.believe(_cursor, found, "paging")
            yield self._http.believe(answer.as_list, found.get("data"), "data"), not cursor
            if not cursor:
                return
            if params == {**params, **cursor}:
                break
            params = {**params, **cursor}
        raise ConnectorError(f"{self.label}'s pages lead nowhere", kind=ErrorKind.MALFORMED)

    def _no_such_id(self) -> ConnectorError:
        return ConnectorError(f"{self.label} has no such id", kind=ErrorKind.INVALID, permanent=True)

    def _do(self, remote_id: str, change: Callable[[], JsonObject]) -> None:
        """Change something that stands there."""
        if not is_id(remote_id):
            raise self._no_such_id()
        if self._ask(change).get("success") is not True:
            raise ConnectorError(
                f"{self.label} did not say that it is done", kind=ErrorKind.MALFORMED, outcome_unknown=True
            )

    def subscribe(self) -> None:
        """The app hears of a page only once the page is subscribed to it, and so it is for Instagram, too."""
        try:
            self._subscribe((*TOLD_IN_PUBLIC, *TOLD_IN_PRIVATE))
        except ConnectorError as error:
            if error.kind is not ErrorKind.PERMISSION:
                raise
            self._subscribe(TOLD_IN_PUBLIC)

    def _subscribe(self, fields: Sequence[str]) -> None:
        self._ask(partial(self._graph.put_object, "me", "subscribed_apps", subscribed_fields=",".join(fields)))

    def _ask(self, call: Callable[[], JsonObject]) -> JsonObject:
        """One call through the SDK. Its answer has been judged on the way: what returns is an object."""
        if not self._graph.access_token:
            raise ConnectorError("The channel has no access token", kind=ErrorKind.TOKEN, permanent=True)
        return without_a_trace(call)

    def _look_up(self, ids: Sequence[str], fields: str, read: Callable[[JsonObject], T]) -> tuple[list[T], list[str]]:
        """What stands, and the ids of what is gone. One that is gone fails them all: then each half is asked for."""
        if not ids:
            return [], []
        try:
            found = self._ask(partial(self._graph.get_objects, list(ids), fields=fields))
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            if len(ids) == 1:
                return [], list(ids)
            middle = len(ids) // 2
            halves = [self._look_up(half, fields, read) for half in (ids[:middle], ids[middle:])]
            return halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]
        good, _bad = answer.sorted_out([found[one] for one in ids if one in found], read)
        return good, []

    def _refuse_blindness(self, gone: Sequence[str]) -> None:
        """To a token that has lost its page everything looks gone: that is believed only of one that has it."""
        if gone and self.account().remote_id != self._us:
            raise ConnectorError(f"{self.label}: the token does not speak for this account", kind=ErrorKind.TOKEN)

    @property
    def rate(self) -> Rate | None:
        found = usage(self._http.last.headers) if self._http.last else Usage()
        return None if found.percent is None else Rate(max(0, 100 - found.percent) / 100, found.regain)

    def _calls_left(self) -> int | None:
        used = usage(self._http.last.headers).percent if self._http.last else None
        return None if used is None else max(0, 100 - used)


# Errors


def judge(exchange: Exchange, *, hide: Redactor, label: str = "Facebook") -> bytes:
    """What facebook-sdk may see of an answer. Raises ConnectorError for everything but a success."""
    try:
        found = answer.decode(exchange.body, hide)
    except Unreadable:
        found = None
    if isinstance(found, dict) and found.get("error"):
        # The error may ride on any status, 200 too, and facebook-sdk does not look at the status at all.
        raise error_of(answer.part(found, "error"), exchange, hide, label)
    if exchange.status >= 300 or not isinstance(found, dict):
        raise from_status(label, exchange)
    return json.dumps(found).encode()


@dataclass(frozen=True, slots=True)
class Usage:
    """percent: how much of the tightest budget is used, None where no header says. regain: seconds until it frees."""

    percent: int | None = None
    regain: float | None = None


def usage(headers: Mapping[str, str]) -> Usage:
    """The budgets as the Graph API counts them, from X-App-Usage, X-Page-Usage and X-Business-Use-Case-Usage."""
    budgets: list[JsonObject] = []
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        try:
            found = answer.as_object(answer.decode(headers.get(name, "{}").encode()), name)
        except Unreadable:
            continue
        budgets += [found, *(budget for owner in found for budget in answer.parts(found, owner))]
    used = [answer.number(budget, name) for budget in budgets for name in ("call_count", "total_time", "total_cputime")]
    minutes = max((answer.number(budget, "estimated_time_to_regain_access") or 0 for budget in budgets), default=0)
    return Usage(
        percent=max((value for value in used if value is not None), default=None),
        # Whole minutes, and nobody says which way they are rounded.
        regain=60.0 * (minutes + 1) if minutes > 0 else None,
    )


def error_of(error: JsonObject, exchange: Exchange, hide: Redactor, label: str) -> ConnectorError:
    """The error for a Graph API `error` object."""
    code, subcode = answer.number(error, "code"), answer.number(error, "error_subcode") or 0
    message = hide.quoted(answer.words(error, "message"))
    if code is None:
        return from_status(label, exchange)
    kind = _kind(code, subcode, message)
    if kind is None:
        transient = error.get("is_transient") is True or exchange.status >= 500
        kind = ErrorKind.UNAVAILABLE if transient else ErrorKind.INVALID
    number = f"{code}/{subcode}" if subcode else str(code)
    regain = usage(exchange.headers).regain if kind is ErrorKind.RATE else None
    made = refusal(f"{label}: {message} (code {number})", kind, exchange, retry_after=regain, code=number)
    made.app_wide = code in _APP_WIDE
    return made


def _kind(code: int, subcode: int, message: str) -> ErrorKind | None:
    if (code, subcode) in _SUBKINDS:
        return _SUBKINDS[code, subcode]
    if code == 100 and "does not exist" in message:
        # The same sentence for what is gone and for what we may not see; only the second names what is missing.
        return ErrorKind.PERMISSION if "requires the '" in message else ErrorKind.GONE
    if code == 2500 and "access token" in message:
        return ErrorKind.TOKEN
    if 200 <= code <= 299:
        return ErrorKind.PERMISSION
    if 80_000 <= code <= 80_014:  # budgets of one use case: pages, Messenger, …
        return ErrorKind.RATE
    return _KINDS.get(code)


def _secret(credentials: Credentials, name: str) -> str:
    secret = credentials.secrets.get(name)
    return secret.reveal() if secret else ""


def version(asked: str) -> str:
    version = asked.removeprefix("v") if asked else VERSION
    if not re.fullmatch(r"\d{1,2}\.\d", version):
        raise ConnectorError(
            "The Graph API's version looks like 26.0; this one does not", kind=ErrorKind.INVALID, permanent=True
        )
    return version


def is_id(value: str) -> bool:
    return bool(answer.known_id({"id": value}, "id"))


def unix(at: datetime) -> str:
    return str(int(at.timestamp()))


# Walking


def gather(
    pages: Iterator[tuple[list[object], bool]],
    read: Callable[[JsonObject], T],
    *,
    enough: Callable[[list[T]], bool],
) -> tuple[list[T], list[Malformed], bool]:
    """What is on the pages until it is enough, what of it could not be read, and whether there are no more pages."""
    found: list[T] = []
    malformed: list[Malformed] = []
    for items, last in pages:
        good, bad = answer.sorted_out(items, read)
        found += good
        malformed += bad
        if last or (found and enough(found)):
            return found, malformed, last
    return found, malformed, True


def _cursor(found: object, what: str) -> dict[str, str]:
    """What leads to the next page, {} on the last: that one omits `next`, whatever its length. Raises Unreadable."""
    paging = answer.as_object(found, what).get("paging")
    following = answer.as_object(paging, what).get("next") if paging is not None else None
    if following is None:
        return {}
    try:
        query = parse_qs(urlsplit(answer.as_text(following, "next")).query)
    except ValueError:
        query = {}
    cursor = {name: query[name][0] for name in CURSORS if name in query}
    if not cursor:
        raise Unreadable("next leads nowhere")
    return cursor


def walked(window: Window, marks: Sequence[Mark], *, done: bool) -> Window:
    """The window of a walk from new to old after these."""
    newest = window.newest_seen or max(marks, key=when, default=None)
    if done:
        reached = [mark for mark in (window.complete_up_to, newest) if mark]
        return Window(complete_up_to=max(reached, key=when, default=None))
    return Window(window.complete_up_to, newest, min(marks, key=when, default=window.walk_to))


def when(mark: Mark) -> datetime:
    return mark.at
