"""Facebook pages through facebook-sdk: comments, visitors' and tagged posts, recommendations, and Messenger.

"feed" and "tagged" are walked from new to old and say which posts have new comments; "comments/<post id>" and
"visitor/<post id>" (a visitor's post, which is the root of everything beneath it) are read from old to new. "ratings",
"conversations" and "conversation/<id>" have no bounds of time: they are read from the top until nothing is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors import answer, facebook_messages, facebook_webhooks
from connectors.base import (
    CLOCK_SKEW,
    Account,
    Attachment,
    Author,
    Capabilities,
    ConnectorError,
    ErrorKind,
    Follow,
    Kind,
    Look,
    Malformed,
    Mark,
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
from connectors.graph import (
    OVERLAP,
    USUAL_PAGE,
    GraphConnector,
    gather,
    is_id,
    unix,
    walked,
    when,
)
from connectors.graph_webhooks import SECOND, JsonObject

POST_FIELDS = (
    "id,message,story,from,to,created_time,updated_time,permalink_url,status_type,is_hidden,is_published,attachments,"
    "comments.filter(stream).limit(1).summary(true){id}"
)
COMMENT_FIELDS = (
    "id,message,from,created_time,parent{id,parent{id,parent{id,parent{id}}}},permalink_url,is_hidden,attachment"
)
RATING_FIELDS = "created_time,recommendation_type,review_text,reviewer,open_graph_story"
# How long a recommendation is looked at for comments beneath it, once an hour: it does not say whether there are any.
RATING_FOLLOWED = timedelta(days=14)

# What somebody else's post is, by the stream that shows it.
KINDS: Mapping[str, Kind] = {"feed": Kind.POST, "tagged": Kind.MENTION}

ROOTS = (Kind.POST, Kind.MENTION, Kind.RECOMMENDATION)


class Facebook(GraphConnector):
    network = "facebook"
    label = "Facebook"
    change = staticmethod(facebook_webhooks.change)
    capabilities = Capabilities(
        refuses_duplicates=False,
        look_size=50,
        removes_below=True,
        max_length=8000,
        max_private_length=facebook_messages.LONGEST,
        can_delete=True,
        can_delete_others=True,
        can_like=True,
        can_edit=True,
        hides=frozenset({Kind.COMMENT, Kind.POST}),
        private_within=timedelta(hours=24),
        private_reply_within=timedelta(days=7),
    )
    optional = frozenset({"tagged", "ratings", "conversations"})
    beneath = ("comments", "visitor")

    def account(self) -> Account:
        found = self._ask(partial(self._graph.get_object, "me", fields="id,name,username,link"))
        return Account(
            remote_id=self._http.believe(answer.as_id, found.get("id"), "id of the account"),
            name=answer.words(found, "name"),
            handle=answer.words(found, "username"),
            url=answer.address(found, "link"),
        )

    def streams(self) -> tuple[str, ...]:
        public = ("feed", "tagged", "ratings") if Visibility.PUBLIC in self.options.reads else ()
        return (*public, *(("conversations",) if Visibility.PRIVATE in self.options.reads else ()))

    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: Mapping[str, str]) -> Page:
        name, _, post_id = stream.partition("/")
        if stream in ("feed", "tagged"):
            return self._feed_page(stream, window, since, known)
        if stream == "ratings":
            return self._ratings_page(window, since, known)
        if stream == "conversations":
            return self._conversations_page(window, since, known)
        if name == "conversation" and is_id(post_id):
            return self._conversation_page(post_id, window, since)
        if name in ("comments", "visitor") and is_id(post_id):
            return self._comments_page(post_id, window, since, root=post_id if name == "visitor" else None)
        raise ConnectorError(f"Facebook has no stream of this name: {stream}", kind=ErrorKind.INVALID, permanent=True)

    def send(self, outgoing: Outgoing) -> Sent:
        """Answers a comment or somebody's post in public, or a person in their conversation."""
        _refuse_unsendable(outgoing)
        if outgoing.visibility is Visibility.PRIVATE:
            return self._send_message(outgoing)
        # The fields come back in the same call; reading them afterwards would be a second one.
        fields = {"message": outgoing.text, "fields": "id,permalink_url,created_time"}
        made = self._ask(partial(self._graph.put_object, outgoing.answers_remote_id, "comments", **fields))
        return Sent(
            remote_id=self._http.believe(answer.as_id, made.get("id"), "id of the new comment"),
            permalink=answer.address(made, "permalink_url"),
            at=answer.known_time(made, "created_time"),
        )

    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        """The newest comments of the thread: a reply to a reply can stand one level higher than it was sent to."""
        if outgoing.visibility is Visibility.PRIVATE:
            return self._read_back_messages(outgoing, since)
        root = outgoing.root_remote_id or outgoing.answers_remote_id
        params = {
            "fields": COMMENT_FIELDS,
            "filter": "stream",
            "order": "reverse_chronological",
            "since": unix(since - CLOCK_SKEW),
            "limit": str(USUAL_PAGE),
        }
        read = partial(_comment, post_id=root, root=root)
        found, _, _ = gather(self._pages(root, "comments", params), read, enough=lambda _: False)
        # The post above is not known here; it is none of the caller's business either, who has the thread.
        found = [replace(message, post_remote_id="") for message in found]
        own = [message for message in found if message.author and message.author.remote_id == self._us]
        newest = max((message.created_at for message in found), default=None)
        return ReadBack(tuple(sorted(own, key=lambda message: message.created_at, reverse=True)), newest)

    @classmethod
    def turn(cls, one: PostContext | RemoteMessage, *, account_id: str) -> Turn | None:
        """Under our posts and other people's; an advert is in no list, so nothing but a notification leads there."""
        if isinstance(one, PostContext):
            return Turn(f"comments/{one.remote_id}", one.created_at, _polled(one)) if one.created_at else None
        if one.kind not in ROOTS or one.post_remote_id or one.parent_remote_id:
            return None
        until = one.created_at + RATING_FOLLOWED if one.kind is Kind.RECOMMENDATION else None
        return Turn(f"visitor/{one.remote_id}", one.created_at, until)

    def look(self, remote_ids: Sequence[str]) -> Look:
        """Posts and comments have different fields, so each kind is asked for by itself."""
        ids = [one for one in remote_ids if is_id(one)]
        posts = [one for one in ids if one.startswith(f"{self._us}_")]
        comments = [one for one in ids if one not in posts]
        entries, gone = self._look_up(posts, POST_FIELDS, partial(_entry, us=self._us))
        read = partial(_comment, post_id="", root=None)
        answers, gone_too = self._look_up(comments, COMMENT_FIELDS, read)
        read_at = self._http.answered_at
        self._refuse_blindness(gone + gone_too)
        shown = [entry.shown for entry in entries]
        return Look(
            found=(*(one for one in shown if isinstance(one, RemoteMessage)), *answers),
            gone=(*gone, *gone_too),
            posts=tuple(one for one in shown if isinstance(one, PostContext)),
            read_at=read_at,
        )

    def read_again(self, stream: str, raw: object) -> Page:
        name, _, post_id = stream.partition("/")
        if name in ("ratings", "conversation"):
            read = _recommendation if name == "ratings" else partial(facebook_messages.message, us=self._us)
            found, odd = answer.sorted_out([raw], read)
            return Page(tuple(found), Window(), malformed=tuple(odd))
        if stream in ("feed", "tagged"):
            entries, malformed = answer.sorted_out([raw], partial(_entry, us=self._us, kind=KINDS[stream]))
            shown = [entry.shown for entry in entries]
            messages = tuple(one for one in shown if isinstance(one, RemoteMessage))
            posts = tuple(one for one in shown if isinstance(one, PostContext))
            return Page(messages, Window(), posts=posts, malformed=tuple(malformed))
        if name not in ("comments", "visitor"):
            return super().read_again(stream, raw)
        read = partial(_comment, post_id=post_id, root=post_id if name == "visitor" else None)
        comments, malformed = answer.sorted_out([raw], read)
        return Page(tuple(comments), Window(), malformed=tuple(malformed))

    def hide(self, remote_id: str) -> None:
        self._do(remote_id, partial(self._set_hidden, remote_id, "true"))

    def unhide(self, remote_id: str) -> None:
        self._do(remote_id, partial(self._set_hidden, remote_id, "false"))

    def delete(self, remote_id: str) -> None:
        self._do(remote_id, partial(self._graph.delete_object, remote_id))

    def like(self, remote_id: str) -> None:
        self._do(remote_id, partial(self._graph.put_like, remote_id))

    def edit(self, remote_id: str, text: str) -> None:
        fields = {"message": text}
        self._do(remote_id, partial(self._graph.request, f"{self._graph.version}/{remote_id}", post_args=fields))

    def _set_hidden(self, remote_id: str, hidden: str) -> Any:
        return self._graph.request(f"{self._graph.version}/{remote_id}", post_args={"is_hidden": hidden})

    def _send_message(self, outgoing: Outgoing) -> Sent:
        """Within 24 hours of the person's last word; the network refuses what comes later."""
        fields = {"recipient": facebook_messages.recipient(outgoing, self._us), "messaging_type": "RESPONSE"}
        fields["message"] = json.dumps({"text": outgoing.text})
        made = self._ask(partial(self._graph.put_object, self._us, "messages", **fields))
        return Sent(remote_id=self._http.believe(answer.as_id, made.get("message_id"), "id of the new message"))

    def _read_back_messages(self, outgoing: Outgoing, since: datetime) -> ReadBack:
        person = outgoing.recipient_id or outgoing.root_remote_id
        fields = {"platform": "MESSENGER", "user_id": person, "fields": facebook_messages.CONVERSATION_FIELDS}
        asked = self._pages(self._us, "conversations", fields)
        conversations, _, _ = gather(asked, facebook_messages.conversation, enough=lambda _: True)
        found = [one for each in conversations[:1] for one in self._messages(each.remote_id, since - CLOCK_SKEW)[0]]
        own = [message for message in found if message.author and message.author.remote_id == self._us]
        newest = max((message.created_at for message in found), default=None)
        return ReadBack(tuple(sorted(own, key=lambda message: message.created_at, reverse=True)), newest)

    # The streams

    def _conversations_page(self, window: Window, since: datetime, known: Mapping[str, str]) -> Page:
        """Down to where nothing is new. The oldest is followed first: what a broken-off pull leaves is on top."""
        fields = {"platform": "MESSENGER", "fields": facebook_messages.CONVERSATION_FIELDS, "limit": self._limit}
        found: list[facebook_messages.Conversation] = []
        malformed: list[Malformed] = []
        for items, last in self._pages(self._us, "conversations", fields):
            good, bad = answer.sorted_out(items, facebook_messages.conversation)
            good = [self._settling(one) for one in good if one.updated >= since]
            fresh = [one for one in good if known.get(one.stream) != one.state]
            found, malformed = found + fresh, malformed + bad
            if last or not fresh:
                break
        follow = {one.stream: Follow(one.stream, one.state) for one in reversed(found)}
        reached = window.complete_up_to
        marks = [Mark(one.updated, one.remote_id) for one in found] + ([reached] if reached else [])
        return self._page((), Window(complete_up_to=max(marks, key=when, default=None)), malformed, follow.values())

    def _settling(self, one: facebook_messages.Conversation) -> facebook_messages.Conversation:
        """What has just been written may not be in the list of messages yet: look again, each minute."""
        now = self._now()
        return replace(one, state=f"{one.state}:{now:%H%M}") if now - one.updated < OVERLAP else one

    def _conversation_page(self, conversation: str, window: Window, since: datetime) -> Page:
        reached = window.complete_up_to
        try:
            messages, malformed = self._messages(conversation, max(since, reached.at - OVERLAP) if reached else since)
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            return Page((), Window(complete_up_to=reached))
        marks = [Mark(message.created_at, message.remote_id) for message in messages]
        known = max([*marks, *([reached] if reached else [])], key=when, default=None)
        return self._page(messages, Window(complete_up_to=known), malformed)

    def _messages(self, conversation: str, since: datetime) -> tuple[list[RemoteMessage], list[Malformed]]:
        """A conversation's messages since then, and what cannot be read: they come newest first."""
        messages, malformed, _ = gather(
            self._pages(conversation, "messages", {"fields": facebook_messages.MESSAGE_FIELDS, "limit": self._limit}),
            partial(facebook_messages.message, us=self._us),
            enough=lambda found: min(one.created_at for one in found) < since,
        )
        return [message for message in messages if message.created_at >= since], malformed

    def _ratings_page(self, window: Window, since: datetime, known: Mapping[str, str]) -> Page:
        reached = window.complete_up_to
        floor = max(since, reached.at - OVERLAP) if reached else since
        messages, malformed, _ = gather(
            self._pages(self._us, "ratings", {"fields": RATING_FIELDS, "limit": self._limit}),
            _recommendation,
            enough=lambda found: min(one.created_at for one in found) < min(floor, self._now() - RATING_FOLLOWED),
        )
        now = self._now()
        hour = f"{now:%Y%m%d%H}"
        young = [one for one in messages if one.created_at >= max(since, now - RATING_FOLLOWED)]
        streams = [f"visitor/{one.remote_id}" for one in young]
        marks = [Mark(one.created_at, one.remote_id) for one in messages] + ([reached] if reached else [])
        return self._page(
            [one for one in messages if one.created_at >= floor],
            Window(complete_up_to=max(marks, key=when, default=None)),
            malformed,
            [Follow(stream, hour) for stream in streams if known.get(stream) != hour],
        )

    def _feed_page(self, stream: str, window: Window, since: datetime, known: Mapping[str, str]) -> Page:
        """From new to old, one page; more only while all of them are of the one second where the last one ended."""
        params = {"fields": POST_FIELDS, "limit": self._limit, "include_hidden": "true", "since": unix(since)}
        if window.walk_to:
            params["until"] = unix(window.walk_to.at + SECOND)
        floor = window.walk_to.at if window.walk_to else None
        entries, malformed, done = gather(
            self._pages(self._us, stream, params),
            partial(_entry, us=self._us, kind=KINDS[stream]),
            enough=lambda found: floor is None or min(entry.mark.at for entry in found) < floor,
        )
        shown = answer.once(entry.shown for entry in entries)
        page = self._page(
            [entry for entry in shown if isinstance(entry, RemoteMessage)],
            walked(window, [entry.mark for entry in entries], done=done),
            malformed,
            self._follows(entries, known),
        )
        return replace(page, posts=tuple(entry for entry in shown if isinstance(entry, PostContext)))

    def _comments_page(self, post_id: str, window: Window, since: datetime, *, root: str | None) -> Page:
        """From old to new, as many pages as it takes to come further than the window says we are.

        A page may end within a second and the rest of that second begin the next one; and what we know already may
        fill whole pages. So the walk goes on by the network's cursor until a second is behind us for certain.
        """
        reached = window.walk_to or window.complete_up_to
        begin = since
        if reached:
            begin = max(since, reached.at if window.walk_to else reached.at - OVERLAP)
        params = {"fields": COMMENT_FIELDS, "filter": "stream", "order": "chronological", "limit": self._limit}
        params["since"] = unix(begin)
        try:
            messages, malformed, done = gather(
                self._pages(post_id, "comments", params),
                partial(_comment, post_id=post_id, root=root),
                enough=lambda found: not reached or max(one.created_at for one in found) - SECOND > reached.at,
            )
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            # The post was deleted after the feed had named it: that is the end of its stream, not of the channel.
            return Page((), Window(complete_up_to=reached), gone=True)
        return self._page(messages, _advanced(window, messages, done=done), malformed)

    def _follows(self, entries: Sequence[_Entry], known: Mapping[str, str]) -> Iterator[Follow]:
        now = self._http.answered_at
        for entry in {entry.stream: entry for entry in entries}.values():
            state = f"{entry.comments}:{entry.updated.isoformat()}"
            if now and now - entry.updated < OVERLAP:
                # The count may be ahead of the list of comments: look again, each minute, until it has settled.
                state += f":{now:%H%M}"
            if entry.comments != 0 and known.get(entry.stream) != state:
                yield Follow(entry.stream, state)


def _refuse_unsendable(outgoing: Outgoing) -> None:
    person = outgoing.recipient_id or outgoing.root_remote_id
    if outgoing.visibility is Visibility.PRIVATE and not is_id(person):
        raise ConnectorError("Facebook: nobody to write to", kind=ErrorKind.INVALID, permanent=True)
    if not is_id(outgoing.answers_remote_id):
        raise ConnectorError("Facebook has no such id", kind=ErrorKind.INVALID, permanent=True)
    if not answer.is_sendable(outgoing.text):
        raise ConnectorError("The text is empty or no Unicode text", kind=ErrorKind.INVALID, permanent=True)


# Walking


def _advanced(window: Window, messages: Sequence[RemoteMessage], *, done: bool) -> Window:
    """The window of a walk from old to new. While it is open, its last second may have more than we have seen."""
    marks = [Mark(message.created_at) for message in messages]
    known = [mark for mark in (window.complete_up_to, window.walk_to) if mark]
    if done:
        return Window(complete_up_to=max(known + marks, key=when, default=None))
    newest = max(marks, key=when)
    safe = max([Mark(newest.at - SECOND), *known], key=when)
    return Window(complete_up_to=safe, newest_seen=newest, walk_to=safe)


# Reading


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something in the feed: our post, or a visitor's, with what tells whether it has new comments."""

    shown: PostContext | RemoteMessage
    mark: Mark
    comments: int | None
    updated: datetime

    @property
    def stream(self) -> str:
        return f"{'comments' if isinstance(self.shown, PostContext) else 'visitor'}/{self.shown.remote_id}"


def _entry(raw: JsonObject, *, us: str, kind: Kind = Kind.POST) -> _Entry:
    remote_id = answer.as_id(raw.get("id"), "id")
    created_at = answer.as_time(raw.get("created_time"), "created_time")
    updated = answer.known_time(raw, "updated_time") or created_at
    text = answer.as_text(raw.get("message"), "message")
    comments = answer.number(answer.part(answer.part(raw, "comments"), "summary"), "total_count")
    if _is_ours(raw, us):
        shown: PostContext | RemoteMessage = PostContext(
            remote_id=remote_id,
            text=text or answer.words(raw, "story"),
            created_at=created_at,
            updated_at=updated,
            comment_count=comments,
            permalink=answer.address(raw, "permalink_url"),
            listed=raw.get("is_published") is not False,
        )
    else:
        shown = RemoteMessage(
            remote_id=remote_id,
            root_remote_id=remote_id,
            kind=kind,
            visibility=Visibility.PUBLIC,
            text=text,
            created_at=created_at,
            author=_author(raw),
            permalink=answer.address(raw, "permalink_url"),
            hidden=raw.get("is_hidden") is True,
            attachments=_attachments(answer.parts(answer.part(raw, "attachments"), "data")),
            raw=raw,
        )
    return _Entry(shown, Mark(created_at), comments, updated)


def _polled(post: PostContext) -> datetime | None:
    return None if post.listed else post.created_at


def _recommendation(raw: JsonObject) -> RemoteMessage:
    """It is known by its story, which is what is answered. Many say no more than that they do, or do not, recommend."""
    remote_id = answer.as_id(answer.part(raw, "open_graph_story").get("id"), "id of the story")
    reviewer = answer.part(raw, "reviewer")
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=remote_id,
        kind=Kind.RECOMMENDATION,
        visibility=Visibility.PUBLIC,
        text=answer.as_text(raw.get("review_text"), "review_text"),
        created_at=answer.as_time(raw.get("created_time"), "created_time"),
        author=_author({"from": reviewer}),
        raw=raw,
    )


def _is_ours(raw: JsonObject, us: str) -> bool:
    """Whether a post in our feed is the page's own. Without a permission Facebook does not name visitors."""
    author = answer.known_id(answer.part(raw, "from"), "id")
    if author:
        return author == us
    addressed = any(answer.known_id(person, "id") == us for person in answer.parts(answer.part(raw, "to"), "data"))
    return not addressed and raw.get("status_type") != "wall_post"


def _comment(raw: JsonObject, *, post_id: str, root: str | None) -> RemoteMessage:
    """A comment under post_id. root: the visitor's post where that is what it stands under; None under our own."""
    ids = _permalink_ids(raw, post_id)
    remote_id = answer.as_id(raw.get("id") or (ids[-1] if ids else None), "id")
    ancestors = _ancestors(raw) or ids[-2:-1]
    top = ancestors[-1] if ancestors else remote_id
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=root or top,
        kind=Kind.COMMENT,
        visibility=Visibility.PUBLIC,
        text=answer.as_text(raw.get("message"), "message"),
        created_at=answer.as_time(raw.get("created_time"), "created_time"),
        author=_author(raw),
        parent_remote_id=ancestors[0] if ancestors else root,
        post_remote_id=post_id,
        permalink=answer.address(raw, "permalink_url"),
        hidden=raw.get("is_hidden") is True,
        attachments=_attachments([found] if (found := answer.part(raw, "attachment")) else []),
        raw=raw,
    )


def _ancestors(raw: JsonObject) -> list[str]:
    """The ids above a comment, nearest first, as far as the answer shows them."""
    found: list[str] = []
    above = answer.part(raw, "parent")
    while above:
        found.append(answer.as_id(above.get("id"), "id of the parent"))
        above = answer.part(above, "parent")
    return found


def _permalink_ids(raw: JsonObject, post_id: str) -> list[str]:
    """The ids in a comment's address, outermost first. Some tokens get no `id` field, but everybody gets this."""
    try:
        query = parse_qs(urlsplit(answer.words(raw, "permalink_url")).query)
    except ValueError:
        return []
    numbers = [query[name][0] for name in ("comment_id", "reply_comment_id") if name in query]
    post = post_id.rpartition("_")[2]
    return [answer.as_id(f"{post}_{number}", "id in the address") for number in numbers]


def _author(raw: JsonObject) -> Author | None:
    person = answer.part(raw, "from")
    remote_id = answer.known_id(person, "id")
    return Author(remote_id=remote_id, name=answer.words(person, "name")) if remote_id else None


def _attachments(found: Sequence[JsonObject]) -> tuple[Attachment, ...]:
    return tuple(one for raw in found for one in _attachment(raw))


def _attachment(raw: JsonObject) -> Iterator[Attachment]:
    """One attachment; an album is what is in it."""
    inner = answer.parts(answer.part(raw, "subattachments"), "data")
    if inner:
        yield from _attachments(inner)
        return
    media = answer.part(raw, "media")
    source = answer.address(media, "source") or answer.address(answer.part(media, "image"), "src")
    kind = _attachment_kind(answer.words(raw, "type") or answer.words(raw, "media_type"))
    address = answer.address(raw, "url") or answer.address(answer.part(raw, "target"), "url")
    yield Attachment(
        kind=kind,
        url=address or source if kind == "link" else source or address,
        alt_text=answer.words(raw, "description") or answer.words(raw, "title"),
    )


def _attachment_kind(name: str) -> str:
    for kind in ("photo", "video", "sticker"):
        if kind in name:
            return kind
    return {"share": "link", "link": "link", "album": "photo"}.get(name, "file")
