"""Doors: whether a network takes an answer to a message now, how long it will, and what to do where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

import connectors
from connectors.base import Visibility
from inbox.models.message import Message
from inbox.states import ReplyState

if TYPE_CHECKING:
    from inbox.models.channel import Channel

# A reply in one of these is, or may become, the one private answer that the network allows.
SPENT = (ReplyState.HELD, ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Door:
    """until: when it closes; None where the network sets no time. shut: why it is closed, "" while it is open."""

    until: datetime | None = None
    shut: str = ""


def takes_answers(message: Message | None, channel: Channel) -> bool:
    """Whether an answer in public can go through the network's API at all; where not, a person writes it there."""
    connector = connectors.get(channel.network)
    if not connector.capabilities.can_reply:
        return False
    if message is None or message.is_private or not settings.SAMTAL_X_SELF_SERVE:
        return True
    return connector.summoned(message.raw, account_id=channel.account_id)


def conversation_door(last: Message, channel: Channel, now: datetime) -> Door:
    """A private conversation, counted from the customer's last word."""
    within = channel.capabilities.private_within
    if within is None:
        return Door()
    until = last.created_at + within
    if until > now:
        return Door(until)
    told = {"network": channel.label, "hours": int(within.total_seconds() // 3600)}
    shut = _("%(network)s takes an answer within %(hours)s hours of the customer's last message. That time is over.")
    return Door(until, shut % told)


def private_reply_door(message: Message, channel: Channel, now: datetime, *, spent: bool | None = None) -> Door | None:
    """The one private answer to something said in public; None where there is no such thing.

    spent: whether it was given already, None to ask the database.
    """
    within = channel.capabilities.private_reply_within
    if within is None or message.is_private or message.is_ours or message.author_id is None:
        return None
    until = message.created_at + within
    if has_private_answer(message) if spent is None else spent:
        return Door(until, _("This message has had its one private answer."))
    if until <= now:
        days = within.days
        return Door(until, _("A private answer is taken within %(days)s days. That time is over.") % {"days": days})
    return Door(until)


def has_private_answer(message: Message) -> bool:
    return message.replies.filter(visibility=Visibility.PRIVATE, state__in=SPENT).exists()
