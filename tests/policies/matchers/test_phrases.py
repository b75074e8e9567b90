from time import perf_counter

import pytest

from policies.engine import check
from policies.matchers.phrases import problem_with
from policies.rulebook import Rule, Rulebook, Texts
from policies.verdict import Effect
from tests.policies.ground import RULES_ONLY


def marked(draft: str, *terms: str) -> list[str]:
    rule = Rule("own", "phrases", Effect.WARN, terms=terms, texts={"en": Texts("Ours")})
    verdict = check(draft, (), Rulebook(1, "company", (rule,)), RULES_ONLY)
    assert not verdict.failed
    return [draft[slice(*violation.finding.span)] for violation in verdict.violations if violation.finding.span]


@pytest.mark.parametrize(
    ("term", "draft", "expected"),
    [
        ("rykte", "Ryktet är ute", ["Ryktet"]),
        ("rykte", "alla rykten och ryktesspridningen", ["rykten", "ryktesspridningen"]),
        ("rykte", "prisrykten", ["prisrykten"]),
        ("kampanje", "kampanjen og julekampanjer", ["kampanjen", "julekampanjer"]),
        ("tilbud", "Tilbuddet gælder, og sommertilbud", ["Tilbuddet", "sommertilbud"]),
        ("offer", "offers and offering", ["offers", "offering"]),
        ("hål", "hål i vägen, inte hålla eller i skålen", ["hål"]),
        ("Tre", "Tre är en operatör, tre är ett tal, Trevor också", ["Tre"]),
        ("Get", "Get box, get a box", ["Get"]),
        ("mellan oss", "Mellan oss sagt", ["Mellan oss"]),
    ],
)
def test_terms_match_inflected_and_compounded_but_not_by_chance(term: str, draft: str, expected: list[str]) -> None:
    assert marked(draft, term) == expected


def test_patterns_stand_between_slashes_and_ignore_case() -> None:
    assert marked("Kod KX-1234 och kx-99", r"/kx-\d+/") == ["KX-1234", "kx-99"]


def test_places_are_right_behind_emoji_and_decomposed_letters() -> None:
    draft = "😀 e\u0301n ryktet och /kx-1"
    assert marked(draft, "rykte", "/kx-\\d/") == ["ryktet", "kx-1"]


@pytest.mark.parametrize("bomb", ["/(a+)+$/", "/(a|aa)*b/", "/(.*a){20}/", "/([a-zA-Z]+)*X/"])
def test_a_pattern_that_would_hang_others_ends_at_once(bomb: str) -> None:
    began = perf_counter()
    marked("a" * 5_000 + "!", bomb)
    assert perf_counter() - began < 1


@pytest.mark.parametrize("pattern", ["/(/", "/[z-a]/", r"/(a)\1/", "/(?=a)b/"])
def test_what_re2_cannot_do_is_told_before_it_is_stored(pattern: str) -> None:
    assert problem_with(pattern)


def test_words_and_good_patterns_have_no_problem() -> None:
    assert problem_with("rykte") == ""
    assert problem_with("/kx-[0-9]+/") == ""


def test_a_stored_bad_pattern_fails_closed() -> None:
    rule = Rule("own", "phrases", Effect.WARN, terms=("/(/",), texts={"en": Texts("Ours")})
    assert check("Hej", (), Rulebook(1, "company", (rule,)), RULES_ONLY).effect is Effect.HOLD
