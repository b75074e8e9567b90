"""A sandbox that listens, the two real SDKs pointed at it, and the recorded answers of the real networks."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import facebook
import pytest
import requests
import tweepy
from requests.adapters import HTTPAdapter

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from connectors.sandbox.server import Running, running

RECORDINGS = Path(os.environ.get("SAMTAL_RECORDINGS", Path(__file__).parents[4] / "shared" / "recordings"))


class Redirect(HTTPAdapter):
    """Sends what the SDK means for its network to the sandbox."""

    def __init__(self, base: str, timeout: float = 10) -> None:
        self.base = base
        self.timeout = timeout
        super().__init__()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        request.url = f"{self.base}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, **{**options, "timeout": self.timeout})


class Graph(facebook.GraphAPI):
    """facebook-sdk refuses versions of today by its constructor only."""

    def __init__(self, token: str, session: requests.Session) -> None:
        super().__init__(token, session=session)
        self.version = "v23.0"


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    with running() as server:
        yield server


@pytest.fixture
def base(server: Running) -> str:
    return server.base


@pytest.fixture
def sandbox(server: Running) -> Iterator[Remote]:
    """Only the company's accounts; nobody has written anything yet."""
    remote = Remote(server.base)
    remote.reset(people=False)
    yield remote
    remote.close()


@pytest.fixture
def graph_for(base: str, sandbox: Remote) -> Iterator[Callable[..., facebook.GraphAPI]]:
    sessions = []

    def graph(token: str = demo.PAGE_TOKEN, timeout: float = 10) -> facebook.GraphAPI:
        session = requests.Session()
        session.mount("https://graph.facebook.com/", Redirect(base, timeout))
        sessions.append(session)
        return Graph(token, session)

    yield graph
    for session in sessions:
        session.close()


@pytest.fixture
def graph(graph_for: Callable[..., facebook.GraphAPI]) -> facebook.GraphAPI:
    return graph_for()


@pytest.fixture
def x_for(base: str, sandbox: Remote) -> Iterator[Callable[..., tweepy.Client]]:
    clients = []

    def client(timeout: float = 10, **credentials: str) -> tweepy.Client:
        made = tweepy.Client(**credentials)
        made.session.mount("https://api.twitter.com/", Redirect(base, timeout))
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.session.close()


@pytest.fixture
def x(x_for: Callable[..., tweepy.Client]) -> tweepy.Client:
    """Signs with OAuth 1 for the user, and reads with the app's own token."""
    return x_for(
        bearer_token=demo.X_APP_TOKEN,
        consumer_key=demo.X_CONSUMER_KEY,
        consumer_secret=demo.X_CONSUMER_SECRET,
        access_token=demo.X_ACCESS_TOKEN,
        access_token_secret=demo.X_ACCESS_SECRET,
    )


@pytest.fixture
def post(sandbox: Remote) -> dict[str, Any]:
    """A post of the page, for people to comment on."""
    return sandbox.write(network="facebook", kind="post", author_id=demo.PAGE_ID, text="Vi bygger ut i Luleå.")


@pytest.fixture
def comment(sandbox: Remote, post: dict[str, Any]) -> dict[str, Any]:
    return sandbox.write(
        network="facebook", kind="comment", author="Elin Sjöberg", text="När då?", parent_id=post["id"]
    )


@pytest.fixture
def mention(sandbox: Remote) -> dict[str, Any]:
    return sandbox.write(network="x", kind="tweet", author="Ole Håkonsen", text="@nordnett når kommer fiber & tv?")


@pytest.fixture
def recorded() -> Callable[[str], Any]:
    """A recorded answer of the real networks, by its path in the folder; without the folder the test is skipped."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings of the real networks are not here")
    return lambda name: json.loads((RECORDINGS / name).read_text())
