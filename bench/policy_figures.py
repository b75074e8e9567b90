"""The figures of the rules on labelled cases, each with how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from policies.cases import Case
from policies.engine import check
from policies.rulebook import starter
from policies.topics import GATES, RULES
from policies.verdict import Effect, Verdict

_Z = 1.96
STOPS = frozenset({Effect.HOLD, Effect.BLOCK})


@dataclass(frozen=True)
class Share:
    """hits of all, with its 95 % interval (Wilson)."""

    hits: int
    all: int

    @property
    def value(self) -> float:
        return self.hits / self.all if self.all else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        if not self.all:
            return 0.0, 1.0
        share, square = self.value, _Z**2 / self.all
        middle = (share + square / 2) / (1 + square)
        reach = _Z * sqrt(share * (1 - share) / self.all + square / self.all / 4) / (1 + square)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        if not self.all:
            return "–"
        low, high = self.interval
        return f"{self.value:.2f} ({low:.2f}–{high:.2f}, n={self.all})"


@dataclass(frozen=True)
class Judged:
    """A case with both of its verdicts: with the topic a person gave, and with the topic withheld."""

    case: Case
    tagged: Verdict
    blind: Verdict

    @property
    def clean(self) -> bool:
        return not self.case.violations

    @property
    def topic(self) -> str:
        return self.case.context.topic

    @property
    def sensitive(self) -> bool:
        return self.topic in GATES

    @property
    def hits(self) -> frozenset[str]:
        return frozenset(violation.rule for violation in self.blind.violations)


def judge(case: Case) -> Judged:
    """Both verdicts under the starter rulebook and the models in force."""
    blind = check(case.draft, case.thread, starter(), replace(case.context, topic=""))
    return Judged(case, check(case.draft, case.thread, starter(), case.context), blind)


def share(judged: Iterable[Judged], counts: Callable[[Judged], bool]) -> Share:
    found = [counts(each) for each in judged]
    return Share(sum(found), len(found))


@dataclass(frozen=True)
class RuleFigures:
    found: int
    wrong: int
    missed: int

    @property
    def precision(self) -> Share:
        return Share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> Share:
        return Share(self.found, self.found + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(1, 2 * self.found + self.wrong + self.missed)


def rule_figures(judged: Sequence[Judged], rule: str) -> RuleFigures:
    """Any effect counts as found, as in the issue."""
    broken = [rule in each.case.violations for each in judged]
    told = [rule in each.hits for each in judged]
    pairs = list(zip(broken, told, strict=True))
    return RuleFigures(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


def macro_f1(judged: Sequence[Judged]) -> float:
    """Over the rules that occur: a set without cases of a rule says nothing of it."""
    present = [rule for rule in RULES if any(rule in each.case.violations for each in judged)]
    return sum(rule_figures(judged, rule).f1 for rule in present) / max(1, len(present))


def figures(judged: Sequence[Judged]) -> dict[str, Share]:
    """The shares that the issue names."""
    sensitive = [each for each in judged if each.sensitive]
    ordinary = [each for each in judged if not each.topic]
    gated = frozenset(GATES.values())
    return {
        "breach stopped, topic given": share(
            (each for each in sensitive if gated & each.case.violations), lambda each: each.tagged.effect in STOPS
        ),
        "clean stopped, topic given": share(
            (each for each in sensitive if each.clean), lambda each: each.tagged.effect in STOPS
        ),
        "outage caught": share((each for each in judged if "outage" in each.case.violations), _says_outage),
        "outage wrong": share((each for each in judged if "outage" not in each.case.violations), _says_outage),
        "ordinary clean disturbed": share(
            (each for each in ordinary if each.clean), lambda each: each.blind.effect.disturbs
        ),
        "ordinary clean stopped": share(
            (each for each in ordinary if each.clean), lambda each: each.blind.effect in STOPS
        ),
        "privacy found": rule_figures(judged, "privacy").recall,
        "privacy wrong": Share(rule_figures(judged, "privacy").wrong, len(judged)),
        "tone found": rule_figures(judged, "tone").recall,
        "topic right": share(sensitive, lambda each: each.blind.topic.suggested == each.topic),
        "topic wrong on ordinary": share(ordinary, lambda each: each.blind.topic.suggested != "none"),
    }


def _says_outage(each: Judged) -> bool:
    return any(violation.rule == "outage" for violation in each.tagged.violations)
