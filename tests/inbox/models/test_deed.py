"""Deeds: hiding, showing again, deleting and liking customers' messages, on the real sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction

from connectors.base import ConnectorError, ErrorKind
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Audit, Channel, ChannelState, Deed, DeedState, Message, Person, TooMany, What
from inbox.models.deed import offered
from inbox.models.intake import store
from tests import make

UNCLEAR = ConnectorError("Facebook broke off", kind=ErrorKind.UNAVAILABLE, outcome_unknown=True)
HIDE_PATH = r"/\d+_\d+$"


@pytest.fixture
def insult(street: Remote, facebook: Channel) -> Message:
    """A customer's comment under our post, on the network and in the inbox."""
    post = next(one for one in street.truth("facebook") if one["kind"] == "post")
    text = {"text": "Ni är idioter!", "author": "Elin Sjöberg"}
    made = street.write(network="facebook", kind="comment", parent_id=post["id"], **text)
    tasks.pull(facebook.pk)
    return Message.objects.get(remote_id=made["id"])


def told(street: Remote, message: Message) -> dict[str, Any]:
    network = "x" if message.network == "twitter" else message.network
    return next(one for one in street.truth(network, who="all") if one["id"] == message.remote_id)


def done(message: Message, what: What, by: Person, reason: str = "insults") -> Deed:
    deed = Deed.ask(message, what, by=by, reason=reason)
    tasks.do(deed.pk)
    deed.refresh_from_db()
    message.refresh_from_db()
    return deed


def test_hidden_and_shown_again(insult: Message, street: Remote, lea: Person) -> None:
    assert done(insult, What.HIDE, lea).state == DeedState.DONE
    assert told(street, insult)["hidden"] is True
    assert insult.hidden
    assert done(insult, What.UNHIDE, lea).state == DeedState.DONE
    assert told(street, insult)["hidden"] is False
    assert not insult.hidden


def test_deleted_there_and_kept_here(insult: Message, street: Remote, lea: Person) -> None:
    deed = done(insult, What.DELETE, lea)
    assert told(street, insult)["deleted_at"]
    assert insult.removed_at is not None
    assert deed.kept is not None
    assert (deed.kept["text"], deed.kept["author"]) == ("Ni är idioter!", "Elin Sjöberg")
    verbs = list(Audit.objects.filter(thread_id=insult.thread_id).order_by("pk").values_list("verb", "by"))
    assert [("delete_asked", lea.pk), ("delete_done", None)] == [one for one in verbs if one[0].startswith("delete")]


def test_liked(insult: Message, street: Remote, lea: Person) -> None:
    assert done(insult, What.LIKE, lea, reason="").state == DeedState.DONE
    assert told(street, insult)["likes"] == 1


def test_what_is_gone_already_counts_as_deleted(insult: Message, street: Remote, lea: Person) -> None:
    street.delete(told(street, insult))
    deed = done(insult, What.DELETE, lea)
    assert (deed.state, deed.error_kind) == (DeedState.DONE, ErrorKind.GONE)
    assert insult.removed_at is not None
    assert Audit.objects.filter(verb="delete_found_gone").exists(), "the record says that it was not our doing"
    assert not Audit.objects.filter(verb="delete_done").exists()


@pytest.mark.parametrize("what", [What.HIDE, What.UNHIDE])
def test_a_reading_from_before_does_not_turn_it_back(
    what: What, insult: Message, facebook: Channel, lea: Person
) -> None:
    Message.objects.update(hidden=what == What.UNHIDE)
    done(insult, what, lea)
    before = make.remote(
        insult.text, remote_id=insult.remote_id, created_at=insult.created_at, hidden=what == What.UNHIDE
    )
    with transaction.atomic():
        store(facebook, [before], as_of=make.after(-30), read=True)
    insult.refresh_from_db()
    assert insult.hidden == (what == What.HIDE)
    with transaction.atomic():
        store(facebook, [before], as_of=make.after(30), read=True)
    insult.refresh_from_db()
    assert insult.hidden == (what == What.UNHIDE), "what is read later holds"


def test_what_is_gone_cannot_be_hidden(insult: Message, street: Remote, lea: Person) -> None:
    street.delete(told(street, insult))
    deed = done(insult, What.HIDE, lea)
    assert (deed.state, deed.error_kind) == (DeedState.REFUSED, ErrorKind.GONE)
    assert insult.removed_at is not None


@pytest.mark.parametrize("effect", [True, False], ids=["done", "not-done"])
def test_without_an_answer_it_is_asked_again(insult: Message, street: Remote, lea: Person, effect: bool) -> None:
    street.fault("reset", path=HIDE_PATH, effect=effect, count=1)
    deed = done(insult, What.HIDE, lea)
    assert (deed.state, deed.tries) == (DeedState.WANTED, 1)
    Deed.objects.update(not_before=make.after(-1))
    tasks.do(deed.pk)
    deed.refresh_from_db()
    assert (deed.state, deed.tries) == (DeedState.DONE, 2)
    assert told(street, insult)["hidden"] is True


def test_after_three_tries_a_person_is_told_that_nobody_knows(insult: Message, lea: Person) -> None:
    deed = Deed.ask(insult, What.HIDE, by=lea, reason="insults")
    for number in range(1, 4):
        assert deed.take(at=make.after(number * 60))
        deed.failed(UNCLEAR)
    deed.refresh_from_db()
    assert (deed.state, deed.error_kind) == (DeedState.UNKNOWN, ErrorKind.UNAVAILABLE)
    assert deed.again(by=lea)
    assert not deed.again(by=lea)
    tasks.do(deed.pk)
    deed.refresh_from_db()
    assert deed.state == DeedState.DONE


def test_two_workers_do_it_once(insult: Message, lea: Person) -> None:
    deed = Deed.ask(insult, What.HIDE, by=lea, reason="insults")
    other = Deed.objects.get(pk=deed.pk)
    assert deed.take()
    assert not other.take()


def test_a_late_worker_changes_nothing(insult: Message, lea: Person) -> None:
    late = Deed.ask(insult, What.HIDE, by=lea, reason="insults")
    assert late.take()
    quick = Deed.objects.get(pk=late.pk)
    assert quick.take(at=make.after(60))
    quick.succeeded()
    late.failed(ConnectorError("no", kind=ErrorKind.NOT_ALLOWED, permanent=True))
    quick.refresh_from_db()
    assert quick.state == DeedState.DONE


def test_while_the_token_is_bad_it_waits(insult: Message, street: Remote, lea: Person, facebook: Channel) -> None:
    street.token(demo.PAGE_TOKEN, state="revoked")
    deed = done(insult, What.HIDE, lea)
    assert (deed.state, deed.tries) == (DeedState.WANTED, 0)
    facebook.refresh_from_db()
    assert facebook.state == ChannelState.ATTENTION
    street.token(demo.PAGE_TOKEN, state="valid")
    Channel.objects.update(state=ChannelState.ACTIVE)
    Deed.objects.update(not_before=make.after(-1))
    tasks.do(deed.pk)
    assert told(street, insult)["hidden"] is True


def test_a_permission_that_is_missing_is_a_refusal_in_words(insult: Message, street: Remote, lea: Person) -> None:
    street.token(demo.PAGE_TOKEN, scopes=["pages_show_list", "pages_read_engagement", "pages_read_user_content"])
    deed = done(insult, What.HIDE, lea)
    assert deed.state == DeedState.REFUSED
    assert "A permission is missing" in deed.trouble
    assert not insult.hidden


def test_one_deed_at_a_time(insult: Message, lea: Person) -> None:
    first = Deed.ask(insult, What.HIDE, by=lea, reason="insults")
    assert Deed.ask(insult, What.DELETE, by=lea, reason="insults") == first


def test_tried_again_from_a_stale_page_it_leaves_what_is_under_way_alone(insult: Message, lea: Person) -> None:
    refused = Deed.ask(insult, What.HIDE, by=lea, reason="insults")
    assert refused.take()
    refused.failed(ConnectorError("no", kind=ErrorKind.NOT_ALLOWED, permanent=True))
    newer = Deed.ask(insult, What.DELETE, by=lea, reason="insults")
    assert not refused.again(by=lea)
    assert newer.take()
    newer.failed(ConnectorError("no", kind=ErrorKind.NOT_ALLOWED, permanent=True))
    assert refused.again(by=lea)


def test_so_many_an_hour_and_no_more(facebook: Channel, lea: Person, settings: LazySettings) -> None:
    settings.SAMTAL_REMOVALS_AN_HOUR = 2
    messages = [make.message(facebook, f"Idioter! {number}") for number in range(3)]
    for message in messages[:2]:
        Deed.ask(message, What.DELETE, by=lea, reason="insults")
    with pytest.raises(TooMany):
        Deed.ask(messages[2], What.DELETE, by=lea, reason="insults")
    Deed.ask(messages[2], What.LIKE, by=lea)
    assert Deed.objects.taken_away_by(lea, at=make.after(3601)).count() == 0


@pytest.mark.parametrize("lacking", [{"reason": ""}, {"kept": None}])
def test_the_database_wants_a_reason_and_a_copy(facebook: Channel, lea: Person, lacking: dict[str, Any]) -> None:
    deed = Deed.ask(make.message(facebook, "Idioter!"), What.HIDE, by=lea, reason="insults")
    with pytest.raises(IntegrityError), transaction.atomic():
        Deed.objects.filter(pk=deed.pk).update(**lacking)


def test_what_is_offered_is_what_the_network_can(facebook: Channel, twitter: Channel) -> None:
    comment = make.message(facebook, "Hej!")
    assert offered(comment, facebook.capabilities) == [What.HIDE, What.DELETE, What.LIKE]
    comment.hidden = True
    assert offered(comment, facebook.capabilities) == [What.UNHIDE, What.DELETE]
    comment.kind, comment.hidden = "mention", False
    assert offered(comment, facebook.capabilities) == [What.LIKE], "it stands with somebody else"
    mention = make.message(twitter, "@nordnett hej!", kind="mention")
    assert offered(mention, twitter.capabilities) == []
    answer = make.message(twitter, "@nordnett nej!", kind="comment")
    assert offered(answer, twitter.capabilities) == [What.HIDE]
    private = make.private_thread(facebook).messages.get()
    assert offered(private, facebook.capabilities) == []


def test_an_answer_under_our_own_post_is_hidden_on_x(street: Remote, twitter: Channel, lea: Person) -> None:
    post = next(one for one in street.truth("x") if not one["parent_id"])
    made = street.write(network="x", kind="tweet", parent_id=post["id"], text="@nordnett bluff!", author="Elin Sjöberg")
    tasks.pull(twitter.pk)
    message = Message.objects.get(remote_id=made["id"])
    assert done(message, What.HIDE, lea).state == DeedState.DONE
    assert told(street, message)["hidden"] is True


def test_a_sweep_finds_what_no_worker_has_taken(insult: Message, lea: Person) -> None:
    deed = Deed.ask(insult, What.HIDE, by=lea, reason="insults")
    assert ("do", deed.pk) in tasks.due(10)
    assert ("do", deed.pk) not in tasks.due(10, late=timedelta(minutes=5))
