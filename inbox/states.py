"""The states of threads and replies, and every way from one to another (DESIGN §5). Nothing else names a transition."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ThreadState(TextChoices):
    OPEN = "open", pgettext_lazy("thread state", "Open")
    WAITING = "waiting", _("Waiting for customer")
    CLOSED = "closed", pgettext_lazy("thread state", "Closed")
    SET_ASIDE = "set_aside", _("Closed without reply")


class ReplyState(TextChoices):
    DRAFT = "draft", _("Draft")
    HELD = "held", _("For approval")
    QUEUED = "queued", _("Going out")
    SENDING = "sending", pgettext_lazy("reply state", "Checking")
    SENT = "sent", pgettext_lazy("reply state", "Sent")
    UNCERTAIN = "uncertain", _("May be out, check")
    FAILED = "failed", pgettext_lazy("reply state", "Not sent")
    REMOVED = "removed", pgettext_lazy("reply state", "Deleted")


THREAD_EXITS: dict[ThreadState, frozenset[ThreadState]] = {
    ThreadState.OPEN: frozenset({ThreadState.WAITING, ThreadState.CLOSED, ThreadState.SET_ASIDE}),
    ThreadState.WAITING: frozenset({ThreadState.OPEN, ThreadState.CLOSED}),
    ThreadState.CLOSED: frozenset({ThreadState.OPEN}),
    ThreadState.SET_ASIDE: frozenset({ThreadState.OPEN}),
}

REPLY_EXITS: dict[ReplyState, frozenset[ReplyState]] = {
    # Removed: a correction that its writer has given up.
    ReplyState.DRAFT: frozenset({ReplyState.HELD, ReplyState.QUEUED, ReplyState.REMOVED}),
    ReplyState.HELD: frozenset({ReplyState.QUEUED, ReplyState.DRAFT}),
    # Uncertain: its second sending is stopped by a guard, and the first may be out.
    ReplyState.QUEUED: frozenset({ReplyState.DRAFT, ReplyState.HELD, ReplyState.SENDING, ReplyState.UNCERTAIN}),
    ReplyState.SENDING: frozenset({ReplyState.SENT, ReplyState.FAILED, ReplyState.QUEUED, ReplyState.UNCERTAIN}),
    ReplyState.UNCERTAIN: frozenset({ReplyState.SENT, ReplyState.QUEUED}),
    ReplyState.FAILED: frozenset({ReplyState.DRAFT}),
    ReplyState.SENT: frozenset({ReplyState.REMOVED}),
    ReplyState.REMOVED: frozenset(),
}

# A thread with one of these is not offered to others: somebody's words are on their way out of it.
UNDER_WAY = (ReplyState.HELD, ReplyState.QUEUED, ReplyState.SENDING, ReplyState.UNCERTAIN)
# The gate's states: nothing gets here without a verdict or an approval of exactly its outgoing text.
GATED = (ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNCERTAIN)


class Waits(TextChoices):
    """What a queued reply waits for."""

    NOTHING = "", ""
    UNDO = "undo", _("Undo window")
    ORDER = "order", _("An earlier reply of this thread")
    TOKEN = "token", _("The channel must be connected again")
    RATE = "rate", _("The network's rate limit")
    WINDOW = "window", _("A time when the network takes it")
    PAUSED = "paused", _("The channel is paused")
    BRAKE = "brake", _("Sending is stopped")
    HAND = "hand", _("Somebody writes it on the site itself")


class Settled(TextChoices):
    """Why a customer's message needs no answer any more."""

    NO = "", ""
    ANSWERED = "answered", _("Answered")
    ELSEWHERE = "elsewhere", _("Answered on the network itself")
    THANKS = "thanks", _("Thanks")
    SET_ASIDE = "set_aside", _("Closed without reply")
    REMOVED = "removed", _("Removed by the author")
