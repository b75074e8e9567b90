"""The channels page: what holds now, in words, and nothing that is over."""

from __future__ import annotations

import pytest
from django.urls import reverse

from connectors.base import PostContext, Rate
from inbox.models import Channel, ChannelState, Person, Round
from inbox.models.rota import keep_turns
from tests import make
from tests.inbox.browsing import client, words


def page(person: Person) -> str:
    return words(client(person).get(reverse("channels")))


def test_a_limit_stands_there_until_it_is_over(facebook: Channel, ada: Person) -> None:
    Channel.objects.update(closed_until=make.after(-1), reads_closed_until=make.after(-1))
    assert "Rate limit" not in page(ada)
    Channel.objects.update(reads_closed_until=make.after(600))
    assert "nothing is read before" in page(ada)
    Channel.objects.update(closed_until=make.after(600))
    assert "no calls before" in page(ada)


def test_what_is_left_of_the_budget_and_for_whom(facebook: Channel, ada: Person) -> None:
    assert "Budget" not in page(ada)
    assert facebook.take_pull()
    facebook.pulled(rate=Rate(0.634, 60.0))
    assert "63 % of the network's calls are left; the last 20 % are for replies" in page(ada)
    Channel.objects.update(reads_closed_until=make.after(600))
    assert "Budget" not in page(ada)


def test_on_x_every_call_has_a_budget_of_its_own(twitter: Channel, ada: Person) -> None:
    assert twitter.take_pull()
    twitter.pulled(rate=Rate(0.5, 60.0))
    assert "Budget" not in page(ada)


def test_how_far_the_older_posts_are_read(facebook: Channel, ada: Person) -> None:
    assert "none known read in turns once there are any" in page(ada)
    keep_turns(facebook, [PostContext(f"1_{number}", created_at=make.after(-40 * 86400)) for number in range(3)])
    assert "3 known read in turns, for the first time soon" in page(ada)
    facebook.rounds.create(posts=2, found=1)
    assert ": 2 read, 1 new" in page(ada)
    assert "this round since" in page(ada)
    Round.objects.update(ended_at=make.after(0))
    assert "last round" in page(ada)


def test_a_refused_token_is_not_counted_in_days(facebook: Channel, ada: Person) -> None:
    Channel.objects.update(token_expires_at=make.after(50 * 86400 + 60))
    assert "50 days left" in page(ada)
    Channel.objects.update(state=ChannelState.ATTENTION, last_error="Facebook: (code 190)", last_error_kind="token")
    assert "days left" not in page(ada)
    assert "refused" in page(ada)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (ChannelState.PAUSED, "The channel is paused: what you send waits until it goes on."),
        (ChannelState.OFF, "The channel is not connected: what you send waits until it is connected again."),
        (ChannelState.ACTIVE, ""),
    ],
)
def test_the_composer_says_when_what_is_sent_will_wait(state: str, says: str, facebook: Channel, anna: Person) -> None:
    thread = make.thread(facebook)
    Channel.objects.update(state=state)
    shown = words(client(anna).get(reverse("thread", args=[thread.pk])))
    assert says in shown
    assert ("what you send waits" in shown) == bool(says)
