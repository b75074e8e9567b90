"""A person's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inbox.forms import PreferencesForm
from inbox.views.answers import me


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Language, colours, density, keys and the undo window."""
    form = PreferencesForm(request.POST or None, instance=me(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("preferences")
    return render(request, "inbox/preferences.html", {"form": form}, status=422 if form.errors else 200)
