import pytest

from policies.verdict import ActiveSituation, Effect, Turn, Wording
from tests.policies.ground import asked, passages, verdict

RULES = {
    "rumour": "rumours",
    "financials": "financials",
    "reorganisation": "reorganisation",
    "launch": "launches",
    "competitor": "competitors",
    "internal": "internal",
}
BREACHES = [
    ("rumour", "Ja det stämmer, den stänger i mars."),
    ("rumour", "Nei, det er bare tull, vi skal ikke kjøpe noen."),
    ("rumour", "Well, there's no smoke without fire."),
    ("rumour", "Vi kan inte kommentera det, men det ligger nog något i det."),
    ("financials", "Vi ligger foran budsjettet så langt."),
    ("financials", "The quarter looks better than last year."),
    ("reorganisation", "Ja, kundtjänst flyttar till Riga i höst."),
    ("launch", "Den kommer snart, hold øje i april."),
    ("competitor", "Deras nät är katastrof, lycka till."),
    ("competitor", "YouSee snyder med gebyrerne."),
    ("internal", "To av oss er sykmeldt, så vaktlista er full av hull."),
]
CLEAN = [
    ("rumour", "Tack för din fråga! Vi kommenterar inte rykten."),
    ("rumour", "We don't comment on rumours. Any news will be published on our press page."),
    ("financials", "Vi uttaler oss ikke om tall; rapporten ligger på nettsiden."),
    ("reorganisation", "Det kan vi ikke gå ind i her, spørg vores presseafdeling."),
    ("launch", "Vi berättar inte om kommande produkter i förväg."),
    ("competitor", "Vi kan bara svara för våra egna tjänster."),
    ("competitor", "Kul att du jämför! Hos oss ingår roaming i EU."),
    ("internal", "Det kan vi desværre ikke dele."),
    ("internal", "Du kan klaga via formuläret på webben."),
]


@pytest.mark.parametrize(("topic", "draft"), BREACHES)
def test_what_says_something_of_the_matter_is_held(topic: str, draft: str) -> None:
    found = verdict(RULES[topic], draft, topic=topic)
    assert found.effect is Effect.HOLD
    assert found.violations[0].finding.data == {"kind": "gate", "topic": topic}


@pytest.mark.parametrize(("topic", "draft"), CLEAN)
def test_declining_or_referring_and_adding_nothing_passes(topic: str, draft: str) -> None:
    assert verdict(RULES[topic], draft, topic=topic).violations == ()


@pytest.mark.parametrize(("topic", "draft"), BREACHES)
def test_without_the_tag_the_gate_is_open(topic: str, draft: str) -> None:
    assert verdict(RULES[topic], draft).effect is not Effect.HOLD


def test_the_added_half_is_what_is_marked() -> None:
    draft = "Vi kan inte kommentera det, men det ligger nog något i det."
    assert passages(draft, verdict("rumours", draft, topic="rumour")) == ["men det ligger nog något i det."]


def test_a_released_statement_and_an_approved_snippet_pass() -> None:
    text = "Vi har i dag berättat att butiken i Luleå stänger den 30 juni."
    statement = Wording(1, text, link="https://example.se/lulea", topics=("rumour",))
    assert verdict("rumours", text, topic="rumour").effect is Effect.HOLD
    assert verdict("rumours", f"Hej! {text}", topic="rumour", statements=(statement,)).violations == ()
    linked = "Ja, läs mer på https://example.se/lulea"
    assert verdict("rumours", linked, topic="rumour", statements=(statement,)).violations == ()
    assert verdict("rumours", text, topic="rumour", snippets=(Wording(2, text),)).violations == ()


def test_a_statement_on_another_topic_does_not() -> None:
    text = "Vi har i dag berättat att butiken i Luleå stänger den 30 juni."
    other = Wording(1, text, topics=("financials",))
    assert verdict("rumours", text, topic="rumour", statements=(other,)).effect is Effect.HOLD


def test_an_embargos_words_gate_without_a_tag() -> None:
    embargo = ActiveSituation(1, "embargo", "Aurora", topics=("launch",), terms=("aurora",))
    thread = asked("Vad är Aurora för något?")
    assert verdict("launches", "Det kommer i maj.", thread=thread, situations=(embargo,)).effect is Effect.HOLD
    assert verdict("launches", "Det kommer i maj.", thread=asked("Hej"), situations=(embargo,)).violations == ()


def test_only_what_came_since_our_answer_is_read_for_the_embargos_words() -> None:
    embargo = ActiveSituation(1, "embargo", "Aurora", topics=("launch",), terms=("aurora",))
    thread = (*asked("Vad är Aurora?"), Turn("us", "Det säger vi inget om."), *asked("När öppnar ni?"))
    assert verdict("launches", "Vi öppnar klockan tio.", thread=thread, situations=(embargo,)).violations == ()


def test_a_public_body_holds_a_reorganisation_only_under_an_embargo() -> None:
    draft = "Ja, enheten flyttar till Riga i höst."
    advised = verdict("reorganisation", draft, topic="reorganisation", profile="public_body")
    assert advised.effect is Effect.SEND
    assert advised.violations[0].effect is Effect.ADVISE
    embargo = ActiveSituation(1, "embargo", "Flytt", topics=("reorganisation",))
    held = verdict("reorganisation", draft, topic="reorganisation", profile="public_body", situations=(embargo,))
    assert held.effect is Effect.HOLD
