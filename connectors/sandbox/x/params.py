"""Query parameters of the X API, checked as strictly as the network does: an unknown name or value is a 400."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.clock import seconds
from connectors.sandbox.x.problems import invalid


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TWEET_FIELDS = words(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang "
    "media_metadata non_public_metrics note_tweet organic_metrics possibly_sensitive promoted_metrics "
    "public_metrics referenced_tweets reply_settings scopes source suggested_source_links text withheld"
)
USER_FIELDS = words(
    "affiliation connection_status created_at description entities id is_identity_verified location "
    "most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected "
    "public_metrics receives_your_dm subscription subscription_type url username verified "
    "verified_followers_count verified_type withheld"
)
EXPANSIONS = words(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username "
    "entities.note.mentions.username geo.place_id in_reply_to_user_id referenced_tweets.id "
    "referenced_tweets.id.attachments.media_keys referenced_tweets.id.author_id"
)
DM_FIELDS = words(
    "attachments created_at dm_conversation_id entities event_type id participant_ids referenced_tweets sender_id text"
)
MEDIA_FIELDS = words("alt_text duration_ms height media_key preview_image_url type url variants width")
# OpenAPI 2.167 writes post where 2.166 writes tweet.
NEW_NAMES = {
    "post.fields": "tweet.fields",
    "referenced_posts.id": "referenced_tweets.id",
    "referenced_posts.id.author_id": "referenced_tweets.id.author_id",
    "edit_history_post_ids": "edit_history_tweet_ids",
    "referenced_posts": "referenced_tweets",
    "note_post": "note_tweet",
    "most_recent_post_id": "most_recent_tweet_id",
    "pinned_post_id": "pinned_tweet_id",
}
VALUES: Mapping[str, tuple[str, ...]] = {
    "tweet.fields": TWEET_FIELDS,
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "dm_event.fields": DM_FIELDS,
    "expansions": (*EXPANSIONS, "sender_id", "participant_ids"),
    "exclude": ("replies", "retweets"),
    "sort_order": ("recency", "relevancy"),
    "event_types": ("MessageCreate", "ParticipantsJoin", "ParticipantsLeave"),
}
SHOWN = ("tweet.fields", "user.fields", "media.fields", "poll.fields", "place.fields", "expansions")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller asked for, in 2.166 names."""

    params: Mapping[str, str]

    def list(self, name: str) -> tuple[str, ...]:
        return tuple(self.params[name].split(",")) if self.params.get(name) else ()

    def text(self, name: str) -> str | None:
        return self.params.get(name) or None

    def number(self, name: str) -> int | None:
        """A post id."""
        value = self.text(name)
        if value is None:
            return None
        if not value.isdigit() or len(value) > 19:
            raise invalid(f"The `{name}` query parameter value [{value}] is not valid", **{name: value})
        return int(value)

    def time(self, name: str) -> float | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return seconds(value)
        except ValueError:
            raise invalid(f"Invalid '{name}':'{value}'. Expected an RFC 3339 time", **{name: value}) from None

    def size(self, low: int, high: int, default: int) -> int:
        value = self.text("max_results")
        if value is None:
            return default
        if not value.isdigit() or not low <= int(value) <= high:
            message = f"The `max_results` query parameter value [{value}] is not between {low} and {high}"
            raise invalid(message, max_results=value)
        return int(value)


def read(raw: Mapping[str, str], allowed: tuple[str, ...]) -> Asked:
    """Raises Problem 400 for a parameter or a field the network does not know."""
    params = {NEW_NAMES.get(name, name): value for name, value in raw.items()}
    for name, value in params.items():
        if name not in allowed:
            raise invalid(f"The query parameter [{name}] is not one of [{','.join(allowed)}]", **{name: value})
        if name in VALUES:
            params[name] = ",".join(_known(name, NEW_NAMES.get(one, one)) for one in value.split(",") if one)
    return Asked(params)


def _known(name: str, value: str) -> str:
    if value not in VALUES[name]:
        message = f"The `{name}` query parameter value [{value}] is not one of [{','.join(VALUES[name])}]"
        raise invalid(message, **{name: value})
    return value
