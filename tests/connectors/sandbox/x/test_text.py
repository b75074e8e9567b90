"""How X counts and shortens."""

import pytest

from connectors.sandbox.x.text import cut, shorten, weight


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hej", 3),
        ("blåbærgrød æøå", 14),
        ("a\u030a", 1),  # å in two code points
        ("日本", 4),
        ("😀", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇳🇴🇸🇪", 4),
        ("se https://example.com/en/mycket/lang/adress?x=1", 26),
        ("“citat” – ja", 12),
    ],
)
def test_the_weighted_length(text: str, length: int) -> None:
    assert weight(text) == length


def test_the_full_stop_after_an_address_is_not_part_of_it() -> None:
    text, [link] = shorten("Se https://example.com/a. Hej", "1")
    assert link.url == "https://example.com/a"
    assert text == f"Se {link.short}. Hej"
    assert len(link.short) == 23


def test_two_posts_get_different_short_addresses() -> None:
    assert shorten("https://example.com", "1")[0] != shorten("https://example.com", "2")[0]


def test_a_cut_text_leaves_room_for_the_link() -> None:
    assert weight(cut("å" * 1000)) == 280 - 23 - 3
