"""What accounts of a real Asterisk may do: the shipped one nothing that matters, and one that may is told of or refused."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.sections import Ami
from daemon.parts import account_of
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.test_commands import VERSIONS, add_account, settings_for
from tests.daemon.fake_asterisk import captured_logs, listening
from tests.daemon.ringtally_process import ran, running_daemon

# What `write` of the shipped account has, and one class each.
CLASSES = ("originate", "command", "config", "system", "call", "agent", "user", "message", "agi", "aoc")


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_class_of_write_that_is_not_needed_is_told_and_the_shipped_account_has_none(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with captured_logs(monkeypatch) as logs:
        async with running_pbx(version, 34) as pbx:
            await each_class_is_told(pbx, logs)
            await and_refused_where_the_settings_say_so(pbx, tmp_path)


async def each_class_is_told(pbx: Pbx, logs: list[Any]) -> None:
    for name in CLASSES:
        await add_account(pbx, f"may-{name}", "read = all", f"write = reporting,{name}")
    await add_account(pbx, "almighty", "read = all", "write = all")
    for username, wanted in (
        *((f"may-{name}", name) for name in CLASSES),
        ("almighty", ", ".join(CLASSES)),
    ):
        account = account_of(Ami(host=pbx.ip, username=username, secret=SecretStr(SECRET)))
        async with listening(account) as heard:
            await heard.ready()
            (told,) = [line["write"] for line in logs if line["event"] == "ami_rights_too_wide"]
            assert told == wanted
            assert not heard.client.counters.bad  # its long answer is no bad message to whoever counts those
        logs.clear()


async def and_refused_where_the_settings_say_so(pbx: Pbx, folder: Path) -> None:
    strict = settings_for(pbx, folder)
    strict.write_text(strict.read_text().replace("[ami]\n", "[ami]\nstrict_rights = true\n"))
    async with running_daemon(strict) as daemon:
        await daemon.until("/-/ready", "ready")
        assert not daemon.events("ami_rights_too_wide")
        assert await daemon.stop() == 0
    strict.write_text(strict.read_text().replace('"ringtally"\n', '"almighty"\n', 1))
    ended = await ran("--config", strict, "run")
    assert ended.status == 1
    assert f"write = {', '.join(CLASSES)}, and ami.strict_rights is set" in ended.stderr.splitlines()[-1]
    checked = await ran("--config", strict, "check-ami", "--watch", "0")
    assert checked.status == 1
    assert checked.stdout.decode().count("ami.strict_rights is set: take the right away") == len(CLASSES)
