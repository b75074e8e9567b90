"""The tables and the verbs that change them. A verb is one transaction that writes its audit row."""

from inbox.models.audit import Audit, AuditSeal
from inbox.models.channel import Brake, Channel, ChannelState, PagePost, Quarantined, Signature, Stream
from inbox.models.consent import Consent
from inbox.models.deed import Deed, DeedState, TooMany, What
from inbox.models.event import Foretold, RawEvent
from inbox.models.follow_up import FollowUp, FollowUpState
from inbox.models.gap import Gap, Wall
from inbox.models.message import Author, Message, Sighting
from inbox.models.person import Clearance, Level, Person, Role
from inbox.models.picture import Picture
from inbox.models.reply import Attempt, Reason, Reply, Stopped
from inbox.models.revision import Revision
from inbox.models.rota import Round
from inbox.models.rules import RuleBreak, WrongStop
from inbox.models.snippet import Snippet
from inbox.models.spend import Meter, Spend
from inbox.models.submission import Submission
from inbox.models.thread import CloseReason, DueReason, Note, Taken, Thread, Topic

__all__ = [
    "Attempt",
    "Audit",
    "AuditSeal",
    "Author",
    "Brake",
    "Channel",
    "ChannelState",
    "Clearance",
    "CloseReason",
    "Consent",
    "Deed",
    "DeedState",
    "DueReason",
    "FollowUp",
    "FollowUpState",
    "Foretold",
    "Gap",
    "Level",
    "Message",
    "Meter",
    "Note",
    "PagePost",
    "Person",
    "Picture",
    "Quarantined",
    "RawEvent",
    "Reason",
    "Reply",
    "Revision",
    "Role",
    "Round",
    "RuleBreak",
    "Sighting",
    "Signature",
    "Snippet",
    "Spend",
    "Stopped",
    "Stream",
    "Submission",
    "Taken",
    "Thread",
    "TooMany",
    "Topic",
    "Wall",
    "What",
    "WrongStop",
]
