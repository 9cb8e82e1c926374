"""A network of its own for each process that runs tests with real parts: their fixed loopback addresses never meet."""

import ctypes
import fcntl
import os
import socket
import struct

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914  # linux/sockios.h
_IFF_UP = 1
_NAME_AND_FLAGS = "16sh14x"  # struct ifreq


def enter_own_network() -> None:
    """From here on this process, and what it starts, has a loopback of its own and nothing else. RuntimeError where it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        reason = os.strerror(ctypes.get_errno())
        raise RuntimeError(f"no network of its own ({reason}): run as root, or one test at a time without -n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack(_NAME_AND_FLAGS, b"lo", 0))
        name, flags = struct.unpack(_NAME_AND_FLAGS, asked)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack(_NAME_AND_FLAGS, name, flags | _IFF_UP))
