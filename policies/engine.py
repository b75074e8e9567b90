"""The check: a draft, its thread, a rulebook and what is in force go in, a verdict comes out."""

from __future__ import annotations

from collections.abc import Sequence

from policies.matchers import MATCHERS
from policies.rulebook import Rule, Rulebook
from policies.verdict import Context, Effect, Finding, Turn, Verdict, Violation, milder, strongest

_BROKEN = {
    "sv": "Regeln gick sönder och kunde inte prövas.",
    "nb": "Regelen gikk i stykker og kunne ikke prøves.",
    "da": "Reglen gik i stykker og kunne ikke prøves.",
    "en": "The rule broke down and could not be tried.",
}


def check(draft: str, thread: Sequence[Turn], rulebook: Rulebook, context: Context) -> Verdict:
    """What the rules say of the draft. Pure: no clock, no database, nothing remembered that changes an answer."""
    failed: list[str] = []
    violations: list[Violation] = []
    for rule in rulebook.rules:
        if rule.code in context.disabled or not rule.scope.covers(context):
            continue
        found = _tried(draft, thread, rule, context)
        if found is None:
            failed.append(rule.code)
            violations.append(_breakdown(rule, context))
        else:
            violations.extend(_violation(rule, finding, context) for finding in found)
    return Verdict(
        effect=strongest(violations),
        violations=tuple(violations),
        rulebook_version=rulebook.version,
        failed=tuple(failed),
    )


def _tried(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding] | None:
    """The rule's findings, None if it broke down.

    The one place that catches whatever is raised. A matcher runs on text that anybody may write and on terms that an
    admin may set; whichever error that brings out, nothing may leave unchecked, and one broken rule must not silence
    the eleven others. The rule's code stands in `Verdict.failed`: a hold, and an alarm to the admin.
    """
    try:
        return MATCHERS[rule.matcher](draft, thread, rule, context)
    except Exception:  # noqa: BLE001  fail closed, see above
        return None


def _violation(rule: Rule, finding: Finding, context: Context) -> Violation:
    effect = milder(rule.effect, finding.effect) if finding.effect else rule.effect
    return Violation(rule.code, effect, rule.directive(context.agent_language), finding)


def _breakdown(rule: Rule, context: Context) -> Violation:
    message = _BROKEN.get(context.agent_language, _BROKEN["en"])
    finding = Finding(span=None, message=message, data={"kind": "failed"})
    return Violation(rule.code, Effect.HOLD, rule.directive(context.agent_language), finding)
