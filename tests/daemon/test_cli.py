"""The program's own manners: help, versions, wrong usage, wrong settings."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from daemon.cli import main
from daemon.command_line import Failure, attempt
from storage.errors import StorageError

COMMANDS = sorted(main.commands)


def ran(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_version_is_the_packages() -> None:
    result = ran("--version")
    assert (result.exit_code, result.stdout) == (0, f"ringtally, version {version('ringtally')}\n")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_and_the_examples_in_it_are_commands(command: str) -> None:
    result = ran(*command.split(), "--help")
    assert result.exit_code == 0
    assert "\\b" not in result.stdout
    examples = re.findall(r"^    ringtally (?:--config \S+ )?(\S+)", result.stdout, re.MULTILINE)
    assert set(examples) <= set(COMMANDS)
    assert (command or "calls") in examples


def test_the_commands_of_the_contract_are_there() -> None:
    assert {"run", "demo", "check-config", "check-ami", "pbx-snippet", "record", "replay", "calls", "call"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("calls", "--nonsense"),
        ("calls", "--result", "nonsense"),
        ("calls", "--period", "nonsense"),
        ("calls", "--from", "yesterday-ish"),
        ("calls", "--period", "today", "--from", "2026-11-23"),
        ("calls", "--from", "2026-11-23", "--to", "2026-11-22"),
        ("calls", "--db", "/nowhere/at/all.db"),
        ("call",),
        ("replay",),
        ("replay", "/nowhere/at/all.jsonl"),
        ("record",),
        ("check-ami", "--watch", "-1"),
        ("pbx-snippet", "--flavour", "nonsense"),
        ("pbx-snippet", "--permit", "no address"),
    ],
)
def test_wrong_usage_is_exit_2_on_stderr_alone(words: tuple[str, ...]) -> None:
    result = ran(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["run", "check-config", "check-ami", "record", "calls", "replay"])
def test_wrong_settings_are_told_all_at_once_each_on_a_line_and_exit_1(command: str, tmp_path: Path) -> None:
    settings = tmp_path / "ringtally.toml"
    settings.write_text('[ami]\nprot = 5038\nhost = ""\n[strage]\npath = "x"\n[http]\nlisten = "nowhere"\n')
    argument = {"record": [tmp_path / "x.jsonl"], "replay": [settings]}.get(command, [])
    result = ran("--config", settings, command, *argument)
    assert (result.exit_code, result.stdout) == (1, "")
    told = result.stderr.splitlines()
    assert told[-1] == "Error: 4 problems in the settings"
    assert all(line.startswith(str(settings)) for line in told[:-1])
    for key, cure in (
        ("ami.prot", 'did you mean "port"'),
        ("strage", 'did you mean "storage"'),
        ("ami.host", ""),
        ("http.listen", ""),
    ):
        assert [line for line in told if key in line and cure in line], key


def test_settings_that_are_not_there_say_which_file() -> None:
    result = ran("--config", "/nowhere/ringtally.toml", "check-config")
    assert result.exit_code == 1
    assert "/nowhere/ringtally.toml" in result.stderr


def test_what_is_in_force_is_printed_as_toml_without_the_secret(tmp_path: Path) -> None:
    settings = tmp_path / "ringtally.toml"
    settings.write_text(
        '[ami]\nsecret = "no-one-must-see-this"\n[[trunks]]\nname = "megafon"\nchannels = ["PJSIP/megafon-*"]\n'
    )
    settings.chmod(0o600)
    result = ran("--config", settings, "check-config")
    assert result.exit_code == 0
    assert tomllib.loads(result.stdout)["trunks"] == [{"name": "megafon", "channels": ["PJSIP/megafon-*"]}]
    assert "no-one-must-see-this" not in result.output


def test_an_authority_that_is_none_is_named(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("no certificate\n")
    settings = tmp_path / "ringtally.toml"
    settings.write_text(f'[ami]\ntls = true\nca_file = "{authority}"\n')
    result = ran("--config", settings, "check-ami")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{authority} holds no certificate" in result.stderr


def test_the_environment_overrides_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "ringtally.toml"
    settings.write_text("[ami]\nport = 5038\n")
    result = CliRunner(env={"RINGTALLY_AMI__PORT": "5039"}).invoke(main, ["--config", str(settings), "check-config"])
    assert tomllib.loads(result.stdout)["ami"]["port"] == 5039


def test_settings_can_be_checked_by_who_may_read_no_secret(tmp_path: Path) -> None:
    settings = tmp_path / "ringtally.toml"
    settings.write_text('[ami]\nsecret_file = "nobody/may/read/this"\n')
    refused = ran("--config", settings, "check-config")
    assert (refused.exit_code, "secret_file" in refused.stderr) == (1, True)
    checked = ran("--config", settings, "check-config", "--no-secrets")
    assert (checked.exit_code, checked.stderr) == (0, "")
    settings.write_text("[ami]\nport = 0\n")
    assert ran("--config", settings, "check-config", "--no-secrets").exit_code == 1


def test_a_snippet_has_a_fresh_secret_each_time() -> None:
    secrets = [re.findall(r"secret\s*=\s*(\S+)", ran("pbx-snippet").stdout)[0] for _ in range(2)]
    assert secrets[0] != secrets[1]
    assert min(map(len, secrets)) >= 20


def test_what_can_be_mended_is_one_line_wherever_it_happened() -> None:
    async def fails() -> None:
        raise ExceptionGroup("tasks", [ExceptionGroup("inner", [StorageError("x.db is full;\nfree some space")])])

    with pytest.raises(Failure) as failure:
        attempt(fails)
    assert failure.value.message == "x.db is full;\\nfree some space"


def test_a_fault_of_ours_is_not_dressed_up_as_the_operators() -> None:
    async def fails() -> None:
        raise ExceptionGroup("tasks", [StorageError("full"), ZeroDivisionError()])

    with pytest.raises(ExceptionGroup):
        attempt(fails)


def test_a_system_error_names_the_file() -> None:
    async def fails() -> None:
        raise PermissionError(13, "Permission denied", "/etc/ringtally/x")

    with pytest.raises(click.ClickException) as failure:
        attempt(fails)
    assert failure.value.message == "/etc/ringtally/x: Permission denied"


def test_the_account_for_mikopbx_asks_for_the_address_of_the_other_machine() -> None:
    asked = CliRunner().invoke(main, ["pbx-snippet", "--flavour", "mikopbx"])
    given = CliRunner().invoke(main, ["pbx-snippet", "--flavour", "mikopbx", "--permit", "192.168.1.20"])
    assert "give its address as --permit" in asked.stderr
    assert (asked.exit_code, given.exit_code, given.stderr) == (0, 0, "")
