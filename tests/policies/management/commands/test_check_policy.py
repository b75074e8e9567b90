import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from policies.models import Rulebook

ROOT = Path(__file__).parents[4]
CASE = {
    "id": "x-1",
    "language": "da",
    "network": "facebook",
    "visibility": "public",
    "incident": False,
    "topic": None,
    "thread": [{"from": "customer", "text": "Har I mit nummer?"}],
    "draft": "Ja, CPR 120385-1234 er registreret.",
    "violations": ["privacy"],
}


def command(cases: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a script would run it: no server and nothing in the environment but where programs are."""
    return subprocess.run(
        [sys.executable, "manage.py", "check_policy", *arguments],
        cwd=ROOT,
        input=cases,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        timeout=120,
    )


def test_verdicts_come_in_order_and_a_broken_rule_is_no_error() -> None:
    second = {**CASE, "id": "x-2", "draft": "Tak for din besked!"}
    ran = command(f"{json.dumps(CASE)}\n\n{json.dumps(second)}\n")
    assert ran.returncode == 0, ran.stderr
    first, other = (json.loads(line) for line in ran.stdout.splitlines())
    assert (first["id"], first["effect"]) == ("x-1", "block")
    assert CASE["draft"][first["violations"][0]["start"] : first["violations"][0]["end"]] == "120385-1234"
    assert (other["id"], other["effect"]) == ("x-2", "send")
    assert first["ms"] > 0


def test_a_malformed_line_ends_with_two_and_its_number() -> None:
    ran = command(f'{json.dumps(CASE)}\n{{"id": 1\n')
    assert ran.returncode == 2
    assert "line 2" in ran.stderr
    assert json.loads(ran.stdout)["id"] == "x-1"


@pytest.mark.django_db(transaction=True)
def test_a_stored_rulebook_can_be_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:

    Rulebook.install_starter("company", at=timezone.now())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(CASE).encode())))
    call_command("check_policy", rulebook=1)
    assert json.loads(capsys.readouterr().out)["effect"] == "block"
    with pytest.raises(CommandError, match="no rulebook 9"):
        call_command("check_policy", rulebook=9)
