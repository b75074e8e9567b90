"""What is in force now: outages, quiet periods, embargoes. Switching one starts the re-check of what waits."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox.forms import SituationForm
from inbox.models.recheck import end_situation, start_situation
from inbox.views.answers import me, refused
from policies.models import Situation


@require_http_methods(["GET", "POST"])
def situation_new(request: HttpRequest) -> HttpResponse:
    """Switch an outage, a quiet period or an embargo on."""
    form = SituationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        situation = start_situation(form.situation(), by=me(request))
        messages.success(request, _("In force now: %(title)s") % {"title": situation.title})
        return redirect("rules")
    return render(request, "inbox/situation.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def situation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch it off."""
    situation = get_object_or_404(Situation, pk=pk)
    if not end_situation(situation, by=me(request)):
        return refused(request, _("It has ended already."))
    messages.success(request, _("Ended: %(title)s") % {"title": situation.title})
    return redirect("rules")
