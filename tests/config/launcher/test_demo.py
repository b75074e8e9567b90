"""The launcher as the person at the terminal sees it: real servers and supervision, stand-ins for Samtal."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from config.embedded.place import CHECKOUT
from config.ports import HOST, any_free
from tests.config.places import forget_place

NAMES = {"postgres", "valkey", "sandbox", "player", "web", "worker", "beat", "sweep"}
PORTS = ("SAMTAL_WEB_PORT", "SAMTAL_SANDBOX_PORT", "SAMTAL_POSTGRES_PORT", "SAMTAL_VALKEY_PORT")
PARTS = (
    "config/ports.py",
    "config/processes",
    "config/embedded",
    "config/launcher",
    "connectors/sandbox/registered.py",
)
WAIT = "import signal; signal.pause()"
SERVE = """
import http.server, sys
class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Server).serve_forever()
"""
MANAGE = """
import os, pathlib, psycopg, signal, sys
command = sys.argv[1]
if command == "migrate":
    if pathlib.Path("broken").exists():
        raise SystemExit("the tables cannot be made")
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS start (at timestamptz DEFAULT now())")
if command == "demo_seed":
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO start DEFAULT VALUES")
        print("starts:", connection.execute("SELECT count(*) FROM start").fetchone()[0])
if command == "sweep":
    signal.pause()
if command == "environment":
    print(os.environ["SAMTAL_ENV"], os.environ["DATABASE_URL"])
"""
STAND_INS = {
    "config/__init__.py": "",
    "manage.py": MANAGE,
    "connectors/__init__.py": "",
    "connectors/sandbox/__init__.py": "",
    "connectors/sandbox/__main__.py": SERVE,
    "connectors/sandbox/player.py": WAIT,
    # Beside manage.py they are found before the real ones.
    "uvicorn/__init__.py": "",
    "celery/__init__.py": "",
    "uvicorn/__main__.py": SERVE,
    "celery/__main__.py": f"print('celery@here ready.'); {WAIT}",
}


@pytest.fixture(scope="module")
def make_checkout(tmp_path_factory):
    """Checkouts below a directory that nobody else may enter, as under root's home."""
    made = []

    def make():
        private = tmp_path_factory.mktemp("private")
        private.chmod(0o700)
        made.append(_fill(private / "samtal"))
        return made[-1]

    yield make
    for checkout in made:
        forget_place(checkout)


def _fill(checkout):
    for part in PARTS:
        source, target = CHECKOUT / part, checkout / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    for path, content in STAND_INS.items():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(content)
    return checkout


@pytest.fixture
def checkout(make_checkout):
    return make_checkout()


def make_environment():
    """The shell of somebody who has set nothing but free ports."""
    plain = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "MAKELEVEL")}
    return plain | {variable: str(any_free()) for variable in PORTS} | {"PYTHONUNBUFFERED": "1"}


@pytest.fixture
def environment():
    return make_environment()


@contextlib.contextmanager
def launched(checkout, environment, *arguments):
    """The launcher, stopped at the end whatever happened with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "config.launcher", *arguments],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=6)


@pytest.fixture
def launch(checkout, environment):
    with contextlib.ExitStack() as stack:

        def launch(*arguments, **variables):
            return stack.enter_context(launched(checkout, environment | variables, *(arguments or ("demo",))))

        yield launch


def until_ready(process):
    """What was shown until the demo was ready."""
    shown = []
    for line in process.stdout:
        shown.append(line)
        if "Ctrl-C stops it all" in line:
            return "".join(shown)
    raise AssertionError("the launcher ended:\n" + "".join(shown))


def pids(checkout):
    return {file.stem: int(file.read_text()) for file in (checkout / ".demo/run").glob("*.pid")}


@pytest.fixture(scope="module")
def demo(make_checkout):
    """A demo that runs for all tests that only look: its checkout, its environment and what it has shown."""
    checkout, environment = make_checkout(), make_environment()
    with launched(checkout, environment, "demo") as process:
        yield checkout, environment, until_ready(process)


class TestRunning:
    def test_all_parts_run_and_the_person_is_told_where_and_as_whom(self, demo):
        checkout, environment, shown = demo
        assert set(pids(checkout)) == NAMES
        assert f"http://127.0.0.1:{environment['SAMTAL_WEB_PORT']}" in shown
        assert f"http://127.0.0.1:{environment['SAMTAL_SANDBOX_PORT']}" in shown
        assert re.search(r"anna or bo .*lea .*ada", shown)
        assert "samtal-demo" in shown
        with urllib.request.urlopen(f"http://{HOST}:{environment['SAMTAL_WEB_PORT']}/readyz") as answer:
            assert answer.status == 200

    def test_no_secret_is_shown_or_stands_on_a_command_line(self, demo):
        checkout, _, shown = demo
        secrets = json.loads((checkout / ".demo/secrets.json").read_text())
        commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids(checkout).values()]
        for name in ("postgres_password", "samtal_password", "valkey_password", "secret_key", "token_key"):
            assert not any(secrets[name] in text for text in (shown, *commands))

    @pytest.mark.parametrize("command", ["demo", "reset"])
    def test_a_second_demo_and_a_reset_are_refused(self, demo, command):
        checkout, environment, _ = demo
        with launched(checkout, environment, command) as second:
            said, _ = second.communicate(timeout=10)
        assert "is running already" in said
        assert second.returncode == 1
        assert set(pids(checkout)) == NAMES

    def test_another_command_joins_it_with_its_environment(self, demo):
        checkout, environment, _ = demo
        with launched(checkout, environment, "run", "manage.py", "environment") as joined:
            said, _ = joined.communicate(timeout=10)
        assert re.match(rf"demo postgres://samtal:.*:{environment['SAMTAL_POSTGRES_PORT']}/samtal", said)
        assert (checkout / ".demo/run/environment.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_of_it_within_five_seconds(checkout, launch, gone, number):
    process = launch()
    until_ready(process)
    running = pids(checkout)
    begun = time.monotonic()
    process.send_signal(number)
    assert process.wait(timeout=6) == 0
    assert time.monotonic() - begun < 5
    assert gone(list(running.values()), 0.2)
    assert not list((checkout / ".demo/run").iterdir())


def test_nothing_is_left_of_a_launcher_that_was_killed_and_the_next_start_is_clean(checkout, launch, gone):
    process = launch()
    until_ready(process)
    running = pids(checkout)
    process.kill()
    assert gone(list(running.values()), 5)
    assert set(pids(checkout)) == NAMES, "the files are stale now"
    until_ready(launch())
    assert not set(pids(checkout).values()) & set(running.values())


def test_the_data_outlives_a_stop_but_not_a_reset(checkout, launch):
    for starts in ("starts: 1", "starts: 2"):
        process = launch()
        assert starts in until_ready(process)
        directory = _data_directory(pids(checkout)["postgres"])
        process.terminate()
        process.communicate(timeout=6)
    said, _ = launch("reset").communicate(timeout=20)
    assert "The demo's data is gone" in said
    assert not directory.exists()
    assert not (checkout / ".demo").exists()


def test_with_a_broker_address_no_valkey_is_started_even_if_nobody_listens_there(checkout, launch):
    shown = until_ready(launch(REDIS_URL="redis://127.0.0.1:9/0"))
    assert "REDIS_URL is set: no Valkey is started" in shown
    assert "nothing answers at REDIS_URL" in shown
    assert set(pids(checkout)) == NAMES - {"valkey"}


def test_a_database_address_at_which_nothing_answers_ends_the_start(checkout, launch):
    process = launch(DATABASE_URL="postgres://samtal@127.0.0.1:9/samtal")
    said, _ = process.communicate(timeout=20)
    assert "DATABASE_URL is set, and nothing answers there" in said
    assert process.returncode == 1
    assert pids(checkout) == {}


@pytest.mark.parametrize("variable", PORTS)
def test_a_port_in_use_is_named_before_anything_is_started(environment, launch, variable):
    number = int(environment[variable])
    with socket.create_server((HOST, number)):
        process = launch()
        said, _ = process.communicate(timeout=20)
    assert f"Port {number} (" in said
    assert f"{variable}={number + 1} make demo" in said
    assert "is up" not in said
    assert process.returncode == 1


def test_a_part_that_fails_is_shown_with_its_last_words_and_nothing_is_left(checkout, launch):
    (checkout / "broken").touch()
    process = launch()
    said, _ = process.communicate(timeout=20)
    assert re.search(r"migrate failed \(exit code 1\)\. Its last words:\n +the tables cannot be made", said)
    assert "Traceback" not in said
    assert process.returncode == 1
    assert pids(checkout) == {}


def test_a_foreign_data_directory_is_a_sentence(checkout, launch):
    process = launch()
    until_ready(process)
    directory = _data_directory(pids(checkout)["postgres"])
    process.terminate()
    process.communicate(timeout=6)
    (directory / "PG_VERSION").unlink()
    said, _ = launch().communicate(timeout=20)
    assert "is not a whole PostgreSQL data directory" in said
    assert "Traceback" not in said


def _data_directory(postgres):
    command = Path(f"/proc/{postgres}/cmdline").read_text().split("\0")
    return Path(command[command.index("-D") + 1])


def test_a_file_of_another_users_demo_is_a_sentence(checkout, launch):
    (checkout / ".demo").write_text("not a directory")
    said, _ = launch().communicate(timeout=20)
    assert "File exists" in said
    assert "Traceback" not in said
    (checkout / ".demo").unlink()


def test_no_command_can_join_where_no_demo_runs(launch):
    said, _ = launch("run", "manage.py", "environment").communicate(timeout=10)
    assert "No demo is running here" in said


def test_the_launcher_ends_when_make_is_killed(checkout, environment, gone):
    with subprocess.Popen(
        ["make", "--file", "-", "demo"],
        cwd=checkout,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as make:
        make.stdin.write(f"demo:\n\t@{sys.executable} -m config.launcher demo\n")
        make.stdin.close()
        until_ready(make)
        running = pids(checkout)
        make.kill()
        assert gone(list(running.values()), 5)


def test_an_unknown_command_shows_the_usage(launch):
    process = launch("dance")
    said, _ = process.communicate(timeout=10)
    assert "python -m config.launcher demo | reset | run" in said
    assert process.returncode == 2


def test_the_embedded_servers_are_no_part_of_an_installation():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert not [name for name in project["dependencies"] if name.startswith(("embedded", "valkey"))]
