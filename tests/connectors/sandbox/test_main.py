"""The server as a process: its state survives kill -9, and it listens on loopback only."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from connectors.sandbox import demo
from connectors.sandbox.__main__ import main
from connectors.sandbox.remote import Remote


@contextmanager
def process(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "connectors.sandbox", "--port", str(port), "--data", str(data)]
    started = subprocess.Popen(command, stderr=subprocess.PIPE)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(total=60, backoff_factor=0.02, backoff_max=0.2)))
        assert session.get(f"http://127.0.0.1:{port}/healthz", timeout=5).json()["ok"] is True
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_what_was_answered_survives_kill_9_with_faults_switches_and_clock(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with process(tmp_path / "state", port) as first:
        remote = Remote(base)
        post = next(entry for entry in remote.truth("facebook") if entry["kind"] == "post")
        query = {"access_token": demo.PAGE_TOKEN, "message": "Hej!"}
        ids = [
            requests.post(f"{base}/v23.0/{post['id']}/comments", data=query, timeout=5).json()["id"] for _ in range(20)
        ]
        remote.fault("status", path="/mentions$", count=3)
        remote.turn(x_lag=5)
        remote.freeze("2027-01-01T00:00:00Z")
        remote.close()
        first.send_signal(signal.SIGKILL)
        first.wait()
    with process(tmp_path / "state", port):
        remote = Remote(base)
        assert [entry["id"] for entry in remote.truth("facebook", via="api")] == ids
        [fault] = remote.call("GET", "faults")["faults"]
        assert (fault["kind"], fault["left"]) == ("status", 3)
        assert remote.call("GET", "switches")["x_lag"] == 5
        assert remote.now() == 1798761600.0
        assert remote.count("POST /{id}/comments") == 20
        remote.close()


def test_a_token_in_an_address_never_reaches_the_log(tmp_path: Path) -> None:
    port = free_port()
    with process(tmp_path, port) as running:
        for path in ("v23.0/me", "v23.0/1_2", "nowhere/at/all"):
            requests.get(f"http://127.0.0.1:{port}/{path}?access_token={demo.PAGE_TOKEN}", timeout=5)
        running.send_signal(signal.SIGTERM)
        _, log = running.communicate(timeout=10)
    assert demo.PAGE_TOKEN.encode() not in log
    assert running.returncode in (0, -signal.SIGTERM)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com"])
def test_any_address_others_could_reach_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    assert main(["--host", host, "--data", str(tmp_path)]) == 2
    assert "loopback only" in capsys.readouterr().err
