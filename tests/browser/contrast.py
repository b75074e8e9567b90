"""The contrast of every pair of colours that meet on the screen (WCAG 2.2: 1.4.3 and 1.4.11), from samtal.css.

`python -m tests.browser.contrast` prints the table of docs/front-end.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CSS = ROOT / "static" / "samtal.css"
TEXT, CONTROL = 4.5, 3.0
GROUNDS = ("page", "surface", "sunken", "hover", "accent-tint")
STATUSES = ("ok", "info", "warn", "hold", "danger")


@dataclass(frozen=True)
class Pair:
    """What stands on what, and the least ratio between them."""

    front: str
    ground: str
    least: float


PAIRS = (
    *(Pair(front, ground, TEXT) for front in ("text", "text-second") for ground in (*GROUNDS, "ours", "note")),
    *(Pair("accent", ground, TEXT) for ground in (*GROUNDS, "ours", "note")),
    *(Pair(status, ground, TEXT) for status in STATUSES for ground in (*GROUNDS, f"{status}-tint")),
    *(Pair("text", f"{status}-tint", TEXT) for status in STATUSES),
    *(Pair("accent", f"{status}-tint", TEXT) for status in ("info", "warn", "danger")),
    *(
        Pair("on-accent", fill, TEXT)
        for fill in ("accent-fill", "accent-fill-hover", "danger-fill", "danger-fill-hover")
    ),
    *(Pair("line-control", ground, CONTROL) for ground in ("page", "surface", "sunken")),
    *(Pair("focus", ground, CONTROL) for ground in (*GROUNDS, "ours", "note", "danger-tint", "warn-tint", "info-tint")),
    Pair("accent-fill", "surface", CONTROL),
    Pair("danger-fill", "surface", CONTROL),
)


def tokens(theme: str) -> dict[str, str]:
    """Colour tokens by name, as #rrggbb. Theme is light or dark."""
    both = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS.read_text())
    single = re.findall(r"--([\w-]+): (#\w{6});\n", CSS.read_text().partition("@layer reset {")[0])
    return dict(single) | {name: light if theme == "light" else dark for name, light, dark in both}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(front: str, ground: str) -> float:
    """1 to 21; the order of the two does not matter."""
    dark, light = sorted((luminance(front), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def measured(pair: Pair, theme: str) -> float:
    colours = tokens(theme)
    return ratio(colours[pair.front], colours[pair.ground])


def table() -> str:
    """The lowest ratio of each front colour over all its grounds, as rows of a Markdown table."""
    fronts = dict.fromkeys((pair.front, pair.least) for pair in PAIRS)
    return "\n".join(_row(front, least) for front, least in fronts)


def _row(front: str, least: float) -> str:
    cells = []
    for theme in ("light", "dark"):
        ratios = {pair.ground: measured(pair, theme) for pair in PAIRS if (pair.front, pair.least) == (front, least)}
        worst = min(ratios, key=ratios.__getitem__)
        cells.append(f"{ratios[worst]:.1f} on {worst}")
    return f"| {front} | {least:g} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print(table())
