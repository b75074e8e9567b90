"""Errors of the X API v2: problem objects, told apart by the last segment of `type`."""

from __future__ import annotations

from collections.abc import Mapping

Json = dict[str, object]
TYPES = "https://api.twitter.com/2/problems/"
BLANK = "about:blank"


class Problem(Exception):
    """An answer that refuses the whole request."""

    def __init__(
        self, status: int, title: str, detail: str, *, kind: str = BLANK, more: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.kind = kind if kind == BLANK else TYPES + kind
        self.more = dict(more or {})

    def body(self) -> Json:
        answer: Json = {**self.more, "title": self.title, "detail": self.detail, "type": self.kind}
        # An invalid request lists its errors and carries no status, as recorded.
        return answer if "errors" in self.more else {**answer, "status": self.status}


def invalid(message: str, **parameters: str) -> Problem:
    error = {"parameters": {name.replace("__", "."): [value] for name, value in parameters.items()}, "message": message}
    return Problem(
        400,
        "Invalid Request",
        "One or more parameters to your request was invalid.",
        kind="invalid-request",
        more={"errors": [error]},
    )


def unauthorized() -> Problem:
    return Problem(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> Problem:
    return Problem(403, "Forbidden", detail)


def duplicate() -> Problem:
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def app_only() -> Problem:
    return Problem(
        403,
        "Unsupported Authentication",
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication types"
        " are [OAuth 1.0a User Context, OAuth 2.0 User Context].",
        kind="unsupported-authentication",
    )


def too_many() -> Problem:
    return Problem(429, "Too Many Requests", "Too Many Requests")


def not_found() -> Problem:
    return Problem(404, "Not Found", "Not Found")


def missing(resource: str, parameter: str, id: str) -> Json:
    """An item of `errors` beside a 200: this one could not be found."""
    return {
        "value": id,
        "detail": f"Could not find {resource} with {parameter}: [{id}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": id,
        "type": TYPES + "resource-not-found",
    }


def unseen(resource: str, parameter: str, id: str) -> Json:
    """An item of `errors` beside a 200: it is there, but not for us (a protected account)."""
    return {
        "value": id,
        "detail": f"Sorry, you are not authorized to see the {resource} with {parameter}: [{id}].",
        "title": "Authorization Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": id,
        "type": TYPES + "not-authorized-for-resource",
    }
