import pytest

from policies.verdict import Effect, RecentReply, Wording
from tests.policies.ground import verdict

BODY = (
    "Vi ser att det är många som väntar på leverans just nu, och vi beklagar att din beställning har blivit försenad."
)
SENT = (RecentReply(f"Hej Anna! {BODY} /Bo", "anna"), RecentReply(f"Hej Karin! {BODY} /Bo", "karin"))


def test_the_third_alike_to_different_people_warns() -> None:
    found = verdict("repeat", f"Hej Olof! {BODY} /Bo", recent_replies=SENT)
    assert found.effect is Effect.WARN
    assert found.violations[0].finding.data["times"] == 3


def test_the_second_does_not() -> None:
    assert verdict("repeat", BODY, recent_replies=SENT[:1]).violations == ()


def test_the_same_person_twice_counts_once() -> None:
    same = (SENT[0], RecentReply(BODY, "anna"))
    assert verdict("repeat", BODY, recent_replies=same).violations == ()


@pytest.mark.parametrize(
    "draft",
    ["Hej Olof! Tack för ditt meddelande. Mvh Bo", f"Ett helt annat svar: {BODY[::-1]}"],
)
def test_short_texts_and_other_texts_do_not(draft: str) -> None:
    assert verdict("repeat", draft, recent_replies=SENT).violations == ()


def test_approved_wordings_and_private_threads_never_do() -> None:
    assert verdict("repeat", BODY, recent_replies=SENT, snippets=(Wording(1, BODY),)).violations == ()
    assert verdict("repeat", BODY, recent_replies=SENT, statements=(Wording(1, BODY),)).violations == ()
    assert verdict("repeat", BODY, recent_replies=SENT, visibility="private").violations == ()


def test_the_signature_does_not_count() -> None:
    alike = (RecentReply(f"{BODY} Anna Berg", "a"), RecentReply(f"{BODY} Anna Berg", "b"))
    assert verdict("repeat", f"{BODY} Anna Berg", recent_replies=alike, signature="Anna Berg").violations
