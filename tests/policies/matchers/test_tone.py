import pytest

from policies.verdict import Effect
from tests.policies.ground import kinds, passages, verdict


@pytest.mark.parametrize(
    ("draft", "kind", "passage"),
    [
        ("Hej! LUGNA NER DIG NU tack", "shouting", "LUGNA NER DIG NU"),
        ("Nå!!! Svar", "shouting", "!!!"),
        ("Det är för jävligt, sa du", "swearing", "jävl"),
        ("Vennligst slutt å sutre.", "insult", "slutt å sutre"),
    ],
)
def test_the_passage_is_marked(draft: str, kind: str, passage: str) -> None:
    found = verdict("tone", draft)
    assert found.effect is Effect.WARN
    assert kind in kinds(found)
    assert passage in passages(draft, found)


@pytest.mark.parametrize(
    "draft",
    [
        "Tråkigt att höra, berätta gärna vad som har hänt!",
        "Beklager, det var vår feil 🙂",
        "Vi kan desværre ikke ændre på det.",
        "Sorry about that! Enter the PUK code for your SIM.",
    ],
)
def test_warm_brief_and_firm_but_civil_is_clean(draft: str) -> None:
    assert verdict("tone", draft).violations == ()
