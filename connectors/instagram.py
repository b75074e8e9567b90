"""Instagram's professional accounts through the Graph API: comments beneath our media, and mentions of us elsewhere.

"media" is walked from new to old and says which media have new comments. "comments/<media id>" is walked from new to
old as well, down to the last page each time: an answer to an old comment stands beneath it, and nobody can ask for
comments by their time. Mentions are told by notifications alone, by their ids, and then looked up; such a message is
named by the two ids that answering it takes, "<media id>_<comment id>", the second one 0 for what a caption says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from connectors import answer, instagram_webhooks
from connectors.base import (
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
    GraphConnector,
    gather,
    is_id,
    unix,
    walked,
    when,
)
from connectors.graph_webhooks import SECOND, JsonObject
from connectors.instagram_webhooks import IN_A_CAPTION, author_of, profile

MEDIA_FIELDS = "id,caption,comments_count,permalink,timestamp"
ANSWER_FIELDS = "id,text,timestamp,username,from,user,parent_id,hidden"
COMMENT_FIELDS = f"{ANSWER_FIELDS},media{{id,permalink}}"
NAMED_FIELDS = "id,text,timestamp,username"
# The first of each: what is of use. The second is what the documentation promises, for where the first is refused.
MENTIONING_COMMENT = (f"{NAMED_FIELDS},media{{id,owner,permalink}}", f"{NAMED_FIELDS},media{{id}}")
MENTIONING_MEDIA = (
    "id,caption,timestamp,username,media_type,media_url,permalink",
    "id,caption,timestamp,username,media_type,media_url",
)
# So many answers come along with each comment; where there are more, all of them are asked for by themselves.
ANSWERS_SHOWN = 20
# A walk begins at the top each time and finds its place again: so that its calls stay few, its pages grow from here.
GROWS_FROM = 500
# Where a walk gives up: so many pages hold 20,000 comments of one post.
DEEPEST = 400

_MENTION = re.compile(r"(\d+)_(\d+)", re.ASCII)
_STATE = re.compile(r"(?P<count>\w+)@(?P<changed>\d{12})\+\d+", re.ASCII)
_MINUTE = "%Y%m%d%H%M"


class Instagram(GraphConnector):
    network = "instagram"
    label = "Instagram"
    app = "facebook"
    change = staticmethod(instagram_webhooks.change)
    largest_page = 50
    beneath = ("comments",)
    capabilities = Capabilities(
        look_size=50,
        removes_below=True,
        hides_adverts=True,
        max_length=2200,
        can_delete=True,
        can_delete_others=True,
        hides=frozenset({Kind.COMMENT}),
    )

    def account(self) -> Account:
        """The one that the token's page is linked to: a token speaks for a page, never for the account itself."""
        asked = "instagram_business_account{id,name,username}"
        found = answer.part(self._ask(partial(self._graph.get_object, "me", fields=asked)), asked.partition("{")[0])
        if not found:
            raise ConnectorError(
                "Instagram: the token's page has no professional account, or may not tell of it",
                kind=ErrorKind.TOKEN,
                permanent=True,
            )
        handle = answer.words(found, "username")
        return Account(
            remote_id=self._http.believe(answer.as_id, found.get("id"), "id of the account"),
            name=answer.words(found, "name") or handle,
            handle=handle,
            url=profile(handle),
        )

    def streams(self) -> tuple[str, ...]:
        return ("media",) if Visibility.PUBLIC in self.options.reads else ()

    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: Mapping[str, str]) -> Page:
        name, _, media_id = stream.partition("/")
        if stream == "media":
            return self._media_page(window, since, known)
        if name == "comments" and is_id(media_id):
            return self._comments_page(media_id, window, since)
        raise ConnectorError(f"Instagram has no stream of this name: {stream}", kind=ErrorKind.INVALID, permanent=True)

    def send(self, outgoing: Outgoing) -> Sent:
        """Beneath a comment, or where somebody has mentioned us. An answer to an answer stands beside it."""
        self._refuse_unsendable(outgoing)
        mention = _MENTION.fullmatch(outgoing.answers_remote_id)
        if mention:
            ids = {"media_id": mention[1], **({} if mention[2] == IN_A_CAPTION else {"comment_id": mention[2]})}
            call = partial(self._graph.put_object, self._us, "mentions", message=outgoing.text, **ids)
        else:
            call = partial(self._graph.put_object, outgoing.answers_remote_id, "replies", message=outgoing.text)
        return Sent(remote_id=self._http.believe(answer.as_id, self._ask(call).get("id"), "id of the new comment"))

    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        """All answers beneath the comment that the thread begins with: in which order they come, nobody promises."""
        root = outgoing.root_remote_id or outgoing.answers_remote_id
        found = self._beneath_mention(root) if _MENTION.fullmatch(root) else self._answers_to(root)[0]
        own = [message for message in found if message.author and message.author.remote_id == self._us]
        newest = max((message.created_at for message in found), default=None)
        return ReadBack(tuple(sorted(own, key=lambda message: message.created_at, reverse=True)), newest)

    @classmethod
    def turn(cls, one: PostContext | RemoteMessage, *, account_id: str) -> Turn | None:
        """Under our own media. What is written under those of others nobody may read."""
        if not isinstance(one, PostContext) or one.created_at is None:
            return None
        return Turn(f"comments/{one.remote_id}", one.created_at)

    def look(self, remote_ids: Sequence[str]) -> Look:
        mentions = [one for one in remote_ids if _MENTION.fullmatch(one)]
        comments, posts, gone = self._look_up_ours([one for one in remote_ids if is_id(one) and one not in mentions])
        refused: dict[str, ConnectorError] = {}
        for one in mentions:
            try:
                comments += self._mention(one)
            except ConnectorError as error:
                if not error.permanent or error.kind is ErrorKind.TOKEN:
                    raise
                refused[one] = error
        gone += [one for one, error in refused.items() if error.kind is ErrorKind.GONE]
        read_at = self._http.answered_at
        self._refuse_blindness(gone)
        return Look(
            found=tuple(comments),
            gone=tuple(gone),
            posts=tuple(posts),
            refused={one: error for one, error in refused.items() if one not in gone},
            read_at=read_at,
        )

    def read_again(self, stream: str, raw: object) -> Page:
        name, _, media_id = stream.partition("/")
        if stream == "media":
            media, odd = answer.sorted_out([raw], _media)
            return Page((), Window(), posts=tuple(one.shown for one in media), malformed=tuple(odd))
        if name != "comments":
            return super().read_again(stream, raw)
        strands, odd = answer.sorted_out([raw], partial(_strand, media_id=media_id))
        messages = [message for strand in strands for message in strand.messages]
        return Page(
            tuple(messages), Window(), malformed=(*odd, *(bad for strand in strands for bad in strand.malformed))
        )

    def hide(self, remote_id: str) -> None:
        self._moderate(remote_id, partial(self._set_hidden, remote_id, "true"))

    def unhide(self, remote_id: str) -> None:
        self._moderate(remote_id, partial(self._set_hidden, remote_id, "false"))

    def delete(self, remote_id: str) -> None:
        self._moderate(remote_id, partial(self._graph.delete_object, remote_id))

    # The streams

    def _media_page(self, window: Window, since: datetime, known: Mapping[str, str]) -> Page:
        """One page; more only while all of them are of the one second where the last one ended."""
        params = {"fields": MEDIA_FIELDS, "limit": self._limit, "since": unix(since)}
        floor = window.walk_to.at if window.walk_to else None
        if floor:
            params["until"] = unix(floor + SECOND)
        found, malformed, done = gather(
            self._pages(self._us, "media", params),
            _media,
            enough=lambda found: floor is None or min(media.mark.at for media in found) < floor,
        )
        posts = answer.once(media.shown for media in found)
        window = walked(window, [media.mark for media in found], done=done)
        return replace(self._page((), window, malformed, self._follows(posts, known)), posts=tuple(posts))

    def _follows(self, posts: Sequence[PostContext], known: Mapping[str, str]) -> Iterator[Follow]:
        for post in (post for post in posts if post.comment_count != 0):
            stream = f"comments/{post.remote_id}"
            state = _state(post.comment_count, known.get(stream, ""), self._now())
            if known.get(stream) != state:
                yield Follow(stream, state)

    def _comments_page(self, media_id: str, window: Window, since: datetime) -> Page:
        """From the place where the last page ended, as far as it takes to find a page's worth of what is new."""
        reached, place = window.complete_up_to, window.walk_to.at if window.walk_to else None
        floor = max(since, reached.at - OVERLAP) if reached else since
        worth = window.seen if window.seen > GROWS_FROM else int(self._limit)
        try:
            walk = self._walk(media_id, lambda strands: _is_enough(strands, place, floor, worth))
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            # The media was deleted after the list had named it: that is the end of its stream, not of the channel.
            return Page((), Window(complete_up_to=reached), gone=True)
        strands = [self._whole(strand) for strand in _under(walk.strands, place)]
        messages = [message for strand in strands for message in strand.messages if message.created_at >= floor]
        malformed = [*walk.malformed, *(odd for strand in strands for odd in strand.malformed)]
        page = self._page(messages, walk.window(window, len(messages)), malformed)
        wall = walk.bottom if walk.cut else None
        return replace(page, wall=wall if wall and (not reached or wall.at > reached.at) else None)

    def _walk(self, media_id: str, enough: Callable[[Sequence[_Strand]], bool]) -> _Walk:
        fields = f"{COMMENT_FIELDS},replies.limit({min(ANSWERS_SHOWN, int(self._limit))}){{{ANSWER_FIELDS}}}"
        pages = self._pages(media_id, "comments", {"fields": fields, "limit": self._limit})
        strands: list[_Strand] = []
        malformed: list[Malformed] = []
        for number, (items, last) in enumerate(pages, 1):
            good, bad = answer.sorted_out(items, partial(_strand, media_id=media_id))
            strands += good
            malformed += bad
            if last or number == DEEPEST or (strands and enough(strands)):
                break
        return _Walk(strands, malformed, done=last or number == DEEPEST, cut=not last and number == DEEPEST)

    def _whole(self, strand: _Strand) -> _Strand:
        """With all its answers; without those that did not come along if it has been deleted in the meantime."""
        if not strand.more:
            return strand
        try:
            answers, malformed = self._answers_to(strand.top.remote_id, strand.top)
        except ConnectorError as error:
            if error.kind is not ErrorKind.GONE:
                raise
            return strand
        return replace(strand, answers=tuple(answers), malformed=tuple(malformed), more=False)

    def _answers_to(
        self, comment_id: str, above: RemoteMessage | None = None
    ) -> tuple[list[RemoteMessage], list[Malformed]]:
        """All of them, whatever their order, and what of them cannot be read."""
        read = partial(_answer, root=comment_id, above=above)
        params = {"fields": ANSWER_FIELDS, "limit": str(self.largest_page)}
        answers, malformed, _last = gather(self._pages(comment_id, "replies", params), read, enough=lambda _: False)
        return answers, malformed

    # Looking up

    def _look_up_ours(self, ids: Sequence[str]) -> tuple[list[RemoteMessage], list[PostContext], list[str]]:
        """Comments, media, and what is gone. An id does not say which it is of: media have no text, and say so."""
        try:
            comments, gone = self._look_up(ids, COMMENT_FIELDS, _comment)
        except ConnectorError as error:
            if not _is_about_fields(error):
                raise
        else:
            return comments, [], gone
        if len(ids) == 1:
            media, gone = self._look_up(ids, MEDIA_FIELDS, _media)
            return [], [one.shown for one in media], gone
        middle = len(ids) // 2
        some, others = self._look_up_ours(ids[:middle]), self._look_up_ours(ids[middle:])
        return some[0] + others[0], some[1] + others[1], some[2] + others[2]

    def _mention(self, remote_id: str) -> list[RemoteMessage]:
        """Nothing for what stands on our own media: that is a comment, which comes by another way."""
        media_id, _, comment_id = remote_id.partition("_")
        if comment_id == IN_A_CAPTION:
            found = self._ask_as_us("mentioned_media", f"media_id({media_id})", *MENTIONING_MEDIA)
        else:
            found = self._ask_as_us("mentioned_comment", f"comment_id({comment_id})", *MENTIONING_COMMENT)
            if answer.known_id(answer.part(answer.part(found, "media"), "owner"), "id") == self._us:
                return []
        return [self._http.believe(partial(_mentioning, remote_id=remote_id), found, "the mention")]

    def _beneath_mention(self, remote_id: str) -> list[RemoteMessage]:
        """What answers it. Only names are told there, so ours is asked for."""
        media_id, _, comment_id = remote_id.partition("_")
        if comment_id == IN_A_CAPTION:
            found = self._ask_as_us("mentioned_media", f"media_id({media_id})", f"comments{{{NAMED_FIELDS}}}")
        else:
            found = self._ask_as_us("mentioned_comment", f"comment_id({comment_id})", f"replies{{{NAMED_FIELDS}}}")
        edge = answer.part(found, "comments" if comment_id == IN_A_CAPTION else "replies")
        answers, _malformed = answer.sorted_out(answer.parts(edge, "data"), partial(_answer, root=remote_id))
        ours = self.account().handle
        us = Author(self._us, handle=ours)
        return [replace(one, author=us) if one.author and one.author.handle == ours else one for one in answers]

    def _ask_as_us(self, name: str, which: str, fields: str, instead: str = "") -> JsonObject:
        """A field of our own account that takes an id. instead: what is asked for where `fields` are refused."""
        call = partial(self._graph.get_object, self._us, fields=f"{name}.{which}{{{fields}}}")
        try:
            found = answer.part(self._ask(call), name)
        except ConnectorError as error:
            if not instead or not _is_about_fields(error):
                raise
        else:
            if not found:
                raise ConnectorError("Instagram shows nothing there", kind=ErrorKind.GONE, permanent=True)
            return found
        return self._ask_as_us(name, which, instead)

    # Writing

    def _refuse_unsendable(self, outgoing: Outgoing) -> None:
        if outgoing.visibility is Visibility.PRIVATE:
            raise self._cannot("write private messages")
        if not is_id(outgoing.answers_remote_id):
            raise self._no_such_id()
        if not answer.is_sendable(outgoing.text):
            raise ConnectorError("The text is empty or no Unicode text", kind=ErrorKind.INVALID, permanent=True)

    def _moderate(self, remote_id: str, change: Callable[[], JsonObject]) -> None:
        if _MENTION.fullmatch(remote_id):
            raise self._cannot("hide or delete what stands with others")
        self._do(remote_id, change)

    def _set_hidden(self, remote_id: str, hidden: str) -> JsonObject:
        done: JsonObject = self._graph.request(f"{self._graph.version}/{remote_id}", post_args={"hide": hidden})
        return done


def _is_about_fields(error: ConnectorError) -> bool:
    """Whether the network does not know a field that was asked for: of this object, or at all."""
    return (error.kind, error.code) == (ErrorKind.INVALID, "100")


# Walking


@dataclass(frozen=True, slots=True)
class _Media:
    shown: PostContext
    mark: Mark


@dataclass(frozen=True, slots=True)
class _Strand:
    """A comment and the answers that came with it. more: there are answers that did not."""

    top: RemoteMessage
    answers: tuple[RemoteMessage, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    more: bool = False

    @property
    def messages(self) -> tuple[RemoteMessage, ...]:
        return self.top, *self.answers


@dataclass(frozen=True, slots=True)
class _Walk:
    """How far a walk has come. cut: we have given up before the last page."""

    strands: Sequence[_Strand]
    malformed: Sequence[Malformed]
    done: bool
    cut: bool

    @property
    def bottom(self) -> Mark | None:
        return min((Mark(strand.top.created_at) for strand in self.strands), key=when, default=None)

    def window(self, window: Window, seen: int) -> Window:
        """seen: how many messages its page carries."""
        marks = [Mark(message.created_at) for strand in self.strands for message in strand.messages]
        if self.done:
            return walked(window, marks, done=True)
        newest = window.newest_seen or max(marks, key=when, default=None)
        return Window(window.complete_up_to, newest, self.bottom or window.walk_to, window.seen + seen)


def _under(strands: Sequence[_Strand], place: datetime | None) -> list[_Strand]:
    """What was not on the pages of this walk before; of the second where the last one ended, all of it again."""
    return [strand for strand in strands if place is None or strand.top.created_at <= place]


def _is_enough(strands: Sequence[_Strand], place: datetime | None, floor: datetime, worth: int) -> bool:
    """Whether there is a page's worth of news, and the second where the last page ended is behind us."""
    messages = [message for strand in _under(strands, place) for message in strand.messages]
    bottom = min(strand.top.created_at for strand in strands)
    return sum(one.created_at >= floor for one in messages) >= worth and (place is None or bottom < place)


def _state(count: int | None, before: str, now: datetime) -> str:
    """Changes with the number of comments; then, as that may be ahead of the list, each minute until it has settled.

    And once an hour: where one comment goes and another one comes, the number stays. before: the state that was stored.
    """
    known = _STATE.fullmatch(before)
    changed = known["changed"] if known and known["count"] == str(count) else f"{now:{_MINUTE}}"
    settled = now - datetime.strptime(changed, _MINUTE).replace(tzinfo=UTC) >= OVERLAP
    return f"{count}@{changed}+{now:{'%d%H' if settled else '%H%M'}}"


# Reading


def _media(raw: JsonObject) -> _Media:
    created_at = answer.as_time(raw.get("timestamp"), "timestamp")
    shown = PostContext(
        remote_id=answer.as_id(raw.get("id"), "id"),
        text=answer.as_text(raw.get("caption"), "caption"),
        created_at=created_at,
        comment_count=answer.number(raw, "comments_count"),
        permalink=answer.address(raw, "permalink"),
    )
    return _Media(shown, Mark(created_at))


def _strand(raw: JsonObject, *, media_id: str) -> _Strand:
    top = replace(_comment(raw), post_remote_id=media_id)
    beneath = answer.part(raw, "replies")
    answers, malformed = answer.sorted_out(
        answer.parts(beneath, "data"), partial(_answer, root=top.remote_id, above=top)
    )
    return _Strand(top, tuple(answers), tuple(malformed), more="next" in answer.part(beneath, "paging"))


def _comment(raw: JsonObject) -> RemoteMessage:
    remote_id = answer.as_id(raw.get("id"), "id")
    parent = answer.known_id(raw, "parent_id")
    media = answer.part(raw, "media")
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=parent or remote_id,
        kind=Kind.COMMENT,
        visibility=Visibility.PUBLIC,
        text=answer.as_text(raw.get("text"), "text"),
        created_at=answer.as_time(raw.get("timestamp"), "timestamp"),
        author=author_of(raw),
        parent_remote_id=parent or None,
        post_remote_id=answer.known_id(media, "id"),
        # A comment has no address of its own.
        permalink=answer.address(media, "permalink"),
        hidden=raw["hidden"] is True if "hidden" in raw else None,
        raw={name: value for name, value in raw.items() if name != "replies"},
    )


def _answer(raw: JsonObject, *, root: str, above: RemoteMessage | None = None) -> RemoteMessage:
    """What stands beneath a comment. above: that comment, which knows where it stands."""
    found = replace(_comment(raw), root_remote_id=root, parent_remote_id=root)
    return replace(found, post_remote_id=above.post_remote_id, permalink=above.permalink) if above else found


def _mentioning(raw: object, what: str, *, remote_id: str) -> RemoteMessage:
    """Somebody else's caption or comment that names us. It begins a thread, wherever it stands."""
    found = answer.as_object(raw, what)
    post = answer.part(found, "media") or found
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=remote_id,
        kind=Kind.MENTION,
        visibility=Visibility.PUBLIC,
        text=answer.as_text(found.get("caption") if "caption" in found else found.get("text"), "text"),
        created_at=answer.as_time(found.get("timestamp"), "timestamp"),
        author=author_of(found),
        permalink=answer.address(post, "permalink"),
        attachments=tuple(_attachments(found)),
        raw=found,
    )


def _attachments(raw: JsonObject) -> Iterator[Attachment]:
    """Of an album the first picture."""
    if url := answer.address(raw, "media_url"):
        yield Attachment("video" if raw.get("media_type") == "VIDEO" else "photo", url)
