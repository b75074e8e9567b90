"""Every wording the program offers would pass the same check."""

import pytest

from policies.engine import check
from policies.rulebook import LANGUAGES, PROFILES, starter
from policies.verdict import ActiveSituation, Context, Effect, ReferralTarget

TOPICS = ("", "rumour", "financials", "competitor", "reorganisation", "launch", "internal")
TARGET = ReferralTarget("phone", "020-12 34 56")
OUTAGE = ActiveSituation(1, "outage", "Bergen", targets=(TARGET,))


def offered(profile: str) -> list[tuple[str, str, str]]:
    """rule, language, wording"""
    return sorted(
        {
            (rule.code, language, wording.replace("{target}", TARGET.text))
            for rule in starter(profile).rules
            for language in LANGUAGES
            for wording in rule.texts[language].suggestions.values()
        }
    )


def topic_of(rule: str, profile: str) -> str:
    return next(each for each in starter(profile).rules if each.code == rule).settings.get("topic", "")


@pytest.mark.parametrize("models", [False, True], ids=["rules", "models"])
@pytest.mark.parametrize("profile", PROFILES)
def test_every_suggestion_passes_the_rule_it_is_offered_for(profile: str, models: bool) -> None:
    for rule, language, wording in offered(profile):
        context = Context(
            language=language,
            topic=topic_of(rule, profile),
            incident=rule == "outage",
            situations=(OUTAGE,),
            models=models,
        )
        found = check(wording, (), starter(profile), context)
        assert found.effect is Effect.SEND, (rule, language, wording, found.violations)
