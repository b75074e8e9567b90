"""The blog's pages: where an answer is written by hand, under any name, and what the feed makes of it."""

from __future__ import annotations

import requests

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote


def entry(sandbox: Remote) -> str:
    sandbox.reset(people=True)
    return str(next(one for one in sandbox.truth("blog") if one["text"] == demo.ENTRIES["copper"][0])["id"])


def write(sandbox: Remote, under: str, **fields: str) -> requests.Response:
    address = f"{sandbox.base}/blog/{under}/comments"
    return requests.post(address, data={"parent_id": under, **fields}, allow_redirects=False, timeout=5)


def test_what_is_written_on_the_page_stands_there_and_in_the_feed(sandbox: Remote) -> None:
    under = entry(sandbox)
    written = write(sandbox, under, name="Poul <b>", text="Hvad med os?")
    assert written.status_code == 303
    page = requests.get(f"{sandbox.base}/blog/{under}", timeout=5).text
    assert "Hvad med os?" in page
    assert "Poul &lt;b&gt;" in page
    assert "Hvad med os?" in requests.get(f"{sandbox.base}/blog/{under}/comments.xml", timeout=5).text


def test_under_the_company_s_name_it_is_the_company_s(sandbox: Remote) -> None:
    write(sandbox, entry(sandbox), name=demo.COMPANY, text="Vi ringer.")
    assert sandbox.truth("blog")[-1]["author_id"] == demo.BLOG_USER_ID


def test_other_sites_and_empty_forms_write_nothing(sandbox: Remote) -> None:
    under = entry(sandbox)
    address = f"{sandbox.base}/blog/{under}/comments"
    fields = {"parent_id": under, "name": "Poul", "text": "Hej"}
    strange = requests.post(address, data=fields, headers={"Origin": "https://evil.example"}, timeout=5)
    assert strange.status_code == 403
    assert write(sandbox, under, name="", text="Hej").status_code == 404
    assert write(sandbox, under, name="Poul", text=" ").status_code == 404
    assert write(sandbox, "nowhere", name="Poul", text="Hej").status_code == 404
