"""Corrections: another text for a sent reply that stands on its network, where the network lets us change it.

A correction is a reply like any other, so the gate, approval, undo window, brake and the unknown outcome are the same.
It names the one it corrects, and takes its place when it is out; the earlier one is kept as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from connectors.base import Connector, Sent, Visibility
from inbox.differences import Piece, compared
from inbox.models.audit import Audit
from inbox.models.message import Message
from inbox.models.thread import Thread
from inbox.states import ReplyState

if TYPE_CHECKING:
    from inbox.models.person import Person
    from inbox.models.reply import Reply


@dataclass(frozen=True)
class Correction:
    """One step of what a message of ours has said."""

    earlier: Reply
    later: Reply

    @property
    def pieces(self) -> list[Piece]:
        return compared(self.earlier.outgoing, self.later.outgoing)


def steps(reply: Reply, earlier: dict[int, Reply]) -> Iterator[Correction]:
    """What it said before, newest step first. earlier: the corrected replies of the thread by id."""
    while before := earlier.get(reply.corrects_id or 0):
        yield Correction(before, reply)
        reply = before


def can_correct(reply: Reply) -> bool:
    """Whether its text can be changed where it stands."""
    stands = reply.state == ReplyState.SENT and bool(reply.remote_id) and not reply.by_hand
    return stands and reply.visibility == Visibility.PUBLIC and reply.channel.capabilities.can_edit


def correct(reply: Reply, *, by: Person) -> Reply | None:
    """A draft that corrects it, with the text as it stands, signed by who corrects it: the one begun, or a new one.

    None where it cannot be corrected, or a correction is on its way already.
    """
    with transaction.atomic():
        # Two tabs at once must not begin two corrections.
        Thread.objects.select_for_update(no_key=True).get(pk=reply.thread_id)
        reply.refresh_from_db(fields=["state", "remote_id"])
        if not can_correct(reply):
            return None
        begun = reply.corrections.exclude(state=ReplyState.REMOVED).first()
        if begun:
            return begun if begun.state == ReplyState.DRAFT and begun.written_by_id == by.pk else None
        newest = reply.thread.messages.order_by("-pk").values_list("pk", flat=True).first()
        signature = reply.signature if by.pk == reply.written_by_id else reply.channel.signature_of(by)
        draft: Reply = reply.corrections.create(
            thread=reply.thread,
            channel=reply.channel,
            answers=reply.answers,
            visibility=reply.visibility,
            written_by=by,
            text=reply.text,
            signature=signature,
            outgoing=reply.text + signature,
            seen_id=newest or 0,
        )
        Audit.write("correction_begun", by=by, reply=draft, corrects=reply.pk)
        return draft


def give_up(correction: Reply, *, by: Person) -> bool:
    """The earlier text stays. False where the correction is no draft any more, or the network may have had it."""
    with transaction.atomic():
        may_go = correction.corrects_id and correction.state == ReplyState.DRAFT and not correction.may_be_out
        moved = bool(may_go) and correction.move(ReplyState.REMOVED)
        if moved:
            Audit.write("correction_given_up", by=by, reply=correction, corrects=correction.corrects_id)
        return moved


def is_overtaken(correction: Reply) -> bool:
    """What it corrects is gone, or reads differently by now: somebody else has changed it on the network."""
    message = Message.objects.filter(reply=correction.corrects_id, removed_at=None).first()
    if message is None:
        return True
    changed = message.edited_at is not None and message.edited_at > correction.seen_at
    return changed and message.text != correction.outgoing


def publish_correction(correction: Reply, connector: Connector) -> Sent:
    """The one call. Raises ConnectorError."""
    place = place_of(correction)
    connector.edit(place.remote_id, correction.outgoing)
    return place


def place_of(correction: Reply) -> Sent:
    """Where it stands once it is out: where the earlier one did."""
    earlier = correction.corrects
    return Sent(earlier.remote_id or "", earlier.permalink) if earlier else Sent("")


def stands_there(correction: Reply, connector: Connector) -> bool:
    """After an unknown outcome: whether the message has the new text now. Raises ConnectorError."""
    look = connector.look([place_of(correction).remote_id])
    return any(connector.same_text(correction.outgoing, message.text) for message in look.found)


def take_place(correction: Reply) -> None:
    """It is out: id and message are its own now, and what the earlier one settled."""
    earlier, place = correction.corrects, place_of(correction)
    if earlier is None or not earlier.was_corrected():
        return
    type(correction).objects.filter(pk=correction.pk).update(remote_id=place.remote_id, permalink=place.permalink)
    Message.objects.filter(settled_by=earlier).update(settled_by=correction)
    Message.objects.filter(reply=earlier).update(reply=correction, text=correction.outgoing)
    correction.refresh_from_db()
