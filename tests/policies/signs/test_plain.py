"""A reply that only declines or refers is told from one that says something on the way."""

import pytest

from policies.signs.plain import only_declines


@pytest.mark.parametrize(
    "draft",
    [
        "Rykten kommenterar vi inte.",
        "Det hänvisar jag till pressavdelningen.",
        "Det kommenterer vi ikke.",
        "Spør pressekontakten vår.",
        "Det står i næste regnskab.",
        "Se under presse på hjemmesiden.",
        "That's a question for our press office.",
        "No comment, sorry.",
    ],
)
def test_a_bare_refusal_or_referral_adds_nothing(draft: str) -> None:
    assert only_declines(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "",
        "Nej.",
        "Det stämmer inte.",
        "Det kommenterar vi inte än.",
        "Mer får jag inte säga.",
        "Vi kommenterer ikke rykter 😉",
        "Det kan jeg ikke svare på, men køb ikke hus derude.",
        "Only those hired after 2023, see the press page.",
        "I can deny that.",
        "Watch this space, see our page.",
    ],
)
def test_a_hint_a_denial_or_a_detail_is_not_bare(draft: str) -> None:
    assert not only_declines(draft)
