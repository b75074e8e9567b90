"""The trained models' view on a rule, as an advice or a warning; never stronger."""

from __future__ import annotations

from collections.abc import Sequence

from policies.matchers.repeat import is_offered
from policies.rulebook import Rule
from policies.text import Span
from policies.topics import Models, passage, shipped, understand
from policies.verdict import Context, Effect, Finding, Turn


def risk(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """One finding where the models think that the draft breaks the rule; none where no models are installed.

    settings: risk names the trained rule where the row's own code is not one.
    """
    name = trained_rule(rule)
    understood, models = understand(draft, tuple(thread), context), shipped()
    if understood is None or models is None or name not in understood.risks:
        return []
    effect = _effect(models, name, understood.risks[name])
    if effect is None or is_offered(draft, rule):
        return []
    return [_finding(passage(draft, name), understood.risks[name], effect, rule, context)]


def trained_rule(rule: Rule) -> str:
    """The rule that the models were trained on for this one, whose code an admin may have chosen."""
    return rule.settings.get("risk", rule.code)


def probability(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> float | None:
    """How likely is a breach, to the models? None where they are not asked or know no such rule."""
    understood = understand(draft, tuple(thread), context)
    return None if understood is None else understood.risks.get(trained_rule(rule))


def likely(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> bool | None:
    """Do the models think that the draft breaks the rule? None where they are not asked or know no such rule."""
    view, models = probability(draft, thread, rule, context), shipped()
    return None if view is None or models is None else _effect(models, trained_rule(rule), view) is not None


def _effect(models: Models, name: str, probability: float) -> Effect | None:
    points = models.card["points"]
    if probability >= points["warn"][name]:
        return Effect.WARN
    return Effect.ADVISE if probability >= points["advise"][name] else None


def _finding(span: Span | None, probability: float, effect: Effect, rule: Rule, context: Context) -> Finding:
    return Finding(
        span=span,
        message=rule.message("risk", context.agent_language),
        suggestion=rule.suggestion("", context.language),
        data={"kind": "risk", "score": round(probability, 3)},
        effect=effect,
    )
