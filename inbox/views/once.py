"""The same form twice, by a double click, a resubmit, two tabs or a retry on a bad line: done once, answered alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from inbox.access import roles_for
from inbox.models import Person, Submission
from inbox.views.answers import refused

# They say how things are and not what is to be done: a second one changes nothing.
NEED_NO_KEY = frozenset({"reply_check", "reply_draft", "rules_try", "live_shown"})
# What differs between two sendings of one form.
NOT_CONTENT = frozenset({"key", "csrfmiddlewaretoken"})
ANSWER_HEADERS = (
    "Content-Type", "Location", "HX-Trigger", "HX-Redirect", "HX-Refresh", "HX-Retarget", "HX-Reswap", "HX-Location",
)  # fmt: skip
View = Callable[..., HttpResponse]


class AnswerOnce(MiddlewareMixin):
    """Runs a keyed POST in one transaction with the answer it gets. Stands last, so that it meets who may come in."""

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        route = request.resolver_match.view_name if request.resolver_match else ""
        if request.method != "POST" or not takes_keys(route) or not (text := request.POST.get("key")):
            return None
        try:
            key = UUID(text)
        except ValueError:
            return refused(request, _("This form is damaged. Open the page again."), status=422)
        with transaction.atomic():
            return answered_once(request, key, route, lambda: view(request, *args, **kwargs))


def takes_keys(route: str) -> bool:
    """The desk's own acts; signing in and out is allauth's business."""
    return "anonymous" not in roles_for(route) and not route.startswith("account_") and route not in NEED_NO_KEY


def answered_once(request: HttpRequest, key: UUID, route: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    assert isinstance(request.user, Person)
    said = digest(request)
    form = Submission.begin(key, by=request.user, route=route, digest=said)
    if form.is_answered:
        return replayed(form) if form.digest == said else other_content(request)
    answer = act()
    if answer.status_code < 400:
        headers = {name: answer.headers[name] for name in ANSWER_HEADERS if name in answer.headers}
        form.keep(answer.status_code, headers, answer.content.decode())
    else:
        form.delete()
    return answer


def digest(request: HttpRequest) -> str:
    """Of where the form went and everything a person or the page put into it."""
    content = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in NOT_CONTENT)
    return hashlib.sha256(json.dumps([request.path, content]).encode()).hexdigest()


def replayed(form: Submission) -> HttpResponse:
    return HttpResponse(form.body, status=form.status, headers=form.headers)


def other_content(request: HttpRequest) -> HttpResponse:
    text = _("This form was sent before, with other content. What was sent then stands; open the page again.")
    return refused(request, text)
