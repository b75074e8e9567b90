"""Operating points are set by authors whom nobody has read."""

import numpy as np

from policies.cases import Case
from policies.topics import RULES, TOPICS
from policies.training.fit import Unseen
from policies.training.matrices import Read, read_cases
from policies.training.points import TONE_SHARE, best_f1, choose
from policies.verdict import Context, Turn

TONE = RULES.index("tone")


def _case(number: int, author: str, *, rude: bool) -> Case:
    thread = (Turn("customer", f"Hej {number} {author}"),)
    violations = frozenset({"tone"} if rude else ())
    return Case(f"{author}-{number}", thread, "Tack!", Context(language="sv"), violations)


def _file(author: str, count: int = 40) -> list[Case]:
    return [_case(number, author, rude=number % 2 == 0) for number in range(count)]


def _views(read: Read, tone: np.ndarray) -> Unseen:  # type: ignore[type-arg]
    """The same of everything but tone."""
    count = len(read.cases)
    risks = np.full((count, len(RULES)), 0.1, np.float32)
    risks[:, TONE] = tone
    spread = np.full((count, len(TOPICS)), 1 / len(TOPICS), np.float32)
    return Unseen(risks, np.zeros(count, np.float32), spread, spread, np.full(count, 0.1, np.float32))


def test_they_are_set_by_unread_authors_alone() -> None:
    read = read_cases({"wordings": _file("wordings"), "mixed": _file("mixed")})
    sure = np.where(read.usual, 0.4, 0.9) * read.breaks[:, TONE]
    assert choose(read, _views(read, sure))["advise"]["tone"] <= 0.4


def test_where_all_have_been_read_they_are_set_by_these() -> None:
    read = read_cases({"wordings": _file("wordings")})
    assert choose(read, _views(read, 0.9 * read.breaks[:, TONE]))["advise"]["tone"] <= 0.9


def test_tone_is_advised_on_as_often_as_clean_replies_may_be_told() -> None:
    read = read_cases({"mixed": _file("mixed", 200)})
    rude = read.breaks[:, TONE]
    tone = np.where(rude, 0.9, np.linspace(0, 0.5, len(rude)))
    point = choose(read, _views(read, tone))["advise"]["tone"]
    assert 0 < (tone[~rude] >= point).mean() <= TONE_SHARE + 0.01


def test_the_threshold_is_the_middle_of_those_that_are_nearly_the_best() -> None:
    label = np.repeat([True, False], [200, 800])
    score = np.concatenate([np.linspace(0.9, 0.5, 200), np.linspace(0.4, 0, 800)]).astype(np.float32)
    best = best_f1(label, score)
    assert 0.39 < best <= 0.502  # between the last breaches and the first few clean ones
    assert best_f1(np.zeros_like(label), score) > 1
