"""The tables and the verbs that change them. A verb is one transaction that writes its audit row."""

from inbox.models.audit import Audit, AuditSeal
from inbox.models.channel import Brake, Channel, ChannelState, PagePost, Quarantined, Signature, Stream
from inbox.models.follow_up import FollowUp, FollowUpState
from inbox.models.message import Author, Message, Sighting
from inbox.models.person import Clearance, Level, Person, Role
from inbox.models.reply import Attempt, Reason, Reply, Stopped
from inbox.models.rules import RuleBreak, WrongStop
from inbox.models.snippet import Snippet
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
    "DueReason",
    "FollowUp",
    "FollowUpState",
    "Level",
    "Message",
    "Note",
    "PagePost",
    "Person",
    "Quarantined",
    "Reason",
    "Reply",
    "Role",
    "RuleBreak",
    "Sighting",
    "Signature",
    "Snippet",
    "Stopped",
    "Stream",
    "Submission",
    "Taken",
    "Thread",
    "Topic",
    "WrongStop",
]
