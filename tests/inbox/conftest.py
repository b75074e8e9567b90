"""The people and channels every inbox test knows, and a sandbox network to speak to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from connectors.sandbox.remote import Remote
from connectors.sandbox.server import running
from inbox.models import Channel, Person, Role
from inbox.models.check import version_of
from tests import make
from tests.connectors.worlds import FacebookWorld, SignedTwitterWorld, World


@pytest.fixture(autouse=True)
def _quick(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # What the trained models make of a text changes with each training; here a text is chosen for what the rules say.
    settings.SAMTAL_MODELS = False
    # A published version never changes, but every test publishes its own.
    version_of.cache_clear()


@pytest.fixture
def facebook(db: None) -> Channel:
    return make.channel("facebook")


@pytest.fixture
def twitter(db: None) -> Channel:
    return make.channel("twitter")


@pytest.fixture
def anna(facebook: Channel) -> Person:
    anna = make.person("anna")
    make.clear(anna, facebook)
    return anna


@pytest.fixture
def bo(facebook: Channel) -> Person:
    bo = make.person("bo")
    make.clear(bo, facebook)
    return bo


@pytest.fixture
def lea(db: None) -> Person:
    return make.person("lea", Role.LEAD)


@pytest.fixture
def ada(db: None) -> Person:
    return make.person("ada", Role.ADMIN)


@pytest.fixture
def ext(db: None) -> Person:
    return make.person("ext", Role.NONE)


@pytest.fixture(scope="session")
def network() -> Iterator[Remote]:
    """A sandbox network of the session's own."""
    with running() as sandbox:
        yield Remote(sandbox.base)


@pytest.fixture
def street(network: Remote, settings: LazySettings) -> Remote:
    """The sandbox, emptied, with Samtal's connectors pointed at it."""
    network.reset()
    network.clear_faults()
    settings.SAMTAL_SANDBOX_URL = network.base
    return network


@pytest.fixture(params=[FacebookWorld, SignedTwitterWorld])
def place(request: pytest.FixtureRequest, street: Remote, settings: LazySettings) -> World:
    """Both networks, one after the other, on which what is let go leaves at once."""
    settings.SAMTAL_UNDO_SECONDS = 0
    made: World = request.param(street.base, street)
    return made
