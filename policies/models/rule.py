"""A rule: one row of a rulebook."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.matchers import MATCHERS
from policies.matchers.phrases import problem_with
from policies.models.rulebook import Rulebook
from policies.rulebook import Rule as LoadedRule
from policies.rulebook import RuleData
from policies.verdict import Effect


def matcher_choices() -> list[tuple[str, str]]:
    """A callable, so that a new matcher needs no migration."""
    return [(name, name) for name in MATCHERS]


def _known_terms(terms: list[str]) -> None:
    for term in terms:
        if problem := problem_with(term):
            raise ValidationError(_("%(term)s: %(problem)s"), params={"term": term, "problem": problem})


class Rule(models.Model):
    """Everything that tells this rule from others is data; the matcher is the only code and is shared."""

    class Effects(models.TextChoices):
        WATCH = Effect.WATCH, _("watch: record it, disturb nobody")
        ADVISE = Effect.ADVISE, _("advise: show it")
        WARN = Effect.WARN, _("warn: the writer has to say “I have checked”")
        HOLD = Effect.HOLD, _("hold: a lead approves")
        BLOCK = Effect.BLOCK, _("block: it has to be changed")

    rulebook = models.ForeignKey(Rulebook, on_delete=models.CASCADE, related_name="rules")
    place = models.PositiveSmallIntegerField(_("order"))
    code = models.SlugField(_("code"), max_length=40)
    matcher = models.CharField(_("matcher"), max_length=40, choices=matcher_choices)
    effect = models.CharField(_("effect"), max_length=10, choices=Effects)
    scope = models.JSONField(_("scope"), default=dict, blank=True)
    terms = models.JSONField(_("words and patterns"), default=list, blank=True, validators=[_known_terms])
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    texts = models.JSONField(_("texts"), default=dict)

    class Meta:
        ordering = ["place", "id"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint(fields=["rulebook", "code"], name="rule_code_once_a_rulebook"),
            models.CheckConstraint(
                name="rule_effect_is_known", condition=models.Q(effect__in=["watch", "advise", "warn", "hold", "block"])
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def to_data(self) -> RuleData:
        return RuleData(
            code=self.code,
            matcher=self.matcher,
            effect=self.effect,
            scope=self.scope,
            terms=self.terms,
            settings=self.settings,
            texts=self.texts,
        )

    def load(self) -> LoadedRule:
        return LoadedRule.from_data(self.to_data())
