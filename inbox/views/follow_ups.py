"""What was promised, with its dates."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inbox.forms import ReasonForm
from inbox.models import FollowUp
from inbox.views.answers import back_to, get_thread, me, refused


@require_GET
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Everything owed, soonest first; a lead sees everyone's."""
    owed = FollowUp.objects.to_do()
    mine = "all" not in request.GET or not me(request).leads
    owed = owed.filter(owner=me(request)) if mine else owed
    return render(request, "inbox/follow_ups.html", {"follow_ups": owed[:200], "mine": mine})


def get_follow_up(request: HttpRequest, pk: int) -> FollowUp:
    follow_up = get_object_or_404(FollowUp.objects.select_related("thread"), pk=pk)
    get_thread(request, follow_up.thread_id)
    return follow_up


@require_POST
def follow_up_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Yes, this is owed."""
    follow_up = get_follow_up(request, pk)
    if not follow_up.confirm(by=me(request)):
        return refused(request, _("This has been settled already."))
    return back_to(request, "thread", follow_up.thread_id)


@require_POST
def follow_up_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """The promise is kept."""
    follow_up = get_follow_up(request, pk)
    if not follow_up.keep(by=me(request)):
        return refused(request, _("This has been settled already."))
    return back_to(request, "thread", follow_up.thread_id)


@require_POST
def follow_up_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It needs no follow-up after all, and why."""
    form, follow_up = ReasonForm(request.POST), get_follow_up(request, pk)
    if not form.is_valid():
        return refused(request, _("Say in a word why."), status=422)
    if not follow_up.drop(by=me(request), reason=form.cleaned_data["reason"]):
        return refused(request, _("This has been settled already."))
    return back_to(request, "thread", follow_up.thread_id)
