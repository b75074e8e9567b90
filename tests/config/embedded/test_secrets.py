"""The secrets of a checkout."""

import stat

import pytest
from cryptography.fernet import Fernet

from config.embedded.secrets import Secrets, _write_once, keep_secrets
from config.processes.errors import StartError


def test_they_are_made_once_and_kept(tmp_path):
    path = tmp_path / "secrets.json"
    assert keep_secrets(path) == keep_secrets(path)


def test_only_the_owner_reads_them(tmp_path):
    path = tmp_path / "secrets.json"
    keep_secrets(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["secrets.json"]


def test_who_comes_second_gets_the_firsts(tmp_path):
    path = tmp_path / "secrets.json"
    first = keep_secrets(path)
    _write_once(path, Secrets())
    assert keep_secrets(path) == first


def test_no_two_checkouts_and_no_two_passwords_are_alike():
    one, other = Secrets(), Secrets()
    values = [*vars(one).values(), *vars(other).values()]
    assert len(set(values)) == len(values)


def test_the_token_key_is_a_fernet_key():
    key = Fernet(Secrets().token_key)
    assert key.decrypt(key.encrypt(b"token")) == b"token"


def test_they_do_not_show_in_a_trace():
    made = Secrets()
    assert repr(made) == f"Secrets(checkout={made.checkout!r})"


@pytest.mark.parametrize("content", ["", "{", '{"unknown": "x"}', "[]"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "secrets.json"
    path.write_text(content)
    with pytest.raises(StartError, match=r"secrets\.json cannot be read.*make demo-reset"):
        keep_secrets(path)
