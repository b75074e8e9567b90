"""What the tests of the rules share: the starter rulebook, a thread, and a check without the trained models."""

from __future__ import annotations

from dataclasses import replace

from policies.engine import check
from policies.rulebook import Rule, Rulebook, starter
from policies.verdict import Context, Turn, Verdict

RULES_ONLY = Context(models=False)


def rule(code: str, profile: str = "company") -> Rule:
    return next(rule for rule in starter(profile).rules if rule.code == code)


def only(code: str, profile: str = "company") -> Rulebook:
    """A rulebook with a single rule of the starter."""
    return Rulebook(1, profile, (rule(code, profile),))


def asked(*texts: str) -> tuple[Turn, ...]:
    return tuple(Turn("customer", text) for text in texts)


def verdict(
    code: str, draft: str, *, thread: tuple[Turn, ...] = (), profile: str = "company", **context: object
) -> Verdict:
    """The verdict of one starter rule, rules only; `context` changes fields of Context."""
    return check(draft, thread, only(code, profile), replace(RULES_ONLY, **context))  # type: ignore[arg-type]


def kinds(found: Verdict) -> list[str]:
    return [violation.finding.kind for violation in found.violations]


def passages(draft: str, found: Verdict) -> list[str]:
    return [draft[slice(*violation.finding.span)] for violation in found.violations if violation.finding.span]
