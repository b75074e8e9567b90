"""The player as a process."""

import signal
import subprocess
import sys

from connectors.sandbox.player.scripts import load
from connectors.sandbox.remote import Remote

COMMAND = (sys.executable, "-m", "connectors.sandbox.player")


def test_once_opens_every_conversation_one_time_and_ends(base: str, sandbox: Remote) -> None:
    sandbox.reset(people=True)
    subprocess.run([*COMMAND, "--base", base, "--once", "--speed", "5000"], check=True, timeout=60, capture_output=True)
    written = {entry["text"] for entry in sandbox.truth(who="others")}
    assert {script.text for script in load()} <= written


def test_a_signal_ends_it_at_once_also_while_the_sandbox_is_away() -> None:
    with subprocess.Popen(
        [*COMMAND, "--base", "http://127.0.0.1:9"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as player:
        assert player.stdout is not None
        assert player.stderr is not None
        player.stdout.readline()
        assert "waiting for it" in player.stderr.readline()
        player.send_signal(signal.SIGTERM)
        assert player.wait(timeout=5) == 0
