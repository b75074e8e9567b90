"""The control page's HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import KINDS as ENTRY_KINDS
from connectors.sandbox.entries import NETWORKS
from connectors.sandbox.faults import BODIES, KINDS
from connectors.sandbox.markup import Child, Html, document, el, join
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.switches import CHOICES
from connectors.sandbox.tokens import STATES
from connectors.sandbox.webhooks.outbox import Outbox

LABELS = {
    "facebook_lag": "Facebook and Instagram: reads lag, seconds",
    "facebook_from": "Facebook and Instagram: name the people who write",
    "facebook_refuses_duplicates": "Facebook refuses the same text twice in a row (506)",
    "feed_paging": "Feeds are paged by",
    "overlap": "Items a further page repeats",
    "shuffle": "Pages come in a random order",
    "x_lag": "X reads lag, seconds",
    "x_names": "Names of X's fields",
    "x_summoned_only": "X lets us answer only posts that mention us",
    "x_duplicate_window": "X refuses the same text for, seconds",
    "mastodon_lag": "Mastodon reads lag, seconds",
    "rate_scale": "Rate limits, times the real ones",
}


@dataclass(frozen=True, slots=True)
class View:
    """wrong: the sentence of the action that was refused just now."""

    sandbox: Sandbox
    outbox: Outbox
    wrong: str = ""


def page(view: View) -> str:
    sections = [_faults(view), _switches(view), _clock(view), _write(), _tokens(view), _webhooks(view), _calls(view)]
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", "Control · The street"),
        el("link", rel="stylesheet", href="/static/sandbox.css"),
        el("link", rel="icon", href="/static/street.svg", type="image/svg+xml"),
    )
    wrong = el("p", view.wrong, class_="wrong", role="alert") if view.wrong else None
    top = el("div", el("h1", "Control"), el("a", "The street", href="/street"), _reset(), class_="top-row")
    main = el("main", wrong, el("div", *sections, class_="panel"), id="content")
    return document(head, el("body", el("header", top, class_="top"), main), lang="en")


def _section(title: str, *children: Child) -> Html:
    return el("section", el("h2", title), *children, class_="sheet")


def _form(action: str, button: str, *children: Child, plain: bool = False) -> Html:
    submit = el("button", button, class_="plain" if plain else None)
    return el(
        "form", *children, submit, method="post", action=f"/control/do/{action}", class_="inline" if plain else None
    )


def _reset() -> Html:
    people = el("input", type="hidden", name="people", value="1")
    return el("div", _form("reset", "Begin anew", people, plain=True), class_="end")


def _faults(view: View) -> Html:
    rows = [
        [
            str(fault["kind"]),
            f"{fault['network'] or 'all'} {fault['method'] or 'any'} {fault['path'] or '/'}",
            "for ever" if fault["left"] is None else str(fault["left"]),
            str(fault["fired"]),
            _form("fault-clear", "Remove", _hidden(id=fault["id"]), plain=True),
        ]
        for fault in view.sandbox.faults.every()
    ]
    kinds = [el("option", f"{kind}: {what}", value=kind) for kind, what in KINDS.items()]
    form = _form(
        "fault",
        "Add the fault",
        _labelled("What goes wrong", "kind", el("select", *kinds, id="kind", name="kind")),
        _row(
            _choice("Network", "network", ("", *NETWORKS)),
            _choice("Method", "method", ("", "GET", "POST", "PUT", "DELETE")),
            _text("Path (regular expression)", "path"),
            _text("Times (empty: for ever)", "count", "1"),
            _text("Share of calls", "probability", "1"),
        ),
        _row(
            _text("Seconds", "seconds", "5"),
            _text("HTTP status", "status", "503"),
            _choice("Body", "body", BODIES),
            _text("Graph code", "code", "2"),
            _text("Reset in seconds", "reset"),
        ),
        _tick("Do what was asked before the answer is lost", "effect"),
    )
    return _section("Faults", _table(("Fault", "Meets", "Left", "Struck", ""), rows), form)


def _switches(view: View) -> Html:
    now = asdict(view.sandbox.switches.now)
    ticks = [_tick(LABELS[name], name, ticked=value) for name, value in now.items() if isinstance(value, bool)]
    fields = [_switch(name, value) for name, value in now.items() if not isinstance(value, bool)]
    return _section("Switches", _form("switches", "Turn", _row(*fields), *ticks))


def _switch(name: str, value: Any) -> Html:
    if name in CHOICES:
        return _choice(LABELS[name], name, CHOICES[name], str(value))
    return _text(LABELS[name], name, f"{value:g}")


def _clock(view: View) -> Html:
    clock = view.sandbox.clock
    shown = el("p", el("strong", iso(clock.now())), " · stands still" if clock.frozen else " · runs")
    forward = _form("clock", "Move on", _text("Seconds", "advance", "3600"))
    stop = _form("clock", "Run", _hidden(resume=1)) if clock.frozen else _form("clock", "Stop it", _hidden(freeze=1))
    return _section("Clock", shown, forward, stop)


def _write() -> Html:
    kinds = list(dict.fromkeys(kind for kinds in ENTRY_KINDS.values() for kind in kinds if kind != "private"))
    form = _form(
        "entry",
        "Write",
        _row(_choice("Network", "entry_network", NETWORKS), _choice("Kind", "entry_kind", kinds)),
        _row(_text("Name of the author", "author"), _text("Id of what it answers", "parent_id")),
        _labelled("Text", "entry_text", el("textarea", id="entry_text", name="entry_text", rows=2)),
    )
    return _section("Write as somebody", form)


def _tokens(view: View) -> Html:
    rows = [
        [
            f"{token.network} {token.kind}",
            f"{token.value[:12]}…",
            _form(
                "token",
                "Set",
                _hidden(value=token.value),
                el(
                    "select",
                    *(el("option", state, value=state, selected=state == token.state) for state in STATES),
                    name="state",
                    aria_label=f"State of {token.value[:12]}",
                ),
            ),
        ]
        for token in view.sandbox.tokens.every()
    ]
    return _section("Tokens", _table(("For", "Token", "State"), rows))


def _webhooks(view: View) -> Html:
    rows = [
        [
            str(line["network"]),
            str(line["url"]),
            ", ".join(f"{count} {state}" for state, count in line["deliveries"].items()),
            _form("unsubscribe", "Remove", _hidden(id=line["id"]), plain=True),
        ]
        for line in view.outbox.every()
    ]
    form = _form(
        "subscribe",
        "Add the address",
        _row(_choice("Network", "hook_network", NETWORKS), _text("Address on this machine", "url")),
        _row(
            _text("Lost (0 to 1)", "lost", "0"),
            _text("Doubled (0 to 1)", "doubled", "0"),
            _text("Wrongly signed (0 to 1)", "forged", "0"),
            _text("Shuffled within seconds", "shuffle", "0"),
            _text("Events in one body", "batch", "1"),
        ),
    )
    return _section("Webhooks", _table(("Network", "Address", "Notifications", ""), rows), form)


def _calls(view: View) -> Html:
    rows = [
        [str(row[name]) for name in ("network", "route", "status", "fault", "calls", "resources", "early")]
        for row in view.sandbox.calls.counts()
    ]
    heads = ("Network", "Route", "Status", "Fault", "Calls", "Billed", "Too early")
    return _section("Calls since the last reset", _table(heads, rows))


def _table(heads: Iterable[str], rows: Iterable[Iterable[Child]]) -> Html:
    body = [el("tr", *(el("td", cell) for cell in row)) for row in rows]
    if not body:
        return join(el("p", "None.", class_="quiet"))
    head = el("thead", el("tr", *(el("th", name, scope="col") if name else el("td") for name in heads)))
    return el(
        "div", el("table", head, el("tbody", *body)), class_="scroll", tabindex="0", role="region", aria_label="Table"
    )


def _row(*children: Child) -> Html:
    return el("div", *children, class_="fields")


def _labelled(label: str, id: str, control: Html) -> Html:
    return el("p", el("label", label, for_=id), control)


def _text(label: str, name: str, value: str = "") -> Html:
    return _labelled(label, name, el("input", id=name, name=name, value=value, autocomplete="off"))


def _choice(label: str, name: str, values: Iterable[str], now: str = "") -> Html:
    options = [el("option", value or "any", value=value, selected=value == now) for value in values]
    return _labelled(label, name, el("select", *options, id=name, name=name))


def _tick(label: str, name: str, *, ticked: bool = False) -> Html:
    box = el("input", type="checkbox", id=name, name=name, value="1", checked=ticked)
    return el("div", box, " ", el("label", label, for_=name))


def _hidden(**values: Any) -> list[Html]:
    given: Mapping[str, Any] = values
    return [el("input", type="hidden", name=name, value=str(value)) for name, value in given.items()]
