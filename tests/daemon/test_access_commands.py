"""Tokens and hashes of passwords, as the commands print them."""

from pathlib import Path

import bcrypt
import pytest
import yaml
from click.testing import CliRunner

from config.web_config import read_web_config
from config.web_hashes import token_hash
from daemon.cli import main


def said(*words: str, given: str = "") -> tuple[int, str, str]:
    ended = CliRunner().invoke(main, words, input=given)
    return ended.exit_code, ended.stdout, ended.stderr


def test_a_token_is_another_each_time_and_its_hash_is_beside_it() -> None:
    tokens = set()
    for _ in range(2):
        status, told, _ = said("make-token")
        (_, token), (_, hashed) = (line.split() for line in told.splitlines())
        assert (status, hashed) == (0, token_hash(token))
        assert len(token) == 43
        tokens.add(token)
    assert len(tokens) == 2


@pytest.mark.parametrize("name", ["anna", "1234", "Аня", 'a"b\\c', "yes"])
def test_a_hashed_password_is_a_line_for_the_web_config_file(name: str, tmp_path: Path) -> None:
    status, told, _ = said("hash-password", name, given="hush-Пароль-42\n")
    assert status == 0
    (found, hashed), *_ = yaml.safe_load(told).items()
    assert found == name
    assert bcrypt.checkpw("hush-Пароль-42".encode(), hashed.encode())
    path = tmp_path / "web.yml"
    path.write_text(f"basic_auth_users:\n  {told}")
    assert read_web_config(path).users == {name: hashed}


@pytest.mark.parametrize(
    ("given", "told"),
    [("\n", "there is no password"), ("", "there is no password"), ("x" * 73, "is longer than 72 bytes")],
)
def test_a_password_that_cannot_be_one_is_refused(given: str, told: str) -> None:
    status, out, err = said("hash-password", "anna", given=given)
    assert (status, out) == (1, "")
    assert told in err
    assert "xxx" not in err


@pytest.mark.parametrize("name", ["a:b", "", "a\nb"])
def test_a_name_that_basic_auth_cannot_carry_is_refused(name: str) -> None:
    assert said("hash-password", name, given="a\n")[0] == 2
