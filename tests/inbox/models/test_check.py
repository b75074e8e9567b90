"""The conversation and what is in force, put before the rules."""

import pytest
from django.conf import LazySettings

from inbox.models import Channel, Person, Stopped
from inbox.models.check import check_text
from inbox.models.reply import Reason
from policies.verdict import Effect
from tests import make

pytestmark = pytest.mark.django_db


def test_the_rules_ask_the_trained_models_unless_told_not_to(settings: LazySettings, facebook: Channel) -> None:
    thread = make.thread(facebook)
    settings.SAMTAL_MODELS = True
    assert check_text(thread, make.FINE, visibility="public").model, "a verdict names the models it asked"
    settings.SAMTAL_MODELS = False
    assert not check_text(thread, make.FINE, visibility="public").topic.score


def filled(characters: int) -> str:
    return make.FINE.ljust(characters, "!")


@pytest.mark.parametrize(
    ("network", "visibility", "most"),
    [
        ("twitter", "public", 280),
        ("twitter", "private", 10_000),
        ("facebook", "public", 8_000),
        ("facebook", "private", 2_000),
        ("instagram", "public", 2_200),
        ("mastodon", "public", 460),
    ],
)
def test_what_the_network_would_not_take_cannot_be_sent(network: str, visibility: str, most: int) -> None:
    thread = make.thread(make.channel(network))
    rules = {found.rule for found in check_text(thread, filled(most), visibility=visibility).violations}
    assert "length" not in rules
    verdict = check_text(thread, filled(most + 3), visibility=visibility)
    assert verdict.effect == Effect.BLOCK
    [found] = [one for one in verdict.violations if one.rule == "length"]
    assert f"{most} characters" in found.finding.message
    assert found.finding.message.endswith(" 3.")
    assert found.final


def test_a_text_that_is_too_long_is_stopped_with_its_signature_and_nobody_lets_it_through(anna: Person) -> None:
    x = make.channel("twitter")
    make.clear(anna, x)
    draft = make.draft(make.thread(x), anna, filled(279))
    assert draft.signature == " /Anna"
    with pytest.raises(Stopped) as stopped:
        draft.submit(by=anna, ask=True)
    assert stopped.value.reason == Reason.BLOCKED
    assert [one.rule for one in stopped.value.verdict.violations if one.final] == ["length"]


def test_a_link_on_x_says_what_it_costs_and_stops_nothing(settings: LazySettings) -> None:
    thread = make.thread(make.channel("twitter"))
    text = f"{make.FINE} nordnett.se/hjalp"
    verdict = check_text(thread, text, visibility="public")
    [found] = [one for one in verdict.violations if one.rule == "price"]
    assert (found.effect, found.finding.message) == (Effect.ADVISE, "With a link in it this costs $0.20.")
    assert verdict.effect == Effect.SEND
    assert not [one for one in check_text(thread, make.FINE, visibility="public").violations if one.rule == "price"]
    settings.SAMTAL_PRICES = {}
    assert not [one for one in check_text(thread, text, visibility="public").violations if one.rule == "price"]
