"""Who may open what: every route of the URLconf, for everyone there is, with every method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from inbox.access import NOBODY, PUBLIC, ROUTES
from inbox.models import Brake, Channel, Deed, FollowUp, Gap, Level, Person, Picture, Quarantined, Role, Snippet, What
from inbox.models.recheck import start_situation
from policies.models import Situation
from tests import make
from tests.inbox.browsing import HTMX, client

PEOPLE = ("anonymous", "none", "uncleared", "agent", "lead", "admin", "locked_out")
ROLE_OF = {"uncleared": "agent", "locked_out": "anonymous"}
REFUSED = {401, 403}

GET, POST, BOTH = {"GET"}, {"POST"}, {"GET", "POST"}
READ = {
    "healthz", "readyz", "metrics", "desk", "thread_list", "leaving", "live_stream", "thread", "thread_messages",
    "thread_head", "thread_side", "reply_compose", "follow_ups", "board", "rules", "rules_version", "channels",
    "people", "account_inactive", "account_reset_password_done", "account_reset_password_from_key_done",
    "channel_new", "channel_connected", "picture",
}  # fmt: skip
PAGES = {
    "set_language", "webhook",
    "channel_connect", "channel_reconnect", "channel_choose", "channel_disconnect", "message_moderate",
    "preferences", "rule_edit", "situation_new", "snippets", "snippet_edit", "channel", "account_login",
    "account_logout", "account_reset_password", "account_reset_password_from_key", "account_change_password",
    "account_reauthenticate",
}  # fmt: skip
METHODS = dict.fromkeys(READ, GET) | dict.fromkeys(PAGES, BOTH)

# Beyond the role: these ask for a clearance on the channel as well.
NEEDS_CLEARANCE = {
    "thread_claim", "thread_take_over", "thread_set_aside", "thread_close", "thread_later", "reply_send", "reply_turn",
}  # fmt: skip
# What each needs to get past its form, so that the question of clearance is reached.
FIELDS = {
    "thread_take_over": {"reason": "lunch"},
    "thread_set_aside": {"reason": "spam"},
    "thread_close": {"reason": "solved"},
    "thread_later": {"until": "hour"},
    "reply_send": {"text": make.FINE},
    "reply_send_back": {"reason": "shorter"},
    "reply_change": {"text": make.FINE},
    "reply_withdraw": {"reason": "wrong"},
    "snippets": {"title": "Hej", "language": "sv", "text": "Hej!"},
}
# Replies are their writer's; here a colleague wrote them, so they do not exist for others (leads settle doubts).
WRITERS_ONLY = {
    "reply_undo", "reply_edit", "reply_out", "reply_written", "reply_again", "reply_confirm", "reply_take_back",
    "reply_withdraw", "reply_correct", "reply_keep",
}  # fmt: skip
LEADS_SETTLE = {"reply_out", "reply_written", "reply_again", "reply_withdraw", "reply_correct"}
# An agent reaches these as a mentor; here they are none.
APPROVES = {"reply_approve", "reply_send_back", "reply_change"}
# These ask whether a lead lets one hide and delete on the channel: here only leads may.
MODERATES = {"message_moderate", "message_like", "deed_again"}


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            assert pattern.name, f"{pattern.pattern} has no name, so nobody could ever be let in"
            yield pattern.name


def test_every_route_stands_in_the_role_table_and_nothing_else_does() -> None:
    assert set(routes(get_resolver().url_patterns)) == set(ROUTES)


def test_every_route_has_its_methods_here() -> None:
    assert set(METHODS) <= set(ROUTES)


@dataclass
class Objects:
    """One of everything that an address can name; the replies are a colleague's."""

    arguments: dict[str, list[object]]


@pytest.fixture
def objects(facebook: Channel, bo: Person, lea: Person) -> Objects:
    book = make.rulebook()
    book.draft_from()
    thread = make.thread(facebook)
    reply = make.held(make.thread(facebook), bo)
    follow_up = FollowUp.write(thread, by=bo, text="Ring", due_at=make.NOON)
    snippet = Snippet.objects.create(title="Hei", text="Hei!", language="nb", written_by=lea)
    situation = start_situation(
        Situation(kind="quiet", title="Kvartal", starts_at=make.after(-60), topics=["financials"]), by=lea
    )
    brake = Brake.pull(by=lea, person=bo)
    message = thread.messages.get()
    picture = Picture.objects.create(
        message=message, number=0, url="https://example.test/1.png", content=b"x", width=1, height=1
    )
    deed = Deed.ask(message, What.HIDE, by=lea, reason="insults")
    by_prefix = {
        "thread": thread.pk, "reply": reply.pk, "follow_up": follow_up.pk, "snippet": snippet.pk,
        "situation": situation.pk, "brake": brake.pk, "channel": facebook.pk, "clearance": bo.pk, "lock": bo.pk,
        "message": message.pk, "deed": deed.pk, "picture": picture.pk,
    }  # fmt: skip
    arguments: dict[str, list[object]] = {}
    for route in ROUTES:
        prefix = next((name for name in by_prefix if route.startswith(name)), "")
        if prefix and route not in ("thread_list", "thread_next", "situation_new", "follow_ups", "snippets",
                                    "channels", "channel_new", "channel_connected", "brake_pull",
                                    "brake_release"):  # fmt: skip
            arguments[route] = [by_prefix[prefix]]
    for route in ("reply_compose", "reply_check", "reply_draft", "reply_send", "reply_turn", "reply_wrong_stop"):
        arguments[route] = [thread.pk]
    gap = Gap.objects.create(
        channel=facebook, stream="feed", from_at=make.after(-3600), to_at=make.after(), wall="count"
    )
    piece = Quarantined.objects.create(channel=facebook, stream="webhook", raw={}, digest="1", reason="odd")
    arguments |= {"webhook": ["facebook"], "gap_acknowledge": [gap.pk], "quarantine_replay": [piece.pk]}
    arguments |= {"quarantine_replay_all": [facebook.pk]}
    arguments |= {"channel_connect": ["facebook"], "channel_choose": ["state"]}
    arguments |= {"rules_version": [1], "rule_edit": ["privacy"], "rule_off": ["privacy"]}
    arguments |= {"account_reset_password_from_key": ["x", "y"], "account_confirm_email": ["key"]}
    return Objects(arguments)


@pytest.fixture
def people(facebook: Channel, anna: Person, lea: Person, ada: Person, ext: Person) -> dict[str, Person | None]:
    uncleared = make.person("ulla")
    make.clear(uncleared, facebook, Level.NONE)
    locked_out = make.person("lars", Role.LEAD)
    return {"anonymous": None, "none": ext, "uncleared": uncleared, "agent": anna, "lead": lea, "admin": ada,
            "locked_out": locked_out}  # fmt: skip


@pytest.fixture
def _keep_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream gives its connection back, which here is the test's own."""
    monkeypatch.setattr("inbox.views.live.give_back", lambda: None)


def is_refused(answer: HttpResponseBase) -> bool:
    to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith(reverse("account_login") + "?")
    return to_sign_in or answer.status_code in REFUSED


def expected(route: str, who: str) -> str:
    """refused, absent or served, in the words of DESIGN: 403 role, 404 not yours."""
    role = ROLE_OF.get(who, who)
    if role not in ROUTES[route]:
        return "refused"
    if role in ("agent", "admin") and route in APPROVES | MODERATES:
        return "refused"
    if (route, role) == ("reply_correct", "admin"):
        return "refused"  # a correction is an answer
    if route in WRITERS_ONLY:
        return "served" if route in LEADS_SETTLE and role in ("lead", "admin") else "absent"
    if route in NEEDS_CLEARANCE and who in ("uncleared", "admin"):
        return "refused"
    if route == "thread_next" and who in ("uncleared", "admin"):
        return "absent"  # nothing waits for who may not answer
    if route == "snippets" and role == "agent":
        return "served"
    if route == "webhook":
        return "refused"  # whoever asks: only a signature opens it
    return "served"


def told(answer: HttpResponseBase) -> str:
    if is_refused(answer):
        return "refused"
    if answer.status_code in (404, 405):
        return {404: "absent", 405: "wrong method"}[answer.status_code]
    assert answer.status_code < 500, answer.status_code
    return "served"


@pytest.mark.usefixtures("_keep_connection")
@pytest.mark.parametrize("who", PEOPLE)
def test_everyone_gets_what_the_table_allows_and_nothing_more(
    who: str, objects: Objects, people: dict[str, Person | None]
) -> None:
    """Every route × GET and POST; what a request does is rolled back before the next."""
    person = people[who]
    browser = client(person)
    signed_in = browser.cookies.output(header="")
    if who == "locked_out":
        Person.objects.filter(pk=person.pk if person else 0).update(is_active=False)
    wrong = []
    for route in sorted(ROUTES):
        path = reverse(route, args=objects.arguments.get(route, []))
        for method in ("GET", "POST"):
            allowed = METHODS.get(route, POST)
            want = expected(route, who)
            if want != "refused" or (ROLE_OF.get(who, who) in ROUTES[route]):
                want = want if method in allowed else "wrong method"
            if (route, method, ROLE_OF.get(who, who)) == ("snippets", "POST", "agent"):
                want = "refused"
            browser.cookies.load(signed_in)
            with transaction.atomic():
                answer = browser.generic(method, path, encoded(route), "application/x-www-form-urlencoded")
                got = told(answer)
                transaction.set_rollback(True)
            if got != want:
                wrong.append(f"{method} {route}: {got} ({answer.status_code}), not {want}")
    assert not wrong, "\n".join(wrong)


def encoded(route: str) -> str:
    return "&".join(f"{name}={value}" for name, value in FIELDS.get(route, {}).items())


def test_a_fragment_for_who_is_not_signed_in_sends_the_page_to_the_sign_in(db: None) -> None:
    """htmx cannot follow a redirect out of its frame."""
    answer = client().get(reverse("thread_list"), headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, reverse("account_login"))


PRIVATE_READS = ["thread", "thread_messages", "thread_head", "thread_side", "reply_compose"]
PRIVATE_WRITES = [
    route for route in ROUTES if route.startswith("thread_") and METHODS.get(route, POST) == POST and route not in
    ("thread_next", "thread_assign")
] + ["reply_check", "reply_draft", "reply_send", "reply_turn", "reply_wrong_stop"]  # fmt: skip
FILLED = {"reason": "spam", "topic": "rumour", "until": "hour", "text": "Hej", "due_at": "2026-12-01T12:00",
          "rule": "tone"}  # fmt: skip


@pytest.mark.parametrize("route", [*PRIVATE_READS, *PRIVATE_WRITES])
def test_a_private_thread_of_others_does_not_exist(route: str, anna: Person) -> None:
    thread = make.private_thread(make.channel("facebook", private=True, account_id="900"))
    path = reverse(route, args=[thread.pk])
    filled = FILLED | ({"reason": "solved"} if route == "thread_close" else {})
    answer = client(anna).get(path) if route in PRIVATE_READS else client(anna).post(path, filled)
    assert answer.status_code == 404
    make.clear(anna, thread.channel)
    answer = client(anna).get(path) if route in PRIVATE_READS else client(anna).post(path, filled)
    assert answer.status_code != 404, "now it is theirs to read"


def test_a_private_thread_of_others_is_in_no_list_and_no_search(anna: Person) -> None:
    make.private_thread(make.channel("facebook", private=True, account_id="900"), "Hemligheten er femtito")
    for query in ("list=all", "list=next", "list=waiting", "q=hemligheten", "q=Kari"):
        assert b"femtito" not in client(anna).get(f"{reverse('desk')}?{query}").content


def test_a_follow_up_in_a_private_thread_of_others_does_not_exist(anna: Person, bo: Person) -> None:
    thread = make.private_thread(make.channel("facebook", private=True, account_id="900"))
    follow_up = FollowUp.write(thread, by=bo, text="Ring", due_at=make.NOON)
    for route in ("follow_up_confirm", "follow_up_keep", "follow_up_drop"):
        assert client(anna).post(reverse(route, args=[follow_up.pk]), {"reason": "x"}).status_code == 404


def test_nobody_signs_themselves_up(db: None) -> None:
    before = Person.objects.count()
    answer = client().post(
        "/account/signup/", {"username": "eve", "password1": "långtlösen1", "password2": "långtlösen1"}
    )
    assert is_refused(answer)
    assert Person.objects.count() == before


def test_nothing_is_open_to_everyone_but_signing_in_and_the_health_of_the_process() -> None:
    public = {route for route, roles in ROUTES.items() if roles == PUBLIC}
    assert {route for route in public if not route.startswith("account_")} == {
        "healthz", "readyz", "metrics", "set_language", "webhook",
    }  # fmt: skip
    assert {route for route, roles in ROUTES.items() if roles == NOBODY} >= {"account_signup"}


def test_a_form_without_its_token_is_refused(objects: Objects, anna: Person, lea: Person, ada: Person) -> None:
    """Asked by a person who may use the route, so that it is the token that is missing."""
    told = {}
    for route in (route for route in ROUTES if "POST" in METHODS.get(route, POST)):
        person = next((one for one in (anna, lea, ada) if one.role in ROUTES[route]), None)
        path = reverse(route, args=objects.arguments.get(route, []))
        told[route] = client(person, csrf=True).post(path, FIELDS.get(route, {})).status_code
    assert told == dict.fromkeys(told, 403)
    assert len(told) > 50


def test_who_is_locked_out_is_signed_out_with_the_next_request(anna: Person, lea: Person) -> None:
    browser = client(anna)
    assert browser.get(reverse("desk")).status_code == 200
    anna.lock_out(by=lea, reason="Lost phone")
    answer = browser.get(reverse("desk"))
    assert is_refused(answer)
    assert isinstance(answer.wsgi_request.user, AnonymousUser)
    assert not browser.login(username="anna", password="samtal-test")


def test_a_person_who_is_not_locked_out_can_sign_in(anna: Person) -> None:
    answer = client().post(reverse("account_login"), {"login": "anna", "password": "samtal-test"})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("desk"))
