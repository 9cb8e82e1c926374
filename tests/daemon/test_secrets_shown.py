"""No secret shows: not in logs, errors, answers, `check-config` or the list of processes; the daemon as a process, with all of them set."""

import base64
from pathlib import Path

import bcrypt
import pytest

from config.keys import SECRETS
from config.web_hashes import token_hash
from daemon.cli import main
from tests.daemon.certificates import make_certificates
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import ran, running_daemon, write_settings
from tests.documents.asking import asking

pytestmark = pytest.mark.slow
WEB_PASSWORD = "hush-of-the-web"
VALUES = {
    "ami.secret": SECRET,
    "mqtt.password": "hush-of-the-broker",
    "http.read_token": "hush-of-who-may-read",
    "http.write_token": "hush-of-who-may-write",
}


def all_secrets(folder: Path) -> tuple[Path, list[str]]:
    """Settings with every secret in a file of its own, and what must show nowhere."""
    sections: dict[str, list[str]] = {}
    for section, name in SECRETS:
        file = folder / f"{section}.{name}"
        file.write_text(VALUES[f"{section}.{name}"])
        file.chmod(0o600)
        sections.setdefault(section, []).append(f'{name}_file = "{file}"')
    hashed = bcrypt.hashpw(WEB_PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    web_config = folder / "web.yml"
    web_config.write_text(f"basic_auth_users: {{anna: {hashed}}}\n")
    web_config.chmod(0o600)
    path = write_settings(folder, "127.0.0.1", 1, "")
    text = path.read_text().replace('secret = ""\n', "\n".join(sections["ami"]) + "\n")
    text = text.replace("[http]\n", "[http]\n" + "\n".join([*sections["http"], 'web_config_file = "web.yml"']) + "\n")
    mqtt = "\n".join([f"port = {closed_port()}", 'username = "ringtally"', *sections["mqtt"]])
    path.write_text(f"{text}[mqtt]\n{mqtt}\n")
    hidden = [*VALUES.values(), WEB_PASSWORD, hashed]
    return path, [*hidden, *(token_hash(each) for each in hidden)]


def shown_by_the_kernel(pid: int) -> str:
    """What every user of the machine may see of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text() + Path(f"/proc/{pid}/comm").read_text()


async def test_with_everything_going_wrong_that_can(tmp_path: Path) -> None:
    path, hidden = all_secrets(tmp_path)
    said: list[str] = []
    async with FakeAsterisk(steady=True) as pbx:
        path.write_text(path.read_text().replace("port = 1\n", f"port = {pbx.port}\n"))
        checked = await ran("--config", path, "check-config")
        assert checked.status == 0
        said += [checked.stdout.decode(), checked.stderr]
        said += [part if isinstance(part, str) else part.decode() for part in await _everything_of_check_ami(path)]
        async with running_daemon(path) as daemon:
            await daemon.told("mqtt_unreachable")
            said.append(shown_by_the_kernel(daemon.pid))
            basic = base64.b64encode(f"anna:{WEB_PASSWORD}".encode()).decode()
            async with asking(f"http://127.0.0.1:{daemon.port}") as client:
                for headers in (
                    {"Authorization": f"Basic {basic}", "X-Ringtally-Token": VALUES["http.read_token"]},
                    {"Authorization": f"Basic {basic}x"},
                    {"Authorization": f"Bearer {VALUES['http.write_token']}"},
                    {},
                ):
                    for asked in ("/", "/metrics", "/api/v1/calls", "/wallboard/config.json", "/nothing"):
                        async with client.get(asked, headers=headers) as answer:
                            said.append(await answer.text() + str(answer.headers))
            pbx.answers["Login"] = lambda _session, _action: b"Response: Error\r\n\r\n"
            pbx.sessions[-1].hang_up()
            (tmp_path / "web.yml").write_text(f"basic_auth_users: {{anna: {WEB_PASSWORD}}}\n")
            said.append((await daemon.get("/metrics"))[1])
            await daemon.told("web_config_refused")
            await daemon.told("ami_lost")
            await daemon.stop()
            said += daemon.lines
    text = "\n".join(said)
    assert len(text) > 5_000
    assert not [each for each in hidden if each in text]
    assert basic not in text


async def _everything_of_check_ami(path: Path) -> list[str | bytes]:
    ended = await ran("--config", path, "check-ami", "--watch", "0")
    return [ended.stdout, ended.stderr]


async def test_a_file_that_is_wrong_is_told_without_what_is_in_it(tmp_path: Path) -> None:
    path, hidden = all_secrets(tmp_path)
    for name in ("http.read_token", "mqtt.password", "ami.secret"):
        (tmp_path / name).write_text(f"{VALUES[name]}\nand a second line\n")
    (tmp_path / "web.yml").write_text(f"basic_auth_users:\n  anna: {WEB_PASSWORD}\n  bob: [{WEB_PASSWORD}\n")
    for words in (["check-config"], ["run"], ["check-ami"]):
        ended = await ran("--config", path, *words)
        assert ended.status == 1
        assert not [each for each in hidden if each in ended.stderr + ended.stdout.decode()]
        assert "web.yml" in ended.stderr


async def test_what_others_may_read_is_warned_about_and_those_files_are_named(tmp_path: Path) -> None:
    path, _ = all_secrets(tmp_path)
    make_certificates(tmp_path, "DNS:localhost")
    for name in (*VALUES, "web.yml"):
        (tmp_path / name).chmod(0o644)
    ended = await ran("--config", path, "check-config")
    assert ended.status == 0
    for name in (*VALUES, "web.yml"):
        assert f"chmod o= {tmp_path / name}" in ended.stderr, name


def test_no_command_takes_a_secret_as_an_argument() -> None:
    """Every user of a machine sees the arguments of all processes; the name of a file tells nothing."""
    taking = [parameter for command in main.commands.values() for parameter in command.params]
    named = [option for each in taking if not getattr(each, "is_flag", False) for option in each.opts]
    named = [option for option in named if not option.endswith("-file")]
    assert not [each for each in named if any(word in each for word in ("secret", "password", "token"))]
