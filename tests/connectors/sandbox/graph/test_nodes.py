"""Reading the page through the unchanged facebook-sdk."""

from typing import Any

import facebook
import pytest

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]


def test_me_is_the_page_of_the_token(graph: facebook.GraphAPI) -> None:
    assert graph.get_object("me") == {"id": demo.PAGE_ID, "name": "Nordnett"}


def test_the_version_asked_for_is_the_version_answered(graph: facebook.GraphAPI) -> None:
    assert graph.get_version() == "23.0"


def test_only_the_fields_asked_for_are_answered(graph: facebook.GraphAPI, comment: Json) -> None:
    answer = graph.get_object(comment["id"], fields="message,like_count")
    assert answer == {"id": comment["id"], "message": "När då?", "like_count": 0}


def test_an_unknown_field_is_refused_by_its_name(graph: facebook.GraphAPI, comment: Json) -> None:
    with pytest.raises(facebook.GraphAPIError, match=r"nonexisting field \(sentiment\)") as refused:
        graph.get_object(comment["id"], fields="message,sentiment")
    assert refused.value.code == 100


def test_the_feed_holds_the_pages_posts_and_the_visitors(graph: facebook.GraphAPI, sandbox: Remote, post: Json) -> None:
    visit = sandbox.write(network="facebook", kind="post", author="Freja Damgaard", text="Hej! Mit modem blinker.")

    def ids(edge: str) -> list[str]:
        return [found["id"] for found in graph.get_connections("me", edge)["data"]]

    assert ids("feed") == [visit["id"], post["id"]]
    assert ids("posts") == [post["id"]]
    assert ids("visitor_posts") == [visit["id"]]


def test_a_post_that_tags_the_page_is_in_tagged_only(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    person = sandbox.add_person(network="facebook", name="Rasmus Bæk")
    entry = {"network": "facebook", "kind": "post", "text": "Tak til Nordnett!", "wall_id": person["id"]}
    tagged = sandbox.write(**entry, author_id=person["id"], extra={"tags": [demo.PAGE_ID]})
    assert [found["id"] for found in graph.get_connections("me", "tagged")["data"]] == [tagged["id"]]
    assert graph.get_connections("me", "feed")["data"] == []


def test_comments_come_nested_by_field_expansion(graph: facebook.GraphAPI, sandbox: Remote, comment: Json) -> None:
    reply = sandbox.write(
        network="facebook", kind="comment", author="Oskar Lindqvist", text="Undrar jag med", parent_id=comment["id"]
    )
    fields = "id,comments.limit(5).summary(true){id,from,parent{id},comments{id,message,parent}}"
    [found] = graph.get_connections("me", "feed", fields=fields)["data"]
    [outer] = found["comments"]["data"]
    [inner] = outer["comments"]["data"]
    assert outer["from"]["name"] == "Elin Sjöberg"
    assert "parent" not in outer
    assert (inner["id"], inner["parent"]["id"]) == (reply["id"], comment["id"])
    assert found["comments"]["summary"]["total_count"] == 1


def test_toplevel_leaves_replies_out_and_stream_has_all_depths(
    graph: facebook.GraphAPI, sandbox: Remote, post: Json, comment: Json
) -> None:
    ids, parent = [comment["id"]], comment["id"]
    for depth in range(3):
        entry = sandbox.write(
            network="facebook", kind="comment", author="Saga Norén", text=f"svar {depth}", parent_id=parent
        )
        parent = entry["id"]
        ids.append(parent)

    def found(**params: str) -> list[str]:
        return [one["id"] for one in graph.get_connections(post["id"], "comments", **params)["data"]]

    assert found() == ids[:1]
    assert found(filter="stream") == ids
    assert found(filter="stream", order="reverse_chronological") == ids[::-1]
    assert [one["id"] for one in graph.get_connections(comment["id"], "comments", filter="stream")["data"]] == ids[1:]


def test_since_narrows_the_comments_to_newer_ones(graph: facebook.GraphAPI, sandbox: Remote, post: Json) -> None:
    now = sandbox.now()
    rows = [
        {"network": "facebook", "kind": "comment", "author": "Tom Whitfield", "text": str(age), "parent_id": post["id"]}
        | {"created_at": now - age}
        for age in (3600, 60)
    ]
    sandbox.write_many(rows)
    found = graph.get_connections(post["id"], "comments", since=str(int(now - 600)))["data"]
    assert [one["message"] for one in found] == ["60"]


def test_authors_are_absent_without_the_permission_but_the_page_is_named(
    graph: facebook.GraphAPI, sandbox: Remote, post: Json, comment: Json
) -> None:
    graph.put_comment(comment["id"], "I november.")
    sandbox.turn(facebook_from=False)
    found = graph.get_connections(post["id"], "comments", filter="stream", fields="from,message")["data"]
    assert ["from" in one for one in found] == [False, True]


def test_a_permalink_names_comment_and_reply(graph: facebook.GraphAPI, comment: Json) -> None:
    reply = graph.put_object(comment["id"], "comments", message="I november.", fields="permalink_url")
    assert f"?comment_id={comment['id'].rpartition('_')[2]}&reply_comment_id=" in reply["permalink_url"]


def test_a_missing_object_is_error_100_subcode_33(graph: facebook.GraphAPI) -> None:
    with pytest.raises(facebook.GraphAPIError, match="does not exist") as refused:
        graph.get_object("1_2")
    assert refused.value.result["error"]["error_subcode"] == 33


def test_several_objects_come_by_ids_and_one_missing_fails_them_all(
    graph: facebook.GraphAPI, post: Json, comment: Json
) -> None:
    found = graph.get_objects([post["id"], comment["id"]], fields="message")
    assert found[comment["id"]] == {"id": comment["id"], "message": "När då?"}
    with pytest.raises(facebook.GraphAPIError):
        graph.get_objects([post["id"], "1_2"])


def test_a_posts_updated_time_follows_its_newest_comment(graph: facebook.GraphAPI, sandbox: Remote, post: Json) -> None:
    before = graph.get_object(post["id"], fields="updated_time")["updated_time"]
    sandbox.freeze(sandbox.now() + 3600)
    sandbox.write(network="facebook", kind="comment", author="Grace Lindsay", text="Hello?", parent_id=post["id"])
    assert graph.get_object(post["id"], fields="updated_time")["updated_time"] > before


def test_a_recommendation_has_its_type_and_words(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    sandbox.write(
        network="facebook", kind="rating", author="Poul Nygård", text="God service",
        extra={"recommendation_type": "positive"},
    )  # fmt: skip
    [found] = graph.get_connections("me", "ratings")["data"]
    assert (found["recommendation_type"], found["review_text"]) == ("positive", "God service")


def test_shapes_are_those_of_the_recordings(graph: facebook.GraphAPI, comment: Json, recorded: Any) -> None:
    """Every field of a recorded comment and of its envelope is in ours, with the same type."""
    real = recorded("facebook/comments_p1.json")
    fields = ",".join(real["data"][0])
    ours = graph.get_connections(comment["root_id"], "comments", fields=fields, summary="1", filter="stream", limit=1)
    assert {name: type(value) for name, value in real["data"][0].items()}.items() <= {
        name: type(value) for name, value in ours["data"][0].items()
    }.items()
    assert ours["summary"].keys() == real["summary"].keys()
    assert ours["paging"]["cursors"].keys() == real["paging"]["cursors"].keys()
