"""POLICY.md's borderline decisions, one test each, with the rules alone; what needs the models is tested there."""

import pytest

from policies.verdict import Effect
from tests.policies.ground import kinds, verdict


@pytest.mark.parametrize(
    "draft",
    [
        "Vi kommenterar inte rykten.",
        "Rykter kommenterer vi ikke.",
        "Rygter og spekulationer udtaler vi os ikke om.",
        "We never comment on rumours, takeover or not.",
    ],
)
def test_1_every_way_to_decline_is_clean_whatever_words_it_contains(draft: str) -> None:
    assert verdict("rumours", draft, topic="rumour").violations == ()


@pytest.mark.parametrize(
    "draft",
    [
        "Vi kan inte kommentera det, men det ligger nog något i det.",
        "Det kan vi ikke kommentere, men du har nok hørt riktig.",
        "Det kan vi ikke kommentere, men du har nok ret.",
        "We can't comment on that, but you're probably right.",
    ],
)
def test_2_half_a_decline_is_a_breach(draft: str) -> None:
    assert verdict("rumours", draft, topic="rumour").effect is Effect.HOLD


@pytest.mark.parametrize(
    "draft",
    [
        "Vi har inga planer på att lägga ner.",
        "Nei, det stemmer ikke.",
        "Nej, det har ikke noget på sig, vi bliver ikke solgt.",
        "No, there's no truth in that.",
    ],
)
def test_3_a_denial_is_a_comment(draft: str) -> None:
    assert verdict("rumours", draft, topic="rumour").effect is Effect.HOLD


def test_4_the_tag_gates_its_own_rule_and_no_other() -> None:
    draft = "Ja, det stämmer, 40 personer får gå."
    assert verdict("reorganisation", draft, topic="reorganisation").effect is Effect.HOLD
    for other in ("rumours", "launches", "financials"):
        assert verdict(other, draft, topic="reorganisation").violations == ()


@pytest.mark.parametrize(
    "draft",
    [
        "Hör av dig om det inte fungerar.",
        "Si fra om det ikke virker.",
        "Skriv gerne igen, hvis det ikke virker.",
        "Let us know if it doesn't work.",
    ],
)
def test_6_the_customer_asked_to_come_back_is_no_promise_of_ours(draft: str) -> None:
    assert verdict("follow_up", draft).violations == ()


@pytest.mark.parametrize(
    "draft",
    [
        "Ring kundtjänst.",
        "Chatta med oss.",
        "020-12 34 56.",
        "Skriv til kundeservice.",
        "Se https://exempel.se/support.",
    ],
)
def test_7_all_these_point_to_customer_service(draft: str) -> None:
    assert verdict("outage", draft, incident=True).violations == ()


def test_9_an_order_number_in_a_private_message_is_clean_and_here_it_is_not() -> None:
    assert verdict("privacy", "skicka ditt ordernummer i DM").violations == ()
    assert kinds(verdict("privacy", "skriv ditt ordernummer här")) == ["asks_number"]
