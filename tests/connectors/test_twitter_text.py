from __future__ import annotations

import pytest

from connectors.twitter import Twitter


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Hej på dig", 10),
        ("åäöæøéßñ", 8),
        ("e\u0301", 1),
        ("“citat” – ja…", 14),
        ("日本語", 6),
        ("Привет", 6),
        ("👍", 2),
        ("👍🏽", 2),
        ("❤️", 2),
        ("👩‍👩‍👧‍👦", 2),
        ("🇸🇪🇳🇴", 4),
        ("1️⃣", 2),
        ("©", 1),
        ("https://nordnett.example/en/mycket/lang/adress?med=fragor", 23),
        ("se https://a.se och https://b.se.", 3 + 23 + 5 + 23 + 1),
        ("nordnett.se/hjalp", 23),
        ("Skriv till kund@nordnett.se", 27),
        ("kl.10.30", 8),
        ("@elin hej", 9),
        ("x" * 280, 280),
    ],
)
def test_length_is_the_networks_weighted_count(text: str, length: int) -> None:
    assert Twitter.length(text) == length


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Hej! Läs https://example.com/a", "@elin Hej! Läs https://t.co/aB3dE5fG7h"),
        ("Hej! Läs https://example.com/a", "@elin @oskar Hej! Läs https://example.com/a"),
        ("Se example.com/a/ nu", "Se http://example.com/a nu"),
        ("Två https://a.se/1 och https://b.se/2", "Två https://t.co/1111111111 och https://t.co/2222222222"),
        ("a & b < c", "a &amp; b &lt; c"),
        ("  rad\n\nrad ", "rad\n\nrad"),
        ("r\u00e4tt", "ra\u0308tt"),
        ("👩‍👩‍👧 ja", "👩‍👩‍👧 ja"),
        ("Fråga (om) [allt]. *", "Fråga (om) [allt]. *"),
    ],
)
def test_what_the_network_makes_of_our_text_is_our_text(ours: str, theirs: str) -> None:
    assert Twitter.same_text(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Hej! Läs https://example.com/a", "Hej! Läs https://example.com/b"),
        ("Hej! Läs https://example.com/a nu", "Hej! Läs https://t.co/aB3dE5fG7h"),
        ("Hej!", "Hej"),
        ("Hej @elin", "Hej @oskar"),
        ("Hej!", "https://t.co/aB3dE5fG7h Hej!"),
        ("Hej!", ""),
    ],
)
def test_another_text_is_not_ours(ours: str, theirs: str) -> None:
    assert not Twitter.same_text(ours, theirs)
