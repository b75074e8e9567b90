"""Saved replies: written by a lead, approved by a lead who did not write them where there is another."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox.forms import SnippetForm
from inbox.models import Snippet
from inbox.views.answers import me


@require_http_methods(["GET", "POST"])
def snippets(request: HttpRequest) -> HttpResponse:
    """All saved replies; a lead can add one."""
    if request.method == "POST" and not me(request).leads:
        raise PermissionDenied
    form = SnippetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.written_by = me(request)
        form.save()
        messages.success(request, _("Saved. It can be used once a lead has approved it."))
        return redirect("snippets")
    rows = Snippet.objects.select_related("written_by", "approved_by").order_by("title", "language")
    return render(request, "inbox/snippets.html", {"snippets": rows, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def snippet_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A changed text must be approved again."""
    snippet = get_object_or_404(Snippet, pk=pk)
    form = SnippetForm(request.POST or None, instance=snippet)
    if request.method == "POST" and form.is_valid():
        form.instance.approved_by = None
        form.save()
        messages.success(request, _("Saved. It can be used once a lead has approved it."))
        return redirect("snippets")
    return render(request, "inbox/snippet.html", {"form": form, "snippet": snippet}, status=422 if form.errors else 200)


@require_POST
def snippet_approve(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Snippet, pk=pk).approve(by=me(request))
    return redirect("snippets")
