"""Ports on which nobody listens, for whoever comes to listen there later, or goes and comes back."""

import os
import socket
from itertools import count
from pathlib import Path

_FIRST, _LEAST = 10_000, 10_000
_ENDS = max(int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]), _FIRST + _LEAST)
"""From here on the kernel gives ports away to whoever connects: there one that is free now may be taken a moment later."""
_SHARE = 4099
"""So far from each other two processes begin that were started one after the other."""
_numbers = count(os.getpid() * _SHARE)


def closed_port() -> int:
    """A port on which nobody listens, given to nobody else: not by the kernel, not twice, hardly to two processes."""
    while True:
        port = _FIRST + next(_numbers) % (_ENDS - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
