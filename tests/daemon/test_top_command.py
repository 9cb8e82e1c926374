"""`ringtally top` in a terminal of its own, beside a real daemon; and `--once` as a script has it."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.sections import Http, Settings
from daemon.top_command import _may_read_settings, _own_url, top
from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, event, hangup, new_channel, run_of_headers
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import RINGTALLY, ran, running_daemon, write_settings
from tests.mqtt.service import SITE, ids

WITHIN_S = 60.0
A_CALL, ANOTHER = ids(0, 2)
# However long it took until somebody looked: with the sign of an alarm by then, perhaps.
WAIT = r" +(?:!+ +)?\d:\d\d +"
_SEQUENCE = re.compile(rb"\x1b\[[?\d;]*[A-Za-z]")
_ITS_OWN_SCREEN, _BACK = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """What a program shows in a terminal of this size, and its keys."""

    def __init__(self, process: asyncio.subprocess.Process, fd: int) -> None:
        self.process = process
        self._fd = fd
        self.raw = bytearray()
        self._looked_at = 0
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(fd, self._take)

    def _take(self) -> None:
        with suppress(OSError):  # it is gone with the process
            self.raw.extend(os.read(self._fd, 65_536))
        self._news.set()

    @property
    def pictures(self) -> list[str]:
        """All that are whole, from the one that was found last on: each begins at the top left."""
        whole = bytes(self.raw).split(b"\x1b[H")[self._looked_at : -1]
        return [_SEQUENCE.sub(b"", each).decode("utf-8", "replace") for each in whole]

    async def shows(self, pattern: str) -> str:
        """Wait for a picture with this in it; it may be gone again by now, but it came no sooner than the one before."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    pictures = self.pictures
                    for n, each in enumerate(pictures):
                        if re.search(pattern, each):
                            self._looked_at += n
                            return each
                    self._looked_at += max(0, len(pictures) - 1)
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} in:\n{self.pictures[-1:]}") from None

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def is_stopped(self) -> bool:
        return "State:\tT" in Path(f"/proc/{self.process.pid}/status").read_text()

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    def hang_up(self) -> None:
        """As when the line of who is logged in breaks."""
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        self._fd = -1

    async def ended(self) -> int:
        async with asyncio.timeout(WITHIN_S):
            return await self.process.wait()


@asynccontextmanager
async def terminal(*words: str | Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Terminal]:
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    process = await asyncio.create_subprocess_exec(
        *(RINGTALLY, *words),
        env=environment | {"TERM": "xterm-256color"},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown = Terminal(process, ours)
    try:
        yield shown
    finally:
        if shown.is_open:
            shown.hang_up()
        if process.returncode is None:
            process.kill()
            await process.wait()


def settings(folder: Path, pbx: FakeAsterisk, port: int) -> Path:
    path = write_settings(folder, "127.0.0.1", pbx.port, SECRET, SITE)
    path.write_text(path.read_text().replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"'))
    return path


def joins(uniqueid: str) -> bytes:
    return event("QueueCallerJoin", run_of_headers(uniqueid) + "Queue: support\r\nPosition: 1\r\nCount: 1\r\n")


@pytest.mark.slow
async def test_a_caller_waits_and_is_missed_the_pbx_and_the_daemon_die_and_return(tmp_path: Path) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        async with running_daemon(path) as daemon, terminal("--config", path, "top") as shown:
            await daemon.until("/-/ready", "ready")
            await shown.shows("● connected")
            pbx.sessions[-1].send(new_channel(A_CALL, name="\x1b]0;owned\x07") + joins(A_CALL))
            await shown.shows(r"waiting 1")
            await shown.shows(r"7900•••2233 +\d:(?!0[01])\d\d +support")
            pbx.sessions[-1].send(hangup(A_CALL) + b"".join(lines("05-direct-caller-abandons")))
            await shown.shows(r"without contact 1\b")
            await shown.shows(r"nobody waits")
            own = pbx.port
            await pbx.go_down()
            await shown.shows(r"The PBX is not connected since \d\d:")
            await pbx.listen(own)
            await shown.shows("● connected")
            daemon.send(signal.SIGKILL)
            gone = await shown.shows("Nothing is heard of ringtally since")
            assert re.search(r"waiting –", gone)
            async with running_daemon(path):
                await shown.shows("● connected")
            assert b"\x1b]" not in shown.raw
            shown.press("й")  # q, in the Russian layout
            assert await shown.ended() == 0
            assert shown.raw.count(_ITS_OWN_SCREEN) == shown.raw.count(_BACK) == 1
            assert shown.echoes()


@pytest.mark.slow
async def test_keys_and_the_size_of_the_terminal_are_followed_and_the_shell_gets_it_back_between(
    tmp_path: Path,
) -> None:
    port = closed_port()
    async with FakeAsterisk(steady=True) as pbx, running_daemon(path := settings(tmp_path, pbx, port)) as daemon:
        await daemon.until("/-/ready", "ready")
        async with terminal("--config", path, "top", "--lang", "ru") as shown:
            await shown.shows("● на связи")
            shown.press("\x1bOP")
            await shown.shows("прокрутка в нём")
            shown.press("x")
            await shown.shows("никто не ждёт")
            shown.resize(150, 40)
            await shown.shows(r"(?m)^.{150}\r?$")
            shown.process.send_signal(signal.SIGTSTP)
            async with asyncio.timeout(WITHIN_S):
                while not shown.is_stopped():
                    await asyncio.sleep(0.02)
            assert shown.echoes()
            shown.process.send_signal(signal.SIGCONT)
            async with asyncio.timeout(WITHIN_S):
                while shown.raw.count(_ITS_OWN_SCREEN) < 2:
                    await asyncio.sleep(0.02)
            shown.process.send_signal(signal.SIGTERM)
            assert await shown.ended() == 0


@pytest.mark.slow
async def test_a_script_is_told_once_masked_or_in_full_and_by_its_exit_status(tmp_path: Path) -> None:
    port = closed_port()
    token = tmp_path / "token"
    token.write_text("a-token-that-nobody-guesses\n")
    async with FakeAsterisk(steady=True) as pbx:
        path = settings(tmp_path, pbx, port)
        path.write_text(path.read_text().replace("[log]", 'read_token = "a-token-that-nobody-guesses"\n[log]'))
        async with running_daemon(path) as daemon:
            await daemon.until("/-/ready", "ready")
            pbx.sessions[-1].send(new_channel(A_CALL) + joins(A_CALL))
            await daemon.until("/api/v1/live", A_CALL)
            url = ("top", "--url", f"http://127.0.0.1:{port}", "--once", "--lang", "en")
            masked, full = await ran(*url), await ran(*url, "--token-file", token)
            assert (masked.status, full.status) == (0, 0), masked.stderr + full.stderr
            assert re.search(rf"7900•••2233{WAIT}support", masked.stdout.decode())
            assert re.search(rf"79001112233{WAIT}support", full.stdout.decode())
            assert b"\x1b" not in masked.stdout
            await pbx.go_down()
            await daemon.until("/-/ready", "not connected", 503)
            without_pbx = await ran(*url)
            assert without_pbx.status == 1
            assert "The PBX is not connected since" in without_pbx.stderr
        gone = await ran("--config", path, "top", "--once")
        assert (gone.status, gone.stdout) == (1, b"")
        assert "Nothing is heard of ringtally" in gone.stderr
        assert "Connection refused" in gone.stderr


@pytest.mark.slow
async def test_it_ends_with_its_terminal(tmp_path: Path) -> None:
    async with terminal("top", "--url", f"http://127.0.0.1:{closed_port()}", "--lang", "en") as shown:
        await shown.shows("Connection refused")
        shown.hang_up()
        await shown.ended()


def test_who_may_not_read_the_settings_has_the_usual_address_asked_and_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "daemon.top_command.DEFAULT_PATH", tmp_path / ("x" * 300)
    )  # not even whether it is there can be seen
    monkeypatch.setattr("daemon.top_command.own_address", lambda *_, **__: f"http://127.0.0.1:{closed_port()}")
    told = CliRunner().invoke(top, ["--once", "--lang", "en"])
    assert told.exit_code == 1
    assert "Connection refused" in told.stderr
    assert "You may not read the settings, so the usual address was asked: --url names another." in told.stderr


def test_settings_that_are_not_there_keep_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.top_command.DEFAULT_PATH", tmp_path / "nothing.toml")
    assert _may_read_settings()
    monkeypatch.setattr("daemon.top_command.DEFAULT_PATH", tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert not _may_read_settings()


def test_with_tls_it_asks_by_https(tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem"):
        (tmp_path / name).touch(mode=0o600)
    file = tmp_path / "web.yml"
    file.write_text("tls_server_config: {cert_file: a.pem, key_file: b.pem}\n")
    assert _own_url(Settings(http=Http(web_config_file=file))).startswith("https://")
