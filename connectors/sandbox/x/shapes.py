"""Tweets and users as X answers them: three fields unless more are asked for, people only through expansions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import Entry, Person, X
from connectors.sandbox.world import World
from connectors.sandbox.x import text as xtext
from connectors.sandbox.x.params import NEW_NAMES, Asked
from connectors.sandbox.x.problems import Json, missing, unseen

LANGUAGES = {"nb": "no", "nn": "no"}
RENAMED = {old: new for new, old in NEW_NAMES.items() if "." not in new}
DEFAULT_TWEET = ("edit_history_tweet_ids", "id", "text")
DEFAULT_USER = ("id", "name", "username")
# An expansion brings its own id field along.
BROUGHT = {
    "author_id": "author_id",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
    "entities.mentions.username": "entities",
    "attachments.media_keys": "attachments",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A tweet's text as X gives it out: addresses shortened, the long kind cut; not yet escaped."""

    text: str
    links: tuple[xtext.Link, ...]
    whole: str
    long: bool


def written(entry: Entry) -> Written:
    whole, links = xtext.shorten(entry.text, entry.id)
    if xtext.weight(entry.text[int(entry.extra.get("prefix", 0)) :]) <= xtext.LIMIT:
        return Written(whole, links, whole, False)
    shown = xtext.cut(whole)
    more, _ = xtext.shorten(f"https://x.com/i/web/status/{entry.id}", entry.id)
    return Written(f"{shown}… {more}", tuple(link for link in links if link.end <= len(shown)), whole, True)


class Shapes:
    """Turns entries into JSON for one call, and remembers who and what has to be included."""

    def __init__(self, world: World, asked: Asked, names: str) -> None:
        self._world = world
        self._asked = asked
        self._names = names
        self._expansions = asked.list("expansions")
        brought = (BROUGHT[name] for name in self._expansions if name in BROUGHT)
        self._fields = tuple(dict.fromkeys((*DEFAULT_TWEET, *asked.list("tweet.fields"), *brought)))
        self._user_fields = tuple(dict.fromkeys((*DEFAULT_USER, *asked.list("user.fields"))))
        self._users: dict[str, Json] = {}
        self._tweets: dict[str, Json] = {}
        self._media: dict[str, Json] = {}
        self.errors: list[Json] = []

    def tweet(self, entry: Entry) -> Json:
        answer = self._plain(entry)
        self._expand(entry)
        return answer

    @property
    def people(self) -> int:
        """How many people the answer includes: they are billed as well."""
        return len(self._users)

    def user(self, person: Person) -> Json:
        found = {name: USER[name](person) for name in self._user_fields if name in USER}
        return {name: value for name, value in found.items() if value is not None}

    def include(self, person_ids: Iterable[str]) -> None:
        """Have these people among the answer's `includes`."""
        for person_id in person_ids:
            person = self._world.person(X, person_id)
            if person and person_id not in self._users:
                self._users[person_id] = self.user(person)

    def around(self, answer: Json) -> Json:
        """The answer with what its expansions brought, and the errors found on the way."""
        includes: Json = {}
        if self._users:
            includes["users"] = list(self._users.values())
        if self._tweets:
            includes["tweets"] = list(self._tweets.values())
        if self._media:
            includes["media"] = list(self._media.values())
        if includes:
            answer = {**answer, "includes": includes}
        if self.errors:
            answer = {**answer, "errors": self.errors}
        return answer

    def _plain(self, entry: Entry) -> Json:
        answer: Json = {}
        text = written(entry)
        for name in self._fields:
            if name in TWEET:
                value = TWEET[name](self._world, entry, text)
                if value is not None:
                    answer[RENAMED.get(name, name) if self._names == "2.167" else name] = value
        return answer

    def _expand(self, entry: Entry) -> None:
        if "author_id" in self._expansions:
            self.include([entry.author_id])
        if "in_reply_to_user_id" in self._expansions:
            self.include(filter(None, [_answered(self._world, entry)]))
        if "attachments.media_keys" in self._expansions:
            self._show(entry)
        if "entities.mentions.username" in self._expansions:
            self.include(self._world.mentioned(entry))
        if "referenced_tweets.id" in self._expansions or "referenced_tweets.id.author_id" in self._expansions:
            self._refer(entry)

    def _refer(self, entry: Entry) -> None:
        for reference in _references(entry):
            id = reference["id"]
            other = self._world.entry(X, id)
            if other is None:
                self.errors.append(missing("tweet", "referenced_tweets.id", id))
            elif self.hidden_from_us(other):
                self.errors.append(unseen("tweet", "referenced_tweets.id", id))
            else:
                self._tweets.setdefault(id, self._plain(other))
                if "referenced_tweets.id.author_id" in self._expansions:
                    self.include([other.author_id])

    def _show(self, entry: Entry) -> None:
        wanted = ("media_key", "type", *self._asked.list("media.fields"))
        for medium in entry.extra.get("media", ()):
            self._media[medium["media_key"]] = {name: medium[name] for name in wanted if name in medium}

    def hidden_from_us(self, entry: Entry) -> bool:
        author = self._world.person(X, entry.author_id)
        return author is not None and author.protected and not author.ours


def _references(entry: Entry) -> list[dict[str, str]]:
    found = [{"type": "replied_to", "id": entry.parent_id}] if entry.parent_id else []
    found += [{"type": name, "id": str(entry.extra[name])} for name in ("quoted", "retweeted") if name in entry.extra]
    return found


def _answered(world: World, entry: Entry) -> str | None:
    """Whom it answers; the network remembers that also when the post itself is gone."""
    row = entry.parent_id and world.store.one(
        "SELECT author_id FROM entry WHERE network = 'x' AND id = ?", (entry.parent_id,)
    )
    return str(row["author_id"]) if row else None


def language(world: World, entry: Entry) -> str:
    """The code X gives its language: Norwegian is "no"."""
    author = world.person(X, entry.author_id)
    known = str(entry.extra.get("lang") or (author.language if author else "") or "und")
    return LANGUAGES.get(known, known)


def _note(world: World, entry: Entry, text: Written) -> object:
    return {"text": xtext.escape(text.whole)} if text.long else None


def _range(world: World, entry: Entry, text: Written) -> object:
    return [int(entry.extra.get("prefix", 0)), len(text.text)]


def _entities(world: World, entry: Entry, text: Written) -> object:
    found: Json = {}
    if text.links:
        found["urls"] = [_url(link) for link in text.links]
    mentions = [_mention(world, match[1], match.span()) for match in xtext.MENTION.finditer(text.text)]
    if mentions:
        found["mentions"] = mentions
    tags = [{"start": m.start(), "end": m.end(), "tag": m[1]} for m in xtext.HASHTAG.finditer(text.text)]
    if tags:
        found["hashtags"] = tags
    return found or None


def _url(link: xtext.Link) -> Json:
    display = link.url.partition("://")[2]
    shown = display if len(display) <= 26 else display[:26] + "…"
    return {
        "start": link.start, "end": link.end, "url": link.short, "expanded_url": link.url, "display_url": shown
    }  # fmt: skip


def _mention(world: World, handle: str, span: tuple[int, int]) -> Json:
    person = world.person_called(X, handle)
    named: Json = {"start": span[0], "end": span[1], "username": person.handle if person else handle}
    return {**named, "id": person.id} if person else named


def _attachments(entry: Entry) -> object:
    keys = [medium["media_key"] for medium in entry.extra.get("media", ())]
    return {"media_keys": keys} if keys else None


def _metrics(world: World, entry: Entry, text: Written) -> object:
    sql = (
        "SELECT (SELECT count(*) FROM entry WHERE network = 'x' AND parent_id = :id) AS replies,"
        " (SELECT count(*) FROM liked WHERE network = 'x' AND entry_id = :id) AS likes"
    )
    row = world.store.one(sql, {"id": entry.id})
    replies, likes = (int(row["replies"]), int(row["likes"])) if row else (0, 0)
    return {
        "retweet_count": 0,
        "reply_count": replies,
        "like_count": likes,
        "quote_count": 0,
        "bookmark_count": 0,
        "impression_count": 0,
    }


TWEET: Mapping[str, Callable[[World, Entry, Written], object]] = {
    "id": lambda world, entry, text: entry.id,
    "text": lambda world, entry, text: xtext.escape(text.text),
    "edit_history_tweet_ids": lambda world, entry, text: [*entry.extra.get("history", []), entry.id],
    "author_id": lambda world, entry, text: entry.author_id,
    "conversation_id": lambda world, entry, text: entry.root_id,
    "created_at": lambda world, entry, text: iso(entry.created_at),
    "display_text_range": _range,
    "entities": _entities,
    "in_reply_to_user_id": lambda world, entry, text: _answered(world, entry),
    "lang": lambda world, entry, text: language(world, entry),
    "note_tweet": _note,
    "possibly_sensitive": lambda world, entry, text: False,
    "public_metrics": _metrics,
    "referenced_tweets": lambda world, entry, text: _references(entry) or None,
    "reply_settings": lambda world, entry, text: entry.extra.get("reply_settings", "everyone"),
    "source": lambda world, entry, text: "Samtal" if entry.via == "api" else "X Web App",
    "attachments": lambda world, entry, text: _attachments(entry),
    "community_id": lambda world, entry, text: entry.extra.get("community_id"),
}
USER: Mapping[str, Callable[[Person], object]] = {
    "id": lambda person: person.id,
    "name": lambda person: person.name,
    "username": lambda person: person.handle,
    "created_at": lambda person: iso(person.created_at),
    "description": lambda person: "",
    "protected": lambda person: person.protected,
    "verified": lambda person: False,
    "verified_type": lambda person: "none",
    "url": lambda person: "",
    "profile_image_url": lambda person: (
        "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png"
    ),
    "public_metrics": lambda person: {
        "followers_count": person.followers,
        "following_count": 0,
        "tweet_count": 0,
        "listed_count": 0,
        "like_count": 0,
        "media_count": 0,
    },
}
