from policies.language import guess


def test_in_doubt_the_channels_language_wins() -> None:
    assert guess("ok", "nb") == "nb"
    assert guess("Det er en fin dag i dag", "da") == "da"


def test_without_a_prior_there_is_always_an_answer() -> None:
    assert guess("") in ("sv", "nb", "da", "en")
