"""What goes into a check and what comes out: frozen dataclasses, no database, no clock."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import NotRequired, TypedDict


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
        return _RANKS[self]

    @property
    def disturbs(self) -> bool:
        """Does the agent have to do something about it before the draft can leave?"""
        return self.rank >= Effect.WARN.rank


_RANKS = {effect: rank for rank, effect in enumerate(Effect)}


def milder(one: Effect, other: Effect) -> Effect:
    return min(one, other, key=lambda effect: effect.rank)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the thread, oldest first. `sender` is "customer" (anyone outside) or "us"."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class ReferralTarget:
    """Where an outage reply points: kind is phone, chat, page, form or post. The caller leaves closed ones out."""

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
    language: the thread's, in which wordings are suggested. agent_language: the reader's, in which findings speak.
    channel: the channel's key, for rules whose scope names channels.
    models: False leaves the trained models out: rules only.
    at: when the draft is looked at, in the organisation's time zone: a promise's "tomorrow" is counted from it.
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
    agent_language: str = "en"
    channel: str = ""
    models: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on a draft.

    span: (start, end) in the draft, None where the whole text is meant.
    message: what is wrong, in the agent's language. suggestion: a wording that would pass, "" where there is none.
    data: matcher's own facts as plain JSON values (a promise's due date as ISO text, what kind of number, …).
    effect: where this remark weighs less than its rule (a phone number under a rule that blocks), else None.
    """

    span: tuple[int, int] | None
    message: str
    suggestion: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    effect: Effect | None = None

    @property
    def kind(self) -> str:
        return str(self.data.get("kind", ""))


# What may never be let through, not even by a lead: POLICY, "block"; and what the network would not take.
FINAL_KINDS = frozenset({"national_number", "card", "too_long"})


class ViolationData(TypedDict):
    """A violation as it is stored and as `check_policy` prints it; start and end are null for the whole text."""

    rule: str
    effect: str
    start: int | None
    end: int | None
    message: str
    suggestion: str
    directive: NotRequired[str]
    data: NotRequired[Mapping[str, object]]


class TopicData(TypedDict):
    suggested: str
    score: float


class VerdictData(TypedDict):
    """A verdict as the reply's row keeps it."""

    effect: str
    violations: list[ViolationData]
    topic: TopicData
    danger: float
    rulebook_version: int
    model: str
    ms: float
    failed: list[str]


@dataclass(frozen=True, slots=True)
class Violation:
    """A finding under the rule it breaks. `effect` is the rule's, or the finding's where that is milder."""

    rule: str
    effect: Effect
    directive: str
    finding: Finding

    @property
    def key(self) -> str:
        """What an approval accepts: the rule and the kind of finding, not the passage's place."""
        return f"{self.rule}:{self.finding.kind}"

    @property
    def final(self) -> bool:
        """A national or card number in public, or a text the network does not take: nobody may let it through."""
        return self.effect is Effect.BLOCK and self.finding.kind in FINAL_KINDS

    def to_json(self) -> ViolationData:
        start, end = self.finding.span or (None, None)
        return ViolationData(
            rule=self.rule,
            effect=self.effect.value,
            start=start,
            end=end,
            message=self.finding.message,
            suggestion=self.finding.suggestion,
            directive=self.directive,
            data=dict(self.finding.data),
        )

    @classmethod
    def from_json(cls, stored: ViolationData) -> Violation:
        start, end = stored["start"], stored["end"]
        finding = Finding(
            span=None if start is None or end is None else (start, end),
            message=stored["message"],
            suggestion=stored["suggestion"],
            data=stored.get("data", {}),
        )
        return cls(stored["rule"], Effect(stored["effect"]), stored.get("directive", ""), finding)


@dataclass(frozen=True, slots=True)
class TopicGuess:
    """What the model thinks the message touches: a topic of POLICY.md or "none", with a score 0..1."""

    suggested: str = "none"
    score: float = 0.0


def strongest(violations: Collection[Violation]) -> Effect:
    """The effect of a verdict: what is only watched or advised leaves the draft free to go."""
    effect = max((violation.effect for violation in violations), key=lambda each: each.rank, default=Effect.SEND)
    return effect if effect.disturbs else Effect.SEND


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one draft. `effect` is the strongest of the violations (send where it is watch or advise).

    danger: 0..1, how likely it is that the customer's words speak of danger to life or health; 0 without models.
    """

    effect: Effect
    violations: tuple[Violation, ...] = ()
    topic: TopicGuess = TopicGuess()
    rulebook_version: int = 1
    model: str = ""  # hash of the models that took part, "" for rules only
    ms: float = 0.0
    failed: Sequence[str] = ()  # codes of rules that broke down: each is a hold, and an alarm to the admin
    danger: float = 0.0

    @property
    def keys(self) -> frozenset[str]:
        """What an approval of this verdict accepts."""
        return frozenset(violation.key for violation in self.violations)

    def without(self, accepted: Collection[str]) -> Verdict:
        """The verdict with the findings an approval has accepted taken out (keys of `Violation.key`)."""
        left = tuple(violation for violation in self.violations if violation.key not in accepted)
        return replace(self, violations=left, effect=strongest(left))

    def plus(self, *violations: Violation) -> Verdict:
        """The verdict with findings added that the rulebook does not know, such as supervision."""
        together = self.violations + violations
        return replace(self, violations=together, effect=strongest(together))

    def to_json(self) -> VerdictData:
        return VerdictData(
            effect=self.effect.value,
            violations=[violation.to_json() for violation in self.violations],
            topic=TopicData(suggested=self.topic.suggested, score=self.topic.score),
            danger=self.danger,
            rulebook_version=self.rulebook_version,
            model=self.model,
            ms=self.ms,
            failed=list(self.failed),
        )

    @classmethod
    def from_json(cls, stored: VerdictData) -> Verdict:
        return cls(
            effect=Effect(stored["effect"]),
            violations=tuple(Violation.from_json(each) for each in stored["violations"]),
            topic=TopicGuess(**stored["topic"]),
            danger=stored["danger"],
            rulebook_version=stored["rulebook_version"],
            model=stored["model"],
            ms=stored["ms"],
            failed=tuple(stored["failed"]),
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the draft and the violations that mark it, for the page: an empty tuple is plain text."""

    text: str
    violations: tuple[Violation, ...] = ()


def segments(draft: str, violations: Sequence[Violation]) -> list[Segment]:
    """The draft cut where a mark begins or ends; joined, the texts are the draft again. Marks may overlap."""
    spans = [(violation, violation.finding.span) for violation in violations if violation.finding.span]
    cuts = sorted({0, len(draft), *(place for _, span in spans for place in span if 0 < place < len(draft))})
    return [
        Segment(draft[start:end], tuple(each for each, span in spans if span[0] <= start and end <= span[1]))
        for start, end in pairwise(cuts)
    ]
