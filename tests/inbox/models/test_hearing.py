"""What is told in any order: the tables end where the network stands."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings

from connectors.base import Author, Change, Kind, Look, PostContext, Verb, Visibility
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, Foretold, Message, PagePost, Person, Reply, Sighting, Thread
from inbox.models.hearing import Hearing, apply
from inbox.models.intake import Batch, commit_look, store, to_look_up
from inbox.states import ReplyState, Settled
from tests import make

OURS = f"{demo.PAGE_ID}_70"


def minute(number: int):  # type: ignore[no-untyped-def]
    return make.NOON + timedelta(minutes=number)


def said(text: str, at: int = 0, remote_id: str = "70_1", **fields: object):  # type: ignore[no-untyped-def]
    return make.remote(text, remote_id=remote_id, created_at=minute(0), as_of=minute(at), hidden=None, **fields)


def change(verb: Verb, at: int = 0, remote_id: str = "70_1", text: str = "", **fields: object) -> Change:
    message = said(text, at, remote_id, **fields) if text else None
    return Change(demo.PAGE_ID, verb, remote_id, minute(at), message=message)


STORY = (
    change(Verb.ADD, 0, text="Først"),
    change(Verb.EDIT, 1, text="Så"),
    change(Verb.HIDE, 2),
    change(Verb.EDIT, 3, text="Til slutt"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_edits_and_hides_end_the_same_in_any_order(order: tuple[int, ...], facebook: Channel) -> None:
    for index in order:
        apply(facebook, [STORY[index]])
    message = Message.objects.get()
    assert (message.text, message.hidden) == ("Til slutt", True)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_what_was_taken_back_stays_away_in_any_order(order: tuple[int, ...], facebook: Channel) -> None:
    story = (*STORY[:3], change(Verb.REMOVE, 4))
    for index in order:
        apply(facebook, [story[index]])
    assert not Message.objects.filter(removed_at__isnull=True).exists()
    assert not Thread.objects.filter(state="open").exists()


def test_a_show_after_a_hide_shows_it_whichever_comes_first(facebook: Channel) -> None:
    for order in ((1, 2), (2, 1)):
        remote_id = f"70_{order[0]}"
        for at in order:
            apply(facebook, [change(Verb.HIDE if at == 1 else Verb.UNHIDE, at, remote_id)])
        apply(facebook, [change(Verb.ADD, 0, remote_id, text="Hei")])
    assert list(Message.objects.values_list("hidden", flat=True)) == [False, False]


HIDDEN_AND_SHOWN = (
    change(Verb.ADD, 0, text="Først"),
    change(Verb.HIDE, 1),
    change(Verb.UNHIDE, 2),
    change(Verb.EDIT, 3, text="Til slutt"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_what_was_shown_again_is_not_hidden_by_what_came_before_it(order: tuple[int, ...], facebook: Channel) -> None:
    for index in order:
        apply(facebook, [HIDDEN_AND_SHOWN[index]])
    message = Message.objects.get()
    assert (message.text, message.hidden) == ("Til slutt", False)


BACK_AGAIN = (
    change(Verb.ADD, 0, text="Først"),
    change(Verb.EDIT, 1, text="Så"),
    change(Verb.EDIT, 2, text="Først"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_edit_that_was_itself_edited_back_says_nothing(order: tuple[int, ...], facebook: Channel) -> None:
    for index in order:
        apply(facebook, [BACK_AGAIN[index]])
    assert Message.objects.get().text == "Først"


def test_on_x_a_version_is_as_old_as_its_id_whenever_it_was_read(twitter: Channel) -> None:
    """A reading that did not show the next version yet does not make it an older one."""
    for at in (5, 6):
        store(twitter, [said("Først", 0, "1")], as_of=minute(at), read=True)
    store(twitter, [said("Så", 2, "1")])
    assert Message.objects.get().text == "Så"


def test_a_reading_knows_more_than_what_was_told_before_the_message_came(facebook: Channel) -> None:
    """Of a comment that was hidden and shown again only the hiding was told: it came with the reading after both."""
    apply(facebook, [change(Verb.HIDE, 1)])
    seen = replace(said("Hei"), as_of=None, hidden=False)
    store(facebook, [seen], as_of=minute(3), read=True)
    assert not Message.objects.get().hidden
    store(facebook, [seen], as_of=minute(4), read=True)
    assert not Message.objects.get().hidden


def test_what_was_told_before_the_message_came_is_as_old_as_it_was_then(facebook: Channel) -> None:
    apply(facebook, [change(Verb.HIDE, 5)])
    store(facebook, [replace(said("Hei"), as_of=None, hidden=False)], as_of=minute(3), read=True)
    apply(facebook, [change(Verb.UNHIDE, 4)])
    message = Message.objects.get()
    assert (message.hidden, message.hidden_at) == (True, minute(5))


def test_what_a_reading_has_confirmed_an_older_hiding_does_not_change(facebook: Channel) -> None:
    seen = replace(said("Hei"), as_of=None, hidden=False)
    for at in (1, 9):
        store(facebook, [seen], as_of=minute(at), read=True)
    apply(facebook, [change(Verb.HIDE, 4)])
    assert not Message.objects.get().hidden


def test_what_another_worker_has_learnt_meanwhile_is_not_taken_back(facebook: Channel) -> None:
    """Two workers store at once: who began first and is behind writes last."""
    store(facebook, [said("Først")])
    behind = Batch(facebook, [replace(said("Så"), as_of=None, hidden=False)], minute(3), read=True)
    same = Batch(facebook, [replace(said("Først"), as_of=None, hidden=False)], minute(2), read=True)
    for batch in (behind, same):
        batch.find_known()
    store(facebook, [replace(said("Til slutt", 4), hidden=True)])
    for batch in (behind, same):
        batch.apply_edits()
    message = Message.objects.get()
    assert (message.text, message.text_at) == ("Til slutt", minute(4))
    assert (message.hidden, message.hidden_at) == (True, minute(4))


def test_with_a_comment_goes_everything_beneath_it_whenever_it_comes(facebook: Channel) -> None:
    below = {"parent_remote_id": "70_1", "root_remote_id": "70_1"}
    deeper = {"parent_remote_id": "70_2", "root_remote_id": "70_2"}
    apply(facebook, [change(Verb.ADD, 0, text="A"), change(Verb.ADD, 1, "70_2", text="B", **below)])
    apply(facebook, [change(Verb.REMOVE, 2)])
    apply(facebook, [change(Verb.ADD, 1, "70_3", text="C", **deeper)])
    assert not Message.objects.filter(removed_at__isnull=True).exists()


def test_what_answers_a_comment_that_never_came_in_is_not_let_in_either(facebook: Channel) -> None:
    apply(facebook, [change(Verb.REMOVE, 2)])
    apply(facebook, [change(Verb.ADD, 1, "70_3", text="C", parent_remote_id="70_2", root_remote_id="70_2")])
    apply(facebook, [change(Verb.ADD, 1, "70_2", text="B", parent_remote_id="70_1", root_remote_id="70_1")])
    assert not Message.objects.filter(removed_at__isnull=True).exists()


def test_on_x_an_answer_outlives_what_it_answers(twitter: Channel) -> None:
    apply(twitter, [change(Verb.ADD, 0, "1", text="A"), change(Verb.ADD, 1, "2", text="B", parent_remote_id="1")])
    apply(twitter, [change(Verb.REMOVE, 2, "1")])
    assert list(Message.objects.filter(removed_at__isnull=True).values_list("remote_id", flat=True)) == ["2"]


@pytest.mark.parametrize("told_first", [True, False])
def test_a_post_that_was_edited_on_x_is_taken_back_by_its_newest_id(told_first: bool, twitter: Channel) -> None:
    edited = replace(said("Nå riktig", 1, "1"), version_id="9")
    told = [Change(demo.X_USER_ID, Verb.EDIT, "1", minute(1), message=edited), change(Verb.REMOVE, 2, "9")]
    for one in told if told_first else reversed(told):
        apply(twitter, [one])
    assert not Message.objects.filter(removed_at__isnull=True).exists()


def test_a_reading_that_is_behind_does_not_take_an_edit_back(facebook: Channel, settings: LazySettings) -> None:
    apply(facebook, [change(Verb.ADD, 0, text="Først"), change(Verb.EDIT, 5, text="Så")])
    behind = replace(said("Først"), as_of=None)
    store(facebook, [behind], as_of=minute(4), read=True)
    assert Message.objects.get().text == "Så"
    store(facebook, [replace(behind, text="Til slutt")], as_of=minute(6), read=True)
    assert Message.objects.get().text == "Til slutt"


def test_what_was_gone_and_stands_there_again_is_back(facebook: Channel) -> None:
    apply(facebook, [change(Verb.ADD, 0, text="Hei?"), change(Verb.REMOVE, 1)])
    apply(facebook, [change(Verb.ADD, 0, text="Hei?")])
    assert Message.objects.get().removed_at is not None, "the same notification again proves nothing"
    Message.objects.update(removed_at=make.after(-3600))
    store(facebook, [said("Hei?")], as_of=minute(90), read=True)
    message = Message.objects.get()
    assert (message.removed_at, message.settled) == (None, Settled.NO)
    assert message.thread.state == "open"


def test_a_reply_to_what_has_vanished_is_stopped(facebook: Channel, anna: Person) -> None:
    make.rulebook()
    apply(facebook, [change(Verb.ADD, 0, text="Hvor finner jeg fakturaen?")])
    reply = make.queued(Thread.objects.get(), anna)
    apply(facebook, [change(Verb.REMOVE, 1)])
    assert reply.start(at=make.after()) is None
    reply = Reply.objects.get()
    assert (reply.state, reply.reason) == (ReplyState.DRAFT, "vanished")


class TestPlaces:
    def test_a_comment_whose_root_is_our_own_post_begins_a_thread_of_its_own(self, facebook: Channel) -> None:
        PagePost.objects.create(channel=facebook, remote_id=OURS)
        for number in (1, 2):
            apply(facebook, [change(Verb.ADD, 0, f"70_{number}", text="Hei", root_remote_id=OURS, post_remote_id=OURS)])
        assert sorted(Thread.objects.values_list("root_remote_id", flat=True)) == ["70_1", "70_2"]

    def test_a_comment_under_a_visitors_post_is_in_its_thread(self, facebook: Channel) -> None:
        apply(facebook, [change(Verb.ADD, 0, "5_80", text="Innlegg", kind=Kind.POST)])
        apply(facebook, [change(Verb.ADD, 1, "80_1", text="Samme her", post_remote_id="5_80")])
        assert Thread.objects.get().messages.count() == 2

    def test_a_page_full_of_answers_is_one_thread(self, facebook: Channel) -> None:
        line = [change(Verb.ADD, 0, "70_1", text="A")]
        line += [
            change(Verb.ADD, n, f"70_{n}", text="B", parent_remote_id=f"70_{n - 1}", root_remote_id=f"70_{n - 1}")
            for n in (2, 3, 4)
        ]
        apply(facebook, reversed(line))
        assert Thread.objects.get().messages.count() == 4

    def test_an_unknown_post_is_asked_for_and_its_comments_fall_into_place(
        self, facebook: Channel, street: Remote
    ) -> None:
        visitors = street.write(network="facebook", kind="post", author="Elin Sjöberg", text="Mitt nät är nere")
        tasks.ask_about_posts(facebook, [visitors["id"]])
        apply(facebook, [change(Verb.ADD, 1, "80_1", text="Mitt med", post_remote_id=visitors["id"])])
        assert Thread.objects.get().messages.count() == 2

    def test_a_post_that_names_two_of_our_accounts_is_one_message_seen_by_both(self, twitter: Channel) -> None:
        other = make.channel("twitter", account_id="77", name="Nordnett foretak")
        for channel in (twitter, other):
            apply(channel, [change(Verb.ADD, 0, "1", text="@nordnett @nordnettbedrift hei")])
        assert (Message.objects.count(), Thread.objects.count(), Sighting.objects.count()) == (1, 1, 2)

    def test_what_another_of_our_accounts_writes_is_ours_and_settles_it(self, twitter: Channel) -> None:
        make.channel("twitter", account_id="77", name="Nordnett foretak")
        apply(twitter, [change(Verb.ADD, 0, "1", text="Når kommer fiberen?")])
        ours = said("I mars.", 1, "2", parent_remote_id="1", root_remote_id="1", author=Author("77", "Nordnett"))
        apply(twitter, [Change(demo.X_USER_ID, Verb.ADD, "2", minute(1), message=ours)])
        assert list(Message.objects.order_by("pk").values_list("is_ours", "settled")) == [
            (False, Settled.ELSEWHERE),
            (True, Settled.ANSWERED),
        ]
        assert Thread.objects.get().state == "waiting"

    def test_our_own_post_is_context_and_keeps_what_the_page_said_of_it(self, facebook: Channel) -> None:
        PagePost.objects.create(channel=facebook, remote_id=OURS, text="Gammel", comment_count=7, permalink="https://x")
        apply(facebook, [Change(demo.PAGE_ID, Verb.EDIT, OURS, minute(1), post=PostContext(OURS, "Ny"))])
        post = PagePost.objects.get()
        assert (post.text, post.comment_count, post.permalink) == ("Ny", 7, "https://x")
        assert not Message.objects.exists()


class TestLooking:
    def test_recent_messages_are_looked_up_often_and_older_ones_seldom(self, facebook: Channel) -> None:
        for age, number in ((0.1, 1), (10, 2), (100, 3), (1000, 4)):
            make.message(facebook, f"Spørsmål {number}", created_at=make.after(-3600 * age), remote_id=f"70_{number}")
        assert to_look_up(facebook, 10) == []
        Message.objects.update(look_at=make.after(-1))
        asked = to_look_up(facebook, 10)
        assert len(asked) == 4
        commit_look(facebook, asked, Look())
        waits = [
            (row.look_at - make.after(0)).total_seconds() / 60 if row.look_at else None
            for row in Message.objects.order_by("remote_id")
        ]
        assert waits[3] is None
        assert [round(wait or 0, -1) for wait in waits[:3]] == [10, 180, 1320]

    def test_what_is_gone_on_the_network_is_gone_within_its_turn(self, facebook: Channel, street: Remote) -> None:
        posts = [entry for entry in street.truth("facebook") if entry["kind"] == "post"]
        comment = street.write(
            network="facebook", kind="comment", author="Elin Sjöberg", text="Hej", parent_id=posts[0]["id"]
        )
        tasks.pull(facebook.pk)
        street.delete(comment)
        Message.objects.update(look_at=make.after(-1))
        Channel.objects.update(next_poll_at=make.after(-1))
        tasks.pull(facebook.pk)
        assert Message.objects.get().removed_at is not None
        assert Message.objects.get().look_at is None

    def test_a_token_that_has_lost_its_page_makes_nothing_gone(self, facebook: Channel, street: Remote) -> None:
        make.message(facebook, "Hej", remote_id="70_1")
        street.token(demo.PAGE_TOKEN, state="wrong_type")
        Message.objects.update(look_at=make.after(-1))
        tasks.pull(facebook.pk)
        assert Message.objects.get().removed_at is None

    def test_private_messages_are_not_looked_up(self, facebook: Channel) -> None:
        make.message(facebook, "Hej", visibility=Visibility.PRIVATE, kind=Kind.PRIVATE)
        assert Message.objects.get().look_at is None


def test_a_tombstone_told_again_is_the_same_and_nobody_asks_for_it(facebook: Channel) -> None:
    apply(facebook, [change(Verb.REMOVE, 0, OURS)])
    before = Foretold.objects.get().removed_at
    apply(facebook, [change(Verb.REMOVE, 0, OURS)])
    assert Foretold.objects.get().removed_at == before
    hearing = Hearing("facebook", [])
    hearing.changes[facebook] = [change(Verb.ADD, 1, text="Hei", post_remote_id=OURS)]
    assert hearing.unknown_posts(facebook) == []
    apply(facebook, hearing.changes[facebook])
    assert not Message.objects.exists()


def test_a_tombstone_is_of_its_network_alone(facebook: Channel, twitter: Channel) -> None:
    apply(facebook, [change(Verb.REMOVE, 0, "1")])
    apply(twitter, [change(Verb.ADD, 0, "1", text="Hei")])
    assert Message.objects.get().network == "twitter"
    assert Foretold.objects.get().network == "facebook"
