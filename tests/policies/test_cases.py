import json

import pytest

from policies.cases import CaseError, answer, parse
from policies.rulebook import starter

CASE = {
    "id": "x-1",
    "language": "nb",
    "network": "facebook",
    "visibility": "public",
    "incident": False,
    "topic": "rumour",
    "thread": [{"from": "customer", "text": "Stemmer det?"}, {"from": "us", "text": "Hei"}],
    "draft": "Ja, CPR 120385-1234.",
    "violations": ["privacy"],
    "situation": "s",
}


def line(**changes: object) -> str:
    return json.dumps({**CASE, **changes}, ensure_ascii=False)


def test_a_case_is_read_with_its_labels() -> None:
    case = parse(line())
    assert (case.id, case.draft, case.violations, case.situation) == ("x-1", CASE["draft"], {"privacy"}, "s")
    assert [turn.sender for turn in case.thread] == ["customer", "us"]
    assert (case.context.topic, case.context.language, case.context.incident) == ("rumour", "nb", False)


def test_no_topic_and_no_labels_are_fine() -> None:
    unlabelled = {key: value for key, value in CASE.items() if key not in ("violations", "situation")}
    case = parse(json.dumps({**unlabelled, "topic": None}))
    assert (case.context.topic, case.violations) == ("", frozenset())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (line(draft=7), "draft is of the wrong kind"),
        (line(language="fi"), "language is 'fi'"),
        (line(visibility="secret"), "visibility"),
        (line(topic="weather"), "topic"),
        (line(incident="no"), "incident is of the wrong kind"),
        (line(thread=[{"from": "customer"}]), "from and text"),
        (line(thread="hello"), "thread is of the wrong kind"),
        (line(violations="privacy"), "violations"),
        (json.dumps({"id": "x"}), "is missing"),
    ],
)
def test_what_is_no_case_says_why(written: str | bytes, said: str) -> None:
    with pytest.raises(CaseError, match=said):
        parse(written)


def test_an_answer_has_the_promised_shape_and_leaves_out_what_is_only_watched() -> None:
    found = answer(parse(line()), starter())
    assert set(found) == {"id", "effect", "violations", "topic", "ms"}
    assert set(found["topic"]) == {"suggested", "score"}
    for violation in found["violations"]:
        assert set(violation) == {"rule", "effect", "start", "end", "message", "suggestion"}
        assert violation["effect"] in ("advise", "warn", "hold", "block")
