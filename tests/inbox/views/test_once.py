"""A form sent again: done once, the same answer; what was refused may be tried again."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.urls import reverse

from inbox.clock import read_clock
from inbox.models import Audit, Channel, Note, Person, Submission, Thread
from inbox.tasks import forget_answers
from tests import make
from tests.inbox.browsing import HTMX, client, words

TEMPLATES = Path(__file__).parents[3] / "templates"
# Django's own and allauth's: they set what they are told, and a second time changes nothing.
NOT_OURS = {"account", "_partials/languages.html"}
POSTING = re.compile(r"<form\b(?:[^>]|%})*?(?:method=\"post\"|{% posts_to )(?:[^>]|%})*?>.*?</form>", re.DOTALL)


def path(thread: Thread) -> str:
    return reverse("thread_note", args=[thread.pk])


def note(text: str = "Ring henne") -> dict[str, str]:
    return {"text": text, "key": str(uuid4())}


def test_sent_again_it_is_done_once_and_answered_alike(facebook: Channel, anna: Person) -> None:
    thread, browser, form = make.thread(facebook), client(anna), note()
    first, second = (browser.post(path(thread), form, headers=HTMX) for _ in range(2))
    assert (first.status_code, first.content, first.headers["HX-Trigger"]) == (
        second.status_code,
        second.content,
        second.headers["HX-Trigger"],
    )
    assert Note.objects.count() == 1


def test_a_plain_form_sent_again_is_led_to_the_same_page(facebook: Channel, anna: Person) -> None:
    thread, browser, form = make.thread(facebook), client(anna), note()
    led = {browser.post(path(thread), form).headers["Location"] for _ in range(2)}
    assert led == {reverse("thread", args=[thread.pk])}
    assert Note.objects.count() == 1


def test_the_same_key_with_other_content_is_refused_in_words(facebook: Channel, anna: Person) -> None:
    thread, browser, form = make.thread(facebook), client(anna), note()
    browser.post(path(thread), form)
    answer = browser.post(path(thread), form | {"text": "Ring ham"})
    assert answer.status_code == 409
    assert "This form was sent before, with other content." in words(answer)
    assert [each.text for each in Note.objects.all()] == ["Ring henne"]


def test_the_same_key_about_another_thread_is_other_content(facebook: Channel, anna: Person) -> None:
    one, other, browser, form = make.thread(facebook), make.thread(facebook), client(anna), note()
    browser.post(path(one), form)
    assert browser.post(path(other), form).status_code == 409


def test_a_key_belongs_to_its_person(facebook: Channel, anna: Person, bo: Person) -> None:
    thread, form = make.thread(facebook), note()
    for person in (anna, bo):
        assert client(person).post(path(thread), form).status_code == 302
    assert Note.objects.count() == 2


def test_what_was_refused_may_be_tried_again(facebook: Channel, anna: Person, bo: Person) -> None:
    thread, form = make.thread(facebook), {"key": str(uuid4())}
    thread.claim(by=bo)
    claim, browser = reverse("thread_claim", args=[thread.pk]), client(anna)
    assert browser.post(claim, form).status_code == 409
    thread.release(by=bo)
    assert browser.post(claim, form).status_code == 302


def test_a_damaged_key_is_refused(facebook: Channel, anna: Person) -> None:
    answer = client(anna).post(path(make.thread(facebook)), {"text": "Ring", "key": "1"})
    assert answer.status_code == 422
    assert not Note.objects.exists()


def test_what_broke_down_is_not_half_done(facebook: Channel, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    thread, browser, form = make.thread(facebook), client(anna), note()
    browser.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("inbox.views.threads.back_to", lambda *_: 1 / 0)
        assert browser.post(path(thread), form).status_code == 500
    assert not Note.objects.exists()
    assert not Submission.objects.exists()
    assert browser.post(path(thread), form).status_code == 302
    assert Audit.objects.filter(verb="noted").count() == 1


def test_who_may_not_is_refused_before_any_key_is_taken(facebook: Channel, ext: Person) -> None:
    assert client(ext).post(path(make.thread(facebook)), note()).status_code == 403
    assert not Submission.objects.exists()


def test_answers_are_forgotten_after_some_days(facebook: Channel, anna: Person, settings: LazySettings) -> None:
    client(anna).post(path(make.thread(facebook)), note())
    forget_answers()
    assert Submission.objects.count() == 1
    Submission.objects.update(at=read_clock() - timedelta(days=settings.SAMTAL_ANSWERS_KEPT_DAYS, seconds=1))
    forget_answers()
    assert not Submission.objects.exists()


def test_every_form_that_posts_carries_a_key() -> None:
    forms = [
        (str(file.relative_to(TEMPLATES)), form)
        for file in TEMPLATES.rglob("*.html")
        for form in POSTING.findall(file.read_text())
        if not NOT_OURS & {file.parent.name, str(file.relative_to(TEMPLATES))} and "sign_out_url" not in form
    ]
    assert len(forms) > 30
    assert [(file, form[:90]) for file, form in forms if "{% form_key %}" not in form] == []
