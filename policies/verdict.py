"""What goes into a check and what comes out: frozen dataclasses, no database, no clock."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


class Effect(enum.StrEnum):
    """What a rule does when it is broken, mildest first. A verdict's own effect is SEND, WARN, HOLD or BLOCK."""

    SEND = "send"  # nothing stands against it
    WATCH = "watch"  # recorded, nobody is disturbed
    ADVISE = "advise"  # shown, stops nothing
    WARN = "warn"  # the agent says "I have checked" and sends
    HOLD = "hold"  # a lead approves
    BLOCK = "block"  # must be changed

    @property
    def rank(self) -> int:
        return list(Effect).index(self)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the thread, oldest first. `sender` is "customer" (anyone outside) or "us"."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class ReferralTarget:
    """Where an outage reply points: kind is phone, chat, page, form or post. Closed ones are not offered by the caller."""

    kind: str
    text: str  # what stands in the reply, e.g. "kundservice 020-12 34 56" or a link
    language: str = ""  # "" is any


@dataclass(frozen=True, slots=True)
class ActiveSituation:
    """An outage, quiet period or embargo in force for this thread at Context.at. `kind` is outage, quiet or embargo."""

    id: int
    kind: str
    title: str
    topics: tuple[str, ...] = ()  # topics an embargo or a quiet period gates
    terms: tuple[str, ...] = ()
    targets: tuple[ReferralTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """An approved text: a saved reply (snippet) or a released statement."""

    id: int
    text: str
    link: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecentReply:
    """A public reply that left within 24 hours, for the check on identical answers. `to` tells people apart."""

    text: str
    to: str


@dataclass(frozen=True, slots=True)
class Context:
    """All a rule may need beside the draft, the thread and the rulebook. Nothing in it is looked up later.

    topic: what a person tagged (or, in the program, what was suggested and not refused); "" is none.
    topic_refused: topics a person has said no to, so that a model does not suggest them again.
    incident: an outage concerns this thread and it has not been pointed to customer service since the outage began.
    disabled: codes of rules a lead has switched off for a while.
    """

    visibility: str = "public"
    network: str = ""
    language: str = ""
    topic: str = ""
    topic_refused: frozenset[str] = frozenset()
    incident: bool = False
    at: datetime | None = None
    situations: tuple[ActiveSituation, ...] = ()
    snippets: tuple[Wording, ...] = ()
    statements: tuple[Wording, ...] = ()
    recent_replies: tuple[RecentReply, ...] = ()
    own_contacts: tuple[str, ...] = ()
    disabled: frozenset[str] = frozenset()
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on a draft.

    span: (start, end) in the draft, None where the whole text is meant.
    message: what is wrong, in the agent's language. suggestion: a wording that would pass, "" where there is none.
    data: matcher's own facts as plain JSON values (a promise's due date as ISO text, what kind of number, …).
    """

    span: tuple[int, int] | None
    message: str
    suggestion: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Violation:
    """A finding under the rule it breaks, with that rule's effect (lane and matcher may lower or raise it)."""

    rule: str
    effect: Effect
    directive: str
    finding: Finding

    @property
    def key(self) -> str:
        """What an approval accepts: the rule and the kind of finding, not the passage's place."""
        return f"{self.rule}:{self.finding.data.get('kind', '')}"


@dataclass(frozen=True, slots=True)
class TopicGuess:
    """What the model thinks the message touches: a topic of POLICY.md or "none", with a score 0..1."""

    suggested: str = "none"
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one draft. `effect` is the strongest of the violations (send where it is watch or advise)."""

    effect: Effect
    violations: tuple[Violation, ...] = ()
    topic: TopicGuess = TopicGuess()
    rulebook_version: int = 1
    model: str = ""  # hash of the models that took part, "" for rules only
    ms: float = 0.0
    failed: Sequence[str] = ()  # codes of rules that broke down: each is a hold, and an alarm to the admin
