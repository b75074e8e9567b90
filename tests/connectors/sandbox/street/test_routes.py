"""The street without a browser's script: plain requests, plain forms."""

from collections.abc import Iterator
from typing import Any

import facebook
import pytest
import requests

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]


class Visitor:
    """Somebody on the street, with a browser that keeps cookies and follows redirects."""

    def __init__(self, base: str, language: str = "en") -> None:
        self.base = base
        self.session = requests.Session()
        self.session.headers["accept-language"] = language

    def see(self, path: str = "/street") -> str:
        return self.session.get(self.base + path, timeout=5).text

    def press(self, button: str, **form: str) -> requests.Response:
        return self.session.post(f"{self.base}/street/{button}", data=form, timeout=5)


@pytest.fixture
def street(sandbox: Remote) -> Remote:
    sandbox.reset(people=True)
    return sandbox


@pytest.fixture
def kari(base: str, street: Remote) -> Iterator[Visitor]:
    visitor = Visitor(base)
    visitor.press("who", name="Kari Nordmann")
    yield visitor
    visitor.session.close()


def page_post(street: Remote) -> Json:
    return next(entry for entry in street.truth("facebook") if entry["kind"] == "post")


def last(street: Remote) -> Json:
    return street.truth(who="others")[-1]


def test_nobody_can_write_before_being_somebody(base: str, street: Remote) -> None:
    visitor = Visitor(base)
    assert "<textarea" not in visitor.see()
    assert visitor.press("write", network="x", kind="tweet", text="Hei").status_code == 422
    assert street.truth(who="others") == []
    visitor.session.close()


def test_a_new_name_gets_accounts_on_both_networks(base: str, street: Remote) -> None:
    visitor = Visitor(base, "da")
    visitor.press("who", new_name="  Bodil   Ærø ")
    assert "Du er Bodil Ærø" in visitor.see()
    for network in ("facebook", "x"):
        [person] = [person for person in street.people(network) if person["name"] == "Bodil Ærø"]
        assert person["language"] == "da"
    visitor.session.close()


def test_a_comment_under_the_pages_post_reaches_the_api(
    kari: Visitor, street: Remote, graph: facebook.GraphAPI
) -> None:
    post = page_post(street)
    answer = kari.press("write", network="facebook", kind="comment", parent_id=post["id"], text="Når kommer fiber?")
    assert answer.url.endswith(f"/street#e-{last(street)['id']}")
    [found] = graph.get_connections(post["id"], "comments", fields="message,from")["data"]
    assert (found["message"], found["from"]["name"]) == ("Når kommer fiber?", "Kari Nordmann")


def test_a_comment_under_a_picture_and_our_answer_stand_there(kari: Visitor, street: Remote) -> None:
    media = next(entry for entry in street.truth("instagram") if entry["text"] == demo.MEDIA["tower"][0])
    kari.press("write", network="instagram", kind="comment", parent_id=media["id"], text="Når kommer dere hit?")
    asked = last(street)
    assert (asked["network"], asked["parent_id"]) == ("instagram", media["id"])
    ours = {"network": "instagram", "kind": "comment", "author_id": demo.INSTAGRAM_USER_ID}
    street.write(**ours, text="I mars!", parent_id=asked["id"])
    page = kari.see()
    assert page.index("Når kommer dere hit?") < page.index("I mars!")
    assert kari.press("write", network="instagram", kind="media", text="Hei").status_code == 422


def test_a_visitors_post_stands_on_the_page(kari: Visitor, street: Remote, graph: facebook.GraphAPI) -> None:
    kari.press("write", network="facebook", kind="post", text="Hei\r\nhallo")
    [found] = graph.get_connections("me", "visitor_posts")["data"]
    assert found["message"] == "Hei\nhallo"


def test_what_the_organisation_answers_stands_beneath_with_its_mark(
    kari: Visitor, street: Remote, graph: facebook.GraphAPI
) -> None:
    kari.press("write", network="facebook", kind="post", text="Hei?")
    graph.put_comment(last(street)["id"], "Hei Kari! Vi ser på det. /Anna")
    page = kari.see()
    assert "Hei Kari! Vi ser på det. /Anna" in page
    assert "answers for the company" in page


def test_a_mention_and_a_reply_on_x(kari: Visitor, street: Remote) -> None:
    kari.press("write", network="x", kind="tweet", text="@nordnett er dere der?")
    mention = last(street)
    kari.press("write", network="x", kind="tweet", parent_id=mention["id"], text="Hallo?")
    assert (last(street)["parent_id"], last(street)["root_id"]) == (mention["id"], mention["id"])


def test_own_texts_can_be_changed_and_deleted(kari: Visitor, street: Remote) -> None:
    kari.press("write", network="facebook", kind="post", text="Hei")
    own = last(street)
    kari.press("edit", network="facebook", id=own["id"], text="Hei igjen")
    assert "Hei igjen" in kari.see()
    assert "edited" in kari.see()
    kari.press("delete", network="facebook", id=own["id"])
    assert "Hei igjen" not in kari.see()
    assert last(street)["deleted_at"]


def test_changing_a_reply_on_x_keeps_the_names_in_front(kari: Visitor, street: Remote) -> None:
    theirs = street.write(network="x", kind="tweet", author="Ole Håkonsen", text="@nordnett hei")
    kari.press("write", network="x", kind="tweet", parent_id=theirs["id"], text="Enig")
    kari.press("edit", network="x", id=last(street)["id"], text="Helt enig")
    newest = last(street)
    assert newest["text"] == "Helt enig"
    assert newest["history"]
    assert kari.see().count("Helt enig") == 2  # shown, and in the box to change it
    assert "</span> Enig" not in kari.see()


def test_nobody_changes_or_deletes_what_is_not_theirs(kari: Visitor, street: Remote) -> None:
    post = page_post(street)
    for button in ("edit", "delete"):
        assert kari.press(button, network="facebook", id=post["id"], text="Tull").status_code == 404
    assert page_post(street) == post


def test_what_is_hidden_only_its_author_still_sees(base: str, kari: Visitor, street: Remote) -> None:
    kari.press("write", network="facebook", kind="comment", parent_id=page_post(street)["id"], text="Tull og tøys")
    street.hide(last(street))
    assert "Tull og tøys" in kari.see()
    other = Visitor(base)
    assert "Tull og tøys" not in other.see()
    assert other.session.get(f"{base}/street/facebook/{last(street)['id']}", timeout=5).status_code == 404
    other.session.close()


def test_a_private_message_is_seen_by_its_two_and_nobody_else(
    base: str, kari: Visitor, street: Remote, graph: facebook.GraphAPI
) -> None:
    kari.press("write", network="facebook", kind="private", text="Kan dere hjelpe meg?")
    letter = last(street)
    assert "Kan dere hjelpe meg?" in kari.see()
    assert (
        graph.get_connections("me", "conversations", fields="snippet")["data"][0]["snippet"] == "Kan dere hjelpe meg?"
    )
    other = Visitor(base)
    other.press("who", name="Ole Håkonsen")
    assert "Kan dere hjelpe meg?" not in other.see()
    assert other.session.get(f"{base}/street/facebook/{letter['id']}", timeout=5).status_code == 404
    other.session.close()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"network": "facebook", "kind": "post", "text": "  "}, 422),
        ({"network": "facebook", "kind": "post", "text": "x" * 8001}, 422),
        ({"network": "facebook", "kind": "rating", "text": "Fint"}, 422),
        ({"network": "myspace", "kind": "post", "text": "Fint"}, 422),
        ({"network": "facebook", "kind": "comment", "parent_id": "1_2", "text": "Hei"}, 404),
        ({"network": "facebook", "kind": "comment", "text": "Hei"}, 404),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(
    kari: Visitor, street: Remote, form: dict[str, str], status: int
) -> None:
    answer = kari.press("write", **form)
    assert answer.status_code == status
    assert "<h2>" in answer.text
    assert street.truth(who="others") == []


def test_long_conversations_are_folded_and_whole_on_their_own_page(kari: Visitor, street: Remote) -> None:
    post = page_post(street)
    row = {"network": "facebook", "kind": "comment", "author": "Ole Håkonsen", "parent_id": post["id"]}
    street.write_many({**row, "text": f"kommentar nr {number:02}"} for number in range(14))
    page = kari.see()
    assert "kommentar nr 13" in page
    assert "kommentar nr 00" not in page
    assert "4 earlier" in page
    assert "kommentar nr 00" in kari.see(f"/street/facebook/{post['id']}")


@pytest.mark.parametrize(
    ("accept", "language", "title"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv", "Gatan"),
        ("no", "nb", "Gata"),
        ("de,da;q=0.7", "da", "Gaden"),
        ("fr", "en", "The street"),
        ("", "en", "The street"),
        ("en;q=bad,sv;q=0.1", "sv", "Gatan"),
    ],
)
def test_the_street_speaks_the_browsers_language(
    base: str, street: Remote, accept: str, language: str, title: str
) -> None:
    visitor = Visitor(base, accept)
    page = visitor.see()
    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1>" in page
    visitor.session.close()


def test_the_change_number_goes_up_with_everything_that_happens(kari: Visitor, street: Remote) -> None:
    def number() -> int:
        return int(requests.get(f"{kari.base}/street/change", timeout=5).json()["change"])

    seen = [number()]
    kari.press("write", network="facebook", kind="post", text="Hei")
    seen.append(number())
    street.edit({"network": "facebook", "id": last(street)["id"]}, "Hei igjen")
    seen.append(number())
    street.delete({"network": "facebook", "id": last(street)["id"]})
    seen.append(number())
    assert seen == sorted(set(seen))
