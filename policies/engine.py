"""The check: a draft, its thread, a rulebook and what is in force go in, a verdict comes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from policies.matchers import MATCHERS
from policies.rulebook import Rule, Rulebook
from policies.topics import Understanding, shipped, understand
from policies.verdict import Context, Effect, Finding, TopicGuess, Turn, Verdict, Violation, milder, strongest

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

MODELS = "models"  # stands in Verdict.failed where the trained models broke down
_BROKEN = {
    "sv": "Regeln gick sönder och kunde inte prövas.",
    "nb": "Regelen gikk i stykker og kunne ikke prøves.",
    "da": "Reglen gik i stykker og kunne ikke prøves.",
    "en": "The rule broke down and could not be tried.",
}


def check(draft: str, thread: Sequence[Turn], rulebook: Rulebook, context: Context) -> Verdict:
    """What the rules say of the draft. Pure: no clock, no database, nothing remembered that changes an answer."""
    turns = tuple(thread)
    failed: list[str] = []
    violations: list[Violation] = []
    for rule in _in_force(rulebook, context):
        found = _tried(rule.code, partial(_found, draft, turns, rule, context))
        if found is None:
            failed.append(rule.code)
            violations.append(_breakdown(rule.code, rule.directive(context.agent_language), context))
        else:
            violations.extend(_violation(rule, finding, context) for finding in found)
    return _verdict(violations, failed, rulebook, _understanding(draft, turns, context))


def _in_force(rulebook: Rulebook, context: Context) -> list[Rule]:
    return [rule for rule in rulebook.rules if rule.code not in context.disabled and rule.scope.covers(context)]


def _found(draft: str, turns: tuple[Turn, ...], rule: Rule, context: Context) -> list[Finding]:
    return MATCHERS[rule.matcher](draft, turns, rule, context)


def _tried(name: str, act: Callable[[], Answer]) -> Answer | None:
    """What the act answers, None if it broke down.

    The one place that catches whatever is raised. A matcher runs on text that anybody may write and on terms that an
    admin may set; whichever error that brings out, nothing may leave unchecked, and one broken rule must not silence
    the eleven others. The name goes into `Verdict.failed`: a hold, and an alarm to the admin.
    """
    try:
        return act()
    except Exception:
        logger.exception("the rule %s broke down", name)
        return None


def _understanding(draft: str, turns: tuple[Turn, ...], context: Context) -> Understanding | None:
    """The models' view for the verdict's topic and danger. Where it breaks, the rules that use it have said so."""
    return _tried(MODELS, partial(understand, draft, turns, context))


def _violation(rule: Rule, finding: Finding, context: Context) -> Violation:
    effect = milder(rule.effect, finding.effect) if finding.effect else rule.effect
    return Violation(rule.code, effect, rule.directive(context.agent_language), finding)


def _breakdown(code: str, directive: str, context: Context) -> Violation:
    message = _BROKEN.get(context.agent_language, _BROKEN["en"])
    return Violation(code, Effect.HOLD, directive, Finding(span=None, message=message, data={"kind": "failed"}))


def _verdict(
    violations: list[Violation], failed: list[str], rulebook: Rulebook, understood: Understanding | None
) -> Verdict:
    models = shipped() if understood else None
    return Verdict(
        effect=strongest(violations),
        violations=tuple(violations),
        topic=understood.topic if understood else TopicGuess(),
        rulebook_version=rulebook.version,
        model=models.card["hash"] if models else "",
        failed=tuple(failed),
        danger=round(understood.danger, 4) if understood else 0.0,
    )
