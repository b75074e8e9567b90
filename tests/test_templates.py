"""The templates can be read: what the formatter cannot break (`make test`, step "templates") is kept short by hand."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LENGTH = 120


def test_no_line_of_a_template_is_longer_than_a_line_of_code() -> None:
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)} characters"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LENGTH
    ]
    assert lines == []
