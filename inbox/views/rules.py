"""The rulebook: read by everyone, changed as a draft by an admin, tried before it is put in force."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.forms import ReasonForm, RuleForm, TryForm, first_error
from inbox.models import Audit, RuleBreak
from inbox.models.recheck import publish_rulebook, recheck
from inbox.screens.rules import rule_rows, rules_screen, tried
from inbox.views.answers import me, refused
from policies.models import Rulebook
from policies.verdict import segments


@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in plain words, a place to try them, and what is in force now."""
    me(request).has_read_rules()
    return render(request, "policies/rules.html", {**rules_screen(), "try_form": TryForm()})


@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change one rule, in a draft that is not in force until it is published."""
    book = Rulebook.objects.drafts().first() or Rulebook.objects.in_force()
    rule = get_object_or_404(book.rules, code=code) if book else None
    if book is None or rule is None:
        return refused(request, _("There is no rulebook yet."), status=404)
    form = RuleForm(request.POST or None, rule=rule)
    if request.method == "POST" and form.is_valid():
        draft = book if book.state == Rulebook.State.DRAFT else book.draft_from()
        form.save_in(draft)
        Audit.write("rule_changed", by=me(request), rulebook=draft.version, rule=code)
        messages.success(request, _("Saved in the draft. Try it, then publish it."))
        return redirect("rules")
    context = {"form": form, "rule": rule, "directive": rule.load().directive(request.LANGUAGE_CODE)}
    return render(request, "policies/rule.html", context, status=422 if form.errors else 200)


@require_POST
def rules_try(request: HttpRequest) -> HttpResponse:
    """A text and a question go in, the verdict comes out. Nothing is stored."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return refused(request, first_error(form), status=422)
    data = form.cleaned_data
    verdict = tried(
        data["text"],
        data["question"],
        visibility=data["visibility"],
        topic=data["topic"],
        incident=data["incident"],
        language=data["language"],
    )
    violations = list(verdict.violations) if verdict else []
    context = {
        "verdict": verdict,
        "violations": violations,
        "segments": segments(data["text"], violations),
        "text": data["text"],
    }
    return render(request, "policies/_tried.html", context)


@require_POST
def rules_publish(request: HttpRequest) -> HttpResponse:
    """Put the draft in force; every reply that waits is looked at again."""
    draft = Rulebook.objects.drafts().first()
    if draft is None or not publish_rulebook(draft, by=me(request)):
        return refused(request, _("There is no draft to publish."))
    messages.success(request, _("Rulebook %(version)s is in force.") % {"version": draft.version})
    return redirect("rules")


@require_POST
def rules_discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away; the rulebook in force stays."""
    draft = Rulebook.objects.drafts().first()
    if draft:
        Audit.write("rulebook_discarded", by=me(request), rulebook=draft.version)
        draft.delete()
    return redirect("rules")


@require_GET
def rules_version(request: HttpRequest, version: int) -> HttpResponse:
    """A rulebook as it was in force."""
    book = get_object_or_404(Rulebook.objects.published(), version=version)
    before = Rulebook.objects.published().filter(version__lt=version).order_by("-version").first()
    context = {"rulebook": book, "rows": rule_rows(book, before), "before": before}
    return render(request, "policies/version.html", context)


@require_POST
def rule_off(request: HttpRequest, code: str) -> HttpResponse:
    """A lead switches a rule that fails off for four hours, with a reason."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return refused(request, _("Say in a word why."), status=422)
    RuleBreak.switch_off(code, by=me(request), reason=form.cleaned_data["reason"])
    recheck()
    return redirect("rules")
