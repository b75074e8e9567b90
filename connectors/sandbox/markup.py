"""HTML from Python calls: every string is escaped, only what `el` has made is not."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = frozenset({"input", "link", "meta", "img"})


class Html(str):
    """Markup that is already safe."""

    __slots__ = ()


Child = str | Html | None | Iterable["Child"]


def el(tag: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """el("a", "text", href=…, class_=…, aria_label=…): None and False leave an attribute out, True has no value."""
    opening = f"<{tag}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening if tag in VOID else f"{opening}{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    return Html("".join(_written(child) for child in children))


def document(*children: Child, lang: str) -> str:
    return f"<!DOCTYPE html>\n{el('html', *children, lang=lang)}"


def _written(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return html.escape(child)
    return "".join(_written(one) for one in child)


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
