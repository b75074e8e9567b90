"""Gaps: found once, shown with their range, and gone from the pages when a lead has taken note."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from connectors.base import Mark, Page, Window
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Audit, Channel, Gap, Person, Stream, Wall
from inbox.models.intake import commit_page
from tests import make
from tests.inbox.browsing import client, words

KNOWN = Mark(make.NOON, "100")
BOTTOM = Mark(make.NOON + timedelta(hours=5), "900")


def gap(channel: Channel) -> Gap:
    return Gap.objects.create(channel=channel, stream="mentions", from_at=KNOWN.at, to_at=BOTTOM.at, wall=Wall.COUNT)


def test_a_walk_that_met_the_wall_leaves_a_gap_with_its_range_once(twitter: Channel) -> None:
    for _again in range(2):
        stream, _new = Stream.objects.update_or_create(
            channel=twitter,
            key="mentions",
            defaults={"complete_up_to_at": KNOWN.at, "complete_up_to_id": KNOWN.id, "walk_to_at": None},
        )
        commit_page(twitter, stream, Page((), Window(complete_up_to=BOTTOM), wall=BOTTOM))
    found = Gap.objects.get()
    assert (found.from_at, found.to_at, found.wall) == (KNOWN.at, BOTTOM.at, Wall.COUNT)
    assert Audit.objects.filter(verb="gap_found").count() == 1


def test_a_pause_longer_than_the_reach_leaves_a_gap(facebook: Channel, street: Remote) -> None:
    away_since = make.after(-40 * 86400)
    Channel.objects.update(last_read_at=away_since)
    tasks.pull(facebook.pk)
    found = Gap.objects.filter(stream="feed").get()
    assert (found.from_at, found.wall) == (away_since, Wall.REACH)
    assert abs((found.to_at - make.after(-30 * 86400)).total_seconds()) < 300


def test_a_short_pause_leaves_none(facebook: Channel, street: Remote) -> None:
    Channel.objects.update(last_read_at=make.after(-6 * 86400))
    tasks.pull(facebook.pk)
    assert not Gap.objects.exists()


def test_it_is_a_banner_on_both_pages_until_a_lead_has_taken_note(twitter: Channel, lea: Person, ada: Person) -> None:
    found, browser = gap(twitter), client(lea)
    for page in ("channels", "board"):
        assert "messages may be missing" in words(browser.get(reverse(page)))
    assert browser.post(reverse("gap_acknowledge", args=[found.pk])).status_code == 302
    for page in ("channels", "board"):
        assert "messages may be missing" not in words(browser.get(reverse(page)))
    found.refresh_from_db()
    assert (found.acknowledged_by, found.acknowledged_at is not None) == (lea, True)
    assert Audit.objects.filter(verb="gap_acknowledged", by=lea).count() == 1


def test_who_comes_second_is_told(twitter: Channel, lea: Person) -> None:
    found, browser = gap(twitter), client(lea)
    browser.post(reverse("gap_acknowledge", args=[found.pk]))
    assert browser.post(reverse("gap_acknowledge", args=[found.pk])).status_code == 409
    assert Audit.objects.filter(verb="gap_acknowledged").count() == 1


def test_no_page_of_x_is_read_twice_once_nothing_can_come_late(twitter: Channel, street: Remote) -> None:
    street.write(
        network="x", kind="tweet", author="Elin Sjöberg", text=f"@{demo.X_HANDLE} hej", created_at=street.now() - 600
    )
    tasks.pull(twitter.pk)
    street.call("DELETE", "calls")
    Channel.objects.update(next_poll_at=make.after(-1))
    tasks.pull(twitter.pk)
    mentions = [row for row in street.calls(0)["counts"] if row["route"].endswith("/mentions")]
    assert [(row["calls"], row["resources"]) for row in mentions] == [(1, 0)]
