"""The sandbox as each network's connector meets it: what the contract's tests need to make customers speak there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from connectors.base import Author, Connector, Credentials, Options, Outgoing, Secret
from connectors.facebook import Facebook
from connectors.instagram import Instagram
from connectors.mastodon import Mastodon
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from connectors.twitter import Twitter

Json = dict[str, Any]


class World(ABC):
    """network: the sandbox's own name for it. write_path, read_path: where a reply is posted and where it is read."""

    connector: type[Connector]
    network: str
    secrets: dict[str, str]
    token: str
    account_id: str
    write_path: str
    read_path: str
    own_path: str
    hide_path: str
    refuses_twins: bool = True
    rounds_to: float = 0.0  # seconds, where the time to wait is told in whole minutes
    one_level: bool = False  # what answers an answer stands beside it

    def __init__(self, base: str, remote: Remote) -> None:
        self.base = base
        self.remote = remote

    def connect(self, **options: Any) -> Connector:
        secrets = {name: Secret(value) for name, value in self.secrets.items()}
        return self.connector(Credentials(self.account_id, secrets), Options(**{"base_url": self.base, **options}))

    @abstractmethod
    def question(self, text: str, **more: Any) -> Json:
        """A customer's message that begins a thread, as JSON for Remote.write_many."""

    @abstractmethod
    def answer(self, parent_id: str, text: str, **more: Any) -> Json:
        """A customer's message under another."""

    @abstractmethod
    def under_ours(self, text: str) -> Json:
        """A customer's message under something of ours, which is where we may hide."""

    @property
    def our_id(self) -> str:
        """Ours, as the network itself numbers us."""
        return self.account_id

    def name_of(self, author: Author) -> str:
        """Under which name the customers of the sandbox know somebody."""
        return author.name

    def say(self, text: str, **more: Any) -> str:
        """Its id."""
        return str(self.remote.write(**self.question(text, **more))["id"])

    def reply_to(self, remote_id: str, text: str = "Hej! Vi tittar på det.") -> Outgoing:
        return Outgoing(text, answers_remote_id=remote_id, root_remote_id=remote_id)

    def sent(self) -> list[Json]:
        """What has left through the API, as the network itself knows it."""
        return self.remote.truth(self.network, via="api")


class FacebookWorld(World):
    connector = Facebook
    network = "facebook"
    secrets = {"access_token": demo.PAGE_TOKEN, "app_secret": demo.APP_SECRET}
    token = demo.PAGE_TOKEN
    account_id = demo.PAGE_ID
    write_path = "/comments$"
    read_path = "/feed$|/comments$"
    own_path = "/comments$"
    hide_path = r"/\d+_\d+$"
    rounds_to = 60.0

    def __init__(self, base: str, remote: Remote) -> None:
        super().__init__(base, remote)
        posts = [one for one in remote.truth("facebook") if one["kind"] == "post"]
        self.post_id = str(posts[-1]["id"])

    def question(self, text: str, **more: Any) -> Json:
        return self.answer(self.post_id, text, **more)

    def under_ours(self, text: str) -> Json:
        return self.question(text)

    def answer(self, parent_id: str, text: str, **more: Any) -> Json:
        author = {} if "author_id" in more else {"author": "Elin Sjöberg"}
        return {"network": "facebook", "kind": "comment", "text": text, "parent_id": parent_id, **author, **more}


class InstagramWorld(World):
    connector = Instagram
    network = "instagram"
    secrets = {"access_token": demo.PAGE_TOKEN, "app_secret": demo.APP_SECRET}
    token = demo.PAGE_TOKEN
    account_id = demo.INSTAGRAM_USER_ID
    write_path = "/replies$"
    read_path = "/media$|/comments$|/replies$"
    own_path = "/replies$"
    hide_path = r"/\d+$"
    rounds_to = 60.0
    one_level = True

    def __init__(self, base: str, remote: Remote) -> None:
        super().__init__(base, remote)
        media = [one for one in remote.truth("instagram") if one["kind"] == "media"]
        self.media_id = str(media[-1]["id"])

    def name_of(self, author: Author) -> str:
        """The network tells no more than the name of the account."""
        return next(one["name"] for one in self.remote.people("instagram") if one["handle"] == author.handle)

    def question(self, text: str, **more: Any) -> Json:
        return self.answer(self.media_id, text, **more)

    def under_ours(self, text: str) -> Json:
        return self.question(text)

    def answer(self, parent_id: str, text: str, **more: Any) -> Json:
        author = {} if "author_id" in more else {"author": "Elin Sjöberg"}
        said = {"network": "instagram", "kind": "comment", "text": text, "parent_id": parent_id}
        return {**said, **author, **more}


class TwitterWorld(World):
    connector = Twitter
    network = "x"
    secrets = {"oauth2_token": demo.X_TOKEN}
    token = demo.X_TOKEN
    account_id = demo.X_USER_ID
    write_path = "/tweets$"
    read_path = "/mentions$|/users/.*/tweets$"
    own_path = "/users/.*/tweets$"
    hide_path = "/hidden$"

    def question(self, text: str, **more: Any) -> Json:
        author = {} if "author_id" in more else {"author": "Elin Sjöberg"}
        return {"network": "x", "kind": "tweet", "text": f"@{demo.X_HANDLE} {text}", **author, **more}

    def under_ours(self, text: str) -> Json:
        posts = [one for one in self.remote.truth("x") if not one["parent_id"]]
        return self.answer(str(posts[-1]["id"]), text)

    def answer(self, parent_id: str, text: str, **more: Any) -> Json:
        return {**self.question(text, **more), "parent_id": parent_id}


class SignedTwitterWorld(TwitterWorld):
    """The same with OAuth 1.0a."""

    secrets = {
        "consumer_key": demo.X_CONSUMER_KEY,
        "consumer_secret": demo.X_CONSUMER_SECRET,
        "access_token": demo.X_ACCESS_TOKEN,
        "access_token_secret": demo.X_ACCESS_SECRET,
    }
    token = demo.X_ACCESS_TOKEN


class MastodonWorld(World):
    connector = Mastodon
    network = "mastodon"
    secrets = {"access_token": demo.MASTODON_TOKEN}
    token = demo.MASTODON_TOKEN
    account_id = f"{demo.X_HANDLE}@mastodon.example"
    write_path = "/statuses$"
    read_path = "/notifications$|/accounts/.*/statuses$"
    own_path = "/accounts/.*/statuses$"
    hide_path = "^$"
    refuses_twins = False
    our_id = demo.MASTODON_USER_ID

    def under_ours(self, text: str) -> Json:
        ours = {"network": "mastodon", "kind": "status", "text": "Hej alla!", "author_id": self.our_id}
        return self.answer(str(self.remote.write(**ours)["id"]), text)

    def question(self, text: str, **more: Any) -> Json:
        author = {} if "author_id" in more else {"author": "Elin Sjöberg"}
        return {"network": "mastodon", "kind": "status", "text": f"@{demo.X_HANDLE} {text}", **author, **more}

    def answer(self, parent_id: str, text: str, **more: Any) -> Json:
        return {**self.question(text, **more), "parent_id": parent_id}


WORLDS: tuple[type[World], ...] = (FacebookWorld, InstagramWorld, TwitterWorld, SignedTwitterWorld, MastodonWorld)
