"""Consents: somebody on their way to a network and back, to let us speak for an account there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import models, transaction

from connectors.base import Account, Secret
from connectors.login import Grant, Login, Offer
from inbox.clock import Clock, moment
from inbox.models.channel import Channel
from inbox.models.person import Person
from inbox.models.secret import SecretsField

# As long as a network's own codes last, and somebody may take to agree.
LASTS = timedelta(minutes=15)


class ConsentQuerySet(models.QuerySet["Consent"]):
    def begun_by(self, person: Person, at: datetime | None = None) -> ConsentQuerySet:
        """This person's, that are not too old."""
        return self.filter(person=person, begun_at__gt=moment(at, -LASTS))


class Consent(models.Model):
    """One trip. `secrets` holds the verifier on the way out and, from the way back until it is chosen, the offers."""

    state = models.CharField(max_length=64, unique=True, help_text="Comes back with the person; nobody can guess it")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    network = models.CharField(max_length=20)
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="+", help_text="To be connected again")
    secrets = SecretsField(default=dict)
    begun_at = models.DateTimeField(db_default=Clock())
    came_back = models.BooleanField(default=False)

    objects = ConsentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.person} → {self.network}"

    @classmethod
    def begin(cls, login: Login, network: str, *, by: Person, back: str, channel: Channel | None = None) -> str:
        """Where to send the person. What is left of trips that were never ended is thrown away."""
        asked = login.consent(back)
        cls.objects.filter(begun_at__lt=moment(plus=-LASTS)).delete()
        secrets = {"verifier": asked.verifier}
        cls.objects.create(state=asked.state, person=by, network=network, channel=channel, secrets=secrets)
        return asked.url

    @classmethod
    def take(cls, state: str, *, by: Person, at: datetime | None = None) -> Consent | None:
        """The trip that this state belongs to, once; None where it is somebody else's, over, or not ours at all."""
        found = cls.objects.begun_by(by, at).filter(state=state, came_back=False)
        return cls.objects.get(state=state) if state and found.update(came_back=True) else None

    @property
    def verifier(self) -> Secret:
        verifier: Secret = self.secrets["verifier"]
        return verifier

    def keep(self, offers: Iterable[Offer]) -> None:
        """What the network offers, until the person has chosen."""
        self.secrets = {"offers": Secret(json.dumps([packed(offer) for offer in offers]))}
        self.save(update_fields=["secrets"])

    @property
    def offers(self) -> list[Offer]:
        kept = self.secrets.get("offers")
        return [unpacked(parts) for parts in json.loads(kept.reveal())] if kept else []

    def choose(self, account_ids: Iterable[str], *, by: Person) -> list[Channel]:
        """Connect the accounts that were chosen; the trip is over."""
        chosen = set(account_ids)
        with transaction.atomic():
            channels = [
                Channel.open(self.network, offer.account, offer.grant, by=by)
                for offer in self.offers
                if offer.account.remote_id in chosen
            ]
            self.delete()
            return channels


@dataclass(frozen=True, slots=True)
class _Packed:
    """An offer as JSON has it."""

    account: dict[str, str]
    secrets: dict[str, str]
    expires_at: float | None
    scopes: list[str] | None


def packed(offer: Offer) -> dict[str, object]:
    account, grant = offer.account, offer.grant
    return {
        "account": {"remote_id": account.remote_id, "name": account.name, "handle": account.handle, "url": account.url},
        "secrets": {name: secret.reveal() for name, secret in grant.secrets.items()},
        "expires_at": grant.expires_at.timestamp() if grant.expires_at else None,
        "scopes": None if grant.scopes is None else sorted(grant.scopes),
    }


def unpacked(parts: dict[str, object]) -> Offer:
    kept = _Packed(**parts)  # type: ignore[arg-type]
    grant = Grant(
        secrets={name: Secret(value) for name, value in kept.secrets.items()},
        expires_at=datetime.fromtimestamp(kept.expires_at, UTC) if kept.expires_at else None,
        scopes=None if kept.scopes is None else frozenset(kept.scopes),
    )
    return Offer(Account(**kept.account), grant)
