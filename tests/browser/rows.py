"""What stands on the screen after people and networks have acted: each function makes one thread or channel of it."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

from PIL import Image

from connectors.base import Attachment, Sent
from inbox.clock import read_clock
from inbox.models import (
    Channel,
    Deed,
    DeedState,
    Gap,
    Message,
    Person,
    Picture,
    Quarantined,
    Reply,
    Revision,
    Spend,
    Thread,
    Wall,
    What,
)
from inbox.states import ReplyState
from tests import make

PERMALINK = "https://www.example.test/posts/1"
CHANGED = "Nei, vi stenger ikke i mars. Alle butikkene holder åpent som før."


def changed(channel: Channel, writer: Person, lead: Person) -> Thread:
    """A lead has changed a held reply; its writer has not said yes."""
    thread = make.thread(channel, "Stemmer det at dere stenger i mars?")
    Thread.objects.filter(pk=thread.pk).update(topic="rumour")
    assert Revision.make(make.held(thread, writer, make.CONFIRMS), CHANGED, by=lead)
    return thread


def blocked(channel: Channel, writer: Person) -> Thread:
    """The rules stop a reply, and its writer asks a lead to let it through."""
    thread = make.thread(channel, "Er det dere som ringer meg om betaling?")
    asked = make.held(thread, writer)
    asked.text, asked.outgoing = make.BLOCKED, make.BLOCKED + asked.signature
    verdict = asked.check_text()
    words = {"text": asked.text, "outgoing": asked.outgoing}
    Reply.objects.filter(pk=asked.pk).update(effect=verdict.effect, verdict=verdict.to_json(), **words)
    return thread


def by_hand(writer: Person) -> Thread:
    """A reply that a person writes on the site itself."""
    channel = make.channel("feed")
    make.clear(writer, channel)
    thread = make.thread(channel, "Hvem kan jeg spørre om dette?", permalink=PERMALINK)
    make.queued(thread, writer)
    Reply.objects.filter(thread=thread).update(not_before=read_clock(), waits_for="hand")
    return thread


def conversation(channel: Channel, writer: Person, lead: Person) -> Thread:
    """Pictures, what was hidden, refused and unclear, a reply that can be withdrawn, and one the news stopped."""
    thread = make.thread(channel, "Så här ser det ut hos mig.", permalink=PERMALINK, attachments=PICTURES)
    first = thread.messages.get()
    show_pictures(first)
    send(make.held(thread, writer), lead)
    for state, what in DEEDS:
        message = say(thread, "Det är ju rena bluffen!")
        deed(message, what, state, by=lead)
    make.queued(thread, writer)
    say(thread, "Nu blinkar den rött också.")
    assert Reply.objects.get(thread=thread, state=ReplyState.QUEUED).start(at=make.after()) is None
    return thread


PICTURES = (
    Attachment("photo", "https://scontent.fbcdn.net/media/router.png", "En router med röd lampa"),
    Attachment("photo", "https://scontent.fbcdn.net/media/kabel.png", ""),
)
SIZES = ((1600, 900), (300, 1200))
DEEDS = (
    (DeedState.DONE, What.HIDE),
    (DeedState.REFUSED, What.HIDE),
    (DeedState.UNKNOWN, What.DELETE),
    (DeedState.DONE, What.DELETE),
)


def say(thread: Thread, text: str) -> Message:
    """The customer goes on in the same thread."""
    return make.message(thread.channel, text, root_remote_id=thread.root_remote_id)


def show_pictures(message: Message) -> None:
    """As a worker leaves them when they have been fetched: a wide one and a high one."""
    for picture, size in zip(Picture.objects.filter(message=message).order_by("number"), SIZES, strict=True):
        drawn = io.BytesIO()
        Image.new("RGB", size, "#7a8c99").save(drawn, "JPEG")
        width, height = size
        Picture.objects.filter(pk=picture.pk).update(
            content=drawn.getvalue(), width=width, height=height, not_before=None
        )


def send(reply: Reply, lead: Person) -> None:
    """Changed by a lead, under whose name it leaves at once."""
    assert Revision.make(reply, f"{make.FINE} Hör gärna av dig igen.", by=lead)
    leaving = Reply.objects.get(pk=reply.pk)
    assert leaving.start(at=make.after(300)) is not None
    leaving.finish_sent(Sent("99_1", PERMALINK, read_clock()))


def deed(message: Message, what: What, state: DeedState, *, by: Person) -> None:
    asked = Deed.ask(message, what, by=by, reason="Förolämpar en kollega vid namn")
    if state == DeedState.DONE:
        asked.take()
        asked.succeeded()
    Deed.objects.filter(pk=asked.pk).update(state=state, error_kind="not_allowed" if state == "refused" else "")


def costly() -> Channel:
    """A channel that is paid by use, listens for searches, and has missed and not understood something."""
    channel = make.channel(
        "twitter", monthly_cap=Decimal("20"), searches='nordnett OR "nord nett" lang:sv -is:retweet\nfiberkollen'
    )
    now = read_clock()
    Spend.note(channel, {"owned": 4120, "post": 900, "link": 70}, at=now)
    Gap.objects.create(channel=channel, stream="mentions", from_at=now - timedelta(hours=9), to_at=now, wall=Wall.COUNT)
    for number in range(2):
        Quarantined.objects.create(
            channel=channel, stream="mentions", raw={}, digest=str(number), reason="created_at: Field required"
        )
    return channel
