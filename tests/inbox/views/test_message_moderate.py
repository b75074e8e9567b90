"""Hiding, deleting and liking on the page: who may, with a reason, and what the thread says afterwards."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.urls import reverse

from connectors.base import ConnectorError, ErrorKind, Kind
from inbox.models import Channel, Deed, DeedState, Message, Person, What
from tests import make
from tests.inbox.browsing import HTMX, client, words

REFUSED = ConnectorError("no", kind=ErrorKind.NOT_ALLOWED, permanent=True)
HIDE = {"what": "hide", "reason": "insults"}


@pytest.fixture
def message(facebook: Channel) -> Message:
    return make.message(facebook, "Ni är idioter!")


@pytest.fixture
def mia(facebook: Channel) -> Person:
    """An agent who may hide and delete here."""
    mia = make.person("mia")
    mia.clear(facebook, "full", by=make.person("lo", "lead"), moderates=True)
    return mia


def path(message: Message) -> str:
    return reverse("message_moderate", args=[message.pk])


def thread_page(person: Person, message: Message) -> str:
    return words(client(person).get(reverse("thread", args=[message.thread_id])))


def test_who_may_sees_it_asks_and_it_is_under_way(mia: Person, message: Message) -> None:
    assert "Hide or delete …" in thread_page(mia, message)
    page = words(client(mia).get(path(message)))
    assert "Ni är idioter!" in page
    assert "it cannot be brought back there" in page
    assert client(mia).post(path(message), HIDE).status_code == 302
    deed = Deed.objects.get()
    assert (deed.what, deed.by, deed.reason, deed.state) == (What.HIDE, mia, "insults", DeedState.WANTED)
    assert "Is being hidden" in thread_page(mia, message)


def test_what_hiding_does_is_said_as_it_is_on_the_network(lea: Person, twitter: Channel, message: Message) -> None:
    on_x = make.message(twitter, "@nordnett Ni är idioter!", kind=Kind.COMMENT)
    assert "everybody can press" in words(client(lea).get(path(on_x)))
    assert "only its writer and their friends still see it" in words(client(lea).get(path(message)))


def test_from_the_dialog_the_page_refreshes_itself(mia: Person, message: Message) -> None:
    answer = client(mia).post(path(message), HIDE, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "samtal:refresh")


def test_it_takes_a_reason_and_a_choice(mia: Person, message: Message) -> None:
    for fields in ({"what": "hide"}, {"reason": "x"}, {"what": "like", "reason": "x"}):
        assert client(mia).post(path(message), fields).status_code == 422
    assert not Deed.objects.exists()


def test_who_may_answer_may_not_hide_and_is_not_shown_how(anna: Person, message: Message) -> None:
    assert "Hide or delete" not in thread_page(anna, message)
    assert client(anna).get(path(message)).status_code == 403
    assert client(anna).post(path(message), HIDE).status_code == 403
    assert client(anna).post(reverse("message_like", args=[message.pk])).status_code == 403
    assert not Deed.objects.exists()


def test_what_one_may_not_read_does_not_exist(mia: Person, facebook: Channel, twitter: Channel) -> None:
    facebook.clearances.filter(person=mia).delete()
    Channel.objects.filter(pk=facebook.pk).update(private=True)
    hidden = make.private_thread(facebook).messages.get()
    assert client(mia).post(path(hidden), HIDE).status_code == 404


def test_a_like_is_one_click(mia: Person, message: Message) -> None:
    client(mia).post(reverse("message_like", args=[message.pk]))
    assert Deed.objects.get().what == What.LIKE
    assert client(mia).get(reverse("message_like", args=[message.pk])).status_code == 405


def test_beyond_so_many_an_hour_a_colleague_should_look(
    mia: Person, message: Message, facebook: Channel, settings: LazySettings
) -> None:
    settings.SAMTAL_REMOVALS_AN_HOUR = 1
    client(mia).post(path(message), HIDE)
    answer = client(mia).post(path(make.message(facebook, "Bluff!")), HIDE)
    assert answer.status_code == 409
    assert "Ask a colleague to look" in words(answer)


def test_the_thread_says_who_did_it_and_why(mia: Person, message: Message) -> None:
    deed = Deed.ask(message, What.HIDE, by=mia, reason="insults a colleague")
    assert deed.take()
    deed.succeeded()
    page = thread_page(mia, message)
    assert "Hidden by Mia" in page
    assert "insults a colleague" in page
    delete = Deed.ask(message, What.DELETE, by=mia, reason="again")
    assert delete.take()
    delete.succeeded()
    assert "Mia deleted this by Kari Nordmann" in thread_page(mia, message)


def test_a_refusal_is_said_in_words_and_can_be_tried_again(mia: Person, message: Message) -> None:
    deed = Deed.ask(message, What.HIDE, by=mia, reason="insults")
    assert deed.take()
    deed.failed(REFUSED)
    assert "Not done Hide: The network does not allow this here. Try again" in thread_page(mia, message)
    again = reverse("deed_again", args=[deed.pk])
    assert client(mia).post(again).status_code == 302
    assert client(mia).post(again).status_code == 409
    deed.refresh_from_db()
    assert deed.state == DeedState.WANTED


def test_an_unknown_outcome_is_no_refusal(mia: Person, message: Message) -> None:
    deed = Deed.ask(message, What.DELETE, by=mia, reason="insults")
    Deed.objects.filter(pk=deed.pk).update(state=DeedState.UNKNOWN, error_kind="unavailable")
    assert "May be done, look on the network" in thread_page(mia, message)


def test_a_lead_gives_the_permission_and_takes_it_back(anna: Person, lea: Person, facebook: Channel) -> None:
    give = reverse("clearance_give", args=[anna.pk])
    client(lea).post(give, {"channel": facebook.pk, "level": "full", "moderates": "on"})
    assert anna.clearance_for(facebook).moderates
    client(lea).post(give, {"channel": facebook.pk, "level": "full"})
    assert not anna.clearance_for(facebook).moderates
