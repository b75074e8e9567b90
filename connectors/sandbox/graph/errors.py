"""Errors of the Graph API: always an `error` object, usually with HTTP 400."""

from __future__ import annotations

import hashlib


class GraphError(Exception):
    """code and subcode as Meta numbers them; `kind` is the error's `type`."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        kind: str = "OAuthException",
        status: int = 400,
        transient: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.subcode = subcode
        self.kind = kind
        self.status = status
        self.transient = transient

    def body(self) -> dict[str, object]:
        error: dict[str, object] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient:
            error["is_transient"] = True
        error["fbtrace_id"] = "A" + hashlib.sha256(self.message.encode()).hexdigest()[:22]
        return {"error": error}


def missing(id: str) -> GraphError:
    return GraphError(
        100,
        f"Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions,"
        " or does not support this operation. Please read the Graph API documentation at"
        " https://developers.facebook.com/docs/graph-api",
        subcode=33,
        kind="GraphMethodException",
    )


def wrong_token(scope: str) -> GraphError:
    return GraphError(
        100,
        "(#100) Object does not exist, cannot be loaded due to missing permission or reviewable feature, or does not"
        f" support this operation. This endpoint requires the '{scope}' permission or the 'Page Public Content Access'"
        " feature or the 'Page Public Metadata Access' feature.",
    )


def unknown_field(name: str, node: str) -> GraphError:
    return GraphError(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})")


def invalid(message: str) -> GraphError:
    return GraphError(100, f"(#100) {message}")


THROTTLES = {
    4: "(#4) Application request limit reached",
    17: "(#17) User request limit reached",
    32: "(#32) Page request limit reached",
    80002: "(#80002) There have been too many calls to this Instagram account.",
    613: "(#613) Calls to this api have exceeded the rate limit.",
}
SERVER = {
    1: "An unknown error has occurred.",
    2: "An unexpected error has occurred. Please retry your request later.",
}


def numbered(code: int, subcode: int | None = None) -> GraphError:
    """The error as Meta words it, for a scripted fault."""
    if code in SERVER:
        return GraphError(code, SERVER[code], subcode=subcode, status=500, transient=True)
    if code == 506:
        return GraphError(506, "(#506) Duplicate status message", subcode=subcode)
    if code == 368:
        return GraphError(
            368, "The action attempted has been deemed abusive or is otherwise disallowed", subcode=subcode
        )
    return GraphError(code, THROTTLES.get(code, f"(#{code}) Error"), subcode=subcode)
