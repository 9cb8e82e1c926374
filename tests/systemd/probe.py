"""Runs in place of the daemon, under its unit, and tells as one line of JSON what it may do there."""

import ctypes
import errno
import json
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)


def tried(deed: Callable[[], Any]) -> str:
    """`done`, or the name of what stopped it."""
    try:
        deed()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


def called(function: str, *arguments: Any) -> None:
    """A function of libc; OSError where it fails."""
    if getattr(_LIBC, function)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), function)


def written(folder: str) -> None:
    """A file is made in the folder."""
    Path(folder, "ringtally-probe").write_text("")


def status() -> dict[str, str]:
    """What the kernel says of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def socket_of(family: int, kind: int) -> None:
    """A socket of that family."""
    socket.socket(family, kind).close()


def found() -> dict[str, Any]:
    """Everything that is asked."""
    me = status()
    secret = Path(os.environ["CREDENTIALS_DIRECTORY"], "ami.secret")
    folders = ("/etc", "/etc/ringtally", "/usr", "/opt/ringtally", "/var", "/var/lib", "/run", "/dev", "/tmp", "/sys")
    return {
        "writes": {folder: tried(partial(written, folder)) for folder in (*folders, "/var/lib/ringtally")},
        "seen": {folder: len(tried_list(folder)) for folder in ("/home", "/root", "/tmp", "/dev/mapper")},
        "secret": secret.read_text().strip(),
        "secret_of_root": tried(lambda: Path("/etc/ringtally/ami.secret").read_text()),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()) == [os.getpid()],
        "sockets": {
            "packet": tried(lambda: socket_of(socket.AF_PACKET, socket.SOCK_RAW)),
            "netlink": tried(lambda: socket_of(socket.AF_NETLINK, socket.SOCK_RAW)),
            "tcp": tried(lambda: socket_of(socket.AF_INET6, socket.SOCK_STREAM)),
        },
        "calls": {
            "mount": tried(lambda: called("mount", b"none", b"/tmp", b"tmpfs", 0, None)),
            "chroot": tried(lambda: called("chroot", b"/")),
            "setuid": tried(lambda: called("setuid", 0)),
            "nice": tried(lambda: called("setpriority", 0, 0, -5)),
            "executable memory": tried(executable_memory),
            "unshare": tried(lambda: called("unshare", 0x10000000)),
        },
        "status": {name: me[name] for name in ("NoNewPrivs", "Seccomp", "CapEff", "CapBnd")},
        "core": Path("/proc/self/limits").read_text().split("Max core file size")[1].split()[:2],
        "oom": Path("/proc/self/oom_score_adj").read_text().strip(),
        "boot time": "btime" in Path("/proc/stat").read_text(),
    }


def tried_list(folder: str) -> list[str]:
    """What is in the folder; nothing where it cannot be looked into."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def executable_memory() -> None:
    """Memory that can be written and run: what injected code needs."""
    _LIBC.mmap.restype = ctypes.c_void_p
    if _LIBC.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0)) == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")


if __name__ == "__main__":
    print("PROBE " + json.dumps(found()), flush=True)
