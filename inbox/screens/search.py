"""Search: people's names and words of what was said, newest first."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from inbox.models import Message, Thread

MOST_FOUND = 500


def matching(threads: QuerySet[Thread], words: str) -> QuerySet[Thread]:
    """Threads in which somebody's name or words hold all of `words`."""
    said = Message.objects.saying(words).filter(removed_at__isnull=True).order_by("-created_at")
    ids = said.values_list("thread_id", flat=True)[:MOST_FOUND]
    named = Q(author__name__istartswith=words) | Q(author__handle__iexact=words.lstrip("@"))
    return threads.filter(named | Q(pk__in=list(ids)))
