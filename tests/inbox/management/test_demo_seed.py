"""The demo's company: a channel on every network, each of which speaks with the sandbox."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

import connectors
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, Clearance, Person, Thread

pytestmark = pytest.mark.django_db


def test_every_network_has_a_channel_and_each_is_read(street: Remote) -> None:
    for _again in range(2):
        call_command("demo_seed")
    assert sorted(Channel.objects.values_list("network", flat=True)) == sorted(connectors.REGISTRY)
    assert Clearance.objects.filter(person__username="anna").count() == len(connectors.REGISTRY)
    for channel in Channel.objects.all():
        tasks.pull(channel.pk)
        channel.refresh_from_db()
        assert (channel.network, channel.last_error, bool(channel.last_read_at)) == (channel.network, "", True)


def test_a_thread_from_instagram_stands_on_the_desk_under_its_sign(street: Remote) -> None:
    call_command("demo_seed")
    media = next(one for one in street.truth("instagram") if one["text"] == demo.MEDIA["tower"][0])
    comment = {"network": "instagram", "kind": "comment", "author": "Elin Sjöberg", "text": "När kommer ni hit?"}
    street.write(**comment, parent_id=media["id"])
    tasks.pull(Channel.objects.get(network="instagram").pk)
    client = Client()
    client.force_login(Person.objects.get(username="anna"))
    desk = client.get(reverse("desk")).content.decode()
    assert "#instagram" in desk
    thread = client.get(reverse("thread", args=[Thread.objects.get().pk])).content.decode()
    assert "Så här ser det ut när vi byter antenner" in thread
    assert "När kommer ni hit?" in thread
