"""Pictures: fetched once by a worker, served to who may read the thread, gone with their message."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from connectors.base import Attachment, Visibility
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, Message, Person, Picture
from inbox.models.intake import remove
from tests import make

AT_FACEBOOK = "https://scontent.fbcdn.net/media/router.png"


def message(channel: Channel, *attachments: Attachment, **more: Any) -> Message:
    shown = attachments or (Attachment("photo", AT_FACEBOOK, "En router med röd lampa"),)
    return make.message(channel, "Så här ser det ut", attachments=shown, **more)


def fetched(channel: Channel, **more: Any) -> Picture:
    message(channel, **more)
    picture = Picture.objects.get()
    tasks.fetch(picture.pk)
    picture.refresh_from_db()
    return picture


class TestFetch:
    def test_a_picture_is_fetched_once_and_made_anew(self, facebook: Channel, street: Remote) -> None:
        picture = fetched(facebook)
        with Image.open(io.BytesIO(bytes(picture.content or b""))) as shown:
            assert (shown.format, shown.size) == ("JPEG", (320, 200))
        assert (picture.not_before, picture.tries) == (None, 1)
        tasks.fetch(picture.pk)
        picture.refresh_from_db()
        assert picture.tries == 1
        assert not Picture.objects.due(make.after(3600)).exists()

    def test_the_same_message_read_again_asks_for_nothing_new(self, facebook: Channel, street: Remote) -> None:
        picture = fetched(facebook, remote_id="10_77")
        message(facebook, remote_id="10_77")
        assert Picture.objects.get() == picture

    def test_only_pictures_are_fetched(self, facebook: Channel) -> None:
        message(facebook, Attachment("video", AT_FACEBOOK), Attachment("photo", ""), Attachment("link", AT_FACEBOOK))
        assert not Picture.objects.exists()

    def test_what_is_elsewhere_is_given_up_at_once(self, facebook: Channel, street: Remote) -> None:
        message(facebook, Attachment("photo", "https://evil.example/1.png"))
        picture = Picture.objects.get()
        tasks.fetch(picture.pk)
        picture.refresh_from_db()
        assert (picture.content, picture.not_before) == (None, None)

    def test_a_server_in_trouble_is_asked_again_later_and_not_for_ever(
        self, facebook: Channel, street: Remote, settings: Any
    ) -> None:
        settings.SAMTAL_SANDBOX_URL = "http://127.0.0.1:9"
        message(facebook)
        picture = Picture.objects.get()
        for tries in range(1, 5):
            Picture.objects.update(not_before=make.after(-3600))
            tasks.fetch(picture.pk)
            picture.refresh_from_db()
            assert picture.tries == tries
        assert picture.not_before is None

    def test_a_worker_finds_it(self, facebook: Channel, street: Remote) -> None:
        message(facebook)
        assert ("fetch", Picture.objects.get().pk) in tasks.due(50)


class TestServe:
    def get(self, person: Person, picture: Picture) -> Any:
        client = Client()
        client.force_login(person)
        return client.get(reverse("picture", args=[picture.pk]))

    def test_it_is_served_by_us_with_its_description(
        self, facebook: Channel, anna: Person, street: Remote, client: Client
    ) -> None:
        picture = fetched(facebook)
        answer = self.get(anna, picture)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert answer.content == bytes(picture.content or b"")
        assert "private" in answer["Cache-Control"]
        client.force_login(anna)
        page = client.get(reverse("thread", args=[picture.message.thread_id])).content.decode()
        assert 'alt="En router med röd lampa"' in page
        assert AT_FACEBOOK not in page

    def test_who_may_not_read_the_conversation_does_not_see_it(
        self, facebook: Channel, anna: Person, ext: Person, street: Remote
    ) -> None:
        picture = fetched(facebook, visibility=Visibility.PRIVATE)
        stranger = make.person("bo")
        assert self.get(anna, picture).status_code == 200
        assert self.get(stranger, picture).status_code == 404
        assert self.get(ext, picture).status_code == 403

    def test_one_that_has_not_come_yet_is_not_there(self, facebook: Channel, anna: Person) -> None:
        message(facebook)
        assert self.get(anna, Picture.objects.get()).status_code == 404


@pytest.mark.django_db
def test_it_goes_with_its_message(facebook: Channel, street: Remote) -> None:
    picture = fetched(facebook)
    assert remove(facebook, picture.message.remote_id)
    assert not Picture.objects.exists()
