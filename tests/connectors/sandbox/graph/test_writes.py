"""What the page does through the unchanged facebook-sdk, and what the truth says afterwards."""

from typing import Any

import facebook
import pytest

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]


def test_a_comment_answers_its_id_and_is_the_truth(graph: facebook.GraphAPI, sandbox: Remote, comment: Json) -> None:
    answer = graph.put_comment(comment["id"], "Hej Elin! I november.")
    [told] = sandbox.truth("facebook", via="api")
    assert answer == {"id": told["id"]}
    assert (told["parent_id"], told["text"], told["author_id"]) == (
        comment["id"],
        "Hej Elin! I november.",
        demo.PAGE_ID,
    )


def test_fields_asked_for_come_with_the_new_comment(graph: facebook.GraphAPI, comment: Json, recorded: Any) -> None:
    real = recorded("facebook/create_resp.json")
    ours = graph.put_object(comment["id"], "comments", message="Hej!", fields="id,message,permalink_url,created_time")
    assert ours.keys() == real.keys()


def test_a_comment_without_words_is_refused(graph: facebook.GraphAPI, comment: Json) -> None:
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.put_comment(comment["id"], "   ")
    assert refused.value.code == 100


def test_a_comment_under_what_is_gone_is_refused(graph: facebook.GraphAPI, sandbox: Remote, comment: Json) -> None:
    sandbox.delete(comment)
    with pytest.raises(facebook.GraphAPIError, match="does not exist"):
        graph.put_comment(comment["id"], "Hej?")
    assert sandbox.truth("facebook", via="api") == []


def test_hiding_shows_in_the_comment_and_can_be_undone(graph: facebook.GraphAPI, comment: Json) -> None:
    for hidden in (True, False):
        answer = graph.request(f"v23.0/{comment['id']}", post_args={"is_hidden": str(hidden).lower()})
        assert answer == {"success": True}
        assert graph.get_object(comment["id"], fields="is_hidden")["is_hidden"] is hidden


def test_only_our_own_comment_can_be_reworded(graph: facebook.GraphAPI, comment: Json) -> None:
    own = graph.put_comment(comment["id"], "I novenber.")
    graph.request(f"v23.0/{own['id']}", post_args={"message": "I november."})
    assert graph.get_object(own["id"])["message"] == "I november."
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.request(f"v23.0/{comment['id']}", post_args={"message": "Tack!"})
    assert refused.value.code == 200


def test_deleting_takes_the_answers_along_and_fails_the_second_time(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json
) -> None:
    graph.put_comment(comment["id"], "I november.")
    assert graph.delete_object(comment["id"]) == {"success": True}
    assert all(entry["deleted_at"] for entry in sandbox.truth("facebook", who="all") if entry["kind"] == "comment")
    with pytest.raises(facebook.GraphAPIError):
        graph.delete_object(comment["id"])


def test_a_like_counts_once(graph: facebook.GraphAPI, comment: Json) -> None:
    for _ in range(2):
        assert graph.put_like(comment["id"]) == {"success": True}
    found = graph.get_object(comment["id"], fields="like_count,user_likes,reactions.summary(total_count)")
    assert (found["like_count"], found["user_likes"], found["reactions"]["summary"]["total_count"]) == (1, True, 1)


def test_the_same_text_twice_in_a_row_is_506_only_where_switched_on(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json
) -> None:
    for _ in range(2):
        graph.put_comment(comment["id"], "Hej!")
    sandbox.turn(facebook_refuses_duplicates=True)
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.put_comment(comment["id"], "Hej!")
    assert refused.value.code == 506
    assert len(sandbox.truth("facebook", via="api")) == 2
