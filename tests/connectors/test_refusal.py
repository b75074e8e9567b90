"""Every row of what the networks answer when they refuse, and what becomes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from connectors import mastodon, twitter
from connectors.base import ConnectorError, ErrorKind
from connectors.graph import judge as judge_graph
from connectors.http import Exchange, Redactor

TOKEN = "canary-token-123"
HIDE = Redactor([TOKEN])
DATE = "Sun, 22 Nov 2026 10:00:00 GMT"
NOW = 1795341600  # the same moment
K = ErrorKind
CERTAIN, UNKNOWN = False, True


@dataclass(frozen=True)
class Row:
    """An answer, and what is expected of it. after: what a write is after it."""

    name: str
    status: int
    body: object
    kind: ErrorKind
    after: bool
    permanent: bool = False
    retry_after: float | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def exchange(self, method: str) -> Exchange:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return Exchange(method, self.status, {"date": DATE, **self.headers}, body)


def graph(code: int | None, subcode: int | None = None, message: str = "(#1) Sorry", **more: object) -> object:
    error = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}
    return {"error": {name: value for name, value in error.items() if value is not None}}


RECORDED_100 = (
    "(#100) Object does not exist, cannot be loaded due to missing permission or reviewable feature, or does not"
    " support this operation. This endpoint requires the 'pages_read_engagement' permission or the 'Page Public"
)
GONE_100 = "Unsupported get request. Object with ID '1' does not exist, cannot be loaded due to missing permissions"
BUC = json.dumps(
    {"5": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 12}, {"type": "messenger"}]}
)
P = True

FACEBOOK = [
    Row("1 unknown", 500, graph(1), K.UNAVAILABLE, UNKNOWN),
    Row("2 service", 500, graph(2), K.UNAVAILABLE, UNKNOWN),
    Row("2 service as 400", 400, graph(2), K.UNAVAILABLE, UNKNOWN),
    Row("2 service as 200", 200, graph(2), K.UNAVAILABLE, UNKNOWN),
    Row("3 capability", 400, graph(3), K.PERMISSION, CERTAIN, P),
    Row("4 app calls", 403, graph(4), K.RATE, CERTAIN, retry_after=900),
    Row("10 permission", 403, graph(10), K.PERMISSION, CERTAIN, P),
    Row("10 outside the window, 2017", 400, graph(10, 2018065), K.NOT_ALLOWED, CERTAIN, P),
    Row("10 outside the window, newer", 400, graph(10, 2018278), K.NOT_ALLOWED, CERTAIN, P),
    Row("17 user calls", 400, graph(17), K.RATE, CERTAIN, retry_after=900),
    Row("32 page calls", 400, graph(32), K.RATE, CERTAIN, retry_after=900),
    Row("32 with a time", 400, graph(32), K.RATE, CERTAIN, retry_after=780, headers={"x-business-use-case-usage": BUC}),
    Row(
        "32 with nonsense",
        400,
        graph(32),
        K.RATE,
        CERTAIN,
        retry_after=900,
        headers={"x-business-use-case-usage": "[{"},
    ),
    Row("100 parameter", 400, graph(100), K.INVALID, CERTAIN, P),
    Row("100/33 gone", 400, graph(100, 33, GONE_100), K.GONE, CERTAIN, P),
    Row("100 gone without subcode", 400, graph(100, None, GONE_100), K.GONE, CERTAIN, P),
    Row("100 as recorded: permission", 400, graph(100, None, RECORDED_100), K.PERMISSION, CERTAIN, P),
    Row("100/2018001 no such person", 400, graph(100, 2018001), K.GONE, CERTAIN, P),
    Row("102 session", 401, graph(102), K.TOKEN, CERTAIN, P),
    Row("104 no token", 400, graph(104), K.TOKEN, CERTAIN, P),
    *(
        Row(f"190/{sub}", 400, graph(190, sub), K.TOKEN, CERTAIN, P)
        for sub in (None, 458, 459, 460, 463, 464, 467, 492)
    ),
    Row("190 as 500", 500, graph(190, 463), K.TOKEN, CERTAIN, P),
    *(Row(f"{code}", 403, graph(code), K.PERMISSION, CERTAIN, P) for code in (200, 230, 283, 299)),
    Row("341 application limit", 400, graph(341), K.RATE, CERTAIN, retry_after=900),
    Row("368 policy", 400, graph(368), K.BLOCKED, CERTAIN, retry_after=3600),
    Row("506 duplicate", 400, graph(506), K.DUPLICATE, UNKNOWN),
    Row("551 person", 400, graph(551), K.GONE, CERTAIN, P),
    Row("613 custom", 400, graph(613), K.RATE, CERTAIN, retry_after=900),
    Row("613/1996 abnormal", 400, graph(613, 1996), K.RATE, CERTAIN, retry_after=900),
    Row(
        "80001 page budget",
        400,
        graph(80001),
        K.RATE,
        CERTAIN,
        retry_after=780,  # twelve minutes, which may have been rounded down
        headers={"x-business-use-case-usage": BUC},
    ),
    Row("80006 messenger budget", 400, graph(80006), K.RATE, CERTAIN, retry_after=900),
    Row("803 alias", 404, graph(803), K.GONE, CERTAIN, P),
    Row("2500 syntax", 400, graph(2500, None, "Syntax error"), K.INVALID, CERTAIN, P),
    Row("2500 token", 400, graph(2500, None, "An active access token must be used"), K.TOKEN, CERTAIN, P),
    *(Row(f"{code}", 400, graph(code), K.NOT_ALLOWED, CERTAIN, P) for code in (10900, 10903, 10904)),
    Row("1609005 scrape", 400, graph(1609005), K.INVALID, CERTAIN, P),
    Row("unheard of", 400, graph(987654), K.INVALID, CERTAIN, P),
    Row("unheard of, transient", 400, graph(987654, is_transient=True), K.UNAVAILABLE, UNKNOWN),
    Row("unheard of, 500", 500, graph(987654), K.UNAVAILABLE, UNKNOWN),
    Row("no code", 400, graph(None), K.MALFORMED, UNKNOWN),
    Row("no code, 401", 401, graph(None), K.TOKEN, CERTAIN, P),
    Row("code as text", 400, graph("190"), K.MALFORMED, UNKNOWN),  # type: ignore[arg-type]
    Row("error as text", 200, {"error": "no"}, K.MALFORMED, UNKNOWN),
    Row("503 JSON without error", 503, {"success": True}, K.UNAVAILABLE, UNKNOWN),
    Row("503 HTML", 503, b"<html>", K.UNAVAILABLE, UNKNOWN),
    Row("408", 408, b"", K.UNAVAILABLE, UNKNOWN),
    Row("HTML with 200", 200, b"<html>", K.MALFORMED, UNKNOWN),
    Row("half JSON with 200", 200, b'{"id": "1', K.MALFORMED, UNKNOWN),
    Row("a list", 200, [1], K.MALFORMED, UNKNOWN),
    Row("true", 200, True, K.MALFORMED, UNKNOWN),
    Row("404 HTML", 404, b"<html>", K.GONE, CERTAIN, P),
    Row("429 text", 429, b"Too many", K.RATE, CERTAIN, retry_after=900),
    Row("400 HTML", 400, b"<html>", K.MALFORMED, UNKNOWN),
    Row("302", 302, b"", K.MALFORMED, UNKNOWN),
    Row("302 with JSON", 302, {"id": "1"}, K.MALFORMED, UNKNOWN),
]


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: object) -> object:
    return {"title": title, "detail": detail, "type": kind, "status": status, **more}


def old(code: int, message: str = "Sorry") -> object:
    return {"errors": [{"code": code, "message": message}]}


TYPES = "https://api.twitter.com/2/problems/"
NEW_TYPES = "https://api.x.com/2/problems/"
FORBIDDEN = "You are not allowed to create a Tweet with duplicate content."
TOO_MANY = problem(429, "Too Many Requests", "Too Many Requests")
INVALID_REQUEST = {
    "errors": [
        {"parameters": {"max_results": ["3"]}, "message": "The `max_results` query parameter value [3] is not …"}
    ],
    "title": "Invalid Request",
    "detail": "One or more parameters to your request was invalid.",
    "type": f"{TYPES}invalid-request",
}


def reset(at: object, name: str = "x-rate-limit", **more: str) -> dict[str, str]:
    return {f"{name}-reset": str(at), **more}


X = [
    Row("400", 400, INVALID_REQUEST, K.INVALID, CERTAIN, P),
    Row("401", 401, problem(401, "Unauthorized", "Unauthorized"), K.TOKEN, CERTAIN, P),
    Row("401 old", 401, old(89), K.TOKEN, CERTAIN, P),
    Row("403 duplicate", 403, problem(403, "Forbidden", FORBIDDEN), K.DUPLICATE, UNKNOWN),
    Row("403 duplicate, old", 403, old(187), K.DUPLICATE, UNKNOWN),
    Row(
        "403 app-only",
        403,
        problem(403, "Unsupported Authentication", "…", f"{TYPES}unsupported-authentication"),
        K.TOKEN,
        CERTAIN,
        P,
    ),
    Row(
        "403 client",
        403,
        problem(403, "Client Forbidden", "…", f"{NEW_TYPES}client-forbidden", reason="client-not-enrolled"),
        K.PERMISSION,
        CERTAIN,
        P,
    ),
    Row(
        "403 scope",
        403,
        problem(403, "Forbidden", "Your client app is not configured with the appropriate scope"),
        K.PERMISSION,
        CERTAIN,
        P,
    ),
    Row(
        "403 protected", 403, problem(403, "Forbidden", "…", f"{TYPES}not-authorized-for-resource"), K.GONE, CERTAIN, P
    ),
    Row(
        "403 deleted",
        403,
        problem(403, "Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you."),
        K.GONE,
        CERTAIN,
        P,
    ),
    Row("403 too long", 403, problem(403, "Forbidden", "Your Tweet text is too long."), K.INVALID, CERTAIN, P),
    Row(
        "403 suspended",
        403,
        problem(403, "Forbidden", "Your account is suspended."),
        K.BLOCKED,
        CERTAIN,
        retry_after=3600,
    ),
    Row(
        "403 blocked",
        403,
        problem(403, "Forbidden", "You have been blocked from replying."),
        K.BLOCKED,
        CERTAIN,
        retry_after=3600,
    ),
    Row("402 credits", 402, problem(402, "Payment Required", "…"), K.BLOCKED, CERTAIN, retry_after=3600),
    Row("404", 404, problem(404, "Not Found", "Not Found"), K.GONE, CERTAIN, P),
    Row("409", 409, problem(409, "Conflict", "…"), K.MALFORMED, UNKNOWN),
    Row("429 without reset", 429, TOO_MANY, K.RATE, CERTAIN, retry_after=900),
    Row("429 old", 429, old(88, "Rate limit exceeded"), K.RATE, CERTAIN, retry_after=900),
    Row("429 with reset", 429, TOO_MANY, K.RATE, CERTAIN, retry_after=301, headers=reset(NOW + 300)),
    Row("429 reset just past", 429, TOO_MANY, K.RATE, CERTAIN, retry_after=5, headers=reset(NOW - 10)),
    Row("429 reset long past", 429, TOO_MANY, K.RATE, CERTAIN, retry_after=900, headers=reset(NOW - 7200)),
    Row("429 reset in milliseconds", 429, TOO_MANY, K.RATE, CERTAIN, retry_after=900, headers=reset(NOW * 1000)),
    *(
        Row(f"429 reset {text!r}", 429, TOO_MANY, K.RATE, CERTAIN, retry_after=900, headers=reset(text))
        for text in ("", "soon", "-5", "1e9", "²", "9" * 99)
    ),
    Row(
        "429 daily",
        429,
        TOO_MANY,
        K.RATE,
        CERTAIN,
        retry_after=7201,
        headers={**reset(NOW + 60), **reset(NOW + 7200, "x-user-limit-24hour"), "x-user-limit-24hour-remaining": "0"},
    ),
    Row(
        "429 daily not used up",
        429,
        TOO_MANY,
        K.RATE,
        CERTAIN,
        retry_after=61,
        headers={**reset(NOW + 60), **reset(NOW + 7200, "x-user-limit-24hour"), "x-user-limit-24hour-remaining": "7"},
    ),
    Row(
        "usage cap",
        429,
        problem(429, "UsageCapExceeded", "…", f"{NEW_TYPES}usage-capped", period="Monthly"),
        K.RATE,
        CERTAIN,
        retry_after=900,
    ),
    Row(
        "usage cap as 403",
        403,
        problem(403, "UsageCapExceeded", "…", f"{TYPES}usage-capped"),
        K.RATE,
        CERTAIN,
        retry_after=900,
    ),
    Row("503", 503, problem(503, "Service Unavailable", "Service Unavailable"), K.UNAVAILABLE, UNKNOWN),
    Row("503 text", 503, b"Service Unavailable", K.UNAVAILABLE, UNKNOWN),
    Row("500 as old", 500, old(131), K.UNAVAILABLE, UNKNOWN),
    Row("internal error", 400, problem(400, "x", "…", f"{TYPES}internal-error"), K.UNAVAILABLE, UNKNOWN),
    Row(
        "200 nobody",
        200,
        {"errors": [{"detail": "Could not find user with id: [1].", "type": f"{TYPES}resource-not-found"}]},
        K.GONE,
        CERTAIN,
        P,
    ),
    Row(
        "200 protected",
        200,
        {"errors": [{"detail": "…", "type": f"{TYPES}not-authorized-for-resource"}]},
        K.GONE,
        CERTAIN,
        P,
    ),
    Row("200 nothing", 200, {}, K.MALFORMED, UNKNOWN),
    Row("200 errors null", 200, {"errors": None}, K.MALFORMED, UNKNOWN),
    Row("200 list", 200, [1], K.MALFORMED, UNKNOWN),
    Row("200 HTML", 200, b"<html>", K.MALFORMED, UNKNOWN),
    Row("400 list", 400, [1], K.MALFORMED, UNKNOWN),
    Row("400 errors null", 400, {"errors": None}, K.INVALID, CERTAIN, P),
    Row("403 HTML", 403, b"<html>", K.MALFORMED, UNKNOWN),
    Row("429 HTML", 429, b"<html>", K.RATE, CERTAIN, retry_after=900),
    Row("302", 302, {"data": {}}, K.MALFORMED, UNKNOWN),
]


def said(error: object) -> object:
    return {"error": error}


MASTODON = [
    Row("401 invalid", 401, said("The access token is invalid"), K.TOKEN, CERTAIN, P),
    Row("401 revoked", 401, said("The access token was revoked"), K.TOKEN, CERTAIN, P),
    Row("403 scope", 403, said("This action is outside the authorized scopes"), K.PERMISSION, CERTAIN, P),
    Row("403 disabled", 403, said("Your login is currently disabled"), K.BLOCKED, CERTAIN, retry_after=3600),
    Row("404", 404, said("Record not found"), K.GONE, CERTAIN, P),
    Row("404 parent", 404, said("The post you are trying to reply to does not appear to exist."), K.GONE, CERTAIN, P),
    Row("410", 410, said("Gone"), K.GONE, CERTAIN, P),
    Row("422 too long", 422, said("Validation failed: Text character limit of 500 exceeded"), K.INVALID, CERTAIN, P),
    Row("429", 429, said("Too many requests"), K.RATE, CERTAIN, retry_after=900),
    Row(
        "429 with reset",
        429,
        said("Too many requests"),
        K.RATE,
        CERTAIN,
        retry_after=121,
        headers={"x-ratelimit-reset": "2026-11-22T10:02:00.000Z"},
    ),
    *(
        Row(
            f"429 reset {text!r}", 429, said("…"), K.RATE, CERTAIN, retry_after=900, headers={"x-ratelimit-reset": text}
        )
        for text in ("", "soon", "2026-11-22T08:00:00.000Z", "2029-01-01T00:00:00.000Z")
    ),
    Row("500", 500, said("Internal server error"), K.UNAVAILABLE, UNKNOWN),
    Row("503", 503, said("Remote SSL certificate could not be verified"), K.UNAVAILABLE, UNKNOWN),
    Row("503 HTML", 503, b"<html>", K.UNAVAILABLE, UNKNOWN),
    Row("200 HTML", 200, b"<html>", K.MALFORMED, UNKNOWN),
    Row("200 word", 200, "yes", K.MALFORMED, UNKNOWN),
    Row("403 no reason", 403, said(None), K.MALFORMED, UNKNOWN),
    Row("302", 302, {}, K.MALFORMED, UNKNOWN),
]
ROWS = [
    *((judge_graph, row) for row in FACEBOOK),
    *((twitter.judge, row) for row in X),
    *((mastodon.judge, row) for row in MASTODON),
]


def caught(judge: object, row: Row, method: str) -> ConnectorError:
    with pytest.raises(ConnectorError) as raised:
        judge(row.exchange(method), hide=HIDE)  # type: ignore[operator]
    return raised.value


@pytest.mark.parametrize(("judge", "row"), ROWS, ids=lambda value: getattr(value, "name", value.__module__))
def test_a_refusal_says_what_it_is_and_what_became_of_a_write(judge: object, row: Row) -> None:
    for method, unknown in (("POST", row.after), ("DELETE", row.after), ("GET", False)):
        error = caught(judge, row, method)
        assert (error.kind, error.permanent, error.outcome_unknown) == (row.kind, row.permanent, unknown), method
        assert error.retry_after == row.retry_after
        assert error.status == row.status
        assert str(error).strip()


@pytest.mark.parametrize(("method", "kind"), [("POST", K.NOT_ALLOWED), ("GET", K.PERMISSION)])
def test_a_403_of_x_for_a_reason_of_its_own_is_a_rule_for_writes_and_a_right_for_reads(
    method: str, kind: ErrorKind
) -> None:
    row = Row("", 403, problem(403, "Forbidden", "Reply to this conversation is not allowed because …"), kind, CERTAIN)
    error = caught(twitter.judge, row, method)
    assert (error.kind, error.permanent, error.outcome_unknown) == (kind, True, False)


@pytest.mark.parametrize(
    ("judge", "body"),
    [
        (judge_graph, graph(190, None, f"Malformed access token {TOKEN}\r\nFORGED line")),
        (twitter.judge, problem(401, "Unauthorized", f"Could not authenticate {TOKEN}\r\nFORGED line")),
        (mastodon.judge, said(f"The access token {TOKEN} is invalid\r\nFORGED line")),
    ],
)
def test_the_networks_words_are_shown_without_the_token_and_in_one_line(judge: object, body: object) -> None:
    text = str(caught(judge, Row("", 401, body, K.TOKEN, CERTAIN), "GET"))
    assert TOKEN not in text
    assert "\n" not in text
    assert "********" in text


@pytest.mark.parametrize(
    ("judge", "body"),
    [
        (judge_graph, {"id": "1", "next": f"https://graph.facebook.com/x?access_token={TOKEN}"}),
        (twitter.judge, {"data": {"id": "1", "text": f"is {TOKEN} yours?"}}),
    ],
)
def test_a_success_passes_without_the_token(judge: object, body: object) -> None:
    row = Row("", 200, body, K.INVALID, CERTAIN)
    passed = json.loads(judge(row.exchange("GET"), hide=HIDE))  # type: ignore[operator]
    assert passed == json.loads(json.dumps(body).replace(TOKEN, "********"))
