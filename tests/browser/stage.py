"""A stage for the front end without the program: the real templates, scripts and policy header, scripted answers.

A test scripts the rows of the list, the verdict and how the next POST ends; it may ask for every POST that came.
"""

from __future__ import annotations

import json
import mimetypes
import queue
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.contrib.staticfiles import finders
from django.template.backends.django import DjangoTemplates
from django.test import override_settings

from config.settings import CONTENT_SECURITY_POLICY

HERE = Path(__file__).resolve().parent
POLICY = "; ".join(f"{name} {' '.join(values)}" for name, values in CONTENT_SECURITY_POLICY["DIRECTIVES"].items())
TEMPLATES = DjangoTemplates(
    {
        "NAME": "stage",
        "DIRS": [HERE.parent.parent / "templates", HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {},
    }
)
ICONS = re.findall(r'id="([\w-]+)"', (HERE.parent.parent / "static" / "icons" / "sprite.svg").read_text())
NAV = [
    {"url": "/desk/", "label": "Inbox", "count": 37, "current": True},
    {"url": "/styleguide/", "label": "Overview"},
    {"url": "/rules/", "label": "Rules"},
    {"url": "/channels/", "label": "Channels"},
    {"url": "/reports/", "label": "Reports"},
]
ANNA = SimpleNamespace(pk=1, is_authenticated=True, get_short_name="Anna Berg", get_username="anna")
DRAFT = "Ja, det stemmer, men de ansatte får beskjed i dag. Skriv fødselsnummeret ditt her, så ser jeg på det."


@dataclass
class Row:
    id: int
    name: str
    text: str
    why: str
    time: str
    network: str = "facebook"
    unread: bool = False
    current: bool = False
    danger: bool = False
    who: str = ""

    @property
    def network_name(self) -> str:
        return self.network.title()


def rows() -> list[Row]:
    return [
        Row(7, "Ole Berg", "Det ryker fra skapet på hjørnet!", "life or health", "14:28", unread=True, danger=True),
        Row(42, "Kari Nordmann", "Men naboen sier at de ansatte …", "rumour", "14:31", unread=True, current=True),
        Row(43, "Jens Thorvaldsen-Abrahamsen", "Når kommer strømmen?", "Outage Bergen", "14:20", "x", unread=True),
        Row(44, "Frøya", "Tusen takk for hjelpen forrige gang, men nå", "promised 15:00", "14:05", who="Bo"),
        Row(45, "Unknown author", "Er det noen hjemme hos dere?", "waits since 13:58", "13:58", "instagram"),
        Row(46, "nettforum.example", "Er det noen som har erfaring med varmepumpe", "", "13:40", "feed"),
    ]


@dataclass
class Finding:
    effect: str
    start: int
    end: int
    passage: str
    message: str
    directive: str
    wording: str = ""


def findings() -> list[Finding]:
    """Remarks on DRAFT."""
    number = DRAFT.index("fødselsnummeret ditt")
    return [
        Finding(
            "block",
            number,
            number + len("fødselsnummeret ditt"),
            "fødselsnummeret ditt",
            "asks for a personal number where everybody reads.",
            "Personal data never stands in public.",
            "kundenummeret ditt på Min side",
        ),
        Finding(
            "hold", 0, len("Ja, det stemmer"), "Ja, det stemmer", "confirms a rumour.",
            "We never comment on rumours and speculation.",
        ),
    ]  # fmt: skip


@dataclass
class Received:
    """A POST as it came: where, and its fields with their last values."""

    path: str
    fields: dict[str, list[str]]

    def __getitem__(self, name: str) -> str:
        return self.fields[name][-1]


@dataclass
class Stage:
    """What the server answers, and what it was asked. Changed by the test, read by the server's threads."""

    address: str = ""
    rows: list[Row] = field(default_factory=rows)
    findings: list[Finding] = field(default_factory=findings)
    draft: str = DRAFT
    streams: list[queue.Queue[bytes | None]] = field(default_factory=list)
    stream_status: int = 200
    heard: str = ""
    opened: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    send_status: int = 200
    save_status: int = 200
    note_status: int = 204
    preferences: Mapping[str, str] = field(default_factory=dict)
    extra: dict[str, object] = field(default_factory=dict)

    def change(self, kind: str, pk: int = 0, version: int = 1) -> None:
        """An event for every open stream."""
        data = json.dumps({"kind": kind, "id": pk, "version": version})
        for stream in self.streams:
            stream.put(f"id: s-{version}\nevent: change\ndata: {data}\n\n".encode())

    def hang_up(self) -> None:
        """Ends every open stream, as a restart of the server does."""
        for stream in self.streams:
            stream.put(None)

    def posts(self, path: str) -> list[Received]:
        return [post for post in self.received if post.path == path]

    def context(self) -> dict[str, object]:
        return {
            "csrf_token": "stage-token",
            "nav": NAV,
            "user": ANNA,
            "duty": {"on": True, "label": "on duty", "url": "/duty/"},
            "live_url": "/live/",
            "shown_url": "/live/shown/",
            "heard": self.heard,
            "search_url": "/search/",
            "rows": self.rows,
            "findings": self.findings,
            "stopped": any(finding.effect == "block" for finding in self.findings),
            "announce": "Cannot be sent: 2 remarks" if self.findings else "",
            "question": bool(self.findings),
            "draft": self.draft,
            "preferences": self.preferences,
            "icons": ICONS,
            **self.extra,
        }


class Account(forms.Form):
    """The fields of allauth's forms, without its database; each page draws those it names."""

    login = forms.CharField(label="Login")
    password = forms.CharField(widget=forms.PasswordInput, help_text="Forgotten your password?")
    remember = forms.BooleanField(required=False)
    oldpassword = forms.CharField(widget=forms.PasswordInput)
    password1 = forms.CharField(widget=forms.PasswordInput, help_text="At least 10 characters.")
    password2 = forms.CharField(widget=forms.PasswordInput)
    email = forms.EmailField()


PAGES = {
    "/desk/": "stage_desk.html",
    "/styleguide/": "styleguide.html",
    "/rows/": "stage_rows.html",
    "/messages/": "stage_messages.html",
    "/undo/": "stage_undo.html",
    "/login/": "account/login.html",
    "/logout/": "account/logout.html",
    "/password-change/": "account/password_change.html",
    "/password-reset/": "account/password_reset.html",
    "/password-choose/": "account/password_reset_from_key.html",
    "/confirm/": "account/reauthenticate.html",
    "/email/": "account/email.html",
    "/400/": "400.html",
    "/403/": "403.html",
    "/403-csrf/": "403_csrf.html",
    "/404/": "404.html",
    "/409/": "409.html",
    "/500/": "500.html",
    "/503/": "503.html",
    "/bare/": "stage_bare.html",
}
SIGNED_OUT = {"user": SimpleNamespace(is_authenticated=False), "nav": None, "live_url": "", "search_url": ""}


def render(template: str, context: Mapping[str, object]) -> bytes:
    return TEMPLATES.get_template(template).render(dict(context)).encode()


class Answers(BaseHTTPRequestHandler):
    """One request. `stage` is set on the subclass that serves it."""

    stage: Stage
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """A browser that goes away in the middle of a request is no fault of the page."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Quiet: the test says what matters."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/live/":
            self.live()
        elif address.path.startswith("/static/"):
            self.static(address.path.removeprefix("/static/"))
        elif address.path in PAGES:
            self.page(address.path, parse_qs(address.query))
        else:
            self.answer(404, b"nothing here")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = urlsplit(self.path).path
        self.stage.received.append(Received(path, fields_of(body, self.headers["Content-Type"])))
        if path == "/check/":
            self.answer(200, render("stage_verdict.html", self.stage.context()))
        elif path == "/save/":
            self.answer(self.stage.save_status, b'<span id="saved-42">Saved 14:33</span>')
        elif path == "/send/":
            self.answer(self.stage.send_status, render("stage_composer.html", self.stage.context()))
        elif path == "/note/":
            self.answer(self.stage.note_status, b'<div class="toast error"><p>Bo has it.</p></div>')
        else:
            self.answer(204, b"")

    def page(self, path: str, query: Mapping[str, list[str]]) -> None:
        context = self.stage.context() | {name: values[-1] for name, values in query.items()}
        if PAGES[path].startswith("account/"):
            context |= SIGNED_OUT | {"form": Account({}) if "errors" in query else Account(), "action_url": path}
        elif path == "/bare/":
            context = {}
        elif path[1].isdigit():
            context |= SIGNED_OUT
        self.answer(200, render(PAGES[path], context))

    def static(self, name: str) -> None:
        found = finders.find(name)
        if found is None:
            self.answer(404, b"no such file")
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.answer(200, Path(found).read_bytes(), kind)

    def live(self) -> None:
        self.stage.opened.append(self.headers.get("Last-Event-ID", ""))
        self.stage.names.append(parse_qs(urlsplit(self.path).query)["stream"][0])
        if self.stage.stream_status != 200:
            self.answer(self.stage.stream_status, b"")
            return
        events: queue.Queue[bytes | None] = queue.Queue()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"retry: 2000\n\n")
        self.stage.streams.append(events)
        while (event := events.get()) is not None:
            self.wfile.write(event)
        self.stage.streams.remove(events)
        self.close_connection = True

    def answer(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)


def fields_of(body: bytes, kind: str) -> dict[str, list[str]]:
    """The fields of a form, urlencoded or multipart (as FormData in fetch sends it)."""
    if "multipart/form-data" not in kind:
        return parse_qs(body.decode(), keep_blank_values=True)
    boundary = kind.partition("boundary=")[2]
    fields: dict[str, list[str]] = {}
    for part in body.decode().split(f"--{boundary}")[1:-1]:
        head, _blank, value = part.strip("\r\n").partition("\r\n\r\n")
        fields.setdefault(head.partition('name="')[2].partition('"')[0], []).append(value)
    return fields


@contextmanager
def open_stage() -> Iterator[Stage]:
    """A stage on a free port of loopback; its streams end when the block does."""
    stage = Stage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("StageAnswers", (Answers,), {"stage": stage}))
    server.daemon_threads = True
    stage.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        with override_settings(ROOT_URLCONF="tests.browser.addresses"):
            yield stage
    finally:
        stage.hang_up()
        server.shutdown()
        server.server_close()
        thread.join()
