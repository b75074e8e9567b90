"""The deliberately naive sender: lock the row, call the network, commit "sent"; what fails is tried again.

It is what a plain Celery task with acks_late and retry does. In the same harness it must double.
"""

from __future__ import annotations

import logging

from django.db import transaction

from connectors.base import ConnectorError, ErrorKind, Sent
from inbox import tasks
from inbox.clock import moment
from inbox.models import Reply
from inbox.states import ReplyState

log = logging.getLogger(__name__)


def install() -> None:
    """Put the naive sender in the place of ours, in this process."""
    tasks.publish = publish


def publish(reply: Reply) -> None:
    """Sent exactly as often as it is called and not killed before the commit."""
    with transaction.atomic():
        row = Reply.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=reply.pk)
        locked = row.filter(state=ReplyState.QUEUED).select_related("channel", "thread").first()
        if locked is None:
            return
        try:
            sent = locked.channel.connect().send(locked.as_outgoing())
        except ConnectorError as error:
            log.warning("reply %s: %s", reply.pk, error)
            if error.kind is not ErrorKind.DUPLICATE:
                return
            # "I have that already" ends the trying: even a naive sender stops there.
            sent = Sent(remote_id="")
        Reply.objects.filter(pk=reply.pk).update(
            state=ReplyState.SENT, remote_id=sent.remote_id or None, sent_at=sent.at or moment()
        )
