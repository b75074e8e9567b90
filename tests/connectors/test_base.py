from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Connector, ConnectorError, Kind, Outgoing, ReadBack, RemoteMessage, Secret, Visibility
from connectors.facebook import Facebook
from connectors.feed import Feed
from connectors.twitter import Twitter

ATTEMPT = datetime(2026, 11, 22, 10, 0, 0, 700_000, UTC)
OUTGOING = Outgoing("Hej! Vi tittar på det.", answers_remote_id="12", root_remote_id="10")


def ours(remote_id: str, text: str = OUTGOING.text, *, parent: str | None = "12", after: float = 1) -> RemoteMessage:
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id="10",
        kind=Kind.COMMENT,
        visibility=Visibility.PUBLIC,
        text=text,
        created_at=ATTEMPT + timedelta(seconds=after),
        parent_remote_id=parent,
    )


def found(*own: RemoteMessage, taken: tuple[str, ...] = (), network: type[Connector] = Facebook) -> str | None:
    message = network.find_own(OUTGOING, ReadBack(own), since=ATTEMPT, taken=taken)
    return message.remote_id if message else None


def test_nothing_is_found_in_nothing() -> None:
    assert found() is None


def test_our_reply_is_found() -> None:
    assert found(ours("20")) == "20"


def test_a_network_that_cuts_times_to_the_second_shows_it_before_the_attempt() -> None:
    assert found(ours("20", after=-0.7)) == "20"


def test_an_older_one_with_the_same_text_is_not_it() -> None:
    assert found(ours("20", after=-60)) is None


def test_one_that_belongs_to_another_reply_is_not_it() -> None:
    assert found(ours("20"), ours("21", after=5), taken=("20",)) == "21"


def test_of_two_the_first_is_ours_and_the_second_a_second_sending() -> None:
    assert found(ours("21", after=9), ours("20", after=2)) == "20"


def test_one_under_another_message_is_not_it() -> None:
    assert found(ours("20", parent="99")) is None
    assert found(ours("20", parent=None)) is None


def test_a_network_may_have_put_it_under_the_root_but_the_exact_parent_goes_first() -> None:
    assert found(ours("20", parent="10")) == "20"
    assert found(ours("20", parent="10", after=1), ours("21", parent="12", after=2)) == "21"


@pytest.mark.parametrize("network", [Facebook, Twitter])
@pytest.mark.parametrize("text", ["  Hej!  Vi tittar\r\npå det. ", "Hej! Vi tittar pa\u030a det."])
def test_spaces_and_composition_of_letters_make_no_difference(network: type[Connector], text: str) -> None:
    assert found(ours("20", text), network=network) == "20"


@pytest.mark.parametrize(
    "text", ["Hej! Vi tittar på det", "hej! Vi tittar på det.", "Hej! Vi tittar på det. /Anna", ""]
)
def test_another_text_is_not_it(text: str) -> None:
    assert found(ours("20", text)) is None


def test_a_secret_shows_itself_nowhere_but_where_it_is_asked_to() -> None:
    secret = Secret("canary")
    shown = f"{secret} {secret!r} {[secret]} {secret!s:>20} {vars(type(secret))}"
    assert "canary" not in shown
    assert (secret.reveal(), bool(secret), bool(Secret(""))) == ("canary", True, False)


def test_a_network_without_webhooks_says_so() -> None:
    with pytest.raises(ConnectorError, match="sends no webhooks"):
        Feed.parse_webhook(b"{}")
    assert not Feed.signed(b"{}", {}, "secret")
    assert Feed.handshake({"crc_token": "1"}, secret="secret", token="") is None
