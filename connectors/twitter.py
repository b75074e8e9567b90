"""X through tweepy: posts that mention us, our own, conversations we take part in, searches, and direct messages.

Ids are times on X and order everything, so every stream is walked from new to old between two ids. X is paid by the
post read: nothing is asked for twice but a short overlap.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
import tweepy

from connectors import answer, twitter_messages, twitter_text, twitter_webhooks
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
    Notification,
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
from connectors.http import Adapter, Exchange, Redactor, session, without_a_trace
from connectors.refusal import RATE_PAUSE, from_status, refusal

API = "https://api.twitter.com/"
WEB = "https://x.com"
ASKED_FOR = {
    "tweet_fields": "author_id,conversation_id,created_at,entities,in_reply_to_user_id,lang,referenced_tweets,"
    "note_tweet,attachments",
    "expansions": "author_id,referenced_tweets.id,attachments.media_keys",
    "user_fields": "name,username,public_metrics",
    "media_fields": "type,url,preview_image_url,alt_text",
}
USUAL_PAGE = 100
# How many of the conversations that we take part in are read again, each once an hour, while the search knows them.
MOST_FOLLOWED = 100
MESSAGE_PAGES = 12  # of a quarter of an hour's 15 calls
MESSAGE_REACH = timedelta(days=30)
MESSAGE_PAUSE = timedelta(seconds=90)  # between two looks at direct messages, of which there may be 15 in 15 minutes
FEWEST = {"mentions": 5, "own": 5, "search": 10}
MAX_PAGES = 32  # of one list: 3,200 posts are all that X gives out
# How far behind a write the network's reads may be: so much is read again.
OVERLAP = timedelta(minutes=2)
# What X gives out of a list at most. Near it, a walk that does not come down to what is known has met the wall.
WALLS = {"mentions": 800, "own": 3200}
NEAR_THE_WALL = 0.9
SEARCH_REACH = timedelta(days=7)
# After a pause of this length a walk goes down to the newest post that is known, to see that nothing is between.
A_PAUSE = timedelta(minutes=15)
# Polling goes on with the newest conversations only: where much is said, those of yesterday are none of them.
FOLLOWED = timedelta(days=1)
# An id is milliseconds since this moment, and 22 bits that tell apart what shares one.
EPOCH = 1288834974657
LOW_BITS = 22
LONGEST_WINDOW = 90_000.0  # seconds; X's own longest rate window is a day

JsonObject = Mapping[str, object]

_TWEET_ID = re.compile(r"\d{1,19}", re.ASCII)
_LANGUAGE = re.compile(r"(?!q)[a-z]{2,3}")
_DIGITS = re.compile(r"\d{1,15}", re.ASCII)
_PROBLEMS: Mapping[str, ErrorKind] = {
    "client-forbidden": ErrorKind.PERMISSION,
    "disallowed-resource": ErrorKind.NOT_ALLOWED,
    "field-unauthorized": ErrorKind.PERMISSION,
    "internal-error": ErrorKind.UNAVAILABLE,
    "invalid-request": ErrorKind.INVALID,
    "not-authorized-for-resource": ErrorKind.GONE,
    "oauth1-permissions": ErrorKind.PERMISSION,
    "rate-limit-exceeded": ErrorKind.RATE,
    "resource-not-found": ErrorKind.GONE,
    "resource-unavailable": ErrorKind.GONE,
    "unsupported-authentication": ErrorKind.TOKEN,
    "usage-capped": ErrorKind.RATE,
}
# The old API's numbers, which still ride on some answers.
_CODES: Mapping[int, ErrorKind] = {
    32: ErrorKind.TOKEN,
    64: ErrorKind.BLOCKED,
    88: ErrorKind.RATE,
    89: ErrorKind.TOKEN,
    186: ErrorKind.INVALID,
    187: ErrorKind.DUPLICATE,
    226: ErrorKind.BLOCKED,
    261: ErrorKind.PERMISSION,
    326: ErrorKind.BLOCKED,
    433: ErrorKind.NOT_ALLOWED,
}
# A 403 has no type of its own for these; the words are all there is.
_WORDS: Sequence[tuple[str, ErrorKind]] = (
    ("duplicate content", ErrorKind.DUPLICATE),
    ("too long", ErrorKind.INVALID),
    ("deleted or not visible", ErrorKind.GONE),
    ("not configured with the appropriate", ErrorKind.PERMISSION),
    ("suspended", ErrorKind.BLOCKED),
    ("locked", ErrorKind.BLOCKED),  # "blocked" too
)
_STATUSES: Mapping[int, ErrorKind] = {
    400: ErrorKind.INVALID,
    401: ErrorKind.TOKEN,
    402: ErrorKind.BLOCKED,  # the credits are used up
    404: ErrorKind.GONE,
    429: ErrorKind.RATE,
}


class Twitter(Connector):
    network = "twitter"
    label = "X"
    pasted = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    # Likes left the self-serve plans in April 2026. Hidden is what answers one of our own posts, and nothing else.
    capabilities = Capabilities(
        refuses_duplicates=True,
        look_size=100,
        shares_budget=False,
        max_length=280,
        max_private_length=10_000,
        weighted=True,
        can_listen=True,
        can_delete=True,
        hides=frozenset({Kind.COMMENT}),
        hiding_folds=True,
    )
    media_hosts = ("twimg.com",)
    optional = frozenset({"messages"})
    beneath = ("conversation",)

    def __init__(self, credentials: Credentials, options: Options | None = None) -> None:
        super().__init__(credentials, options)
        hide = Redactor(secret.reveal() for secret in credentials.secrets.values())
        # Not a method of ours: a circle of references would keep the connection open until the collector comes.
        self._http = Adapter(self.label, self.options, partial(judge, hide=hide))
        # tweepy logs the headers it makes, so it makes none that matter: the session signs.
        self._client = tweepy.Client(return_type=dict)
        self._client.session = session(self._http, API)
        self._client.session.auth = _signature(credentials)

    def account(self) -> Account:
        found = answer.part(self._ask(partial(self._client.get_me, user_auth=False)), "data")
        handle = answer.words(found, "username")
        return Account(
            remote_id=self._http.believe(_tweet_id, found.get("id"), "id of the account"),
            name=answer.words(found, "name"),
            handle=handle,
            url=f"{WEB}/{handle}",
        )

    def reach(self, stream: str) -> timedelta | None:
        if stream == "messages":
            return MESSAGE_REACH
        return None if stream in WALLS else SEARCH_REACH

    @classmethod
    def turn(cls, one: PostContext | RemoteMessage, *, account_id: str) -> Turn | None:
        """Conversations that we take part in."""
        if isinstance(one, RemoteMessage):
            ours = one.author and one.author.remote_id == account_id and one.visibility is Visibility.PUBLIC
            conversation = answer.known_id(one.raw, "conversation_id") if ours else ""
        else:
            conversation = one.remote_id
        if not _TWEET_ID.fullmatch(conversation):
            return None
        at = time_of(conversation)
        return Turn(f"conversation/{conversation}", at, at + FOLLOWED)

    def look(self, remote_ids: Sequence[str]) -> Look:
        ids = [one for one in remote_ids if _TWEET_ID.fullmatch(one)]
        if not ids:
            return Look()
        try:
            found = self._ask(partial(self._client.get_tweets, ids, **ASKED_FOR))
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE or self._http.last is None:
                raise
            # Where all of them are gone there is no data, only a reason for each.
            found = answer.as_object(answer.decode(self._http.last.body), "the answer")
        items = self._http.believe(answer.as_list, found.get("data", []), "data")
        self._bill(found, items, "post")
        sheet = _sheet(items, _Includes.of(found), us=self._us, last=True)
        return Look(tuple(sheet.messages), tuple(_gone(found, ids)), tuple(sheet.posts), self._http.answered_at)

    def read_again(self, stream: str, raw: object) -> Page:
        """Who wrote it is known by number only: the answer's `includes` were not kept."""
        if stream == "messages":
            found, odd = answer.sorted_out([raw], self._message_reader(_Includes()))
            return Page(tuple(found), Window(), malformed=tuple(odd))
        sheet = _sheet([raw], _Includes(), us=self._us, last=True)
        return Page(tuple(sheet.messages), Window(), posts=tuple(sheet.posts), malformed=tuple(sheet.malformed))

    def streams(self) -> tuple[str, ...]:
        listening = tuple(f"search/{query}" for query in self.options.searches)
        public = ("mentions", "own", *listening) if Visibility.PUBLIC in self.options.reads else ()
        return (*public, *(("messages",) if Visibility.PRIVATE in self.options.reads else ()))

    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: Mapping[str, str]) -> Page:
        """ "mentions", "own", "messages"; and seven days back "conversation/<id>" or "search/<query>"."""
        name, _, conversation = stream.partition("/")
        if stream == "messages":
            return self._messages_page(window, since)
        if name == "search" and conversation.isprintable() and conversation.strip():
            # Without what others only pass on, and without ourselves, who stand in the stream of our own.
            query = f"({conversation}) -is:retweet -from:{self._us}"
            return self._walk("search", partial(self._search, query), window, since)
        if stream == "mentions":
            return self._walk("mentions", partial(self._client.get_users_mentions, self._us), window, since)
        if stream == "own":
            page = self._walk("own", self._own_posts, window, since)
            return replace(page, follow=tuple(self._follows(page, known)))
        if name == "conversation" and _TWEET_ID.fullmatch(conversation):
            return self._walk("search", partial(self._search, f"conversation_id:{conversation}"), window, since)
        raise ConnectorError(f"X has no stream of this name: {stream}", kind=ErrorKind.INVALID, permanent=True)

    def send(self, outgoing: Outgoing) -> Sent:
        """Answers a post in public, or in a conversation of direct messages."""
        _refuse_unsendable(outgoing)
        if outgoing.visibility is Visibility.PRIVATE:
            return self._send_message(outgoing)
        fields = {"text": outgoing.text, "in_reply_to_tweet_id": outgoing.answers_remote_id}
        kind = self.billed_as(outgoing.text, outgoing.visibility)
        made = answer.part(self._write(partial(self._client.create_tweet, user_auth=False, **fields), kind), "data")
        remote_id = self._http.believe(_tweet_id, made.get("id"), "id of the new post")
        return Sent(remote_id, permalink=_permalink("", remote_id), at=time_of(remote_id))

    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        """Our own timeline: it is ahead of the search."""
        if outgoing.visibility is Visibility.PRIVATE:
            return self._read_back_messages(outgoing, since)
        bounds = {"since_id": id_at(since - CLOCK_SKEW), "max_results": USUAL_PAGE}
        sheets = list(self._sheets(self._own_posts, bounds, "owned"))
        messages = answer.once(message for sheet in sheets for message in sheet.messages)
        times = [mark.at for sheet in sheets for mark in sheet.marks]
        own = sorted(messages, key=lambda message: message.created_at, reverse=True)
        return ReadBack(tuple(own), max(times, default=None))

    def hide(self, remote_id: str) -> None:
        self._do(self._client.hide_reply, remote_id, "hidden", True)

    def unhide(self, remote_id: str) -> None:
        self._do(self._client.unhide_reply, remote_id, "hidden", False)

    def delete(self, remote_id: str) -> None:
        self._do(self._client.delete_tweet, remote_id, "deleted", True)

    @classmethod
    def signed(cls, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        return twitter_webhooks.signed(body, headers.get("x-twitter-webhooks-signature", ""), secret)

    @classmethod
    def handshake(cls, query: Mapping[str, str], *, secret: str, token: str) -> str | None:
        return twitter_webhooks.handshake(query, secret)

    @classmethod
    def parse_webhook(cls, body: bytes) -> Notification:
        try:
            return twitter_webhooks.parse(body, _told)
        except Unreadable as error:
            problem = f"X's notification cannot be read: {error}"
        raise ConnectorError(problem, kind=ErrorKind.MALFORMED)

    @classmethod
    def summoned(cls, raw: JsonObject, *, account_id: str) -> bool:
        """Self-serve apps may answer what mentions or quotes us. Whom a post quotes it does not tell: it is tried."""
        if not raw or any(one.get("type") == "quoted" for one in _references(raw)):
            return True
        entities = answer.part(raw, "entities")
        named = [*answer.parts(entities, "mentions"), *answer.parts(entities, "user_mentions")]
        return any(account_id in (answer.known_id(one, "id"), answer.known_id(one, "id_str")) for one in named)

    @classmethod
    def length(cls, text: str, visibility: Visibility = Visibility.PUBLIC) -> int:
        return len(text) if visibility is Visibility.PRIVATE else twitter_text.weight(text)

    @classmethod
    def billed_as(cls, text: str, visibility: Visibility) -> str:
        if visibility is Visibility.PRIVATE:
            return "dm_sent"
        return "link" if twitter_text.has_link(text) else "reply"

    @classmethod
    def normalise(cls, text: str) -> str:
        return twitter_text.normalise(text)

    @classmethod
    def same_text(cls, ours: str, theirs: str) -> bool:
        return twitter_text.same(ours, theirs)

    def _follows(self, page: Page, known: Mapping[str, str]) -> Iterator[Follow]:
        """Where we have said something people go on talking, also without naming us."""
        now = self._http.answered_at or datetime.now(UTC)
        ours = [answer.known_id(message.raw, "conversation_id") for message in page.messages]
        before = [key.partition("/")[2] for key in known if key.startswith("conversation/")]
        ids = {one for one in (*ours, *before) if _TWEET_ID.fullmatch(one) and time_of(one) > now - SEARCH_REACH}
        for one in sorted(ids, key=int, reverse=True)[:MOST_FOLLOWED]:
            stream, state = f"conversation/{one}", f"{now:%Y%m%d%H}"
            if known.get(stream) != state:
                yield Follow(stream, state)

    # Direct messages

    def _messages_page(self, window: Window, since: datetime) -> Page:
        """From the top down to what is known: the list takes no bounds. The mark's time is that of the last look."""
        last = window.complete_up_to
        if last and timedelta(0) <= datetime.now(UTC) - last.at < MESSAGE_PAUSE:
            return Page((), window)
        floor = max(id_at(since), id_at(_written(last) - OVERLAP) if last and last.id else 0)
        messages, malformed, ids, done = self._events(self._client.get_direct_message_events, floor)
        fresh = [message for message in messages if int(message.remote_id) >= floor]
        newest = max([*ids, *([last.id] if last and last.id else [])], key=int, default="")
        bottom = min(ids, key=int, default="")
        return Page(
            messages=tuple(answer.once(fresh)),
            window=Window(complete_up_to=Mark(self._http.answered_at or datetime.now(UTC), newest)),
            malformed=tuple(malformed),
            calls_left=self._calls_left(),
            read_at=self._http.answered_at,
            wall=None if done else Mark(time_of(bottom), bottom),
        )

    def _events(
        self, ask: Callable[..., Any], floor: int
    ) -> tuple[list[RemoteMessage], list[Malformed], list[str], bool]:
        """(messages, what cannot be read, all ids, whether it was read down to the floor)."""
        messages: list[RemoteMessage] = []
        malformed: list[Malformed] = []
        ids: list[str] = []
        bounds: dict[str, object] = {"max_results": USUAL_PAGE}
        for _ in range(MESSAGE_PAGES):
            found = self._ask(partial(ask, user_auth=False, **twitter_messages.ASKED_FOR, **bounds))
            items = self._http.believe(answer.as_list, found.get("data", []), "data")
            self._bill(found, items, "dm")
            good, bad = answer.sorted_out(items, self._message_reader(_Includes.of(found)))
            messages, malformed = messages + good, malformed + bad
            ids += [one for item in items if isinstance(item, dict) and (one := _other_id(item, "id"))]
            token = self._http.believe(_next_token, found.get("meta"), "meta")
            if not token or any(int(one) < floor for one in ids):
                return messages, malformed, ids, True
            bounds["pagination_token"] = token
        return messages, malformed, ids, not ids

    def _message_reader(self, includes: _Includes) -> Callable[[JsonObject], RemoteMessage]:
        parts = twitter_messages.Parts(
            text=_text,
            author=partial(_author, includes=includes),
            attachments=lambda raw: tuple(_attachments(raw, includes)),
        )
        return partial(twitter_messages.message, read=parts, time_of=time_of)

    def _send_message(self, outgoing: Outgoing) -> Sent:
        fields = {"dm_conversation_id": outgoing.root_remote_id, "text": outgoing.text}
        call = partial(self._client.create_direct_message, user_auth=False, **fields)
        kind = self.billed_as(outgoing.text, outgoing.visibility)
        made = answer.part(self._write(call, kind), "data")
        remote_id = self._http.believe(_tweet_id, made.get("dm_event_id"), "id of the new message")
        return Sent(remote_id, at=time_of(remote_id))

    def _read_back_messages(self, outgoing: Outgoing, since: datetime) -> ReadBack:
        ask = partial(self._client.get_direct_message_events, dm_conversation_id=outgoing.root_remote_id)
        messages, _, ids, _ = self._events(ask, id_at(since - CLOCK_SKEW))
        own = [message for message in messages if message.author and message.author.remote_id == self._us]
        own.sort(key=lambda message: message.created_at, reverse=True)
        return ReadBack(tuple(own), max((time_of(one) for one in ids), default=None))

    # The wire

    @property
    def _us(self) -> str:
        return self.credentials.account_id

    def _own_posts(self, **bounds: object) -> Any:
        return self._client.get_users_tweets(self._us, exclude=["retweets"], **bounds)

    def _search(self, query: str, **bounds: object) -> Any:
        """The search refuses an id from before its seven days, and then reaches those by itself."""
        search = partial(self._client.search_recent_tweets, query)
        # It calls the same token by another name.
        bounds = {{"pagination_token": "next_token"}.get(name, name): value for name, value in bounds.items()}
        try:
            return search(**bounds)
        except ConnectorError as error:
            if error.kind is not ErrorKind.INVALID or "since_id" not in bounds:
                raise
        return search(**{name: value for name, value in bounds.items() if name != "since_id"})

    def _do(self, change: Callable[..., Any], remote_id: str, word: str, wanted: bool) -> None:
        """Change a post that stands there; X answers how it stands afterwards."""
        if not _TWEET_ID.fullmatch(remote_id):
            raise ConnectorError("X has no such id", kind=ErrorKind.INVALID, permanent=True)
        kind = "delete" if word == "deleted" else "manage"
        now = answer.part(self._write(partial(change, remote_id, user_auth=False), kind), "data")
        if now.get(word) is not wanted:
            raise ConnectorError("X did not say that it is done", kind=ErrorKind.MALFORMED, outcome_unknown=True)

    def _walk(self, name: str, ask: Callable[..., Any], window: Window, since: datetime) -> Page:
        """One page from new to old: above what is known, with an overlap, and below where the walk has come to."""
        bounds: dict[str, object] = {
            "since_id": _floor(window, since),
            "max_results": min(max(self.options.page_size or USUAL_PAGE, FEWEST[name]), USUAL_PAGE),
        }
        below = None
        if window.walk_to:
            bounds["until_id"] = window.walk_to.id
            below = int(window.walk_to.id)
        seen: list[_Sheet] = []
        for sheet in self._sheets(ask, bounds, "post" if name == "search" else "owned"):
            seen.append(sheet)
            # An empty page with more behind it happens; then the walk has come no further and goes on.
            if any(below is None or int(mark.id) < below for mark in sheet.marks):
                break
        marks = [mark for sheet in seen for mark in sheet.marks]
        walked = _walked(window, marks, done=seen[-1].last, read_at=self._http.answered_at)
        return Page(
            messages=tuple(answer.once(message for sheet in seen for message in sheet.messages)),
            posts=tuple(answer.once(post for sheet in seen for post in sheet.posts)),
            window=walked,
            malformed=tuple(bad for sheet in seen for bad in sheet.malformed),
            calls_left=self._calls_left(),
            read_at=self._http.answered_at,
            wall=None if walked.walk_to else _wall(name, window, marks),
        )

    def _sheets(self, ask: Callable[..., Any], bounds: Mapping[str, object], kind: str) -> Iterator[_Sheet]:
        """The pages of a list, a call each."""
        for _ in range(MAX_PAGES):
            found = self._ask(partial(ask, **ASKED_FOR, **bounds))
            items = self._http.believe(answer.as_list, found.get("data", []), "data")
            self._bill(found, items, kind)
            token = self._http.believe(_next_token, found.get("meta"), "meta")
            yield _sheet(items, _Includes.of(found), us=self._us, last=not token)
            if not token:
                return
            if token == bounds.get("pagination_token"):
                break
            bounds = {**bounds, "pagination_token": token}
        raise ConnectorError("X's pages lead nowhere", kind=ErrorKind.MALFORMED)

    def _ask(self, call: Callable[[], Any]) -> JsonObject:
        """One call through the SDK. Its answer has been judged on the way: what returns is an object."""
        if self._client.session.auth is None:
            raise ConnectorError("The channel has no access token", kind=ErrorKind.TOKEN, permanent=True)
        found: JsonObject = without_a_trace(call)
        return found

    def _write(self, call: Callable[[], Any], kind: str) -> JsonObject:
        """A write that X bills: also one whose outcome is unknown may be, one that was refused is not."""
        try:
            found = self._ask(call)
        except ConnectorError as error:
            self._spent[kind] += error.outcome_unknown
            raise
        self._spent[kind] += 1
        return found

    def _bill(self, found: JsonObject, items: Sequence[object], kind: str) -> None:
        """X is paid by what it gives out: the posts, and the people that come along with them."""
        self._spent[kind] += len(items)
        self._spent["user"] += len(answer.parts(answer.part(found, "includes"), "users"))

    @property
    def rate(self) -> Rate | None:
        """What is left of the window of this one route; reads and writes have windows of their own."""
        headers = self._http.last.headers if self._http.last else {}
        left, limit, reset = (headers.get(f"x-rate-limit-{name}", "") for name in ("remaining", "limit", "reset"))
        if not (_DIGITS.fullmatch(left) and _DIGITS.fullmatch(limit) and _DIGITS.fullmatch(reset) and int(limit)):
            return None
        now = self._http.answered_at or datetime.now(UTC)
        return Rate(int(left) / int(limit), min(max(int(reset) - now.timestamp() + 1, 1.0), LONGEST_WINDOW))

    def _calls_left(self) -> int | None:
        remaining = self._http.last.headers.get("x-rate-limit-remaining", "") if self._http.last else ""
        return int(remaining) if _DIGITS.fullmatch(remaining) else None


class _Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _signature(credentials: Credentials) -> requests.auth.AuthBase | None:
    """OAuth 2 where there is such a token, else OAuth 1.0a, None where neither is complete."""
    secrets = {name: secret.reveal() for name, secret in credentials.secrets.items() if secret}
    if "oauth2_token" in secrets:
        return _Bearer(secrets["oauth2_token"])
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    if not all(name in secrets for name in names):
        return None
    signature: requests.auth.AuthBase = tweepy.OAuth1UserHandler(*(secrets[name] for name in names)).apply_auth()
    return signature


# Errors


def judge(exchange: Exchange, *, hide: Redactor) -> bytes:
    """What tweepy may see of an answer. Raises ConnectorError for everything but a success."""
    try:
        found = answer.decode(exchange.body, hide)
    except Unreadable:
        found = None
    if not isinstance(found, dict):
        raise from_status("X", exchange)
    if not 200 <= exchange.status < 300 or not ({"data", "meta"} & found.keys()):
        raise error_of(found, exchange, hide)
    return json.dumps(found).encode()


def error_of(found: JsonObject, exchange: Exchange, hide: Redactor) -> ConnectorError:
    """The error for an answer that is no success: a problem object, or the old API's list of errors."""
    errors = answer.parts(found, "errors")
    first = errors[0] if errors else {}
    words = [answer.words(found, "detail"), *(answer.words(first, name) for name in ("detail", "message"))]
    if exchange.status == 400:
        words.reverse()  # the detail of a 400 says only that something was invalid
    message = hide.quoted(next(filter(None, [*words, answer.words(found, "title")]), "no reason given"))
    kind = _kind(found, first, message, exchange)
    code = _problem_type(found) or _problem_type(first) or str(exchange.status)
    wait = _wait(exchange) if kind is ErrorKind.RATE else None
    return refusal(f"X: {message} (HTTP {exchange.status})", kind, exchange, retry_after=wait, code=code)


def _kind(found: JsonObject, first: JsonObject, message: str, exchange: Exchange) -> ErrorKind:
    if exchange.status >= 500:
        return ErrorKind.UNAVAILABLE
    if exchange.status == 403:
        for words, kind in _WORDS:
            if words in message:
                return kind
    known = _PROBLEMS.get(_problem_type(found)) or _PROBLEMS.get(_problem_type(first))
    code = answer.number(first, "code")
    if known is None and code is not None:
        known = _CODES.get(code)
    if known or exchange.status in _STATUSES:
        return known or _STATUSES[exchange.status]
    if exchange.status == 403:
        return ErrorKind.NOT_ALLOWED if exchange.writes else ErrorKind.PERMISSION
    # A 2xx without data or a word why, a redirect, a conflict: nothing is certain after that.
    return ErrorKind.MALFORMED


def _problem_type(problem: JsonObject) -> str:
    """The last part of the type's address: its host differs between recordings and documentation."""
    name = answer.words(problem, "type").rpartition("/")[2]
    return "" if name == "about:blank" else name


def _wait(exchange: Exchange) -> float | None:
    """Seconds until the closed window opens, from its reset header; None where that is absent or cannot be true."""
    for name in ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit"):
        if name != "x-rate-limit" and exchange.headers.get(f"{name}-remaining") != "0":
            continue
        reset = exchange.headers.get(f"{name}-reset", "")
        if not _DIGITS.fullmatch(reset):
            return None
        wait = int(reset) - exchange.at.timestamp() + 1
        # Just past: our clocks differ by little. Long past or days ahead: nonsense.
        return max(wait, 5.0) if -60 < wait < LONGEST_WINDOW else RATE_PAUSE
    return None


def _refuse_unsendable(outgoing: Outgoing) -> None:
    if outgoing.visibility is Visibility.PRIVATE and not twitter_messages.is_conversation(outgoing.root_remote_id):
        # A post's author can be written to only where a conversation with them has begun.
        raise ConnectorError("X: there is no such conversation", kind=ErrorKind.NOT_ALLOWED, permanent=True)
    if not _TWEET_ID.fullmatch(outgoing.answers_remote_id):
        raise ConnectorError("X has no such id", kind=ErrorKind.INVALID, permanent=True)
    if not answer.is_sendable(outgoing.text):
        raise ConnectorError("The text is empty or no Unicode text", kind=ErrorKind.INVALID, permanent=True)


# Walking


def id_at(at: datetime) -> int:
    """The lowest id a post of that moment can have."""
    return max(int(at.timestamp() * 1000) - EPOCH, 0) << LOW_BITS


def time_of(remote_id: str) -> datetime:
    return datetime.fromtimestamp(((int(remote_id) >> LOW_BITS) + EPOCH) / 1000, UTC)


def _written(mark: Mark) -> datetime:
    """When the newest post that is known was written. An id from after the last look is none that X has given out."""
    return min(time_of(mark.id), mark.at)


def _floor(window: Window, since: datetime, now: datetime | None = None) -> int:
    """The id above which a walk reads.

    What came in late is read again, but only until it cannot come any more: X is paid by the post.
    """
    reach = id_at(since)
    known = window.complete_up_to
    if known is None or not known.id:
        return reach
    if known.at - _written(known) <= OVERLAP:
        return max(reach, id_at(_written(known) - OVERLAP))
    if (now or datetime.now(UTC)) - known.at > A_PAUSE:
        return max(reach, int(known.id) - 1)
    return max(reach, int(known.id))


def _walked(window: Window, marks: Sequence[Mark], *, done: bool, read_at: datetime | None) -> Window:
    newest = window.newest_seen or max(marks, key=_number, default=None)
    if done:
        reached = [mark for mark in (window.complete_up_to, newest) if mark]
        top = max(reached, key=_number, default=None)
        if top and read_at and not window.walk_to:
            # One page was all there was, so everything up to the moment of this very answer has been read.
            top = Mark(max(read_at, time_of(top.id)), top.id)
        return Window(complete_up_to=top)
    bottom = min([*marks, *([window.walk_to] if window.walk_to else [])], key=_number)
    return Window(window.complete_up_to, newest, bottom, window.seen + len(marks))


def _wall(name: str, window: Window, marks: Sequence[Mark]) -> Mark | None:
    """Where a walk has ended at X's wall: so much was shown, and still not the newest post that we know."""
    known = window.complete_up_to
    bottom = min([*marks, *([window.walk_to] if window.walk_to else [])], key=_number, default=None)
    if name not in WALLS or bottom is None or (known and _number(bottom) <= _number(known)):
        return None
    return bottom if window.seen + len(marks) >= WALLS[name] * NEAR_THE_WALL else None


def _gone(found: JsonObject, asked: Sequence[str]) -> Iterator[str]:
    """The posts that an answer says are gone, or are not ours to see."""
    for error in answer.parts(found, "errors"):
        one = _other_id(error, "resource_id") or _other_id(error, "value")
        if one in asked and _PROBLEMS.get(_problem_type(error)) is ErrorKind.GONE:
            yield one


def _number(mark: Mark) -> int:
    return int(mark.id or 0)


# Reading


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One page. marks: the place of everything on it, readable or not."""

    messages: Sequence[RemoteMessage]
    posts: Sequence[PostContext]
    malformed: Sequence[Malformed]
    marks: Sequence[Mark]
    last: bool


@dataclass(frozen=True, slots=True)
class _Includes:
    """What an answer's expansions brought, by id."""

    users: Mapping[str, JsonObject] = field(default_factory=dict)
    tweets: Mapping[str, JsonObject] = field(default_factory=dict)
    media: Mapping[str, JsonObject] = field(default_factory=dict)

    @classmethod
    def of(cls, found: JsonObject) -> _Includes:
        includes = answer.part(found, "includes")
        tweets = answer.parts(includes, "tweets") + answer.parts(includes, "posts")
        return cls(
            users={answer.known_id(user, "id"): user for user in answer.parts(includes, "users")},
            tweets={_other_id(tweet, "id"): tweet for tweet in tweets},
            media={answer.words(media, "media_key"): media for media in answer.parts(includes, "media")},
        )


def _next_token(meta: object, what: str) -> str:
    """ "" on the last page. A list without meta is none: taking it for the end would lose what is behind it."""
    return answer.as_text(answer.as_object(meta, what).get("next_token"), "next_token")


def _sheet(items: list[object], includes: _Includes, *, us: str, last: bool) -> _Sheet:
    read, malformed = answer.sorted_out(_said(items), partial(_tweet, includes=includes, us=us))
    ids = [_other_id(item, "id") for item in items if isinstance(item, dict)]
    return _Sheet(
        messages=[one for one in read if isinstance(one, RemoteMessage)],
        posts=[one for one in read if isinstance(one, PostContext)],
        malformed=malformed,
        marks=[Mark(time_of(tweet_id), tweet_id) for tweet_id in ids if tweet_id],
        last=last,
    )


def _said(items: list[object]) -> list[object]:
    """Without what somebody only passes on: the mentions list it too, and there is nothing in it to answer."""
    return [item for item in items if not (isinstance(item, dict) and _is_retweet(item))]


def _is_retweet(raw: JsonObject) -> bool:
    return any(one.get("type") == "retweeted" for one in _references(raw))


def _tweet(raw: JsonObject, *, includes: _Includes, us: str) -> RemoteMessage | PostContext:
    """A post; one of ours that answers nobody is what others write under, and nothing to answer."""
    tweet_id = _tweet_id(raw.get("id"), "id")
    author = _author(raw, includes)
    parent = _replied_to(raw)
    text = _text(raw)
    remote_id = _first_version(raw, tweet_id)
    created_at = answer.known_time(raw, "created_at") or time_of(remote_id)
    permalink = _permalink(author.handle if author else "", tweet_id)
    if author and author.remote_id == us and not parent:
        return PostContext(remote_id, text, created_at, permalink=permalink)
    root, post = _place(raw, remote_id, includes, us)
    ours = post or (author and author.remote_id == us)
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=root,
        kind=Kind.COMMENT if ours else Kind.MENTION,
        visibility=Visibility.PUBLIC,
        text=text,
        created_at=created_at,
        author=author,
        parent_remote_id=_known_as(parent, includes) if parent and parent != post else None,
        post_remote_id=post,
        permalink=permalink,
        language=_language(raw),
        edited_at=time_of(tweet_id) if tweet_id != remote_id else None,
        hidden=None,
        as_of=time_of(tweet_id),
        version_id=tweet_id if tweet_id != remote_id else "",
        attachments=tuple(_attachments(raw, includes)),
        raw=raw,
    )


def _told(payload: JsonObject, event: JsonObject, us: str) -> RemoteMessage | PostContext | None:
    """A post as a notification carries it; None for what is only passed on."""
    return None if _is_retweet(payload) else _tweet(payload, includes=_Includes.of(event), us=us)


def _tweet_id(value: object, what: str) -> str:
    found = answer.as_id(value, what)
    if not _TWEET_ID.fullmatch(found):
        raise Unreadable(f"{what} is no id")
    return found


def _other_id(raw: JsonObject, key: str) -> str:
    """The id of another post, "" where there is none or it cannot be one."""
    found = answer.known_id(raw, key)
    return found if _TWEET_ID.fullmatch(found) else ""


def _first_version(raw: JsonObject, tweet_id: str) -> str:
    """The id a post began with. An edit gives it a new one, and it must not come in as another message."""
    history = raw.get("edit_history_tweet_ids") or raw.get("edit_history_post_ids")
    known = history if isinstance(history, list) else []
    ids = [one for one in known if isinstance(one, str) and _TWEET_ID.fullmatch(one)]
    return min([*ids, tweet_id], key=int)


def _known_as(tweet_id: str, includes: _Includes) -> str:
    return _first_version(includes.tweets.get(tweet_id, {}), tweet_id)


def _references(raw: JsonObject) -> list[JsonObject]:
    return [*answer.parts(raw, "referenced_tweets"), *answer.parts(raw, "referenced_posts")]


def _replied_to(raw: JsonObject) -> str:
    replied = [_other_id(one, "id") for one in _references(raw) if one.get("type") == "replied_to"]
    return replied[0] if replied else ""


def _place(raw: JsonObject, remote_id: str, includes: _Includes, us: str) -> tuple[str, str]:
    """(root, post): where a message's thread begins, and the post of ours above it, "" where that is not shown.

    Under a post of ours each answer begins a thread of its own. Elsewhere the conversation is one thread.
    """
    conversation = _other_id(raw, "conversation_id")
    if not conversation or not _replied_to(raw):
        return remote_id, ""
    line = list(_upwards(raw, includes, conversation))
    if not _is_ours(conversation, line[-1], includes, us):
        return _known_as(conversation, includes), ""
    return _first_version(line[-1], _other_id(line[-1], "id") or remote_id), conversation


def _upwards(raw: JsonObject, includes: _Includes, conversation: str) -> Iterator[JsonObject]:
    """The message and what it answers, up to but without the conversation's first post, as far as the answer shows."""
    seen = {conversation}
    one: JsonObject | None = raw
    while one is not None:
        yield one
        above = _replied_to(one)
        one = includes.tweets.get(above) if above not in seen else None
        seen.add(above)


def _is_ours(conversation: str, highest: JsonObject, includes: _Includes, us: str) -> bool:
    """Whether the conversation begins with a post of ours: it is included, or what answers it says whom it answers."""
    first = includes.tweets.get(conversation)
    if first is not None:
        return answer.known_id(first, "author_id") == us
    return _replied_to(highest) == conversation and answer.known_id(highest, "in_reply_to_user_id") == us


def _text(raw: JsonObject) -> str:
    """The whole text as its author wrote it: long posts carry it apart, `&` comes as an entity, addresses shortened."""
    note = answer.part(raw, "note_tweet") or answer.part(raw, "note_post")
    source = note if "text" in note else raw
    text = html.unescape(answer.as_text(source.get("text"), "text"))
    for link in answer.parts(answer.part(source, "entities"), "urls"):
        short, full = answer.words(link, "url"), answer.words(link, "expanded_url")
        if short and "media_key" in link:
            text = text.replace(short, "").strip()  # the picture is among the attachments
        elif short and full:
            text = text.replace(short, full)
    return text


def _author(raw: JsonObject, includes: _Includes) -> Author | None:
    remote_id = answer.known_id(raw, "author_id")
    if not remote_id:
        return None
    user = includes.users.get(remote_id, {})
    handle = answer.words(user, "username")
    return Author(
        remote_id=remote_id,
        name=answer.words(user, "name"),
        handle=handle,
        reach=answer.number(answer.part(user, "public_metrics"), "followers_count"),
        url=f"{WEB}/{handle}" if handle else "",
    )


def _language(raw: JsonObject) -> str:
    """X calls Norwegian "no", and has codes for "no words at all" that begin with a q."""
    code = answer.words(raw, "lang")
    return "nb" if code == "no" else code if _LANGUAGE.fullmatch(code) and code != "und" else ""


def _attachments(raw: JsonObject, includes: _Includes) -> Iterator[Attachment]:
    keys = answer.part(raw, "attachments").get("media_keys")
    for key in keys if isinstance(keys, list) else []:
        media = includes.media.get(key, {}) if isinstance(key, str) else {}
        name = answer.words(media, "type")
        kind = {"photo": "photo", "video": "video", "animated_gif": "video"}.get(name, "file")
        url = answer.address(media, "url") or answer.address(media, "preview_image_url")
        yield Attachment(kind, url, answer.words(media, "alt_text"))


def _permalink(handle: str, tweet_id: str) -> str:
    return f"{WEB}/{handle or 'i'}/status/{tweet_id}"
