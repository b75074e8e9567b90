"""What people do with a thread: read, take, put back, assign, take over, tag, put off, close, note."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from connectors.pictures import MEDIA_TYPE
from inbox.forms import (
    AssignForm,
    CloseForm,
    FollowUpForm,
    LaterForm,
    NoteForm,
    RefuseTopicForm,
    SetAsideForm,
    TakeOverForm,
    TopicForm,
    first_error,
)
from inbox.models import FollowUp, Note, Picture, Taken, Thread
from inbox.screens.desk import desk_screen
from inbox.screens.thread import messages_screen, side_screen, thread_head_screen, thread_screen
from inbox.views.answers import HELD, back_to, get_shown_thread, get_thread, is_htmx, me, not_cleared, refused, taken


@require_GET
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """The desk with this thread on it."""
    shown = get_shown_thread(request, pk)
    screen = thread_screen(shown, me(request))
    beside = {**desk_screen(me(request), request.GET), **side_screen(shown, me(request))}
    return render(request, "inbox/desk.html", {**beside, **screen, "shown": pk})


@require_GET
def thread_messages(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation alone, refetched when something happens in it."""
    return render(request, "inbox/_messages.html", messages_screen(get_shown_thread(request, pk), me(request)))


@require_GET
def thread_head(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has it, its topic and its state, refetched when they change."""
    return render(request, "inbox/_thread_head.html", thread_head_screen(get_shown_thread(request, pk), me(request)))


@require_GET
def thread_side(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "inbox/_side.html", side_screen(get_shown_thread(request, pk), me(request)))


@require_GET
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """A picture of a message, made anew by us; for who may read its thread."""
    readable = Thread.objects.readable_by(me(request))
    shown = get_object_or_404(Picture.objects.filter(message__thread__in=readable, content__isnull=False), pk=pk)
    answer = HttpResponse(bytes(shown.content or b""), content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


@require_POST
def thread_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it. Who comes second gets 409 and the name of who was faster."""
    shown = get_thread(request, pk)
    if refusal := not_cleared(request, shown):
        return refusal
    if not shown.claim(by=me(request)):
        return taken(request, Taken(get_thread(request, pk, *HELD).holder()), shown)
    return opened(request, shown)


@require_POST
def thread_next(request: HttpRequest) -> HttpResponse:
    """Take the best free thread there is."""
    shown = Thread.objects.next_for(me(request))
    if shown is None:
        return refused(request, _("Nothing is waiting. Well done."), status=404)
    return opened(request, shown)


def opened(request: HttpRequest, shown: Thread) -> HttpResponse:
    """Show the thread, ready to be answered."""
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("thread", args=[shown.pk])})
    return redirect("thread", shown.pk)


@require_POST
def thread_release(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_thread(request, pk)
    if not shown.release(by=me(request)):
        return taken(request, Taken(shown.holder()), shown)
    return back_to(request, "thread", pk)


@require_POST
def thread_assign(request: HttpRequest, pk: int) -> HttpResponse:
    form = AssignForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    get_thread(request, pk).assign(to=form.cleaned_data["to"], by=me(request))
    return back_to(request, "thread", pk)


@require_POST
def thread_take_over(request: HttpRequest, pk: int) -> HttpResponse:
    form = TakeOverForm(request.POST)
    shown = get_thread(request, pk)
    if not form.is_valid():
        return refused(request, _("Say in a word why you take over."), status=422, thread=shown)
    if refusal := not_cleared(request, shown):
        return refusal
    if not shown.take_over(by=me(request), reason=form.cleaned_data["reason"]):
        return refused(request, _("A reply is just leaving this thread. Try again in a moment."), thread=shown)
    return opened(request, shown)


@require_POST
def thread_tag(request: HttpRequest, pk: int) -> HttpResponse:
    form = TopicForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    get_thread(request, pk).tag(form.cleaned_data["topic"], by=me(request))
    return back_to(request, "thread", pk)


@require_POST
def thread_refuse_topic(request: HttpRequest, pk: int) -> HttpResponse:
    """The suggested topic is wrong: it gates no more."""
    form = RefuseTopicForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    get_thread(request, pk).refuse_topic(form.cleaned_data["topic"], by=me(request))
    return back_to(request, "thread", pk)


@require_POST
def thread_set_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Close without a reply: spam, no question, not for us."""
    shown, form = get_thread(request, pk), SetAsideForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    return put_away(request, shown, lambda: shown.set_aside(form.cleaned_data["reason"], by=me(request)))


@require_POST
def thread_close(request: HttpRequest, pk: int) -> HttpResponse:
    """It has come to its end."""
    shown, form = get_thread(request, pk), CloseForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    return put_away(request, shown, lambda: shown.close(form.cleaned_data["reason"], by=me(request)))


@require_POST
def thread_later(request: HttpRequest, pk: int) -> HttpResponse:
    """Hidden from the queue for a while."""
    shown, form = get_thread(request, pk), LaterForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    return put_away(request, shown, lambda: shown.put_off(form.moment(), by=me(request)))


def put_away(request: HttpRequest, shown: Thread, act: Callable[[], bool]) -> HttpResponse:
    """Out of the queue, by somebody who may answer there and not over the head of who has it."""
    if refusal := not_cleared(request, shown):
        return refusal
    try:
        done = act()
    except Taken as error:
        return taken(request, error, shown)
    return back_to(request, "desk") if done else refused(request, _("This thread is not open any more."))


@require_POST
def thread_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    if not get_thread(request, pk).reopen(by=me(request)):
        return refused(request, _("This thread is open already."))
    return back_to(request, "thread", pk)


@require_POST
def thread_note(request: HttpRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    Note.write(get_thread(request, pk), form.cleaned_data["text"], by=me(request))
    return back_to(request, "thread", pk)


@require_POST
def thread_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    form = FollowUpForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    data = form.cleaned_data
    FollowUp.write(get_thread(request, pk), by=me(request), text=data["text"], due_at=data["due_at"])
    return back_to(request, "thread", pk)
