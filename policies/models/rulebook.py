"""A rulebook: a numbered set of rules, changed as a draft and never again once published."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from policies.rulebook import STARTER_VERSION, RuleData, starter_rows
from policies.rulebook import Rulebook as LoadedRulebook

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from policies.models.rule import Rule


class RulebookQuerySet(models.QuerySet["Rulebook"]):
    def published(self) -> RulebookQuerySet:
        return self.filter(state=Rulebook.State.PUBLISHED)

    def drafts(self) -> RulebookQuerySet:
        return self.filter(state=Rulebook.State.DRAFT)

    def in_force(self) -> Rulebook | None:
        """The published rulebook with the highest version; None on an installation that has none yet."""
        return self.published().order_by("-version").first()


class Rulebook(models.Model):
    """Published ones cannot change, nor can their rules: a trigger in the database refuses (migration 0001)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    class Profile(models.TextChoices):
        COMPANY = "company", _("company")
        PUBLIC_BODY = "public_body", _("public body")

    version = models.PositiveIntegerField(_("version"), unique=True)
    profile = models.CharField(_("profile"), max_length=20, choices=Profile, default=Profile.COMPANY)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    rules: RelatedManager[Rule]
    objects = RulebookQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = _("rulebook")
        verbose_name_plural = _("rulebooks")
        constraints = [
            # Whoever edits the rules edits the same draft.
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="draft"), name="rulebook_one_draft"),
            models.CheckConstraint(
                name="rulebook_published_with_its_time",
                condition=models.Q(state="draft", published_at__isnull=True)
                | models.Q(state="published", published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.get_state_display()})"

    @classmethod
    def install_starter(cls, profile: str, *, at: datetime) -> Rulebook:
        """The shipped rulebook as version 1, published. Raises IntegrityError where a rulebook 1 is there already."""
        with transaction.atomic():
            book = cls.objects.create(version=STARTER_VERSION, profile=profile)
            book._write(starter_rows(profile))
            book.publish(at=at)
        return book

    def draft_from(self, *, note: str = "") -> Rulebook:
        """A draft that begins as a copy of this rulebook, under the next free version.

        Raises IntegrityError where there is a draft already.
        """
        with transaction.atomic():
            # The highest row is locked so that two admins who start at once get two numbers.
            newest = Rulebook.objects.select_for_update().order_by("-version").first()
            version = (newest.version if newest else self.version) + 1
            book = Rulebook.objects.create(version=version, profile=self.profile, note=note)
            book._write([rule.to_data() for rule in self.rules.all()])
        return book

    def publish(self, *, at: datetime) -> bool:
        """Put a draft in force; False if it was published before. The newest version is the one in force."""
        changed = Rulebook.objects.drafts().filter(pk=self.pk).update(state=self.State.PUBLISHED, published_at=at)
        self.refresh_from_db()
        return changed == 1

    def load(self) -> LoadedRulebook:
        """The frozen form the engine takes; one query."""
        return LoadedRulebook.from_rows(self.version, self.profile, [rule.to_data() for rule in self.rules.all()])

    def _write(self, rows: list[RuleData]) -> None:
        self.rules.bulk_create(
            self.rules.model(rulebook=self, place=place, **row) for place, row in enumerate(rows, start=1)
        )
