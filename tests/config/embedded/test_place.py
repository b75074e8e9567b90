"""Where the servers' data stands, for a normal user and for root."""

import os
import shutil
import stat

import pytest

from config.embedded import place as place_module
from config.embedded.place import (
    find_place,
    fleeting_home,
    fleeting_in_use,
    former_places,
)
from config.processes.errors import StartError
from tests.config.places import forget_place


@pytest.fixture
def as_root(tmp_path, monkeypatch):
    """Root's way of keeping data, also for somebody else: below tmp_path, handing nothing over."""
    if os.geteuid() != 0:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(place_module, "ROOT_DATA", tmp_path / "root-data")
        monkeypatch.setattr(shutil, "chown", lambda path, user: None)


def test_the_same_checkout_finds_the_same_place(tmp_path, place):
    assert find_place(tmp_path) == place


def test_two_checkouts_do_not_share_a_place(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    assert find_place(first).servers != find_place(second).servers
    for checkout in (first, second):
        forget_place(checkout)


def test_nobody_else_looks_into_the_checkouts_own_directory(place):
    assert stat.S_IMODE(place.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((place.home / "secrets.json").stat().st_mode) == 0o600


def test_a_normal_user_keeps_all_of_it_in_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    place = find_place(tmp_path)
    assert place.user is None
    assert place.servers.is_relative_to(tmp_path)


def test_root_keeps_the_servers_where_their_user_may_go(as_root, place):
    assert place.user == "nobody"
    data = (place.servers, *place.servers.parents)
    for directory in [each for each in data if each.is_relative_to(place_module.ROOT_DATA)]:
        assert directory.stat().st_mode & stat.S_IXOTH


def test_a_copied_checkout_gets_a_place_of_its_own(as_root, tmp_path):
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    first = find_place(original)
    shutil.copytree(original, copy)
    second = find_place(copy)
    assert first.secrets == second.secrets
    assert first.servers != second.servers
    for checkout in (original, copy):
        forget_place(checkout)


def test_what_a_former_checkout_at_this_path_left_is_found(as_root, tmp_path, place):
    shutil.rmtree(place.home)
    anew = find_place(tmp_path)
    assert former_places(anew) == [place.servers]
    assert former_places(place) == [anew.servers]
    shutil.rmtree(place.servers)


def test_a_machine_without_an_unprivileged_user_is_told_so(as_root, tmp_path, monkeypatch):
    monkeypatch.setattr(place_module, "UNPRIVILEGED", ("no-such-user",))
    with pytest.raises(StartError, match="PostgreSQL does not run as root, and this machine has none of the users"):
        find_place(tmp_path)


def test_a_full_disk_is_said_before_anything_is_made(place, tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=12_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda directory: full)
        with pytest.raises(StartError, match=r"has 12 MB left; the demo needs 300 MB"):
            find_place(tmp_path)


def test_the_directories_of_dead_processes_are_cleared_and_those_of_living_kept(place):
    dead, living = place.servers / "fleeting-4194305", place.servers / f"fleeting-{os.getppid()}"
    for home in (dead, living):
        home.mkdir()
    ours = fleeting_home(place)
    assert not dead.exists()
    assert living.exists()
    assert sorted(fleeting_in_use(place)) == sorted([os.getpid(), os.getppid()])
    assert ours.stat().st_mode & 0o077 == 0
