"""What comes from outside stays text, and what must stay inside does not get out."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from config.embedded.place import CHECKOUT
from connectors.base import Secret
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, FollowUp, Note, Person, Reply, Thread
from inbox.models.channel import Quarantined
from inbox.models.secret import Unreadable, fernet
from inbox.states import ReplyState
from tests import make
from tests.inbox.browsing import HTMX, client
from tests.inbox.test_access import METHODS, ROUTES, Objects, objects, people

__all__ = ["objects", "people"]

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "worker-src": "'self'", "manifest-src": "'self'", "form-action": "'self'",
    "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
# htmx attributes with which an injected element would act by itself or run code.
ACTIVE = re.compile(r"^(data-)?hx-(on|vals|vars|get|post|put|patch|delete|trigger|ext|include)")


class Page(HTMLParser):
    """What a browser would act on: scripts, styles, handlers; and every piece of text with the elements around it."""

    VOID = {"meta", "link", "input", "br", "img", "hr", "source", "wbr", "area", "col", "use"}

    # A browser makes no elements in these.
    PLAIN = {"title", "textarea", "option"}

    def __init__(self, answer: HttpResponseBase) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, bool]] = []  # (text, whether htmx is disabled around it)
        self.open: list[tuple[str, bool]] = []
        self.feed(getattr(answer, "content", b"").decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        self.inline += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        self.inline += [f"<{tag} {name}>" for name in given if name.startswith(("hx-on", "data-hx-on"))]
        if (tag == "script" and "src" not in given) or tag == "style":
            self.inline.append(f"<{tag}>")
        for name in ("href", "src", "action", "formaction"):
            if (given.get(name) or "").strip().lower().startswith(("javascript:", "data:", "vbscript:")):
                self.inline.append(f"<{tag} {name}>")
        if tag not in self.VOID:
            self.open.append((tag, self.is_inert or "hx-disable" in given or tag in self.PLAIN))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append((data, self.is_inert))

    @property
    def is_inert(self) -> bool:
        return bool(self.open) and self.open[-1][1]


# --- what every answer carries ----------------------------------------------------------------------------------------


def pages(objects: Objects) -> Iterator[tuple[str, str]]:
    """(route, address) of everything that can be looked at."""
    for route in sorted(ROUTES):
        if "GET" in METHODS.get(route, ()) and route != "live_stream":
            yield route, reverse(route, args=objects.arguments.get(route, []))


def policy(answer: HttpResponseBase) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _space, value in parts if name}


@pytest.mark.parametrize("who", ["anonymous", "none", "agent", "lead", "admin"])
def test_every_page_is_strict_and_has_nothing_inline(
    who: str, objects: Objects, people: dict[str, Person | None]
) -> None:
    seen, browser = 0, client(people[who])
    for route, path in pages(objects):
        for headers in ({}, HTMX):
            answer = browser.get(path, headers=headers)
            assert policy(answer) == POLICY, route
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                assert not Page(answer).inline, (route, Page(answer).inline)
                seen += answer.status_code == 200
    assert seen >= {"anonymous": 6, "none": 8, "agent": 25, "lead": 30, "admin": 35}[who]


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_page_that_says_no_is_strict_too(
    status: int, anna: Person, facebook: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(anna)
    path = {400: reverse("desk"), 403: reverse("board"), 404: "/nowhere/", 500: reverse("desk")}[status]
    if status == 500:
        monkeypatch.setattr("inbox.views.desk.desk_screen", fail)
    answer = browser.get(path, headers={"Host": "evil.example"} if status == 400 else {})
    assert answer.status_code == status
    assert not Page(answer).inline
    assert b"Traceback" not in answer.content
    if status != 400:  # refused before any middleware of ours
        assert policy(answer) == POLICY


def fail(*_: object) -> None:
    canary = "canary-in-a-frame"
    raise RuntimeError(canary)


def test_htmx_is_told_to_run_nothing(anna: Person) -> None:
    page = Page(client(anna).get(reverse("desk")))
    (config,) = [given["content"] for tag, given in page.elements if given.get("name") == "htmx-config"]
    told = json.loads(config or "")
    assert (told["allowEval"], told["allowScriptTags"], told["includeIndicatorStyles"]) == (False, False, False)
    assert (told["selfRequestsOnly"], told["historyCacheSize"]) == (True, 0)


def test_nothing_in_the_tree_switches_escaping_off() -> None:
    """Templates and code alike: `|safe`, mark_safe, autoescape off, @csrf_exempt."""
    forbidden = re.compile(r"\|\s*safe\b|safeseq|autoescape off|mark_safe|csrf_exempt|SafeString\(")
    # Networks sign what they tell; a token of ours is what a browser has.
    signed = CHECKOUT / "inbox/views/webhooks.py"
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}"
        for folder, pattern in (("templates", "*.html"), ("inbox", "*.py"), ("policies", "*.py"), ("config", "*.py"))
        for path in {*(CHECKOUT / folder).rglob(pattern)} - {signed}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found


# --- hostile texts ----------------------------------------------------------------------------------------------------

MARK = "zq7"
HOSTILE = {
    "script": f"<script>{MARK}()</script>",
    "handler": f"<img src=x onerror={MARK}()>",
    "attribute": f"\" autofocus onfocus='{MARK}()' x=\"",
    "svg": f"<svg/onload={MARK}()>",
    "closing": f"</textarea></title></style></div></script><script>{MARK}()</script>",
    "address": f"<a href=javascript:{MARK}()>klick</a>",
    "htmx": f'<div hx-get="/people/" hx-trigger="load" hx-on::load="{MARK}()">x</div>',
    "htmx that closes its surroundings": f'</div></li></ol><b hx-post="/board/brake/" hx-trigger="load">{MARK}</b>',
    "template": f"{{{{ 7|add:7 }}}}{{% include 'x' %}}{MARK}",
    "entities": f"&lt;script&gt;{MARK}&#x3C;script&#x3E;",
    "sql": f"'; DROP TABLE inbox_reply; -- {MARK}",
    "bidi": f"\u202e\u2066txet nettimrof \u2069{MARK}\u202c",
    "utf-7": f"+ADw-script+AD4-{MARK}()+ADw-/script+AD4-",
    "ten thousand": f"<b>{MARK}</b>" + "å" * 10_000,
    "lines": f"a\r\nSet-Cookie: x={MARK}\r\n\r\n<script>",
}


def seeded(channel: Channel, text: str, by: Person, lead: Person) -> tuple[Thread, Thread]:
    """Two threads in which a text stands wherever somebody outside, or one of us, can put one."""
    thread = make.thread(channel, text, author=make.remote_author("eve", text[:180]))
    Note.write(thread, text, by=by)
    FollowUp.write(thread, by=by, text=text[:300], due_at=make.NOON)
    back = make.held(thread, by)
    back.send_back(by=lead, reason=text[:500])
    held = make.thread(channel, text, author=make.remote_author("mallory", text[:180]))
    reply = make.held(held, by)
    Reply.objects.filter(pk=reply.pk).update(text=text, outgoing=text + reply.signature)
    Channel.objects.filter(pk=channel.pk).update(last_error=text, state="attention")
    Thread.objects.filter(pk=thread.pk).update(danger=True)
    return thread, held


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_text_and_inert_on_every_page(
    name: str, facebook: Channel, anna: Person, lea: Person
) -> None:
    text = HOSTILE[name]
    bare = injected(Page(client(lea).get(reverse("desk"))))
    thread, held = seeded(facebook, text, anna, lea)
    shown = 0
    for browser in (client(anna), client(lea)):
        for path in (
            reverse("desk"), reverse("desk") + "?list=all", reverse("follow_ups") + "?all=1", reverse("channels"),
            reverse("board"), *(reverse(each, args=[one.pk]) for one in (thread, held) for each in
                                ("thread", "thread_messages", "thread_head", "thread_side", "reply_compose")),
        ):  # fmt: skip
            page = Page(browser.get(path))
            assert not page.inline, (path, page.inline)
            assert injected(page) == bare, path
            loud = [words for words, inert in page.texts if MARK in words and not inert]
            assert not loud, f"{path}: not inside hx-disable: {loud[0][:80]!r}"
            shown += sum(MARK in words for words, _inert in page.texts)
    assert shown > 10, "the text was not shown, so nothing is proven"


def injected(page: Page) -> list[str]:
    """Elements and attributes that no template of ours contains, and that the payloads try to make."""
    return [
        tag
        for tag, given in page.elements
        if MARK in "".join(name + (value or "") for name, value in given.items() if ACTIVE.match(name))
        or (given.get("hx-post") == "/board/brake/" and given.get("hx-trigger") == "load")
        or given.get("hx-get") == "/people/"
        or (tag in ("script", "img", "svg") and "src" in given and given["src"] == "x")
    ]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_in_a_form_comes_back_as_text(name: str, facebook: Channel, anna: Person) -> None:
    thread = make.thread(facebook)
    for route in ("reply_check", "reply_draft", "reply_send"):
        typed = {"text": HOSTILE[name][:9000], "seen": thread.messages.get().pk}
        answer = client(anna).post(reverse(route, args=[thread.pk]), typed, headers=HTMX)
        assert answer.status_code in (200, 422)
        assert not Page(answer).inline
    answer = client(anna).get(reverse("desk"), {"q": HOSTILE[name], "list": HOSTILE[name], "from": HOSTILE[name]})
    assert answer.status_code == 200
    assert not Page(answer).inline


def test_a_search_of_nul_and_quotes_finds_nothing_and_breaks_nothing(anna: Person) -> None:
    for words in ("\x00", "a\x00b", "'", '"', "\\", "%", "_", "a" * 5000, "&|!<->:*"):
        assert client(anna).get(reverse("desk"), {"q": words}).status_code == 200


# --- tokens -----------------------------------------------------------------------------------------------------------

CANARY = "canary-EAAG-9f2c"


@pytest.fixture
def secretive(street: Remote, db: None) -> Channel:
    """A channel whose token nobody may ever see. The sandbox does not know it either, so calls fail."""
    return make.channel("facebook", secrets={"access_token": Secret(CANARY), "app_secret": Secret(f"{CANARY}-app")})


BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")


def everything_stored() -> str:
    """Every column of every table as text, as a dump would carry it; bytes both as hex and as they are."""
    told = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            told += [row[0] for row in cursor.fetchall()]
    text = "\n".join(told)
    return text + "".join(bytes.fromhex(found).decode("latin-1") for found in BYTES.findall(text))


def test_tokens_are_in_no_table_in_the_clear(secretive: Channel) -> None:
    tasks.pull(secretive.pk)
    stored = everything_stored()
    assert "gAAAA" in stored, "the ciphertext was not looked at, so nothing is proven"
    assert CANARY not in stored
    secretive.refresh_from_db()
    assert secretive.last_error, "the pull was meant to fail"
    assert CANARY not in secretive.last_error
    assert secretive.secrets["access_token"].reveal() == CANARY


def test_tokens_are_in_no_log_of_a_pull_and_a_send_that_fail(
    secretive: Channel, street: Remote, caplog: pytest.LogCaptureFixture, settings: LazySettings
) -> None:
    settings.SAMTAL_UNDO_SECONDS = 0
    anna = make.person("anna")
    make.clear(anna, secretive)
    replies = [make.queued(make.thread(secretive), anna) for _each in range(3)]
    with caplog.at_level(logging.DEBUG):
        tasks.pull(secretive.pk)
        for reply, fault in zip(replies, ("status", "reset", "graph_error"), strict=True):
            street.fault(fault, network="facebook", method="POST", count=1)
            Channel.objects.update(state="active", closed_until=None)
            tasks.send(reply.pk)
    assert len([each for each in caplog.records if each.name == "inbox.tasks"]) >= 3
    assert CANARY not in caplog.text + "".join(f"{each.args} {each.exc_info}" for each in caplog.records)
    assert not Reply.objects.filter(state=ReplyState.SENT).exists()


def test_tokens_are_on_no_error_page(
    secretive: Channel, ada: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(request: object, *_: object) -> None:
        secrets = Channel.objects.get(pk=secretive.pk).secrets
        raise RuntimeError(f"{secrets} {secrets['access_token']!r}")

    monkeypatch.setattr("inbox.views.channels.channels_screen", lambda: break_down(None))
    browser = Client(raise_request_exception=False)
    browser.force_login(ada)
    answer = browser.get(reverse("channels"))
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode() + caplog.text
    assert "RuntimeError" not in answer.content.decode()


def test_tokens_are_on_no_page_not_even_the_one_that_sets_them(secretive: Channel, ada: Person) -> None:
    for route, arguments in (("channel", [secretive.pk]), ("channels", []), ("board", [])):
        assert CANARY not in client(ada).get(reverse(route, args=arguments)).content.decode()


def test_a_channel_that_is_edited_keeps_its_tokens(secretive: Channel, ada: Person) -> None:
    fields = {"name": "Nordnett", "sender": "Nordnett", "signature": "first", "lead_in": "/", "language": "sv",
              "target_minutes": 60, "look_again_days": 3, "reach_days": 30}  # fmt: skip
    answer = client(ada).post(
        reverse("channel", args=[secretive.pk]), {**fields, "access_token": "new", "token": "new"}
    )
    assert answer.status_code == 302
    kept = Channel.objects.get().secrets
    assert (kept["access_token"].reveal(), kept["app_secret"].reveal()) == (CANARY, f"{CANARY}-app")


class TestRotation:
    """MultiFernet: the newest key writes, all of them read."""

    def test_after_a_rotation_the_old_key_opens_nothing(self, db: None, settings: LazySettings) -> None:
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        settings.SAMTAL_TOKEN_KEYS = [old]
        for number in range(3):
            make.channel(account_id=str(number), secrets={"access_token": Secret(f"{CANARY}{number}")})
        settings.SAMTAL_TOKEN_KEYS = [new, old]
        call_command("rotate_tokens")
        settings.SAMTAL_TOKEN_KEYS = [new]
        assert [channel.secrets["access_token"].reveal() for channel in Channel.objects.order_by("pk")] == [
            f"{CANARY}{number}" for number in range(3)
        ]
        settings.SAMTAL_TOKEN_KEYS = [old]
        with pytest.raises(Unreadable):
            list(Channel.objects.all())

    def test_with_a_key_that_is_missing_nothing_is_changed(self, db: None, settings: LazySettings) -> None:
        old, lost = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        for number, key in enumerate((old, lost)):
            settings.SAMTAL_TOKEN_KEYS = [key]
            make.channel(account_id=str(number))
        settings.SAMTAL_TOKEN_KEYS = [Fernet.generate_key().decode(), old]
        with pytest.raises(CommandError, match="SAMTAL_TOKEN_KEYS"):
            call_command("rotate_tokens")
        settings.SAMTAL_TOKEN_KEYS = [old]
        assert Channel.objects.get(account_id="0").secrets

    def test_a_key_that_is_none_is_a_sentence(self) -> None:
        with pytest.raises(Exception, match="SAMTAL_TOKEN_KEYS must be Fernet keys"):
            fernet(("not a key",))


def test_raw_answers_in_the_quarantine_are_the_networks_and_carry_no_token(secretive: Channel) -> None:
    tasks.pull(secretive.pk)
    assert not Quarantined.objects.filter(raw__icontains=CANARY).exists()


# --- production -------------------------------------------------------------------------------------------------------


def production() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SAMTAL_ENV": "production",
        "SECRET_KEY": "x" * 20 + "abcdefghijklmnopqrstuvwxyz0123456789",
        "ALLOWED_HOSTS": "samtal.example",
        "DATABASE_URL": "postgres://samtal:word@db.example/samtal",
        "REDIS_URL": "redis://redis.example/0",
        "SAMTAL_TOKEN_KEYS": Fernet.generate_key().decode(),
    }


def test_the_checks_for_deployment_find_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=CHECKOUT, env=production(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr
