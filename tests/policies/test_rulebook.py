import pytest

from policies.matchers import MATCHERS
from policies.rulebook import LANGUAGES, PROFILES, Scope, starter
from policies.verdict import Context, Effect
from tests.policies.ground import rule

TWELVE = {
    "rumours",
    "financials",
    "competitors",
    "reorganisation",
    "outage",
    "launches",
    "internal",
    "facts",
    "tone",
    "privacy",
    "selling",
    "follow_up",
}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_starter_has_the_twelve_rules_and_repeat(profile: str) -> None:
    assert {rule.code for rule in starter(profile).rules} == TWELVE | {"repeat"}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_starter_rule_is_complete_in_every_language(profile: str) -> None:
    for each in starter(profile).rules:
        assert each.matcher in MATCHERS
        assert set(each.texts) == set(LANGUAGES)
        for language, texts in each.texts.items():
            assert texts.directive, (each.code, language)
            assert texts.explanation, (each.code, language)
        assert len({frozenset(texts.messages) for texts in each.texts.values()}) == 1
        assert len({frozenset(texts.suggestions) for texts in each.texts.values()}) == 1


def test_a_public_body_advises_where_a_company_holds() -> None:
    assert rule("financials").effect is Effect.HOLD
    for code in ("financials", "launches", "internal"):
        assert rule(code, "public_body").effect is Effect.ADVISE
    assert rule("reorganisation", "public_body").settings["only_under"] == "embargo"
    assert rule("privacy", "public_body").settings["private"] == "national"


def test_the_profiles_do_not_leak_into_each_other() -> None:
    starter.cache_clear()
    assert starter("public_body").rules != starter("company").rules
    assert rule("privacy", "company").settings == {}


def test_texts_fall_back_to_english_and_to_the_explanation() -> None:
    tone = rule("tone")
    assert tone.directive("fi") == tone.directive("en")
    assert tone.message("unheard of", "sv") == tone.texts["sv"].explanation
    assert tone.suggestion("insult", "da") == tone.suggestion("", "da")


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(), True),
        (Scope(channels=("7",)), True),
        (Scope(channels=("8",)), False),
        (Scope(visibility=("private",)), False),
        (Scope(languages=("sv", "nb")), True),
        (Scope(languages=("da",)), False),
    ],
)
def test_a_scope_covers_what_it_names_and_an_empty_one_everything(scope: Scope, covered: bool) -> None:
    assert scope.covers(Context(channel="7", visibility="public", language="sv")) is covered


def test_a_thread_without_a_known_language_is_in_every_language() -> None:
    assert Scope(languages=("da",)).covers(Context(language=""))
