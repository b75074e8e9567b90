"""Instagram through the unchanged facebook-sdk: media, comments with one level of answers, mentions, moderation."""

from typing import Any

import facebook
import pytest

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
US = demo.INSTAGRAM_USER_ID
ELIN = "Elin Sjöberg"


@pytest.fixture
def media(sandbox: Remote) -> Json:
    return sandbox.write(network="instagram", kind="media", author_id=US, text="Ny mast i Luleå")


def comment(sandbox: Remote, parent: Json, text: str = "När då?", **more: Any) -> Json:
    author = {} if "author_id" in more else {"author": ELIN}
    said = {"network": "instagram", "kind": "comment", "text": text, "parent_id": parent["id"]}
    return sandbox.write(**{**said, **author, **more})


def test_a_page_tells_the_account_it_is_linked_to(graph: facebook.GraphAPI) -> None:
    answer = graph.get_object("me", fields="id,instagram_business_account{id,username,name}")
    linked = {"id": US, "username": demo.X_HANDLE, "name": demo.COMPANY}
    assert answer == {"id": demo.PAGE_ID, "instagram_business_account": linked}


def test_pages_are_offered_with_their_accounts(graph_for: Any) -> None:
    graph = graph_for(demo.FACEBOOK_USER_TOKEN)
    [page] = graph.get_connections("me", "accounts", fields="id,instagram_business_account{username}")["data"]
    assert page["instagram_business_account"] == {"username": demo.X_HANDLE, "id": US}


def test_media_come_newest_first_with_the_number_of_comments(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    older = sandbox.write(network="instagram", kind="media", author_id=US, text="", created_at=sandbox.now() - 60)
    newer = sandbox.write(network="instagram", kind="media", author_id=US, text="Ny")
    first = comment(sandbox, older)
    comment(sandbox, first, "Jag med", author="Oskar Lindqvist")
    found = graph.get_connections(US, "media", fields="id,caption,comments_count")["data"]
    assert found == [
        {"id": newer["id"], "caption": "Ny", "comments_count": 0},
        {"id": older["id"], "comments_count": 2},
    ]


def test_comments_are_the_upper_level_and_carry_their_answers_where_asked(
    graph: facebook.GraphAPI, sandbox: Remote, media: Json
) -> None:
    first = comment(sandbox, media)
    answer = comment(sandbox, first, "Jag med", author="Oskar Lindqvist")
    fields = "id,text,parent_id,replies.limit(5){id,parent_id,from}"
    [found] = graph.get_connections(media["id"], "comments", fields=fields)["data"]
    assert (found["id"], "parent_id" in found) == (first["id"], False)
    [reply] = found["replies"]["data"]
    assert (reply["id"], reply["parent_id"]) == (answer["id"], first["id"])
    assert reply["from"]["username"]


def test_an_answer_to_an_answer_stands_beside_it(graph: facebook.GraphAPI, sandbox: Remote, media: Json) -> None:
    first = comment(sandbox, media)
    second = comment(sandbox, first, "Jag med", author="Oskar Lindqvist")
    made = graph.put_object(second["id"], "replies", message="Hej Oskar!")
    [told] = sandbox.truth("instagram", via="api")
    assert (told["id"], told["parent_id"], told["text"]) == (made["id"], first["id"], "Hej Oskar!")


def test_at_most_fifty_comments_come_on_a_page(graph: facebook.GraphAPI, sandbox: Remote, media: Json) -> None:
    some = {"network": "instagram", "kind": "comment", "parent_id": media["id"], "author": ELIN}
    sandbox.write_many({**some, "text": str(number)} for number in range(53))
    page = graph.get_connections(media["id"], "comments", limit="100")
    assert len(page["data"]) == 50
    rest = graph.get_connections(media["id"], "comments", limit="100", after=page["paging"]["cursors"]["after"])
    assert [one["text"] for one in rest["data"]] == ["2", "1", "0"]


@pytest.mark.parametrize("hidden", [True, False])
def test_hiding_is_asked_for_and_taken_back(
    graph: facebook.GraphAPI, sandbox: Remote, media: Json, hidden: bool
) -> None:
    said = comment(sandbox, media)
    assert graph.request(f"v23.0/{said['id']}", post_args={"hide": str(hidden).lower()}) == {"success": True}
    assert graph.get_object(said["id"], fields="hidden")["hidden"] is hidden


def test_a_hidden_comment_takes_no_answer(graph: facebook.GraphAPI, sandbox: Remote, media: Json) -> None:
    said = comment(sandbox, media)
    sandbox.hide(said)
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.put_object(said["id"], "replies", message="Hej")
    assert refused.value.code == 100


def test_what_stands_with_others_is_seen_by_its_mention_alone(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    theirs = sandbox.write(network="instagram", kind="media", author=ELIN, text="Hemma hos @nordnett")
    said = comment(sandbox, theirs, "@nordnett är det sant?", author="Oskar Lindqvist")
    silent = comment(sandbox, theirs, "Fint!", author="Amina Warsame")
    for id in (theirs["id"], said["id"], silent["id"]):
        with pytest.raises(facebook.GraphAPIError, match="does not exist"):
            graph.get_object(id)
    found = graph.get_object(US, fields=f"mentioned_comment.comment_id({said['id']}){{text,media{{id}}}}")
    assert found["mentioned_comment"] == {
        "text": "nordnett är det sant?",
        "media": {"id": theirs["id"]},
        "id": said["id"],
    }
    found = graph.get_object(US, fields=f"mentioned_media.media_id({theirs['id']}){{caption}}")
    assert found["mentioned_media"]["caption"] == "Hemma hos nordnett"
    with pytest.raises(facebook.GraphAPIError, match="does not exist"):
        graph.get_object(US, fields=f"mentioned_comment.comment_id({silent['id']}){{text}}")


def test_a_mention_is_answered_through_our_own_account(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    theirs = sandbox.write(network="instagram", kind="media", author=ELIN, text="Hemma hos @nordnett")
    said = comment(sandbox, theirs, "@nordnett är det sant?", author="Oskar Lindqvist")
    graph.put_object(US, "mentions", media_id=theirs["id"], message="Hej Elin!")
    graph.put_object(US, "mentions", media_id=theirs["id"], comment_id=said["id"], message="Hej Oskar!")
    assert [(one["parent_id"], one["text"]) for one in sandbox.truth("instagram", via="api")] == [
        (theirs["id"], "Hej Elin!"),
        (said["id"], "Hej Oskar!"),
    ]


def test_our_own_comment_with_others_is_theirs_to_delete(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    theirs = sandbox.write(network="instagram", kind="media", author=ELIN, text="Hemma hos @nordnett")
    ours = graph.put_object(US, "mentions", media_id=theirs["id"], message="Hej Elin!")
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.delete_object(ours["id"])
    assert refused.value.code == 200


def test_without_the_permission_nobody_is_named(graph: facebook.GraphAPI, sandbox: Remote, media: Json) -> None:
    comment(sandbox, media)
    comment(sandbox, media, "Vi hör av oss", author_id=US)
    sandbox.turn(facebook_from=False)
    found = graph.get_connections(media["id"], "comments", fields="from,username,user")["data"]
    assert [(one.get("username"), one.get("user")) for one in found] == [(demo.X_HANDLE, {"id": US}), (None, None)]


def test_its_calls_and_its_faults_are_its_own(graph: facebook.GraphAPI, sandbox: Remote, media: Json) -> None:
    sandbox.fault("rate_limit", network="instagram", reset=120)
    for call in (lambda: graph.get_connections(US, "media"), lambda: graph.get_objects([media["id"]])):
        with pytest.raises(facebook.GraphAPIError) as refused:
            call()
        assert refused.value.code == 80002
    assert graph.get_object("me")["id"] == demo.PAGE_ID
    assert {row["network"] for row in sandbox.calls()["counts"]} == {"instagram", "facebook"}
