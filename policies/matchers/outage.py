"""During an outage the reply points to customer service."""

from __future__ import annotations

from collections.abc import Sequence

from policies.rulebook import Rule
from policies.signs.service import points_to_service
from policies.verdict import Context, Finding, ReferralTarget, Turn


def outage(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """One finding on the whole draft if the thread is under an outage and the draft points nowhere.

    The suggestion is the sentence to add (data["append"]): one key adds it and sends.
    """
    if not context.incident or points_to_service(draft, context):
        return []
    return [
        Finding(
            span=None,
            message=rule.message("", context.agent_language),
            suggestion=_referral(rule, context),
            data={"kind": "no_referral", "append": True},
        )
    ]


def _referral(rule: Rule, context: Context) -> str:
    """The sentence to add, with the target the incident offers in the thread's language, else the rule's own."""
    target = _target(context)
    sentence = rule.suggestion("target", context.language) if target else ""
    return sentence.replace("{target}", target.text) if target and sentence else rule.suggestion("", context.language)


def _target(context: Context) -> ReferralTarget | None:
    offered = [target for situation in context.situations if situation.kind == "outage" for target in situation.targets]
    fitting = [target for target in offered if target.language in ("", context.language)]
    return next(iter(fitting or offered), None)
