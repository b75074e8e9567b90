"""A real data directory: made, checked, and refused with a sentence when it is not what it should be."""

import os
import shutil
import subprocess
import sys

import psycopg
import pytest

from config.embedded.place import find_place
from config.embedded.postgres import Cluster, _explain, running_postmaster
from config.embedded.programs import find_programs
from config.ports import HOST, any_free
from config.processes.console import Console
from config.processes.errors import StartError
from config.processes.supervisor import Supervisor


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A cluster whose data directory has been made once; each test gets a copy."""
    place = find_place(tmp_path_factory.mktemp("checkout"))
    cluster = Cluster(place.servers / "made", place, find_programs(place), any_free(), fleeting=True)
    cluster.prepare()
    yield cluster
    shutil.rmtree(place.servers)


@pytest.fixture
def cluster(made, tmp_path):
    copy = made.data.with_name(tmp_path.name)
    subprocess.run(["cp", "--archive", made.data, copy], check=True)  # keeps the owner
    return Cluster(copy, made.place, made.programs, made.port, fleeting=True)


@pytest.fixture
def running(cluster, tmp_path, screen):
    with Supervisor(tmp_path / "run", Console(screen)) as supervisor:
        supervisor.spawn(cluster.program())
        supervisor.settle()
        yield cluster


def test_the_database_is_there_with_its_owner_and_the_c_locale(running):
    with psycopg.connect(running.url) as connection:
        row = connection.execute(
            "SELECT current_user, current_database(), datcollate, rolsuper, rolcreatedb"
            " FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user"
        ).fetchone()
    assert row == ("samtal", "samtal", "C.UTF-8", False, True)


def test_nobody_gets_in_without_the_password(running):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=HOST, port=running.port, user="samtal", dbname="samtal")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=HOST, port=running.port, user="postgres", dbname="samtal", password="postgres")


def test_every_door_asks_for_scram(cluster):
    rules = [line.split() for line in (cluster.data / "pg_hba.conf").read_text().splitlines()]
    assert {rule[-1] for rule in rules if rule and not rule[0].startswith("#")} == {"scram-sha-256"}


def test_it_listens_on_loopback_only_and_on_no_socket(running):
    pid_file = (running.data / "postmaster.pid").read_text().splitlines()
    socket_directory, address = pid_file[4:6]
    assert (socket_directory, address) == ("", HOST)


def test_no_password_is_left_beside_the_data(made):
    assert not (made.data.parent / "password").exists()
    assert made.data.stat().st_mode & 0o077 == 0


def test_a_directory_that_is_whole_is_kept(cluster):
    before = (cluster.data / "global/pg_control").read_bytes()
    assert cluster.prepare() == []
    assert (cluster.data / "global/pg_control").read_bytes() == before


@pytest.mark.parametrize("missing", ["PG_VERSION", "global/pg_control"])
def test_a_half_made_directory_is_refused_and_left_alone(cluster, missing):
    (cluster.data / missing).unlink()
    with pytest.raises(StartError, match=r"is not a whole PostgreSQL data directory.*make demo-reset"):
        cluster.prepare()
    assert (cluster.data / "base").is_dir()


def test_a_directory_of_something_else_is_refused_and_left_alone(cluster):
    shutil.rmtree(cluster.data)
    cluster.data.mkdir()
    (cluster.data / "diary.txt").write_text("dear diary")
    with pytest.raises(StartError, match="not a whole PostgreSQL data directory"):
        cluster.prepare()
    assert (cluster.data / "diary.txt").exists()


def test_a_directory_of_another_version_is_refused_with_both_numbers(cluster):
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(StartError, match="was made by PostgreSQL 14, and this is 18"):
        cluster.prepare()


def test_a_broken_off_start_leaves_nothing_in_the_way(cluster):
    shutil.rmtree(cluster.data)
    draft = cluster.data.with_name(f"{cluster.data.name}-draft")
    draft.mkdir()
    (draft / "half").write_text("")
    cluster.prepare()
    assert (cluster.data / "PG_VERSION").exists()
    assert not draft.exists()


def test_the_pid_file_of_a_dead_server_is_removed_with_a_notice(cluster):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (cluster.data / "postmaster.pid").write_text(dead.stdout.decode())
    assert "was not stopped in order" in cluster.prepare()[0]
    assert not (cluster.data / "postmaster.pid").exists()


def test_a_pid_that_belongs_to_another_program_now_counts_as_dead(cluster):
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert running_postmaster(cluster.data) is None
    assert cluster.prepare() != []


def test_an_empty_pid_file_counts_as_dead(cluster):
    (cluster.data / "postmaster.pid").write_text("")
    assert running_postmaster(cluster.data) is None


def test_a_directory_in_use_is_refused_with_the_process(running):
    pid = int((running.data / "postmaster.pid").read_text().splitlines()[0])
    with pytest.raises(StartError, match=rf"PostgreSQL \(process {pid}\) is already running on"):
        running.prepare()


def test_a_full_disk_is_called_that():
    said = 'initdb: error: could not write file "x": No space left on device'
    assert _explain("initdb", said).startswith("The disk is full: initdb could not write its data.")


def test_a_failing_program_is_shown_with_what_it_said(cluster):
    shutil.rmtree(cluster.data)
    broken = Cluster(cluster.data, cluster.place, cluster.programs, cluster.port)
    (cluster.programs.postgres.parent / "share/postgres.bki").rename(cluster.programs.postgres.parent / "moved")
    try:
        with pytest.raises(StartError, match=r"PostgreSQL's initdb failed:[\s\S]*postgres.bki"):
            broken.prepare()
    finally:
        (cluster.programs.postgres.parent / "moved").rename(cluster.programs.postgres.parent / "share/postgres.bki")
