"""What every network looks like to the rest of Samtal: the dataclasses, the errors and the Connector contract.

A connector is a stateless translator. It turns a network's answers into the frozen dataclasses below and the network's
errors into ConnectorError; it never sleeps, retries, stores or logs a token. Who calls it decides when to call again.
"""

from __future__ import annotations

import enum
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

# Networks cut times to the second, and their clock is not ours.
CLOCK_SKEW = timedelta(seconds=10)


class ErrorKind(enum.StrEnum):
    """Why a call failed, in the words the desk explains it with."""

    TOKEN = "token"  # noqa: S105  expired, revoked, wrong type: nothing works until someone connects the channel again
    PERMISSION = "permission"  # the token is good but may not do this
    RATE = "rate"  # too many calls; see retry_after
    GONE = "gone"  # the post or person does not exist any more, or is hidden from us
    DUPLICATE = "duplicate"  # the network says it has this text already: read back, it may be ours
    INVALID = "invalid"  # the network will never take this (too long, malformed)
    BLOCKED = "blocked"  # the network has stopped us for policy reasons, or this person has blocked us
    NOT_ALLOWED = "not_allowed"  # outside a window of the network, or a post that self-serve apps may not answer
    UNAVAILABLE = "unavailable"  # timeout, reset, 5xx: the network is in trouble
    MALFORMED = "malformed"  # an answer that cannot be read


class ConnectorError(Exception):
    """The one exception that leaves a connector. Its text is safe to show and to log: no token, no URL with a query.

    permanent: the same call will fail again, so nobody should try.
    retry_after: seconds to wait before the next call, or None where the network does not say.
    outcome_unknown: it was a write and it may have happened; read the network before anything is sent again.
    app_wide: it meets every channel that speaks through the same app, not this one alone.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind,
        permanent: bool = False,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        status: int | None = None,
        code: str = "",
        app_wide: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.permanent = permanent
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown
        self.status = status
        self.code = code
        self.app_wide = app_wide


class Kind(enum.StrEnum):
    """What a message is on its network."""

    COMMENT = "comment"
    POST = "post"  # a visitor's own post on our page, or a blog entry
    MENTION = "mention"
    RECOMMENDATION = "recommendation"
    PRIVATE = "private"


class Visibility(enum.StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Secret:
    """A token or key. str() and repr() hide it, so it cannot slip into a log, an exception or a debug page."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __str__(self) -> str:
        return "********" if self._value else ""

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a channel needs to speak: `account_id` is the page or user id; `secrets` by name (access_token, …)."""

    account_id: str
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a call chain. base_url redirects every request to a stand-in (loopback only); "" means the network.

    deadline: seconds, total, for one call from the first connect to the last byte of the answer.
    start_by: the time.monotonic() at which a call is given up if nothing of it has left yet; None means never.
    page_size: how many messages a page asks for; None means the network's usual.
    api_version: the version of the network's API; "" means the one the connector was written for.
    searches: what to listen for beyond what is said to us, each in the network's own query language.
    reads: whether public or private words are read here, or both; one account may be two channels.
    """

    base_url: str = ""
    deadline: float = 15.0
    start_by: float | None = None
    page_size: int | None = None
    api_version: str = ""
    searches: tuple[str, ...] = ()
    reads: frozenset[Visibility] = frozenset({Visibility.PUBLIC})


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message, as far as the network names them. `reach` is followers, None where unknown."""

    remote_id: str
    name: str = ""
    handle: str = ""
    reach: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    kind: str  # photo, video, link, file, sticker
    url: str = ""
    alt_text: str = ""


@dataclass(frozen=True, slots=True)
class PostContext:
    """The page's own post that comments stand under. It is context, never something to answer.

    listed: False where the page's list of posts does not show it: an advert.
    """

    remote_id: str
    text: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    comment_count: int | None = None
    permalink: str = ""
    listed: bool = True


@dataclass(frozen=True, slots=True)
class RemoteMessage:
    """One message as seen on its network.

    root_remote_id: the message its thread begins with (its own id for a top-level comment, visitor post or mention).
    parent_remote_id: what it answers, where the network says; None otherwise. A page post is never a parent.
    post_remote_id: the page's own post it stands under, "" where there is none.
    author: None is "unknown author"; the network does not always name people.
    hidden: None where the network does not say.
    as_of: from when on this text is the message's, in the network's own time; None means the moment of the reading.
    version_id: the id of this version, where an edit has given it one of its own.
    raw: the network's own JSON object, for the quarantine and for later fields.
    """

    remote_id: str
    root_remote_id: str
    kind: Kind
    visibility: Visibility
    text: str
    created_at: datetime
    author: Author | None = None
    parent_remote_id: str | None = None
    post_remote_id: str = ""
    permalink: str = ""
    language: str = ""
    edited_at: datetime | None = None
    hidden: bool | None = False
    as_of: datetime | None = None
    version_id: str = ""
    attachments: tuple[Attachment, ...] = ()
    raw: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A piece of an answer that could not be read: kept raw for the quarantine, never a reason to stop."""

    raw: object
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a stream: the time of a message and its id (ids decide where the network orders by id)."""

    at: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """How far a stream is known. All three are None on a stream that was never read.

    complete_up_to: everything at or before it is in the database.
    newest_seen, walk_to: top and bottom of the window being walked from new to old, None while none is open.
    seen: how many messages the open window has shown so far.
    """

    complete_up_to: Mark | None = None
    newest_seen: Mark | None = None
    walk_to: Mark | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """What the network says of a rate budget. left: a share of 1. opens_in: seconds until it is whole, where told."""

    left: float
    opens_in: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Where people may go on writing when polling does not come there any more: the stream that reads it.

    at: since when there is something to write under.
    polled_until: until when polling comes there by itself; None means as far back as the channel reaches.
    """

    stream: str
    at: datetime
    polled_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """Another stream that has something new. The caller stores `state` once that stream has been read to its end."""

    stream: str  # "comments/1_2"
    state: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream, and the window as it stands once this page is committed.

    window.walk_to is None when the walk is done; then window.complete_up_to has moved.
    follow: streams that have something new, for the caller to read next.
    calls_left: what the network says of its rate budget, None where it does not. Facebook counts in per cent.
    read_at: the network's own time of the answer.
    wall: where the walk has ended at a wall of the network's, above what was known: what lies between is out of reach.
    gone: the network does not know what the stream stands under.
    """

    messages: tuple[RemoteMessage, ...]
    window: Window
    posts: tuple[PostContext, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    follow: tuple[Follow, ...] = ()
    calls_left: int | None = None
    read_at: datetime | None = None
    wall: Mark | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What became of messages we know: those that stand, as they are now, and the ids of those that are gone.

    posts: our own posts among what was asked for.
    refused: what the network will not show, by id, though nothing says that it is gone.
    """

    found: tuple[RemoteMessage, ...] = ()
    gone: tuple[str, ...] = ()
    posts: tuple[PostContext, ...] = ()
    read_at: datetime | None = None
    refused: Mapping[str, ConnectorError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: `text` is the whole string, signature included.

    answers_remote_id: the message answered. root_remote_id: its thread.
    recipient_id, recipient_handle: who wrote it, for private messages and for networks that have them named.
    key: the same for each attempt of one reply and for nothing else, for networks that tell twins by one.
    """

    text: str
    answers_remote_id: str
    root_remote_id: str = ""
    visibility: Visibility = Visibility.PUBLIC
    recipient_id: str = ""
    recipient_handle: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    remote_id: str
    permalink: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Our own posts where they appear first, newest first, and how far the network's read side has caught up.

    newest_at: time of the newest message of anyone's in what was read, None where nothing was.
    """

    own: tuple[RemoteMessage, ...]
    newest_at: datetime | None = None


class Verb(enum.StrEnum):
    """What a notification says has happened to a message."""

    ADD = "add"
    EDIT = "edit"
    REMOVE = "remove"
    HIDE = "hide"
    UNHIDE = "unhide"


@dataclass(frozen=True, slots=True)
class Change:
    """One piece of a webhook notification. They come twice, late and in any order, so each stands for itself.

    account_id: whose channel it is for. remote_id: the message or post it is about.
    message: the message where one was added or edited; None otherwise. Of an edit, its created_at may be the edit's.
    post: set instead of message where it is our own post.
    """

    account_id: str
    verb: Verb
    remote_id: str
    at: datetime
    message: RemoteMessage | None = None
    post: PostContext | None = None

    @property
    def only_named(self) -> bool:
        """There is something new, of which no more than the id is told: what it says must be asked for."""
        return self.verb is Verb.ADD and self.message is None and self.post is None


@dataclass(frozen=True, slots=True)
class Notification:
    """A webhook's whole body. ignored: how many pieces were of a kind that Samtal has no use for."""

    changes: tuple[Change, ...]
    malformed: tuple[Malformed, ...] = ()
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are on the network, from its own `me`."""

    remote_id: str
    name: str
    handle: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the network can do, so that the desk never offers what will fail.

    can_reply: we can answer by API; where not, the desk opens the page and records what was answered there.
    look_size: how many messages one look can ask for, 0 where the network cannot be asked.
    shares_budget: reads and writes are counted in one rate budget, so a closed one closes both.
    removes_below: with a message everything that answers it goes.
    hides_adverts: comments stand under adverts that it will not show us: that a post is not found says nothing.
    refuses_duplicates: identical text is refused, so an automatic second sending cannot double.
    quiet_time: default Q (DESIGN §7): longer than deadline + server latency + read lag.
    max_length: of what is public, in the network's own count, see Connector.length.
    max_private_length: of what is private, where that is another.
    weighted: in public some characters count more than others.
    can_delete: our own messages in public. can_delete_private: our own private ones. can_delete_others: customers' too.
    can_edit: our own public messages; the id stays the same.
    can_listen: it can be searched for what nobody has said to us.
    hides: the kinds of customers' messages that can be hidden, and shown again.
    hiding_folds: what is hidden stays there for everybody who opens it.
    private_within: how long after a customer's last word a conversation takes answers; None sets no time.
    private_reply_within: how long a public message takes its one private answer; None where there is none.
    """

    can_reply: bool = True
    look_size: int = 0
    shares_budget: bool = True
    removes_below: bool = False
    hides_adverts: bool = False
    refuses_duplicates: bool = False
    quiet_time: timedelta = timedelta(seconds=90)
    max_length: int = 8000
    max_private_length: int | None = None
    weighted: bool = False
    can_delete: bool = False
    can_delete_private: bool = False
    can_delete_others: bool = False
    can_like: bool = False
    hides: frozenset[Kind] = frozenset()
    hiding_folds: bool = False
    can_edit: bool = False
    can_listen: bool = False
    private_within: timedelta | None = None
    private_reply_within: timedelta | None = None

    def longest(self, visibility: Visibility) -> int:
        """How long a text may be, in the network's own count."""
        private = self.max_private_length if visibility is Visibility.PRIVATE else None
        return private or self.max_length


class Connector(ABC):
    """One network. Make one object a call chain: the SDKs' sessions are not thread-safe."""

    network: ClassVar[str]  # the registry key: "facebook", "twitter", …
    label: ClassVar[str]  # the name people know: "Facebook", "X"
    capabilities: ClassVar[Capabilities]
    # Where the network keeps its pictures; None where anybody may run a server of it.
    media_hosts: ClassVar[tuple[str, ...] | None] = ()
    # Streams that a token may lack the right to: without it they are left out, and the others are read all the same.
    optional: ClassVar[frozenset[str]] = frozenset()
    # The first part of the keys of streams that read what stands under one post.
    beneath: ClassVar[tuple[str, ...]] = ()
    pasted: ClassVar[tuple[str, ...]] = ("access_token",)  # the secrets that somebody can paste
    app: ClassVar[str] = ""  # the network whose app of ours leads here; "" where it is its own
    account_hint: ClassVar[str] = ""  # how an account is named where its token does not say; "" where it does

    def __init__(self, credentials: Credentials, options: Options | None = None) -> None:
        self.credentials = credentials
        self.options = options or Options()
        self._spent: Counter[str] = Counter()

    def take_spent(self) -> Mapping[str, int]:
        """What the network bills for the calls since the last time this was asked: kind of thing → number."""
        spent, self._spent = self._spent, Counter()
        return spent

    @property
    def rate(self) -> Rate | None:
        """What the last answer, to a read or a write, says of its rate budget; None where it says nothing."""
        return None

    def reach(self, stream: str) -> timedelta | None:
        """How far back the network itself shows a stream, None where it has no wall of time."""
        return None

    @classmethod
    def turn(cls, one: PostContext | RemoteMessage, *, account_id: str) -> Turn | None:
        """Where what is written under a post is read once it is old; None for what nothing is read under."""
        return None

    def look(self, remote_ids: Sequence[str]) -> Look:
        """What became of messages, at most `look_size` of them. What we may see no longer counts as gone."""
        raise self._cannot("look messages up")

    def read_again(self, stream: str, raw: object) -> Page:
        """What was quarantined, read once more without a call. What still cannot be read stands in `malformed`."""
        return Page((), Window(), malformed=(Malformed(raw, f"{self.label} has no way to read it again"),))

    @abstractmethod
    def account(self) -> Account:
        """Who the token speaks as. Raises ConnectorError(kind=TOKEN) for a bad one."""

    @abstractmethod
    def streams(self) -> tuple[str, ...]:
        """The keys of the streams to poll always, most urgent first."""

    @abstractmethod
    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: Mapping[str, str]) -> Page:
        """Read one page of a stream.

        since: how far back to reach at most (the channel's reach).
        known: stream key → Follow.state of the last complete visit; a stream whose state is unchanged is not followed.
        """

    @abstractmethod
    def send(self, outgoing: Outgoing) -> Sent:
        """Publish. One call, one deadline, no retry. Errors tell whether it may be out (outcome_unknown)."""

    @abstractmethod
    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        """Our own posts since then, from where they appear first, to find out what became of a send."""

    def subscribe(self) -> None:
        """Ask the network to notify us of this account, where that takes a call. It may be repeated."""
        return

    # What is done to a message that stands there. Each may be repeated: hiding what is hidden or liking what is liked
    # changes nothing, and deleting what is gone says ErrorKind.GONE. So an unknown outcome is settled by asking again.

    def hide(self, remote_id: str) -> None:
        """Hide a customer's message from everybody but its author and their friends."""
        raise self._cannot("hide messages")

    def unhide(self, remote_id: str) -> None:
        raise self._cannot("show hidden messages again")

    def delete(self, remote_id: str) -> None:
        """Delete a message: ours, or a customer's where `can_delete_others`. It cannot be brought back."""
        raise self._cannot("delete messages")

    def like(self, remote_id: str) -> None:
        raise self._cannot("like messages")

    def edit(self, remote_id: str, text: str) -> None:
        """Give a public message of ours another text, where `can_edit`. The whole text, so it may be repeated too."""
        raise self._cannot("change what we have written")

    def _cannot(self, deed: str) -> ConnectorError:
        return ConnectorError(f"{self.label} does not let us {deed}", kind=ErrorKind.NOT_ALLOWED, permanent=True)

    @classmethod
    def signed(cls, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Whether a webhook's raw body was signed with the app's secret. Names of headers are in lower case."""
        return False

    @classmethod
    def handshake(cls, query: Mapping[str, str], *, secret: str, token: str) -> str | None:
        """What a network that verifies our address must be answered, None where it is not one or does not know us.

        token: the word that was agreed upon. The answer is text, or JSON where it begins with a brace.
        """
        return None

    @classmethod
    def parse_webhook(cls, body: bytes) -> Notification:
        """What a webhook's body tells. Its signature has been checked. Raises ConnectorError(kind=MALFORMED)."""
        raise ConnectorError(f"{cls.label} sends no webhooks that Samtal reads", kind=ErrorKind.MALFORMED)

    @classmethod
    def summoned(cls, raw: Mapping[str, object], *, account_id: str) -> bool:
        """Whether a message, as the network gave it, calls on us: some networks let only such be answered by API."""
        return True

    @classmethod
    def length(cls, text: str, visibility: Visibility = Visibility.PUBLIC) -> int:
        """How long the network counts this text to be."""
        return len(text)

    @classmethod
    def excess(cls, text: str, visibility: Visibility) -> int:
        """By how much a text is longer than the network takes, in its own count; 0 where it fits."""
        return max(cls.length(text, visibility) - cls.capabilities.longest(visibility), 0)

    @classmethod
    def billed_as(cls, text: str, visibility: Visibility) -> str:
        """The kind of use that sending this text is on the network's bill; "" where it costs nothing."""
        return ""

    @classmethod
    def normalise(cls, text: str) -> str:
        """The text in the form in which ours and what the network gives back are equal (entities, links, NFC, …)."""
        return " ".join(unicodedata.normalize("NFC", text).split())

    @classmethod
    def same_text(cls, ours: str, theirs: str) -> bool:
        """Whether `theirs`, read from the network, can be what became of `ours`."""
        return cls.normalise(ours) == cls.normalise(theirs)

    @classmethod
    def find_own(
        cls, outgoing: Outgoing, read_back: ReadBack, *, since: datetime, taken: Container[str]
    ) -> RemoteMessage | None:
        """What became of a send, or None: ours, under the same message, newer than the attempt, with the same text.

        since: when the first attempt began. taken: remote ids that belong to other replies.
        The oldest of several is it: a later one is somebody's second sending.
        """
        found = [
            message
            for message in read_back.own
            if message.created_at >= since - CLOCK_SKEW
            and message.remote_id not in taken
            and cls._answers(outgoing, message)
            and cls.same_text(outgoing.text, message.text)
        ]
        # The exact parent goes before the root, under which some networks put answers to answers.
        exact = [message for message in found if message.parent_remote_id == outgoing.answers_remote_id]
        return min(exact or found, key=lambda message: message.created_at, default=None)

    @staticmethod
    def _answers(outgoing: Outgoing, message: RemoteMessage) -> bool:
        if outgoing.visibility is Visibility.PRIVATE:
            # What is said in a conversation answers nothing in particular: it is the person that counts.
            people = {outgoing.root_remote_id, outgoing.recipient_id} - {""}
            return message.visibility is Visibility.PRIVATE and message.root_remote_id in people
        parents = {outgoing.answers_remote_id, outgoing.root_remote_id} - {""}
        return message.parent_remote_id in parents
