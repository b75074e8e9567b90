import json

import pytest

from policies.verdict import Effect, Finding, TopicGuess, Verdict, Violation, segments, strongest


def violation(effect: Effect, kind: str = "gate", span: tuple[int, int] | None = None) -> Violation:
    return Violation("rumours", effect, "We never comment on rumours", Finding(span, "says it", data={"kind": kind}))


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ([], Effect.SEND),
        ([Effect.WATCH], Effect.SEND),
        ([Effect.ADVISE, Effect.WATCH], Effect.SEND),
        ([Effect.ADVISE, Effect.WARN], Effect.WARN),
        ([Effect.BLOCK, Effect.HOLD], Effect.BLOCK),
    ],
)
def test_the_strongest_effect_decides_and_advice_stops_nothing(effects: list[Effect], expected: Effect) -> None:
    assert strongest([violation(effect) for effect in effects]) is expected


def test_a_verdict_survives_storage_as_json() -> None:
    verdict = Verdict(
        effect=Effect.HOLD,
        violations=(violation(Effect.HOLD, span=(3, 9)), violation(Effect.ADVISE, "promise")),
        topic=TopicGuess("rumour", 0.91),
        rulebook_version=7,
        model="abc",
        ms=1.5,
        failed=("tone",),
        danger=0.2,
    )
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


def test_an_approval_takes_its_findings_out_and_leaves_the_others() -> None:
    verdict = Verdict(Effect.BLOCK, (violation(Effect.HOLD, "gate"), violation(Effect.BLOCK, "card")))
    left = verdict.without({"rumours:gate"})
    assert left.effect is Effect.BLOCK
    assert left.keys == {"rumours:card"}
    assert verdict.without(verdict.keys).effect is Effect.SEND


def test_a_finding_from_outside_raises_the_effect() -> None:
    assert Verdict(Effect.SEND).plus(violation(Effect.HOLD, "supervision")).effect is Effect.HOLD


def test_only_a_national_or_card_number_that_blocks_is_final() -> None:
    assert violation(Effect.BLOCK, "card").final
    assert not violation(Effect.WARN, "card").final
    assert not violation(Effect.BLOCK, "no_referral").final


def test_segments_join_to_the_draft_and_overlaps_carry_both() -> None:
    draft = "abcdefghij"
    one, other = violation(Effect.WARN, "a", (2, 6)), violation(Effect.WARN, "b", (4, 8))
    found = segments(draft, [one, other, violation(Effect.WARN, "whole")])
    assert "".join(segment.text for segment in found) == draft
    assert [(segment.text, len(segment.violations)) for segment in found] == [
        ("ab", 0),
        ("cd", 1),
        ("ef", 2),
        ("gh", 1),
        ("ij", 0),
    ]


def test_segments_of_a_draft_without_marks_are_the_draft() -> None:
    assert [segment.text for segment in segments("Hej", [])] == ["Hej"]
    assert segments("", []) == []
