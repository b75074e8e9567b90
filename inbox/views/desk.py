"""The desk: the list of threads, and what needs the person wherever they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from inbox.models import Reply
from inbox.screens.desk import desk_screen
from inbox.views.answers import me


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The desk without a thread: the list, and what to do first."""
    return render(request, "inbox/desk.html", desk_screen(me(request), request.GET))


@require_GET
def thread_list(request: HttpRequest) -> HttpResponse:
    """The list's rows and counts, refetched when something changes."""
    return render(request, "inbox/_thread_list.html", desk_screen(me(request), request.GET))


@require_GET
def leaving(request: HttpRequest) -> HttpResponse:
    """Replies of this person that can still be taken back, and those that need them."""
    person = me(request)
    context = {"leaving": Reply.objects.leaving(person)[:10], "needs": Reply.objects.needs(person)[:10]}
    return render(request, "inbox/_leaving.html", context)


@require_POST
def duty(request: HttpRequest) -> HttpResponse:
    """Go on duty or off it."""
    me(request).toggle_duty()
    return redirect(request.headers.get("Referer") or "desk")
