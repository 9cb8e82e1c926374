"""The machine with systemd, ringtally as a service of it, and a PBX in the same network: what the tests here work with."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.daemon.fake_asterisk import SECRET

ROOT = Path(__file__).parents[2]
SUDO = [] if os.geteuid() == 0 else ["sudo", "-n"]
WITHIN_S = 60.0
UNIT = "ringtally.service"
DROP_IN = f"/run/systemd/system/{UNIT}.d/test.conf"
SETTINGS = '[ami]\nsecret_file = "/etc/ringtally/ami.secret"\nreconnect_max = "200ms"\n[log]\nformat = "json"\n'
TRUNK = '[[trunks]]\nname = "{}"\nchannels = ["PJSIP/trunk-*"]\n'
_GET = (
    "import sys,urllib.request as r,urllib.error as e\n"
    "try: a=r.urlopen(sys.argv[1],timeout=5); print(a.status, a.read().decode())\n"
    "except e.HTTPError as a: print(a.code, a.read().decode())\n"
)


def until(what: str, found: Callable[[], bool], instead: Callable[[], str] = lambda: "") -> None:
    """Ask until it is so: neither systemd nor the journal calls us back. `instead` tells what there is where it is not."""
    deadline = time.monotonic() + WITHIN_S
    while not found():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come to this within {WITHIN_S:.0f} s: {what}\n{instead()}")
        time.sleep(0.02)


class Pbx:
    """The scripted PBX, from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._answer()

    def tell(self, order: str) -> str:
        """An order of `tests.systemd.pbx`, and its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the scripted PBX is gone"
        return line


class Machine:
    """A booted machine. `leader` is its PID 1, and it lives as long as `keeper` does."""

    def __init__(self, leader: int, keeper: "subprocess.Popen[str]") -> None:
        self.leader = leader
        self.keeper = keeper
        self._enter = [*SUDO, "nsenter", "--target", str(leader)]

    def run(self, *words: str, check: bool = True, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        """A command inside the machine."""
        command = [*self._enter, "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--", *words]
        done = subprocess.run(command, input=text or "", capture_output=True, text=True, timeout=180, check=False)
        assert not check or done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def systemctl(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return self.run("systemctl", *words, check=check)

    def write(self, path: str, text: str, mode: str = "0644", group: str = "root") -> None:
        """A file of root's."""
        self.run("install", "-D", "--mode", mode, "--group", group, "/dev/stdin", path, text=text)

    def install(self) -> None:
        """Do what the README says, word for word; the environment is there already."""
        _, _, section = (ROOT / "README.md").read_text().partition("\n### As a service\n")
        commands = section.split("```\n")[1]
        self.run("sh", "-e", "-c", commands, text=SECRET + "\n")

    @contextmanager
    def pbx(self) -> Iterator[Pbx]:
        """A PBX inside the machine's network for the time of the block."""
        command = [*self._enter, "--net", "--", sys.executable, "-B", "-m", "tests.systemd.pbx"]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Pbx(process)
            finally:
                assert process.stdin is not None
                with suppress(BrokenPipeError):
                    process.stdin.close()
                process.wait(WITHIN_S)


class Service:
    """ringtally.service in the machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._cursor = ""

    def prepare(self, more: str = "", drop_in: str = "") -> None:
        """Nothing runs and nothing is left of before; settings, secret and what the unit is to say otherwise are there."""
        machine = self.machine
        machine.systemctl("stop", UNIT, check=False)
        machine.systemctl("reset-failed", UNIT, check=False)
        machine.run("sh", "-c", "rm -rf /var/lib/ringtally/* /etc/ringtally/*")
        self.configure(more)
        machine.write("/etc/ringtally/ami.secret", SECRET + "\n", mode="0600")
        machine.write(DROP_IN, f"[Service]\n{drop_in}\n")
        machine.systemctl("daemon-reload")
        shown = machine.run("journalctl", "--unit", UNIT, "--lines=1", "--output=json").stdout
        self._cursor = json.loads(shown)["__CURSOR"] if shown.strip() else ""

    def configure(self, more: str = "") -> None:
        """Write the settings."""
        self.machine.write("/etc/ringtally/ringtally.toml", SETTINGS + more, mode="0640", group="ringtally")

    def start(self) -> None:
        """Start it; returns when systemd holds it for started."""
        done = self.machine.systemctl("start", UNIT, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{self.log()}"

    def show(self, name: str) -> str:
        """One property, as systemd has it."""
        return self.machine.systemctl("show", UNIT, "--property", name, "--value").stdout.strip()

    def shows(self, name: str, value: str) -> None:
        """Return once the property has this value."""
        until(f"{name}={value}", lambda: self.show(name) == value, lambda: self.show(name))

    def log(self) -> str:
        """What it and systemd said of it in this test."""
        since = [f"--after-cursor={self._cursor}"] if self._cursor else []
        return self.machine.run("journalctl", "--unit", UNIT, *since, "--output=cat", "--no-pager").stdout

    def says(self, words: str, times: int = 1) -> None:
        """Return once the journal has this so often."""
        until(f"{words!r} in the journal", lambda: self.log().count(words) >= times, self.log)

    def get(self, path: str) -> tuple[int, str]:
        """An answer of its HTTP server; status 0 where there is none."""
        done = self.machine.run(
            "/opt/ringtally/.venv/bin/python", "-c", _GET, f"http://127.0.0.1:9796{path}", check=False
        )
        status, _, body = done.stdout.partition(" ")
        return int(status or 0), body

    def live(self) -> list[dict[str, Any]]:
        """The calls that live."""
        calls: list[dict[str, Any]] = json.loads(self.get("/api/v1/live")[1])["calls"]
        return calls

    def stored(self) -> dict[str, bool]:
        """The calls in its database by id, and whether the end of each was seen."""
        done = self.machine.run("/opt/ringtally/.venv/bin/ringtally", "calls", "--format", "jsonl")
        calls = map(json.loads, done.stdout.splitlines())
        return {call["id"]: call["end_seen"] for call in calls}


@contextmanager
def booted() -> Iterator[Machine]:
    """A machine for the time of the block; gone at its end, whatever happens."""
    command = [*SUDO, str(Path(__file__).with_name("machine"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            leader = process.stdout.readline().strip()
            assert leader, "no machine with a systemd of its own could be booted here; what is wrong stands on stderr"
            yield Machine(int(leader), process)
        finally:
            process.stdin.close()
            process.wait(WITHIN_S)
