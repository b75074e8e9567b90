"""What training sees of the corpus: signs hidden by lot, and messages that train danger or topics alone."""

from dataclasses import replace

from policies.cases import Case
from policies.topics import RULES, SCORES
from policies.training.fit import fit_first
from policies.training.matrices import UNHEARD, read_cases
from policies.verdict import Context, Turn


def _case(number: int, draft: str = "IDIOT! Läs villkoren NU DÅ!!!", *, danger: bool = False) -> Case:
    thread = (Turn("customer", f"Hej {number}"),)
    return Case(
        f"c-{number}", thread, draft, Context(language="sv"), frozenset({"tone"} if draft else ()), danger=danger
    )


def test_a_share_of_what_the_signs_find_is_hidden_and_always_the_same() -> None:
    files = {"wordings": [_case(number) for number in range(400)]}
    heard = read_cases(files).seen[:, RULES.index("tone")] > 0
    assert abs(1 - heard.mean() - UNHEARD["tone"]) < 0.1
    assert (heard == (read_cases(files).seen[:, RULES.index("tone")] > 0)).all()


def test_of_an_author_whom_nobody_has_read_nothing_is_hidden() -> None:
    read = read_cases({"somebody": [_case(number) for number in range(40)]})
    assert (read.seen[:, RULES.index("tone")] > 0).all()


def test_messages_without_a_draft_train_danger_and_nothing_else() -> None:
    drafted = [_case(number, danger=number < 3) for number in range(8)]
    alone = [_case(number, "", danger=number % 2 == 0) for number in range(8, 40)]
    read = read_cases({"author": drafted, "danger": alone})
    assert read.drafted.sum() == len(drafted)
    with_them, without = fit_first(read), fit_first(read_cases({"author": drafted}))
    place = 0  # the first joint score: no case breaks it, so it stays at its absent bias
    assert with_them.bias[place] == without.bias[place]


def test_messages_whose_topic_was_told_train_topics_and_no_rule() -> None:
    drafted = [_case(number) for number in range(8)]
    told = [_on_topic(_case(number, ""), "launch" if number % 2 else "") for number in range(8, 40)]
    with_them = fit_first(read_cases({"author": drafted, "heard": told}))
    without = fit_first(read_cases({"author": drafted, "danger": told}))
    launch = [SCORES.index("topic.launch"), SCORES.index("topic_joint.launch")]
    rest = [place for place in range(len(SCORES)) if not SCORES[place].startswith("topic")]
    assert (with_them.bias[launch] != without.bias[launch]).all()
    assert (with_them.bias[rest] == without.bias[rest]).all()


def _on_topic(case: Case, topic: str) -> Case:
    return replace(case, context=replace(case.context, topic=topic))
