"""One real Asterisk with its phones, for one test: started, called through, stopped."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from config.ami_account import account_lines
from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_leg import Leg
from tests.asterisk.lab.sip_message import PORT
from tests.asterisk.lab.sip_phone import Phone

LAB = Path(__file__).parent / "lab"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringtally"
SUITES = {22: os.environ.get("ASTERISK_22_SUITE", "forky"), 16: os.environ.get("ASTERISK_16_SUITE", "bullseye")}
SECRET = "the-lab-knows-it"
EXTENSIONS = ("101", "102", "103", "104", "105", "106")
# Phones of the old driver, which Asterisk 22 has no more, and its port.
OLD_EXTENSIONS = {16: ("201", "202")}
OLD_PORT = 5062
BOOT_S = 60.0


class Control:
    """A second AMI session of the lab's all-mighty account: actions only."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._serial = 0

    @classmethod
    async def open(cls, host: str) -> "Control":
        """Log in as `lab`; OSError while Asterisk isn't there."""
        control = cls(*await asyncio.open_connection(host, 5038))
        try:
            await control._reader.readline()
            await control.act("Login", Username="lab", Secret="lab", Events="off")
        except OSError:
            await control.close()
            raise
        return control

    async def act(self, action: str, **headers: str) -> dict[str, str]:
        """One action, and the first block of its answer."""
        self._serial += 1
        mine = f"ctl-{self._serial}"
        lines = [f"Action: {action}", f"ActionID: {mine}", *(f"{name}: {value}" for name, value in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            block: dict[str, str] = {}
            while (line := (await self._reader.readline()).decode("utf-8", "replace").rstrip("\r\n")) or not block:
                if not line:
                    raise ConnectionResetError("Asterisk closed the control session")
                name, _, value = line.partition(":")
                block.setdefault(name, value.strip())
            if block.get("ActionID") == mine:
                return block

    async def close(self) -> None:
        """Leave."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class Pbx:
    """What the scenarios play on: `p` are the phones by extension, `trunk` is the town.

    `truth` and `recs` are what the phones did and saw: event by event, and one record for each leg that is over.
    """

    def __init__(self, version: int, number: int, more_manager_conf: str = "") -> None:
        self.more_manager_conf = more_manager_conf
        self.version = version
        self.net = f"127.{version}.{number}"
        self.ip = f"{self.net}.1"
        self.root = CACHE / f"asterisk-{SUITES[version]}"
        self.run = Path(tempfile.mkdtemp(prefix="ringtally-lab-"))
        self.truth: list[dict[str, Any]] = []
        self.recs: list[dict[str, Any]] = []
        self.p = {extension: self._phone(extension, extension) for extension in EXTENSIONS}
        for extension in OLD_EXTENSIONS.get(version, ()):
            self.p[extension] = self._phone(extension, extension, OLD_PORT)
        self.trunk = self._phone("trunk", "200")
        # The town by the old driver, which takes numbers of any length.
        self.old_trunk = self._phone("old-trunk", "210", OLD_PORT) if version in OLD_EXTENSIONS else None
        self._control: Control | None = None
        self._process: asyncio.subprocess.Process | None = None

    def _phone(self, name: str, host: str, server_port: int = PORT) -> Phone:
        return Phone(name, f"{self.net}.{host}", self.ip, self.truth.append, self.recs, server_port)

    def _phones(self) -> list[Phone]:
        return [*self.p.values(), self.trunk, *([self.old_trunk] if self.old_trunk is not None else [])]

    @property
    def ctl(self) -> Control:
        """The control session, while Asterisk runs."""
        assert self._control is not None
        return self._control

    async def boot(self) -> None:
        """Start Asterisk and wait until all its modules answer."""
        assert (self.root / "usr/sbin/asterisk").exists(), f"no Asterisk in {self.root}: run scripts/real-parts"
        manager = self.run / "manager.conf"
        manager.write_text(
            (LAB / "etc/manager.conf").read_text()
            + "\n"
            + "\n".join(account_lines(SECRET, "127.0.0.0/255.0.0.0"))
            + "\n"
            + self.more_manager_conf
        )
        with (self.run / "console.txt").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                str(LAB / "start"),
                str(self.root),
                str(self.run),
                self.ip,
                str(manager),
                stdout=console,
                stderr=console,
                stdin=asyncio.subprocess.DEVNULL,
            )
        async with asyncio.timeout(BOOT_S):
            while True:
                try:
                    control = self._control = await Control.open(self.ip)
                    break
                except OSError:
                    await asyncio.sleep(0.05)  # a port that isn't open yet has no signal
            await control.act("Command", Command="core waitfullybooted")

    async def plug_in(self) -> None:
        """The phones and the town are there."""
        for phone in self._phones():
            await phone.open()

    async def kill(self) -> None:
        """Asterisk dies."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._control is not None:
            await self._control.close()
            self._control = None

    async def command(self, words: str) -> str:
        """A command on Asterisk's own console, where none is forbidden: what it says."""
        asking = await asyncio.create_subprocess_exec(
            str(LAB / "start"),
            *(str(self.root), str(self.run), self.ip, "rx", words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(BOOT_S):
            said, _ = await asking.communicate()
        return said.decode(errors="replace")

    async def stop_now(self) -> None:
        """Asterisk is told to stop at once, calls or not."""
        with contextlib.suppress(OSError):
            await self.ctl.act("Command", Command="core stop now")
        if self._process is not None:
            async with asyncio.timeout(BOOT_S):
                await self._process.wait()
        await self.kill()

    async def stop(self) -> None:
        """Everything ends, and nothing is left."""
        for phone in self._phones():
            phone.close()
        if self._control is not None:
            await self._control.close()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(10):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()
        shutil.rmtree(self.run, ignore_errors=True)

    # ---- the words of the scenarios

    def incoming(self, number: str, cid: str = "79001112233", name: str | bytes = "") -> CallerLeg:
        """The town calls a number of ours."""
        return self.trunk.call(number, cid=cid, name=name)

    async def up(self, leg: CallerLeg, seconds: float = 20) -> int:
        """The leg is answered or refused (or ended otherwise, which is 0)."""
        return await asyncio.wait_for(asyncio.shield(leg.final), seconds)

    async def over(self, leg: Leg, seconds: float = 60) -> str:
        """The leg is over: how it ended."""
        return await asyncio.wait_for(asyncio.shield(leg.ended), seconds)

    async def reached(self, extension: str, seconds: float = 20) -> CalledLeg:
        """The next call that reaches this phone, or has reached it."""
        return await asyncio.wait_for(self.p[extension].incoming.get(), seconds)


@contextlib.asynccontextmanager
async def running_pbx(version: int, number: int, more_manager_conf: str = "") -> AsyncIterator[Pbx]:
    """A PBX with phones, stopped and removed at the end."""
    pbx = Pbx(version, number, more_manager_conf)
    try:
        await pbx.boot()
        await pbx.plug_in()
        yield pbx
    finally:
        await pbx.stop()
