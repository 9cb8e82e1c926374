"""Where secrets come from, and that they show nowhere."""

import os
import pickle
from pathlib import Path

import pytest

from config.effective import effective
from config.files import UnreadableError, read_secret
from config.keys import SECRETS, Key
from config.loader import ConfigError, load_settings
from config.web_hashes import TOKEN_MARK, token_hash

SECRET = "hush-Пароль-42"


def secret_file(folder: Path, data: str | bytes = f"{SECRET}\n", name: str = "ami.secret", mode: int = 0o600) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(mode)
    return path


def ami_secret(path: Path | None, environ: dict[str, str]) -> str:
    return load_settings(path, environ).settings.ami.secret.get_secret_value()


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "ringtally.toml"
    path.write_text(text)
    path.chmod(0o640)
    return path


def test_the_secrets_are_these() -> None:
    assert [str(key) for key in SECRETS] == ["ami.secret", "mqtt.password", "http.read_token", "http.write_token"]


def test_the_nearest_source_wins(tmp_path: Path) -> None:
    named = secret_file(tmp_path, "from-file")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    path = settings_file(tmp_path, f'[ami]\nsecret_file = "{named}"\n')
    environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert ami_secret(path, environ) == "from-file"
    secret_file(credentials, "from-credential\n")
    assert ami_secret(path, environ) == "from-credential"
    assert ami_secret(path, {**environ, "RINGTALLY_AMI__SECRET": "from-variable"}) == "from-variable"
    other = secret_file(tmp_path, "from-variables-file", "other.secret")
    assert ami_secret(path, {**environ, "RINGTALLY_AMI__SECRET_FILE": str(other)}) == "from-variables-file"


def test_a_credential_spares_the_file_that_the_service_may_not_read(tmp_path: Path) -> None:
    path = settings_file(tmp_path, '[ami]\nsecret_file = "/no/such/file"\n')
    secret_file(tmp_path)
    assert ami_secret(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == SECRET


def test_every_secret_can_be_a_credential(tmp_path: Path) -> None:
    for key in SECRETS:
        secret_file(tmp_path, f"{key}-value", str(key))
    settings = load_settings(settings_file(tmp_path, "[mqtt]\n"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}).settings
    for section, name in SECRETS:
        kept = getattr(getattr(settings, section), name).get_secret_value()
        assert kept in {f"{section}.{name}-value", token_hash(f"{section}.{name}-value")}
        assert kept.startswith(TOKEN_MARK) == name.endswith("_token")


def test_a_credential_for_a_broker_does_not_make_one(tmp_path: Path) -> None:
    secret_file(tmp_path, "x", "mqtt.password")
    assert load_settings(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).settings.mqtt is None


def test_a_secret_in_the_file_that_a_credential_replaces_is_warned_about(tmp_path: Path) -> None:
    path = settings_file(tmp_path, f'[ami]\nsecret = "{SECRET}-old"\n')
    secret_file(tmp_path)
    loaded = load_settings(path, {"CREDENTIALS_DIRECTORY": str(tmp_path), "TZ": "UTC"})
    assert [str(warning) for warning in loaded.warnings] == [
        f"{path}: ami.secret: is not used, for systemd gives a credential; remove it here"
    ]


def test_a_bad_credential_is_told_by_its_path(tmp_path: Path) -> None:
    credential = secret_file(tmp_path, "")
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert str(caught.value) == f"{credential}: is empty; write the secret into it, on one line"


def test_credentials_that_cannot_even_be_looked_for_are_told_like_any_other_problem() -> None:
    # As systemd hides them from a service's reload; whoever runs tests may be root and look everywhere, but not at this.
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {"CREDENTIALS_DIRECTORY": "/" + "x" * 300})
    assert "ami.secret: cannot be read: File name too long" in str(caught.value)


def test_two_secrets_from_one_source_are_a_problem(tmp_path: Path) -> None:
    environ = {"RINGTALLY_AMI__SECRET": SECRET, "RINGTALLY_AMI__SECRET_FILE": str(secret_file(tmp_path))}
    with pytest.raises(ConfigError) as caught:
        load_settings(None, environ)
    assert str(caught.value) == (
        "environment: RINGTALLY_AMI__SECRET_FILE: is set beside secret; keep one of them, better secret_file"
    )


@pytest.mark.parametrize("misplaced", [SECRET, SECRET * 30])
@pytest.mark.parametrize("key", SECRETS, ids=str)
def test_a_secret_in_place_of_its_files_name_is_not_repeated(key: Key, misplaced: str, tmp_path: Path) -> None:
    path = settings_file(tmp_path, f'[{key.section}]\n{key.file} = "{misplaced}"\n')
    variable = f"RINGTALLY_{key.section}__{key.file}".upper()
    for given, environ in ((path, {}), (None, {variable: misplaced})):
        with pytest.raises(ConfigError) as caught:
            load_settings(given, environ)
        assert "there is no such file in " in str(caught.value)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_the_line_end_after_a_secret_is_none_of_it(tmp_path: Path, end: str) -> None:
    assert read_secret(secret_file(tmp_path, SECRET + end)) == SECRET


def test_spaces_are_part_of_a_secret(tmp_path: Path) -> None:
    assert read_secret(secret_file(tmp_path, " a b \n")) == " a b "


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hush\nhush\n", "holds more than one line"),
        (b"hush\0", "holds more than one line"),
        (b"hush\xff", "is not UTF-8"),
        (b"x" * 5_000, "is larger than 4 KiB"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused_without_showing_it(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(UnreadableError, match=told) as caught:
        read_secret(secret_file(tmp_path, data))
    assert "hush" not in str(caught.value) + caught.value.cure


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(UnreadableError, match="is larger than"):
        read_secret(Path("/dev/zero"))


@pytest.mark.parametrize(("mode", "open_to_all"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_secret_that_everybody_may_read_is_warned_about(tmp_path: Path, mode: int, open_to_all: bool) -> None:
    secret = secret_file(tmp_path, mode=mode)
    loaded = load_settings(None, {"RINGTALLY_AMI__SECRET_FILE": str(secret), "TZ": "UTC"})
    expected = f"environment: RINGTALLY_AMI__SECRET_FILE: {secret} may be read by every user of this machine; chmod o= {secret}"
    assert [str(warning) for warning in loaded.warnings] == ([expected] if open_to_all else [])


def test_a_settings_file_with_a_secret_that_everybody_may_read_is_warned_about(tmp_path: Path) -> None:
    path = settings_file(tmp_path, '[ami]\nsecret = "a"\n')
    path.chmod(0o644)
    (warning,) = load_settings(path, {"TZ": "UTC"}).warnings
    assert str(warning) == f"{path}: holds ami.secret and may be read by every user of this machine; chmod o= {path}"
    path.chmod(0o640)
    assert load_settings(path, {"TZ": "UTC"}).warnings == ()
    path.write_text("")
    path.chmod(0o644)
    assert "may be read" not in str(load_settings(path, {"RINGTALLY_AMI__SECRET": "a", "TZ": "UTC"}).warnings)


def test_no_secret_shows_in_text_of_any_kind(tmp_path: Path) -> None:
    path = settings_file(
        tmp_path,
        f'[ami]\nsecret = "{SECRET}"\n[mqtt]\npassword = "{SECRET}"\n[http]\nread_token = "{SECRET}"\nwrite_token = "{SECRET}"\n',
    )
    loaded = load_settings(path, {"TZ": "UTC"})
    settings = loaded.settings
    shown = [repr(loaded), str(loaded), repr(settings), str(settings), f"{settings.ami}", effective(settings)]
    shown += [repr(settings.ami), str(settings.model_dump()), settings.model_dump_json(), repr(vars(settings.http))]
    assert not [text for text in shown if "hush" in text]
    assert pickle.loads(pickle.dumps(settings)).ami.secret == settings.ami.secret


@pytest.mark.parametrize(
    "text",
    [
        f'[ami]\nsecret = "{SECRET}"\nport = 0',
        f'[ami]\nsecret = "{SECRET}\\n"',
        f'[ami]\nsecret = ["{SECRET}"]',
        f'[ami]\nsecret = {{a = "{SECRET}"}}',
        f'[ami]\nsecert = "{SECRET}"',
        f'secret = "{SECRET}"',
        f'ami = "{SECRET}"',
        f'[amii]\nsecret = "{SECRET}"',
        f"[ami]\nsecret = {SECRET}",
        f'[ami]\nsecret = "{SECRET}',
        f'[ami]\nsecret = "{SECRET}"\nsecret = "{SECRET}"',
        f'[ami]\n"{SECRET} = 1',
        f'[[http]]\nread_token = "{SECRET}"',
    ],
)
def test_no_secret_shows_in_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(settings_file(tmp_path, text), {"RINGTALLY_AMI__SECRT": SECRET, "RINGTALLY_SECRET": SECRET})
    error: BaseException | None = caught.value
    while error is not None:
        assert "hush" not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def test_commands_that_log_in_nowhere_need_no_secret(tmp_path: Path) -> None:
    path = settings_file(
        tmp_path, '[ami]\nsecret_file = "/no/such/file"\nca_file = "/no/such/file"\n[log]\nlevel = "error"\n'
    )
    with pytest.raises(ConfigError):
        load_settings(path, {"TZ": "UTC"})
    loaded = load_settings(path, {"TZ": "UTC"}, secrets=False)
    assert loaded.settings.log.level == "error"
    assert [str(warning) for warning in loaded.warnings if "secret" in str(warning)] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_secret_of_somebody_else_is_told_with_what_to_do(tmp_path: Path) -> None:
    secret = secret_file(tmp_path)
    os.seteuid(65_534)
    try:
        with pytest.raises(UnreadableError, match="may not be read by this user") as caught:
            read_secret(secret)
    finally:
        os.seteuid(0)
    assert "chmod 640" in caught.value.cure
