"""Notifications that somebody has been at: none is taken, what is too large is refused, and the same again is nothing.

Every body and every signature is one of the sandbox's own, changed in one of many ways.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest import mock

from django.db import connection
from django.test import Client

from connectors.facebook import Facebook
from connectors.sandbox import demo
from connectors.sandbox.webhooks import facebook, x
from connectors.twitter import Twitter
from inbox.models import Channel, RawEvent
from tests.proofs.town import channels, hear_all, sandbox

Figures = dict[str, object]
Headers = dict[str, str]
AT = 1795161600
LARGEST = 1_000_000
SECRETS = {"facebook": demo.APP_SECRET, "twitter": demo.X_CONSUMER_SECRET}
# The post of ours that all comments stand under.
POST = {"id": f"{demo.PAGE_ID}_70"}
SENDERS = {"facebook": facebook, "twitter": x}


@dataclass
class Sent:
    """A notification on its way."""

    network: str
    body: bytes
    headers: Headers = field(default_factory=dict)

    @classmethod
    def good(cls, network: str, number: int) -> Sent:
        body = SENDERS[network].body([EVENTS[network](number)])
        return cls(network, body, SENDERS[network].headers(body, SECRETS[network]))


def facebook_event(number: int) -> dict[str, object]:
    value = {"item": "comment", "verb": "add", "comment_id": f"70_{number}", "post_id": POST["id"],
             "from": {"id": "9001", "name": "Elin Sjöberg"}, "created_time": AT + number,
             "message": f"Når kommer fiberen? {number}"}  # fmt: skip
    return {"id": demo.PAGE_ID, "time": AT + number, "changes": [{"field": "feed", "value": value}]}


def x_event(number: int) -> dict[str, object]:
    tweet_id = str(2_000_000_000_000_000_000 + number)
    payload = {"id": tweet_id, "text": f"@nordnett hej {number}", "author_id": "9001", "conversation_id": tweet_id}
    return {"event_uuid": tweet_id, "filter": {"user_id": demo.X_USER_ID}, "event_type": "post.mention.create",
            "payload": payload}  # fmt: skip


EVENTS: dict[str, Callable[[int], dict[str, object]]] = {"facebook": facebook_event, "twitter": x_event}


# Each returns a notification that our app has not signed.


def a_byte_of_the_body(sent: Sent, chance: random.Random) -> Sent:
    index = chance.randrange(len(sent.body))
    changed = bytes([sent.body[index] ^ (1 << chance.randrange(8))])
    return Sent(sent.network, sent.body[:index] + changed + sent.body[index + 1 :], sent.headers)


def a_piece_cut_out(sent: Sent, chance: random.Random) -> Sent:
    start = chance.randrange(len(sent.body))
    end = chance.randrange(start + 1, len(sent.body) + 1)
    return Sent(sent.network, sent.body[:start] + sent.body[end:], sent.headers)


def something_added(sent: Sent, chance: random.Random) -> Sent:
    index, more = chance.randrange(len(sent.body) + 1), chance.choice([b" ", b"\n", b"{}", b"\x00", b",", b"[]"])
    return Sent(sent.network, sent.body[:index] + more + sent.body[index:], sent.headers)


def written_anew(sent: Sent, chance: random.Random) -> Sent:
    """The same JSON in other bytes: only a receiver that signs what it has parsed would take it."""
    body = json.dumps(json.loads(sent.body), ensure_ascii=False, indent=chance.choice([0, 1, 2])).encode()
    return Sent(sent.network, body, sent.headers)


def a_sign_of_the_signature(sent: Sent, chance: random.Random) -> Sent:
    headers = {}
    for name, value in sent.headers.items():
        index = chance.randrange(len(value))
        other = chance.choice([sign for sign in "0123456789abcdefXYZ=+/ é" if sign != value[index]])
        headers[name] = value[:index] + other + value[index + 1 :]
    return Sent(sent.network, sent.body, headers)


def no_signature(sent: Sent, chance: random.Random) -> Sent:
    empty = chance.choice([{}, dict.fromkeys(sent.headers, ""), dict.fromkeys(sent.headers, "sha256=")])
    return Sent(sent.network, sent.body, empty)


def another_secret(sent: Sent, chance: random.Random) -> Sent:
    secret = chance.choice(["", "secret", SECRETS[sent.network].upper(), SECRETS[sent.network] + "?"])
    return Sent(sent.network, sent.body, SENDERS[sent.network].headers(sent.body, secret))


def anothers_signature(sent: Sent, chance: random.Random) -> Sent:
    return Sent(sent.network, sent.body, Sent.good(sent.network, chance.randrange(10**6, 10**7)).headers)


def the_other_networks_address(sent: Sent, chance: random.Random) -> Sent:
    return Sent("twitter" if sent.network == "facebook" else "facebook", sent.body, sent.headers)


def the_old_signature_alone(sent: Sent, chance: random.Random) -> Sent:
    old = facebook.headers(sent.body, SECRETS[sent.network])["X-Hub-Signature"]
    return Sent(sent.network, sent.body, {"X-Hub-Signature": old, "X-Hub-Signature-256": old})


def too_large(sent: Sent, chance: random.Random) -> Sent:
    """Signed as it should be."""
    body = sent.body + b" " * (LARGEST + chance.randrange(1, 100))
    return Sent(sent.network, body, SENDERS[sent.network].headers(body, SECRETS[sent.network]))


WAYS = (
    a_byte_of_the_body, a_piece_cut_out, something_added, written_anew, a_sign_of_the_signature, no_signature,
    another_secret, anothers_signature, the_other_networks_address, the_old_signature_alone,
)  # fmt: skip
LARGE_EVERY = 77
REPLAYS = 20  # of each notification that is good


def mutations(times: int, seed: int) -> Figures:
    """So many changed ones between good ones, which are sent again and again, on this day and on later ones."""
    with sandbox() as remote:
        POST["id"] = str(next(one["id"] for one in remote.truth("facebook") if one["kind"] == "post"))
        return mutated(times, seed)


def mutated(times: int, seed: int) -> Figures:
    chance, browser = random.Random(seed), Client(enforce_csrf_checks=True)
    channels()
    statuses: Counter[str] = Counter()
    good = [Sent.good(network, number) for network in SECRETS for number in range(5)]
    for one in good:
        assert deliver(browser, one) == 200
    hear_all()
    kept, before = RawEvent.objects.count(), fingerprint()
    for number in range(times):
        way = too_large if number % LARGE_EVERY == 0 else WAYS[number % len(WAYS)]
        changed = way(chance.choice(good), chance)
        statuses[f"{way.__name__} {deliver(browser, changed)}"] += 1
    accepted = RawEvent.objects.count() - kept
    large = {name: count for name, count in statuses.items() if name.startswith("too_large")}
    replayed = replays(browser, good)
    hear_all()
    refused_for_size = statuses["too_large 413"]
    clean = not accepted and fingerprint() == before and refused_for_size == sum(large.values()) > 0
    return {"mutations": times, "accepted": accepted, "refused_for_size": refused_for_size, "replays": replayed,
            "rows_changed_by_replays": int(fingerprint() != before), "by_way": dict(sorted(statuses.items())),
            "clean": clean and not any(name.endswith(" 200") for name in statuses)}  # fmt: skip


def believing(times: int, seed: int) -> Figures:
    """The control: whoever brings a signature at all is believed."""
    brings = mock.Mock(side_effect=lambda body, headers, secret: bool(headers.keys() & SIGNATURES))
    with mock.patch.object(Facebook, "signed", brings), mock.patch.object(Twitter, "signed", brings):
        figures = mutations(times, seed)
    return {**figures, "clean": figures["accepted"] != 0}


SIGNATURES = {"x-hub-signature-256", "x-twitter-webhooks-signature"}


def deliver(browser: Client, sent: Sent) -> int:
    path = f"/webhooks/{sent.network}/"
    return browser.post(path, sent.body, "application/json", headers=sent.headers).status_code


def replays(browser: Client, good: list[Sent]) -> int:
    """The same bytes again: on the same day, and on another, when they are a row again and still change nothing."""
    for number in range(REPLAYS):
        if number == REPLAYS // 2:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE inbox_rawevent SET received_on = received_on - 3")
        for one in good:
            assert deliver(browser, one) == 200
        hear_all()
    return REPLAYS * len(good)


def fingerprint() -> str:
    """Of everything that intake writes, beside the notifications themselves."""
    sums = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in ("message", "thread", "author", "sighting", "pagepost", "foretold", "quarantined", "audit"):
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM inbox_{table} t")
            sums.update(str(cursor.fetchone()).encode())
    assert Channel.objects.exists()
    return sums.hexdigest()
