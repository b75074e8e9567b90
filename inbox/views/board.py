"""The overview, and the brake."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inbox.forms import BrakeForm, ReasonForm, ReleaseForm, first_error
from inbox.models import Brake
from inbox.screens.board import board_screen
from inbox.views.answers import back_to, me, refused


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Who carries what, what waits too long, what needs a second look, and the brake."""
    template = "inbox/_board.html" if request.headers.get("HX-Target") == "board" else "inbox/board.html"
    return render(request, template, board_screen(me(request)))


@require_POST
def brake_pull(request: HttpRequest) -> HttpResponse:
    """Stop everything leaving: all, a channel, or a person."""
    form = BrakeForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    Brake.pull(by=me(request), channel=form.cleaned_data["channel"], person=form.cleaned_data["person"])
    return back_to(request, "board")


@require_POST
def brake_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Let sending go on, with a reason. What waited is released or sent back by hand."""
    form, brake = ReasonForm(request.POST), get_object_or_404(Brake, pk=pk)
    if not form.is_valid():
        return refused(request, _("Say in a word why sending may go on."), status=422)
    if not brake.lift(by=me(request), reason=form.cleaned_data["reason"]):
        return refused(request, _("Somebody has lifted it already."))
    return back_to(request, "board")


@require_POST
def brake_release(request: HttpRequest) -> HttpResponse:
    """What waited behind a brake: let it go with a new undo window, or back to draft; one or all."""
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    for reply in form.replies():
        if form.cleaned_data["what"] == "release":
            reply.release(by=me(request))
        else:
            reply.return_to_draft("brake", by=me(request))
    return back_to(request, "board")
