"""How views answer: a partial for htmx, a redirect for a plain form, and refusals that say what happened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inbox.models import Person, Reason, Reply, Stopped, Taken, Thread


def me(request: HttpRequest) -> Person:
    """The signed-in person; DefaultDeny has let nobody else in."""
    assert isinstance(request.user, Person)
    return request.user


# What a thread is shown with, and what is enough to say who has it.
SHOWN = ("channel", "author", "page_post", "claimed_by", "assigned_to", "last_answered_by")
HELD = ("claimed_by", "assigned_to")


def get_thread(request: HttpRequest, pk: int, *related: str) -> Thread:
    """404 for a thread this person may not read."""
    readable = Thread.objects.readable_by(me(request))
    return get_object_or_404(readable.select_related(*related) if related else readable, pk=pk)


def get_shown_thread(request: HttpRequest, pk: int) -> Thread:
    """As get_thread, with all that a page says of it."""
    readable = Thread.objects.readable_by(me(request)).for_a_page()
    return get_object_or_404(readable.select_related(*SHOWN), pk=pk)


def get_reply(request: HttpRequest, pk: int, *, own: bool = True) -> Reply:
    """404 for a reply that is not this person's (`own`), or in a thread they may not read."""
    readable = Thread.objects.readable_by(me(request))
    replies = Reply.objects.filter(thread__in=readable).select_related(
        "thread", "channel", "answers__author", "written_by"
    )
    return get_object_or_404(replies.filter(written_by=me(request)) if own else replies, pk=pk)


def is_htmx(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def back_to(request: HttpRequest, route: str, *args: object) -> HttpResponse:
    """After a verb: htmx reloads what the page names through an event, a plain form goes to the page."""
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "samtal:refresh"})
    return redirect(route, *args)


def refused(request: HttpRequest, text: str, *, status: int = 409, thread: Thread | None = None) -> HttpResponse:
    """A sentence that says what happened and what to do: 409 lost race, 422 form or rule."""
    if not is_htmx(request):
        return render(request, "409.html", {"text": text, "thread": thread}, status=status)
    answer = render(request, "inbox/_refused.html", {"text": text, "thread": thread}, status=status)
    # Wherever the form stood: a refusal never takes the place of what was written.
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#refused", "innerHTML"
    return answer


def not_cleared(request: HttpRequest, thread: Thread) -> HttpResponse | None:
    """403 where no lead has let this person answer on the channel; None where one has."""
    if me(request).may_answer(thread.channel_id):
        return None
    text = _("A lead has not yet let you answer on this channel.")
    return refused(request, text, status=403, thread=thread)


def taken(request: HttpRequest, error: Taken, thread: Thread | None = None) -> HttpResponse:
    name = str(error.by) if error.by else ""
    text = _("%(name)s has it.") % {"name": name} if name else _("Somebody else was faster.")
    return refused(request, text, thread=thread)


def stopped(request: HttpRequest, error: Stopped, thread: Thread | None = None) -> HttpResponse:
    return refused(request, str(Reason(error.reason).label), thread=thread)
