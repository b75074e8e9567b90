"""The play on a real sandbox, its time given by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox import demo
from connectors.sandbox.player.play import MOST_WAITING, Play
from connectors.sandbox.player.scripts import Script, Turn
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
HOUR = 3600.0


class Hands:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def street(sandbox: Remote) -> Iterator[Remote]:
    sandbox.reset(people=True)
    return sandbox


def script(network: str = "facebook", *then: Turn) -> Script:
    where, under = ("comment", "stores") if network == "facebook" else ("mention", "")
    text = "Lukker I butikken?" if network == "facebook" else "@nordnett lukker I?"
    return Script("one", "da", "rumour", network, where, text, under, then)


def customers(street: Remote) -> list[Json]:
    return street.truth(who="others")


def answer(street: Remote, to: Json, text: str = "Det kommenterer vi ikke.") -> Json:
    us = demo.PAGE_ID if to["network"] == "facebook" else demo.X_USER_ID
    kind = "comment" if to["network"] == "facebook" else "tweet"
    return street.write(network=to["network"], kind=kind, author_id=us, text=text, parent_id=to["id"], via="api")


def test_where_there_is_nothing_of_ours_nobody_writes_and_the_play_goes_on(street: Remote, clock: Hands) -> None:
    street.reset(people=False)
    nowhere = Script("one", "sv", "outage", "instagram", "comment", "När kommer ni hit?", "tower")
    play = Play(street, [nowhere], now=clock)
    play.step(once=True)
    assert (customers(street), play.over) == ([], True)


def test_on_a_blog_people_write_under_an_entry_and_go_on_under_the_answer(street: Remote, clock: Hands) -> None:
    told = Script("one", "da", "service", "blog", "comment", "Hvad med fastnet?", "copper", (Turn("answer", "Tak!"),))
    play = Play(street, [told], now=clock)
    play.step(once=True)
    [asked] = customers(street)
    entry = next(one for one in street.truth("blog") if one["id"] == asked["parent_id"])
    assert entry["text"] == demo.ENTRIES["copper"][0]
    us = {"network": "blog", "kind": "comment", "author_id": demo.BLOG_USER_ID, "via": "street"}
    street.write(**us, text="Vi ringer.", parent_id=asked["id"])
    play.step(once=True)
    clock.at += HOUR
    play.step(once=True)
    assert [one["text"] for one in customers(street)] == ["Hvad med fastnet?", "Tak!"]


def test_a_customer_who_speaks_the_language_opens_under_the_right_post(street: Remote, clock: Hands) -> None:
    Play(street, [script()], now=clock).step()
    [entry] = customers(street)
    author = next(one for one in street.people("facebook") if one["id"] == entry["author_id"])
    post = next(one for one in street.truth("facebook") if one["id"] == entry["parent_id"])
    assert author["language"] == "da"
    assert post["text"] == demo.POSTS["stores"][0]


@pytest.mark.parametrize("network", ["facebook", "x"])
def test_our_answer_is_answered_after_a_while_and_not_at_once(street: Remote, clock: Hands, network: str) -> None:
    play = Play(street, [script(network, Turn("answer", "Tak."))], now=clock)
    play.step(once=True)
    [first] = customers(street)
    answer(street, first)
    play.step(once=True)
    assert len(customers(street)) == 1
    clock.at += 121
    play.step(once=True)
    thanks = customers(street)[1]
    assert (thanks["text"], thanks["author_id"]) == ("Tak.", first["author_id"])
    play.step(once=True)
    assert play.over


def test_silence_makes_them_write_again(street: Remote, clock: Hands) -> None:
    play = Play(street, [script("facebook", Turn("silence", "Hallo?"))], now=clock)
    play.step(once=True)
    clock.at += 601
    play.step(once=True)
    assert [entry["text"] for entry in customers(street)] == ["Lukker I butikken?", "Hallo?"]


def test_a_quick_answer_spares_us_the_angry_comment(street: Remote, clock: Hands) -> None:
    play = Play(street, [script("facebook", Turn("silence", "Hallo?"), Turn("answer", "Tak."))], now=clock)
    play.step(once=True)
    answer(street, customers(street)[0])
    for _ in range(3):
        play.step(once=True)
        clock.at += 200
    assert [entry["text"] for entry in customers(street)] == ["Lukker I butikken?", "Tak."]


def test_somebody_else_joins_in(street: Remote, clock: Hands) -> None:
    play = Play(street, [script("facebook", Turn("other", "Også her."))], now=clock)
    play.step(once=True)
    clock.at += 91
    play.step(once=True)
    first, other = customers(street)
    assert other["parent_id"] == first["id"]
    assert other["author_id"] != first["author_id"]


def test_the_play_pauses_while_sixty_wait_and_goes_on_when_one_is_answered(street: Remote, clock: Hands) -> None:
    play = Play(street, [script("x")], now=clock)
    for _ in range(MOST_WAITING + 20):
        play.step()
        clock.at += 100
    assert len(customers(street)) == MOST_WAITING
    answer(street, customers(street)[0])
    play.step()
    play.step()
    assert len(customers(street)) == MOST_WAITING + 1


def test_a_new_player_knows_who_waits_already(street: Remote, clock: Hands) -> None:
    first = Play(street, [script("x")], now=clock)
    for _ in range(MOST_WAITING):
        first.step()
        clock.at += 100
    Play(street, [script("x")], now=clock).step()
    assert len(customers(street)) == MOST_WAITING


def test_those_left_alone_for_hours_are_forgotten(street: Remote, clock: Hands) -> None:
    play = Play(street, [script("x")], now=clock)
    for _ in range(MOST_WAITING + 1):
        play.step()
        clock.at += 100
    street.advance(3 * HOUR)
    play.step()
    assert len(customers(street)) == MOST_WAITING + 1


def test_ten_times_the_speed_is_a_tenth_of_the_wait(street: Remote, clock: Hands) -> None:
    play = Play(street, [script("facebook", Turn("silence", "Hallo?"))], now=clock, speed=10)
    play.step(once=True)
    clock.at += 61
    play.step(once=True)
    assert len(customers(street)) == 2


def test_a_reset_of_the_sandbox_begins_the_play_anew(street: Remote, clock: Hands) -> None:
    play = Play(street, [script()], now=clock)
    for _ in range(20):
        play.step()
        clock.at += 100
    street.reset()
    play.step()
    assert len(customers(street)) == 1
