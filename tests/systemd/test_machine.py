"""The machine that the tests here run in leaves nothing behind, whatever becomes of who started it."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.systemd.service import SUDO, WITHIN_S, Machine, booted, until


class Traces(NamedTuple):
    """By what a machine is known from outside: another may boot or end beside it."""

    leader: int
    folder: str
    group: str

    def left(self) -> set[str]:
        """Its folder, mounts, processes and control groups that are there now."""
        mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if self.folder in line}
        processes = {path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if self.folder in text(path)}
        groups = {str(path) for path in Path("/sys/fs/cgroup").rglob(self.group)}
        return mounts | processes | groups | ({self.folder} if Path(self.folder).exists() else set())


def traces_of(machine: Machine) -> Traces:
    """Read off the command that runs it, the parent of its PID 1."""
    _, parent = text(Path(f"/proc/{machine.leader}/stat")).rpartition(")")[2].split()[:2]
    command = text(Path(f"/proc/{parent}/cmdline"))
    folder, group = (re.search(rf"--{name}=([^\0]+)", command) for name in ("directory", "machine"))
    assert folder is not None, command
    assert group is not None, command
    return Traces(machine.leader, folder[1].removesuffix("/root"), group[1])


def text(path: Path) -> str:
    """What is in the file; nothing where it is gone."""
    try:
        return path.read_text()
    except OSError:
        return ""


class FailedError(Exception):
    """As a failing test raises."""

    def __init__(self, traces: Traces) -> None:
        super().__init__(traces)
        self.traces = traces


def use(end: str) -> None:
    """Boot a machine, and come to that end in the middle of it."""
    with booted() as machine:
        traces = traces_of(machine)
        assert len(traces.left()) >= 3
        if end == "a signal":
            subprocess.run([*SUDO, "kill", str(machine.keeper.pid)], check=True)
            machine.keeper.wait(WITHIN_S)
            assert not traces.left()
        raise FailedError(traces)


@pytest.mark.parametrize("end", ["a test that fails", "a signal"])
def test_nothing_of_a_machine_is_left(end: str) -> None:
    with pytest.raises(FailedError) as failed:
        use(end)
    traces = failed.value.traces
    assert not traces.left()
    until("its PID 1 is gone", lambda: not Path(f"/proc/{traces.leader}").exists())


def test_two_machines_share_no_control_group() -> None:
    with booted() as one, booted() as other:
        groups = [Path(f"/proc/{machine.leader}/cgroup").read_text().splitlines() for machine in (one, other)]
    of_one, of_other = ({line for line in lines if ":name=systemd:" in line or line[0] == "0"} for lines in groups)
    assert of_one
    assert not of_one & of_other
