"""Autosave: what was typed is kept, and the answer takes the place of the one before it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from inbox.models import Channel, Person, Reply, Thread
from tests import make
from tests.inbox.browsing import HTMX, client, words


@pytest.fixture
def thread(facebook: Channel) -> Thread:
    return make.thread(facebook)


def save(person: Person, thread: Thread, text: str) -> str:
    answer = client(person).post(reverse("reply_draft", args=[thread.pk]), {"text": text, "seen": "0"}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_answer_can_be_followed_by_the_next(anna: Person, thread: Thread) -> None:
    """It is swapped whole: without its root the second saving would find its place gone, and htmx take the page's."""
    page = client(anna).get(reverse("thread", args=[thread.pk])).content.decode()
    [place] = re.findall(r'data-autosave-target="#([\w-]+)"', page)
    assert page.count(f'id="{place}"') == 1
    for text in ("Hei", "Hei, Kari"):
        answer = save(anna, thread, text).strip()
        assert re.match(rf'<span id="{place}">', answer)
        assert answer.endswith("</span>")
    assert Reply.objects.get().text == "Hei, Kari"


def test_a_draft_that_is_there_says_when_it_was_saved(anna: Person, thread: Thread) -> None:
    path = reverse("thread", args=[thread.pk])
    assert "Saved" not in words(client(anna).get(path))
    save(anna, thread, "Hei")
    assert re.search(r"Saved \d\d:\d\d", words(client(anna).get(path)))


def test_what_one_may_not_read_does_not_exist(anna: Person) -> None:
    hidden = make.private_thread(make.channel("facebook", account_id="9", private=True, name="Privat"))
    answer = client(anna).post(reverse("reply_draft", args=[hidden.pk]), {"text": "Hei"})
    assert answer.status_code == 404
    assert not Reply.objects.exists()
