"""The shipped conversations are varied, complete and harmless."""

import re
from collections import Counter

from connectors.sandbox import demo
from connectors.sandbox.entries import BLOG, FACEBOOK, INSTAGRAM, MASTODON, X
from connectors.sandbox.player.scripts import PATIENCE, load

SCRIPTS = load()
PLACES = {
    FACEBOOK: ("comment", "post"),
    X: ("mention", "aside"),
    MASTODON: ("mention",),
    BLOG: ("comment",),
    INSTAGRAM: ("comment",),
}


def test_there_are_sixty_and_each_is_its_own() -> None:
    assert len(SCRIPTS) >= 60
    assert len({script.id for script in SCRIPTS}) == len(SCRIPTS)
    assert len({script.text for script in SCRIPTS}) == len(SCRIPTS)


def test_four_languages_have_their_share_and_every_network() -> None:
    languages = Counter(script.language for script in SCRIPTS)
    assert set(languages) == {"sv", "nb", "da", "en"}
    assert min(languages.values()) >= 14
    assert {(script.language, script.network) for script in SCRIPTS} >= {
        (language, network) for language in languages for network in (FACEBOOK, X, MASTODON, BLOG, INSTAGRAM)
    }


def test_every_situation_an_agent_trains_for_occurs_in_every_language() -> None:
    wanted = {"outage", "bill", "rumour", "launch", "praise", "spam", "danger", "personal", "irony", "competitor"}
    for language in ("sv", "nb", "da", "en"):
        assert wanted <= {script.topic for script in SCRIPTS if script.language == language}


def test_some_are_of_several_turns_and_some_grow_angry() -> None:
    assert sum(len(script.then) >= 2 for script in SCRIPTS) >= 15
    assert sum(any(turn.on == "silence" for turn in script.then) for script in SCRIPTS) >= 10


def test_each_can_be_played() -> None:
    for script in SCRIPTS:
        assert script.where in PLACES[script.network]
        assert (script.where == "mention") == (f"@{demo.X_HANDLE}" in script.text)
        known = {BLOG: demo.ENTRIES, INSTAGRAM: demo.MEDIA}.get(script.network, demo.POSTS)
        assert (script.where == "comment") == (script.under in known)
        assert all(turn.on in PATIENCE and turn.text for turn in script.then)


def test_addresses_lead_nowhere() -> None:
    for script in SCRIPTS:
        assert set(re.findall(r"https?://([^/\s]+)", script.text)) <= {"example.com"}
