"""The pictures that posts carry."""

from typing import Any

import facebook
import requests

from connectors.sandbox.media import picture
from connectors.sandbox.remote import Remote


def test_every_name_has_a_picture_of_its_own_and_always_the_same() -> None:
    assert picture("a") == picture("a") != picture("b")
    assert picture("a").startswith(b"\x89PNG\r\n\x1a\n")


def test_a_comment_carries_its_picture_and_the_street_shows_it(
    base: str, graph: facebook.GraphAPI, sandbox: Remote, post: Any
) -> None:
    url = f"{base}/media/modem.png"
    attachment = {"type": "photo", "media": {"image": {"src": url, "width": 320, "height": 200}}, "url": url}
    row = {"network": "facebook", "kind": "comment", "author": "Elin Sjöberg", "text": "", "parent_id": post["id"]}
    comment = sandbox.write(**row, extra={"attachments": [attachment]})
    assert graph.get_object(comment["id"], fields="attachment")["attachment"] == attachment
    answer = requests.get(url, timeout=5)
    assert (answer.headers["content-type"], answer.content) == ("image/png", picture("modem"))
    assert '<img src="/media/modem.png"' in requests.get(f"{base}/street", timeout=5).text
