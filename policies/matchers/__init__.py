"""The matchers by name: one pure function each, `(draft, thread, rule, context) -> list[Finding]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from policies.matchers.gate import gate
from policies.matchers.outage import outage
from policies.matchers.phrases import phrases
from policies.matchers.privacy import privacy
from policies.matchers.promises import promises
from policies.matchers.repeat import repeat
from policies.matchers.risk import risk
from policies.matchers.tone import tone
from policies.rulebook import Rule
from policies.verdict import Context, Finding, Turn

Matcher = Callable[[str, Sequence[Turn], Rule, Context], list[Finding]]

MATCHERS: dict[str, Matcher] = {
    "gate": gate,
    "outage": outage,
    "phrases": phrases,
    "privacy": privacy,
    "promises": promises,
    "repeat": repeat,
    "risk": risk,
    "tone": tone,
}
