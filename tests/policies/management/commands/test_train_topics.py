"""Training: the same cases give the same arrays, decisions are read along, and it can be undone."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policies.cases import Case
from policies.topics import load
from policies.training import corpus

SHORT = corpus.read(corpus.FOLDER / "short.jsonl")[::5]


@pytest.fixture(autouse=True)
def _few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.management.commands.train_topics.sources", lambda: {"short": SHORT})
    monkeypatch.setattr(corpus, "_HANDED_OVER", {})


def train(into: Path, *more: str) -> str:
    out = StringIO()
    call_command("train_topics", *more, into=into, stdout=out)
    return out.getvalue()


def test_training_again_with_a_decision_changes_the_models_and_can_be_undone(tmp_path: Path) -> None:
    train(tmp_path)
    first = load(tmp_path).card["hash"]

    def decided() -> list[Case]:
        return SHORT[:3]

    corpus.also_read("decisions", decided)
    told = train(tmp_path)
    assert "3 cases from decisions" in told
    assert "→" in told
    assert load(tmp_path).card["cases"] == len(SHORT) + 3
    assert load(tmp_path).card["hash"] != first

    call_command("train_topics", undo=True, into=tmp_path, stdout=StringIO())
    assert load(tmp_path).card["hash"] == first
    with pytest.raises(CommandError, match="nothing to go back to"):
        call_command("train_topics", undo=True, into=tmp_path, stdout=StringIO())

    train(tmp_path, "--corpus-only")
    assert load(tmp_path).card["hash"] == first


def test_a_file_of_cases_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(json.dumps({"id": "x"}) + "\n")
    with pytest.raises(CommandError, match=r"broken\.jsonl:1"):
        train(tmp_path / "models", str(broken))


def test_files_held_back_are_never_trained_on(tmp_path: Path) -> None:
    line = json.dumps(
        {"id": "a", "language": "sv", "network": "x", "visibility": "public", "incident": False, "topic": None}
        | {"thread": [{"from": "customer", "text": "Hej"}], "draft": "Hej!"}
    )
    for name in ("telecom", "test", "validation"):
        (tmp_path / f"{name}.jsonl").write_text(line + "\n")
    (tmp_path / "danger_test.jsonl").write_text('{"id": "no case"}\n')
    message = {"text": "Det luktar gas", "language": "sv", "danger": True}
    (tmp_path / "danger.jsonl").write_text(json.dumps(message) + "\n")
    read = corpus.sources(tmp_path)
    assert set(read) == {"telecom", "danger", "offered"}
    assert [(case.draft, case.danger) for case in read["danger"]] == [("", True)]
