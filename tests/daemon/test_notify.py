"""sd_notify as systemd hears it: a real datagram socket in place of its own."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from daemon.notify import Notifier


@contextmanager
def service_manager(address: str) -> Iterator[socket.socket]:
    """A socket like the service manager's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + address[1:] if address.startswith("@") else address)
        manager.settimeout(60)
        yield manager


def heard(manager: socket.socket) -> list[str]:
    """What was sent so far."""
    messages = []
    manager.setblocking(False)
    try:
        while True:
            messages.append(manager.recv(4096).decode())
    except BlockingIOError:
        return messages


def addresses(folder: Path) -> list[str]:
    return [str(folder / "notify"), f"@ringtally-test-{os.getpid()}"]


def test_what_is_told_arrives_as_one_datagram_each_on_a_path_and_on_an_abstract_address(tmp_path: Path) -> None:
    for address in addresses(tmp_path):
        notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})
        with service_manager(address) as manager, closing(notifier):
            notifier.ready()
            assert notifier.status("PBX connected, 3 live calls")
            notifier.watchdog()
            notifier.reloading()
            notifier.stopping()
            ready, status, watchdog, reloading, stopping = heard(manager)
        assert (ready, status, watchdog, stopping) == (
            "READY=1",
            "STATUS=PBX connected, 3 live calls",
            "WATCHDOG=1",
            "STOPPING=1",
        )
        first, _, moment = reloading.partition("\nMONOTONIC_USEC=")
        assert first == "RELOADING=1"
        assert int(moment) > 0


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative/path"])
def test_without_a_socket_that_we_know_it_is_silent_and_content(address: str) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"})
    notifier.ready()
    notifier.stopping()
    assert notifier.status("all is well")
    assert not notifier.is_heard
    assert notifier.watchdog_s is None
    assert notifier.settle()


def test_nobody_at_the_socket_hurts_nobody_and_ready_is_told_once_somebody_is(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with closing(Notifier(address)) as notifier:
        notifier.ready()
        notifier.watchdog()
        assert not notifier.status("PBX connected")
        assert not notifier.settle()
        with service_manager(address) as manager:
            assert notifier.status("PBX connected")
            assert heard(manager) == ["READY=1", "STATUS=PBX connected"]


def test_a_service_manager_that_reads_nothing_holds_nobody_up(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with service_manager(address) as manager, closing(Notifier(address)) as notifier:
        while notifier.status("PBX connected"):
            pass
        notifier.ready()
        assert not notifier.settle()
        assert set(heard(manager)) == {"STATUS=PBX connected"}
        notifier.watchdog()
        assert heard(manager) == ["READY=1", "WATCHDOG=1"]


def test_who_is_leaving_is_no_longer_ready(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with closing(Notifier(address)) as notifier:
        notifier.ready()
        with service_manager(address) as manager:
            notifier.stopping()
            assert heard(manager) == ["STOPPING=1"]


@pytest.mark.parametrize(
    ("environ", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_if_it_names_us_or_nobody(environ: dict[str, str], watchdog_s: float | None) -> None:
    assert Notifier.from_environment({"NOTIFY_SOCKET": "@nobody", **environ}).watchdog_s == watchdog_s
