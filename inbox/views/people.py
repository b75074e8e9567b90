"""People: their roles, what they may answer, and locking out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inbox.forms import ClearanceForm, ReasonForm, first_error
from inbox.models import Channel, Person
from inbox.views.answers import me, refused


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Everyone, with their clearance on every channel."""
    rows = Person.objects.prefetch_related("clearances__channel", "clearances__mentor", "clearances__given_by")
    context = {
        "people": rows.order_by("-is_active", "first_name"),
        "channels": Channel.objects.order_by("name"),
        "mentors": Person.objects.filter(is_active=True, role__in=["agent", "lead"]).order_by("first_name"),
    }
    return render(request, "inbox/people.html", context)


@require_POST
def clearance_give(request: HttpRequest, pk: int) -> HttpResponse:
    """A lead says what a person may do on a channel. Nobody clears themselves."""
    person, form = get_object_or_404(Person, pk=pk), ClearanceForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    if person.pk == me(request).pk:
        return refused(request, _("Somebody else must clear you."), status=422)
    data = form.cleaned_data
    person.clear(data["channel"], data["level"], mentor=data["mentor"], moderates=data["moderates"], by=me(request))
    messages.success(request, _("Saved."))
    return redirect("people")


@require_POST
def lock_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Out now: sessions end, held and queued replies come back, claims return to the queue."""
    person, form = get_object_or_404(Person, pk=pk), ReasonForm(request.POST)
    if not form.is_valid():
        return refused(request, _("Say in a word why."), status=422)
    if person.pk == me(request).pk:
        return refused(request, _("You cannot lock yourself out."), status=422)
    person.lock_out(by=me(request), reason=form.cleaned_data["reason"])
    messages.success(request, _("%(name)s is locked out.") % {"name": person})
    return redirect("people")
