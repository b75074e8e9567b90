"""The demo's company: people, channels on the sandbox network, the starter rulebook. Safe to run again."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from connectors.base import Secret
from connectors.sandbox import demo as sandbox
from inbox.clock import read_clock
from inbox.models import Channel, Clearance, Level, Person, Role, Snippet
from policies.models import Rulebook

PEOPLE = (
    ("anna", "Anna", "Åberg", Role.AGENT),
    ("bo", "Bo", "Berg", Role.AGENT),
    ("lea", "Lea", "Lind", Role.LEAD),
    ("ada", "Ada", "Ek", Role.ADMIN),
)
SNIPPETS = (
    (
        "sv",
        "Router: starta om",
        "Dra ur strömsladden till routern, vänta en halv minut och sätt i den igen. Hör av dig om det inte hjälper.",
    ),
    (
        "sv",
        "Faktura: frågor",
        "Din faktura ser du under Mina sidor. Skicka ett privat meddelande om något inte stämmer, så tittar vi på den.",
    ),
    (
        "nb",
        "Ruter: start på nytt",
        "Trekk ut strømmen til ruteren, vent et halvt minutt og sett den i igjen. Si fra hvis det ikke hjelper.",
    ),
    (
        "da",
        "Router: genstart",
        "Tag strømmen fra routeren, vent et halvt minut, og sæt den til igen. Skriv endelig, hvis det ikke hjælper.",
    ),
    (
        "en",
        "Router: restart",
        "Unplug the router, wait half a minute and plug it in again. Write to us if that does not help.",
    ),
)


class Command(BaseCommand):
    help = "Set up the demo company on the sandbox network. Changes nothing that is there already."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SAMTAL_SANDBOX_URL:
            raise CommandError("SAMTAL_SANDBOX_URL is not set: the demo company lives on the sandbox network only.")
        with transaction.atomic():
            if not Rulebook.objects.exists():
                Rulebook.install_starter(settings.SAMTAL_PROFILE, at=read_clock())
            people = {username: person(username, first, last, role) for username, first, last, role in PEOPLE}
            channels = [facebook(), instagram(), twitter(), mastodon(), blog()]
            for username in ("anna", "bo"):
                for channel in channels:
                    Clearance.objects.get_or_create(
                        person=people[username],
                        channel=channel,
                        defaults={"level": Level.FULL, "given_by": people["lea"]},
                    )
            for language, title, text in SNIPPETS:
                Snippet.objects.get_or_create(
                    title=title,
                    language=language,
                    defaults={"text": text, "written_by": people["ada"], "approved_by": people["lea"]},
                )


def person(username: str, first: str, last: str, role: Role) -> Person:
    """One sign-in; its password comes from the launcher."""
    found = Person.objects.filter(username=username).first()
    return found or Person.objects.create_user(
        username,
        os.environ.get("SAMTAL_DEMO_PASSWORD", "samtal-demo"),
        first_name=first,
        last_name=last,
        role=role,
        on_duty=role in (Role.AGENT, Role.LEAD),
    )


def facebook() -> Channel:
    return channel("facebook", sandbox.PAGE_ID, "", "Nordnett på Facebook", page_secrets())


def instagram() -> Channel:
    return channel("instagram", sandbox.INSTAGRAM_USER_ID, sandbox.X_HANDLE, "Nordnett på Instagram", page_secrets())


def page_secrets() -> dict[str, Secret]:
    """A page's token speaks for the account on Instagram that it is linked to, too."""
    return {"access_token": Secret(sandbox.PAGE_TOKEN), "app_secret": Secret(sandbox.APP_SECRET)}


def twitter() -> Channel:
    secrets = {
        "consumer_key": Secret(sandbox.X_CONSUMER_KEY),
        "consumer_secret": Secret(sandbox.X_CONSUMER_SECRET),
        "access_token": Secret(sandbox.X_ACCESS_TOKEN),
        "access_token_secret": Secret(sandbox.X_ACCESS_SECRET),
    }
    return channel("twitter", sandbox.X_USER_ID, sandbox.X_HANDLE, "Nordnett på X", secrets, searches=sandbox.COMPANY)


def mastodon() -> Channel:
    secrets = {"access_token": Secret(sandbox.MASTODON_TOKEN)}
    return channel(
        "mastodon", f"{sandbox.X_HANDLE}@mastodon.example", sandbox.X_HANDLE, "Nordnett på Mastodon", secrets
    )


def blog() -> Channel:
    """At its real address here, so that a browser finds what its answers are written under."""
    return channel("feed", f"{settings.SAMTAL_SANDBOX_URL}/blog/feed.xml", "", "Nordnetts blogg", {})


def channel(
    network: str, account_id: str, handle: str, name: str, secrets: dict[str, Secret], searches: str = ""
) -> Channel:
    found, _new = Channel.objects.get_or_create(
        network=network,
        account_id=account_id,
        private=False,
        defaults={
            "handle": handle,
            "name": name,
            "sender": settings.SAMTAL_ORGANISATION,
            "purpose": "Svarar kunder på svenska, norska, danska och engelska",
            "secrets": secrets,
            "searches": searches,
            "poll_seconds": settings.SAMTAL_POLL_SECONDS,
        },
    )
    return found
