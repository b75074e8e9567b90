"""What can be read out of a customer's words before a person does: language, topic, danger, a bare thanks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies.language import guess

THANKS = re.compile(
    r"""^\W*(ja|ok|okej|okay|super|perfekt|perfect|great|toppen|flott|fint|bra|strålande|herligt|dejligt|kanon|och|og|and|
    tack|tackar|takk|tak|thanks|thank\ you|thx|ty|mange|många|så|tusen|tusind|hjärtligt|hjertelig|very|so|much|mycket|
    meget|skal\ du\ ha|for|för|hjälpen|hjelpen|hjælpen|svar|svaret|help|the|your|reply|det|it|all|\W)+$""",
    re.IGNORECASE | re.VERBOSE,
)
DANGER = re.compile(
    r"""\b(112|113|110|911)\b.{0,40}\b(inte|ikke|not|går|kommer|virker|fungerar|fungerer)|
    \b(respirator|ventilator|dialys|dialyse|syrgas|oksygen|oxygen|iltapparat)|
    trygghetsalarm|trygghetslarm|tryghedsalarm|nödkald|nødkald|
    självmord|selvmord|suicid|ta\ livet\ av|tage\ livet\ af|ta\ mitt\ liv|kill\ myself|end\ my\ life|vill\ inte\ leva|
    vil\ ikke\ leve|orkar\ inte\ leva|
    (ska|skal|will|gonna|going\ to)\ (döda|drepe|dræbe|kill|bränna\ ner|sprenge|spränga|bomb)|
    bombhot|bombetrussel|bomb\ threat|livsfara|livsfarlig|livsfare|dör\ här|dør\ her|barn.{0,20}inlåst|
    gaslukt|gaslugt|gasslukt|smell\ of\ gas|strömförande|ligger.{0,20}ledning.{0,20}(vägen|veien|vejen)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """language: sv, nb, da or en. topic: a topic of POLICY.md or "". danger: speaks of life, health or a threat."""

    language: str
    topic: str
    danger: bool
    thanks: bool


def read(text: str, prior: str = "") -> Reading:
    """Read one message. `prior` is the channel's or thread's language, kept where the text is too short to tell."""
    return Reading(
        language=guess(text, prior),
        topic="",
        danger=bool(DANGER.search(text)),
        thanks=is_bare_thanks(text),
    )


def is_bare_thanks(text: str) -> bool:
    """Thanks, a smile or a thumb and nothing more: it asks for no answer."""
    return not any(letter.isalnum() for letter in text) or bool(THANKS.match(text) and len(text) < 60)
