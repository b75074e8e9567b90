"""The rules in plain words: the rulebook in force, the draft beside it, what is in force now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone, translation

from inbox.clock import read_clock
from inbox.models import Audit, RuleBreak
from policies.engine import check
from policies.models import Rule, Rulebook, Situation
from policies.verdict import ActiveSituation as Active
from policies.verdict import Context, Turn, Verdict


@dataclass(frozen=True)
class RuleRow:
    """A rule as people read it. `changed` says that the draft differs from what is in force."""

    rule: Rule
    directive: str
    explanation: str
    changed: bool


def rules_screen() -> dict[str, object]:
    """The rulebook in force, the draft if there is one, versions, and what is in force now."""
    in_force = Rulebook.objects.in_force()
    draft = Rulebook.objects.drafts().first()
    shown = draft or in_force
    now = timezone.localtime(read_clock())
    return {
        "in_force": in_force,
        "draft": draft,
        "rows": rule_rows(shown, in_force) if shown else [],
        "versions": versions(),
        "situations": Situation.objects.in_force(now),
        "past_situations": Situation.objects.exclude(pk__in=Situation.objects.in_force(now))[:10],
        "rule_breaks": RuleBreak.objects.in_force().select_related("by"),
        "now": now,
    }


def rule_rows(shown: Rulebook, in_force: Rulebook | None) -> list[RuleRow]:
    before = {rule.code: rule.to_data() for rule in in_force.rules.all()} if in_force else {}
    language = translation.get_language() or "en"
    rows = []
    for rule in shown.rules.all():
        plain = rule.load()
        texts = plain.texts.get(language) or plain.texts.get("en")
        rows.append(
            RuleRow(
                rule,
                directive=plain.directive(language),
                explanation=texts.explanation if texts else "",
                changed=rule.to_data() != before.get(rule.code),
            )
        )
    return rows


@dataclass(frozen=True)
class Version:
    """A published rulebook and who put it in force."""

    rulebook: Rulebook
    by: str


def versions() -> list[Version]:
    who = {
        row.data.get("rulebook"): str(row.by or "")
        for row in Audit.objects.filter(verb="rulebook_published").select_related("by").order_by("pk")
    }
    return [Version(book, who.get(book.version, "")) for book in Rulebook.objects.published().order_by("-version")[:20]]


def tried(text: str, question: str, *, visibility: str, topic: str, incident: bool, language: str) -> Verdict | None:
    """What the rulebook on the page (the draft where there is one) says of a text; None for an empty one."""
    book = Rulebook.objects.drafts().first() or Rulebook.objects.in_force()
    if book is None or not text.strip():
        return None
    context = Context(
        visibility=visibility,
        topic=topic,
        incident=incident,
        language=language,
        agent_language=translation.get_language() or "en",
        at=timezone.localtime(read_clock()),
        situations=outages_now(),
    )
    thread: Sequence[Turn] = [Turn("customer", question)] if question.strip() else []
    return check(text, thread, book.load(), context)


def outages_now() -> tuple[Active, ...]:
    now = timezone.localtime(read_clock())
    return tuple(each.load(at=now) for each in Situation.objects.in_force(now).outages())
