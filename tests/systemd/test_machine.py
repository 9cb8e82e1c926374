"""The machine that the tests here run in leaves nothing behind, whatever becomes of who started it."""

import subprocess
from pathlib import Path

import pytest

from tests.systemd.service import SUDO, booted, until

WORK = "ringtally-systemd."


def left() -> set[str]:
    """The machines' folders, mounts, processes and control groups that are there now."""
    mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if WORK in line}
    processes = {path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if WORK in text(path)}
    groups = {str(path) for path in Path("/sys/fs/cgroup").rglob("ringtally-test-*")}
    return mounts | processes | groups | {str(path) for path in Path("/tmp").glob(f"{WORK}*")}


def text(path: Path) -> str:
    """What is in the file; nothing where it is gone."""
    try:
        return path.read_text()
    except OSError:
        return ""


class FailedError(Exception):
    """As a failing test raises."""


def use(end: str, before: set[str]) -> None:
    """Boot a machine, and come to that end in the middle of it."""
    with booted() as machine:
        assert len(left() - before) >= 3
        if end == "a signal":
            subprocess.run([*SUDO, "kill", str(machine.keeper.pid)], check=True)
            machine.keeper.wait(20)
            assert left() <= before
        raise FailedError(str(machine.leader))


@pytest.mark.parametrize("end", ["a test that fails", "a signal"])
def test_nothing_of_a_machine_is_left(end: str) -> None:
    before = left()
    with pytest.raises(FailedError) as failed:
        use(end, before)
    assert left() <= before
    until("its PID 1 is gone", lambda: not Path(f"/proc/{failed.value}").exists())


def test_two_machines_share_no_control_group() -> None:
    with booted() as one, booted() as other:
        groups = [Path(f"/proc/{machine.leader}/cgroup").read_text().splitlines() for machine in (one, other)]
    of_one, of_other = ({line for line in lines if ":name=systemd:" in line or line[0] == "0"} for lines in groups)
    assert of_one
    assert not of_one & of_other
