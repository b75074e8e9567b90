"""What can be read out of a customer's words before a person does: topic, danger, a bare thanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policies.patterns import says
from policies.text import fold
from policies.topics import shipped
from policies.verdict import TopicGuess

THANKS = re.compile(
    r"""^\W*(ja|ok|okej|okay|super|perfekt|perfect|great|toppen|flott|fint|bra|strålande|herligt|dejligt|kanon|och|og|and|
    tack|tackar|takk|tak|thanks|thank\ you|thx|ty|mange|många|så|tusen|tusind|hjärtligt|hjertelig|very|so|much|mycket|
    meget|skal\ du\ ha|for|för|hjälpen|hjelpen|hjælpen|svar|svaret|help|the|your|reply|det|it|all|\W)+$""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """topic: a topic of POLICY.md or "". danger: speaks of life, health or a threat."""

    topic: str
    danger: bool
    thanks: bool


def read(text: str) -> Reading:
    """Read one message.

    The topic is the models' suggestion, "" where none is likely or no models are installed. Danger is the words that
    need no reading between the lines, or the models' view.
    """
    return read_all([text])[0]


def read_all(texts: Sequence[str]) -> list[Reading]:
    """Read messages, each by itself; together they take a third of the time."""
    return [
        Reading(
            topic="" if topic.suggested == "none" else topic.suggested,
            danger=danger,
            thanks=is_bare_thanks(text),
        )
        for text, (topic, danger) in zip(texts, _understood(texts), strict=True)
    ]


def _understood(texts: Sequence[str]) -> list[tuple[TopicGuess, bool]]:
    models = shipped()
    if models is None:
        return [(TopicGuess(), speaks_of_danger(text)) for text in texts]
    point = models.card["points"]["danger"]
    return [
        (topic, is_danger(danger, point, told=speaks_of_danger(text)))
        for text, (topic, danger) in zip(texts, models.read(texts), strict=True)
    ]


# Where the words speak of danger, the models need not be sure; only where they see next to none ("killing me") is a
# word from the list let be.
_DOUBT = 0.3


def is_danger(probability: float, point: float, *, told: bool) -> bool:
    """Is it danger, at this operating point? told: do the words say so?"""
    return probability >= (point * _DOUBT if told else point)


def speaks_of_danger(text: str) -> bool:
    """Does it contain plain words of danger to life or health, of a threat or of despair?"""
    return says("danger", "danger", fold(text).low)


def is_bare_thanks(text: str) -> bool:
    """Thanks, a smile or a thumb and nothing more: it asks for no answer."""
    return not any(letter.isalnum() for letter in text) or bool(THANKS.match(text) and len(text) < 60)
