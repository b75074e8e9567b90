"""The shipped models: that they load, agree with themselves, stay small and quick, and say sensible things."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import psutil
import pytest

from policies import topics
from policies.engine import check
from policies.rulebook import starter
from policies.topics import BLOCKS, FOLDER, GATES, RULES, load, one_matter, save, since_our_answer
from policies.verdict import Context, Effect, Turn
from tests.policies.ground import asked

MODELS = load(FOLDER)
DRAFT = "Tack för att du hör av dig! Vi ser att fakturan på 499 kr är betald, så du kan bortse från påminnelsen. " * 3


def test_the_arrays_hold_no_code_and_belong_to_their_card(tmp_path: Path) -> None:
    for name in ("model.npz", "model.json"):
        shutil.copy(FOLDER / name, tmp_path / name)
    assert load(tmp_path).card["hash"] == MODELS.card["hash"]
    card = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**card, "hash": "0"}))
    with pytest.raises(ValueError, match="not the one its card describes"):
        load(tmp_path)


def test_saved_and_loaded_models_say_the_same(tmp_path: Path) -> None:
    save(MODELS, tmp_path)
    thread = asked("Stämmer det att ni lägger ner butiken?")
    assert (
        load(tmp_path).understand("Ja, i mars.", thread, Context()).risks
        == MODELS.understand("Ja, i mars.", thread, Context()).risks
    )


def test_every_rule_topic_and_point_is_there() -> None:
    understood = MODELS.understand("Hej", asked("Hej"), Context())
    assert set(understood.risks) == set(RULES)
    assert all(0 < MODELS.comments(understood, topic) < 1 for topic in GATES)
    assert set(MODELS.blocks) == set(BLOCKS)
    points = MODELS.card["points"]
    assert all(points["warn"][rule] >= points["advise"][rule] for rule in RULES)


@pytest.mark.parametrize("draft", ["", "😀", "x" * 5_000, "\u0301", "１２３"])
def test_any_text_has_finite_scores(draft: str) -> None:
    understood = MODELS.understand(draft, (), Context())
    assert all(np.isfinite(list(understood.risks.values())))
    assert 0 <= understood.danger <= 1


@pytest.mark.parametrize(
    ("topic", "question", "breach", "clean"),
    [
        (
            "rumour",
            "Är det sant att ni lägger ner i Kiruna?",
            "Ja, det stämmer, vi stänger i maj.",
            "Rykten kommenterar vi inte.",
        ),
        ("launch", "Når får dere 6G?", "Til sommeren, men ikke si det til noen.", "Det har vi ikke noe å fortelle om."),
        ("financials", "Går det godt i år?", "Rekordkvartal indtil videre!", "Det står i næste regnskab."),
        (
            "reorganisation",
            "Are you cutting jobs?",
            "Yes, about forty people.",
            "That's a question for our press office.",
        ),
    ],
)
def test_a_breach_in_a_tagged_thread_is_held_and_a_decline_passes(
    topic: str, question: str, breach: str, clean: str
) -> None:
    context = Context(topic=topic)
    assert check(breach, asked(question), starter(), context).effect is Effect.HOLD
    assert check(clean, asked(question), starter(), context).effect is Effect.SEND


def test_a_refused_topic_is_not_suggested_again() -> None:
    thread, draft = asked("Är det sant att ni ska säljas?"), "Ja, det stämmer, i maj."
    suggested = MODELS.understand(draft, thread, Context()).topic.suggested
    assert suggested != "none"
    again = MODELS.understand(draft, thread, Context(topic_refused=frozenset({suggested}))).topic.suggested
    assert again != suggested


def test_an_outage_is_suggested_only_where_an_incident_is_on() -> None:
    thread, draft = asked("Hele nettet er nede i Alta siden i natt!"), "Vi jobber med feilen."
    suggested = {on: MODELS.understand(draft, thread, Context(incident=on)).topic.suggested for on in (True, False)}
    assert suggested[True] == "outage"
    assert suggested[False] != "outage"


def test_the_echo_of_a_stronger_matter_is_taken_out() -> None:
    risks = np.zeros(len(RULES), np.float32)
    risks[[RULES.index(rule) for rule in ("rumours", "launches", "facts", "tone")]] = (0.5, 0.9, 0.7, 0.3)
    left = dict(zip(RULES, one_matter(risks).tolist(), strict=True))
    assert (left["rumours"], left["launches"], left["facts"]) == pytest.approx((0, 0.9, 0.7))
    assert left["tone"] == pytest.approx(0.3)


def test_the_verdict_names_the_models_that_took_part() -> None:
    assert check("Hej", (), starter(), Context()).model == MODELS.card["hash"]
    assert check("Hej", (), starter(), Context(models=False)).model == ""


def test_broken_models_hold_every_rule_that_asks_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"hash": "0"}))
    (tmp_path / "model.npz").write_bytes(b"no arrays")
    monkeypatch.setattr(topics, "FOLDER", tmp_path)
    topics.shipped.cache_clear()
    topics.understand.cache_clear()
    try:
        verdict = check("Hej", (), starter(), Context())
    finally:
        topics.shipped.cache_clear()
        topics.understand.cache_clear()
    assert verdict.effect is Effect.HOLD
    assert {"facts", "selling", "tone"} <= set(verdict.failed)
    assert "outage" not in verdict.failed


def test_only_what_came_since_our_answer_is_answered() -> None:
    thread = (*asked("a"), Turn("us", "b"), *asked("c", "d"))
    assert [turn.text for turn in since_our_answer(thread)] == ["c", "d"]
    assert [turn.text for turn in since_our_answer(thread[:2])] == ["a", "b"]


def test_a_check_with_models_takes_a_few_milliseconds_of_this_processor() -> None:
    """280 characters; the wall clock of a busy machine would measure its neighbours."""
    drafts = [DRAFT[place : place + 280] for place in range(60)]
    check(drafts[0], asked("Hej"), starter(), Context())
    took = []
    for draft in drafts[1:]:
        began = process_time()
        check(draft, asked("Varför får jag en påminnelse? Jag har betalat."), starter(), Context())
        took.append(process_time() - began)
    assert sorted(took)[int(len(took) * 0.95)] < 0.015


def test_the_models_are_small_in_memory() -> None:
    before = psutil.Process().memory_info().rss
    kept = [load(FOLDER) for _ in range(3)]
    assert (psutil.Process().memory_info().rss - before) / len(kept) < 30e6


def test_ten_times_the_rules_cost_less_than_twice_the_time() -> None:
    book = starter()
    many = replace(
        book, rules=tuple(replace(rule, code=f"{rule.code}{number}") for number in range(10) for rule in book.rules)
    )

    def took(rulebook: object, start: int) -> float:
        began = process_time()
        for place in range(start, start + 40):
            check(DRAFT[place : place + 280], asked("Hej"), rulebook, Context(models=False))  # type: ignore[arg-type]
        return process_time() - began

    took(book, 0)
    assert took(many, 40) < 2.5 * took(book, 80)
