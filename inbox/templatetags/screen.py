"""Template tags of the screens: icons, and what every form of ours says of where it goes."""

from functools import cache
from uuid import uuid4

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

register = template.Library()

ATTACHMENT_KINDS = {
    "photo": pgettext_lazy("attachment", "photo"),
    "video": pgettext_lazy("attachment", "video"),
    "link": pgettext_lazy("attachment", "link"),
    "file": pgettext_lazy("attachment", "file"),
    "sticker": pgettext_lazy("attachment", "sticker"),
}

EFFECTS = {
    "block": gettext_lazy("Stopped"),
    "hold": gettext_lazy("For approval"),
    "warn": gettext_lazy("Check this"),
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of static/icons/sprite.svg; without a label it is decoration that stands beside its word."""
    return _drawn(name, str(label))


@register.simple_tag
def posts_to(view: str, *where: object) -> SafeString:
    """The attributes of a form that changes something: with htmx the page stays and a refusal is told in the tray,
    without it the same address redirects.
    """
    return format_html(
        'method="post" action="{0}" hx-post="{0}" hx-target="#refused" hx-swap="innerHTML"', reverse(view, args=where)
    )


@register.simple_tag
def form_key() -> SafeString:
    """The key of one rendered form: sent twice, it is done once (inbox.views.once)."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid4())


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: SafeString, name: str, about: object, **form: object) -> SafeString:
    """A dialog with one form about a thread, a reply, a person; its id is `name` and `about`, joined by "-".

    to: the view that takes the form. title, does: its words, and those of its button where they are others. grave: it
    cannot be taken back. leaves: the page goes too, for what the dialog is about leaves it.
    """
    words = {"name": name, "about": about, "content": content, "csrf_token": context.get("csrf_token")}
    return render_to_string("_partials/dialog.html", {**form, **words})


@register.filter
def attachment_kind(kind: str) -> str:
    """A connector's word for an attachment as people say it; a kind that is new to us stands as it came."""
    return str(ATTACHMENT_KINDS.get(kind, kind))


@register.filter
def effect_word(effect: str) -> str:
    """What a finding does to the reply, as policies/_effect.html shows it; for those who hear it."""
    return str(EFFECTS.get(effect, gettext_lazy("Remark")))


# A list of 50 rows draws 200 icons: there are few different ones, so each is formatted once a process.
@cache
def _drawn(name: str, label: str) -> SafeString:
    sprite = static("icons/sprite.svg")
    if not label:
        return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', label, sprite, name
    )
