"""Settings: values come from the environment, and a wrong one stops the start with a sentence."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config.embedded.place import CHECKOUT

PRODUCTION = {
    "SAMTAL_ENV": "production",
    "SECRET_KEY": "x" * 60,
    "ALLOWED_HOSTS": "samtal.example",
    "DATABASE_URL": "postgres://samtal:word@db.example/samtal",
    "REDIS_URL": "redis://redis.example/0",
    "SAMTAL_TOKEN_KEYS": Fernet.generate_key().decode(),
}


def load(monkeypatch: pytest.MonkeyPatch, **values: str) -> dict[str, Any]:
    """The settings as they come out of this environment and nothing else."""
    for name in list(os.environ):
        if name.startswith(("SAMTAL_", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "CSRF_")):
            monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(CHECKOUT / "config" / "settings.py"))


def test_a_checkout_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)
    assert settings["DEBUG"] is False
    assert len(settings["SECRET_KEY"]) > 50


def test_production_starts_with_what_the_example_names(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **PRODUCTION)
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert settings["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert settings["DEBUG"] is False


@pytest.mark.parametrize("missing", sorted(set(PRODUCTION) - {"SAMTAL_ENV"}))
def test_production_does_not_start_without(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"{missing} is not set\. "):
        load(monkeypatch, **{name: value for name, value in PRODUCTION.items() if name != missing})


WRONG = {
    "SAMTAL_ENV": ("prod", "use production, demo, test or development"),
    "SAMTAL_PROFILE": ("bank", "use company or public_body"),
    "DATABASE_URL": ("mysql://samtal@localhost/samtal", "must be a postgres:// address"),
    "REDIS_URL": ("amqp://localhost", "must be a redis:// address"),
    "SAMTAL_UNDO_SECONDS": ("201", "at most 200"),
    "SAMTAL_PAGE_SIZE": ("1", "at least 5"),
    "SAMTAL_LEASE_SECONDS": ("soon", "must be a number"),
    "SAMTAL_POLL_SECONDS": ("-1", r"at least 0\.2"),
    "SAMTAL_SEND_DEADLINE": ("0", r"at least 0\.2"),
    "SAMTAL_LOOK_AGAIN_DAYS": ("0", "at least 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_stops_the_start_with_a_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, sentence = WRONG[name]
    with pytest.raises(ImproperlyConfigured, match=sentence) as stopped:
        load(monkeypatch, **{name: value})
    assert name in str(stopped.value), "it says which one"


@pytest.mark.parametrize("secret", ["SECRET_KEY", "SAMTAL_TOKEN_KEYS"])
def test_two_starts_of_a_checkout_share_no_secret(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch)[secret] != load(monkeypatch)[secret]


def test_check_policy_works_with_an_empty_environment() -> None:
    """No server, no database, no key, no variable: cases go in, verdicts come out in order."""
    about = {"language": "sv", "network": "facebook", "visibility": "public", "incident": False, "topic": None,
             "thread": [{"from": "customer", "text": "Hej, var är min faktura?"}]}  # fmt: skip
    drafts = ("Personnumret är 19121212-1212.", "Vi hjälper dig gärna vidare.")
    cases = [{**about, "id": f"case {number}", "draft": draft} for number, draft in enumerate(drafts)]
    done = subprocess.run(
        [sys.executable, "manage.py", "check_policy"],
        input="\n".join(json.dumps(case, ensure_ascii=False) for case in cases).encode(),
        cwd=CHECKOUT, env={}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(verdict["id"], verdict["effect"]) for verdict in verdicts] == [("case 0", "block"), ("case 1", "send")]
