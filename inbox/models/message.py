"""Messages: what came in or is seen on a network, and who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

import connectors
from connectors.base import Kind, Visibility
from inbox.clock import Clock
from inbox.states import Settled

if TYPE_CHECKING:
    from inbox.models.channel import Channel
    from inbox.models.correction import Correction
    from inbox.models.deed import Deed, What
    from inbox.models.reply import Reply


class Author(models.Model):
    """A person as one network names them."""

    network = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True)
    handle = models.CharField(max_length=100, blank=True)
    reach = models.PositiveIntegerField(null=True)
    url = models.URLField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_author", fields=["network", "remote_id"])]

    def __str__(self) -> str:
        return self.name or (f"@{self.handle}" if self.handle else str(_("Unknown author")))


class MessageQuerySet(models.QuerySet["Message"]):
    def unsettled(self) -> MessageQuerySet:
        """Customers' messages that are neither answered nor set aside. Index message_unsettled."""
        return self.filter(settled=Settled.NO, is_ours=False)

    def saying(self, words: str) -> MessageQuerySet:
        """That hold all the words, in any language: no stemming. Index message_search."""
        query = SearchQuery(words, config="simple", search_type="websearch")
        return self.annotate(vector=SearchVector("text", config="simple")).filter(vector=query)

    def in_order(self) -> MessageQuerySet:
        return self.order_by("created_at", "pk")

    def newer_from(self, answered: Message, seen_id: int) -> MessageQuerySet:
        """What the answered person has written since the writer looked."""
        return self.filter(thread_id=answered.thread_id, author=answered.author, is_ours=False, pk__gt=seen_id)


class Message(models.Model):
    """One message. `scope` is 0 for public ones and the channel's id for private ones: it makes remote ids unique."""

    network = models.CharField(max_length=20)
    scope = models.BigIntegerField(default=0)
    remote_id = models.CharField(max_length=120)
    thread = models.ForeignKey("inbox.Thread", models.CASCADE, related_name="messages")
    author = models.ForeignKey(Author, models.PROTECT, null=True, related_name="messages")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    parent_remote_id = models.CharField(max_length=120, blank=True)
    is_ours = models.BooleanField(default=False)
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in Kind])
    visibility = models.CharField(max_length=8, choices=[(v.value, v.value) for v in Visibility])
    text = models.TextField(blank=True)
    permalink = models.URLField(max_length=500, blank=True)
    attachments = models.JSONField(default=list)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Clock())
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    hidden = models.BooleanField(default=False)
    # By the network's own clock, from when on we know the text and whether it is hidden: what is older says nothing.
    text_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    version_id = models.CharField(max_length=80, blank=True, help_text="The id its newest version goes by")
    look_at = models.DateTimeField(null=True, help_text="When the network is next asked whether it still stands")
    settled = models.CharField(max_length=10, choices=Settled, default=Settled.NO, blank=True)
    settled_by = models.ForeignKey("inbox.Reply", models.SET_NULL, null=True, related_name="settles")
    reply = models.OneToOneField("inbox.Reply", models.PROTECT, null=True, related_name="message")
    raw = models.JSONField(default=dict)

    # Not columns: what it said before, the last thing that was done to it, and what the person who looks could do.
    corrections: Sequence[Correction] = ()
    deed: Deed | None = None
    offered: Sequence[What] = ()

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_message", fields=["network", "scope", "remote_id"]),
            models.CheckConstraint(
                name="message_scope", condition=Q(visibility="public", scope=0) | Q(visibility="private", scope__gt=0)
            ),
        ]
        indexes = [
            models.Index(name="message_thread", fields=["thread", "created_at", "id"]),
            models.Index(name="message_unsettled", fields=["thread"], condition=Q(settled="", is_ours=False)),
            models.Index(name="message_author", fields=["author", "-created_at"]),
            models.Index(name="message_look", fields=["look_at"], condition=Q(look_at__isnull=False)),
            models.Index(
                name="message_below", fields=["network", "parent_remote_id"], condition=~Q(parent_remote_id="")
            ),
            models.Index(name="message_version", fields=["network", "version_id"], condition=~Q(version_id="")),
            GinIndex(SearchVector("text", config="simple"), name="message_search"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_private(self) -> bool:
        return self.visibility == Visibility.PRIVATE

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether the network lets us take back what we wrote."""
        can = connectors.get(self.network).capabilities
        return can.can_delete_private if self.is_private else can.can_delete

    def settle(self, why: Settled, by: Reply | None = None) -> bool:
        """Mark as needing no answer; false where it was settled already."""
        rows = Message.objects.filter(pk=self.pk, settled=Settled.NO).update(settled=why, settled_by=by)
        return bool(rows)


class Sighting(models.Model):
    """Which channels saw a message: one post that mentions two of our accounts is one message seen by two."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="sightings")
    channel = models.ForeignKey("inbox.Channel", models.CASCADE, related_name="sightings")

    class Meta:
        constraints = [models.UniqueConstraint(name="one_sighting", fields=["message", "channel"])]

    def __str__(self) -> str:
        return f"{self.message_id} {self.channel_id}"

    @classmethod
    def note(cls, channel: Channel, messages: Sequence[int]) -> None:
        """A channel has seen these messages, now or before."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO inbox_sighting (message_id, channel_id) SELECT unnest(%s::bigint[]), %s"
                " ON CONFLICT DO NOTHING",
                [list(messages), channel.pk],
            )
