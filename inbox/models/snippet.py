"""Saved replies: approved wordings an agent can start from."""

from __future__ import annotations

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from inbox.models.audit import Audit
from inbox.models.person import Person
from inbox.models.thread import Topic


class SnippetQuerySet(models.QuerySet["Snippet"]):
    def approved(self) -> SnippetQuerySet:
        return self.filter(approved_by__isnull=False)

    def fitting(self, language: str) -> SnippetQuerySet:
        """In the thread's language first, then the others."""
        first = models.Case(models.When(language=language, then=0), default=1)
        return self.approved().order_by(first, "title")


class Snippet(models.Model):
    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    topic = models.CharField(_("topic"), max_length=16, choices=Topic, blank=True)
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = SnippetQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_snippet_title", fields=["title", "language"])]

    def __str__(self) -> str:
        return self.title

    def approve(self, *, by: Person) -> None:
        with transaction.atomic():
            Snippet.objects.filter(pk=self.pk).update(approved_by=by)
            Audit.write("snippet_approved", by=by, snippet=self.pk)
