"""How one sees that a program works."""

import http.server
import threading

import pytest

from config.processes.child import Child, Warden, answers, listens, lives, says
from config.processes.console import Console


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, *args):
        """Tests print nothing."""


@pytest.fixture
def port():
    with http.server.HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def child(make_program, tmp_path, screen):
    """A child that has said where it listens."""
    program = make_program("web", "import signal; print('listening on 80'); signal.pause()")
    warden = Warden()
    child = Child(program, run=tmp_path, console=Console(screen), warden=warden)
    child.spawn()
    while not child.tail:
        assert child.ended() is None
    yield child
    child.kill()
    warden.dismiss()


def test_an_address_answers_only_with_200(child, port):
    assert answers(f"http://127.0.0.1:{port}/healthz")(child)
    assert not answers(f"http://127.0.0.1:{port}/readyz")(child)


def test_an_address_nobody_listens_at_does_not_answer(child):
    assert not answers("http://127.0.0.1:9/healthz")(child)


def test_a_port_listens_when_it_takes_a_connection(child, port):
    assert listens(port)(child)
    assert not listens(9)(child)


def test_a_line_is_recognised_by_its_pattern(child):
    assert says(r"on \d+$")(child)
    assert not says(r"on \d{3}")(child)


def test_age_is_enough_where_a_program_says_nothing(child):
    assert lives(0)(child)
    assert not lives(60)(child)
