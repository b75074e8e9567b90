"""Servers for the length of a run, seen from a process that asks for them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import Servers, ensure_servers
from config.embedded.place import CHECKOUT

ASK = """
import json, sys
from config.embedded import ensure_servers
servers = ensure_servers()
assert ensure_servers() is servers
print(json.dumps([servers.database_url, servers.redis_url, str(servers.run)]), flush=True)
sys.stdin.read()
"""


def ask(**addresses):
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.Popen(
        [sys.executable, "-c", ASK],
        cwd=CHECKOUT,
        env=environment | addresses,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def asker():
    with ask() as process:
        yield process
        process.kill()


def pids_in(run):
    return [int(file.read_text()) for file in Path(run).glob("*.pid")]


def test_both_servers_work_and_end_with_who_asked(asker, gone):
    database_url, redis_url, run = json.loads(asker.stdout.readline())
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
    pids = pids_in(run)
    assert len(pids) == 2
    asker.stdin.close()
    assert asker.wait(timeout=5) == 0
    assert gone(pids, 0.5)
    assert not Path(run).parent.exists()


def test_nothing_is_left_when_who_asked_is_killed(asker, gone):
    _, _, run = json.loads(asker.stdout.readline())
    pids = pids_in(run)
    keeper = int(Path(run).parent.name.removeprefix("fleeting-"))
    asker.send_signal(signal.SIGKILL)
    assert gone([*pids, keeper], 5)
    assert not Path(run).parent.exists()


def test_nothing_runs_on_when_the_keeper_itself_is_killed(asker, gone):
    _, _, run = json.loads(asker.stdout.readline())
    pids = pids_in(run)
    os.kill(int(Path(run).parent.name.removeprefix("fleeting-")), signal.SIGKILL)
    assert gone(pids, 5)


def test_an_address_in_the_environment_takes_the_place_of_its_server():
    with ask(REDIS_URL="redis://127.0.0.1:9/0") as process:
        database_url, redis_url, run = json.loads(process.stdout.readline())
        assert redis_url == "redis://127.0.0.1:9/0"
        assert [file.name for file in Path(run).glob("*.pid")] == ["postgres.pid"]
        assert database_url.startswith("postgres://samtal:")
        process.stdin.close()


def test_with_both_addresses_nothing_is_started(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/samtal")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    ensure_anew = ensure_servers.__wrapped__
    assert ensure_anew() == Servers("postgres://elsewhere/samtal", "redis://elsewhere", run=None)
