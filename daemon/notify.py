"""Tells the service manager how we are: systemd's sd_notify protocol, datagrams of `NAME=value` lines."""

import os
import socket
from collections.abc import Mapping
from typing import Self

from daemon import clock

_MICRO = 1_000_000


class Notifier:
    """Sends to the service manager's socket; without one it is silent. Never waits and never raises.

    READY is owed: where it could not be sent, it goes before what is sent next.
    """

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.is_heard = address.startswith(("@", "/"))
        """Is there somebody to tell?"""
        self.watchdog_s = watchdog_s if self.is_heard else None
        """Without a `watchdog` for so long we are killed and started again; None: nobody watches."""
        self._socket: socket.socket | None = None
        self._owes_ready = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """The service manager's socket and patience, as the environment names them to this process."""
        patience = environ.get("WATCHDOG_USEC", "")
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watched = is_ours and patience.isascii() and patience.isdigit() and int(patience) > 0
        return cls(environ.get("NOTIFY_SOCKET", ""), int(patience) / _MICRO if watched else None)

    def ready(self) -> None:
        """We serve; or, after `reloading`, serve again."""
        self._owes_ready = True
        self.settle()

    def reloading(self) -> None:
        """Settings are being read again; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(clock.monotonic() * _MICRO)}")

    def stopping(self) -> None:
        """We are on our way out."""
        self._owes_ready = False
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        """All is well."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> bool:
        """How we are, in one line for people. False where it could not be told."""
        return self._send(f"STATUS={text}")

    def settle(self) -> bool:
        """Send what is owed; False while something still is."""
        if self._owes_ready:
            self._owes_ready = not self._deliver("READY=1")
        return not self._owes_ready

    def close(self) -> None:
        """Nothing more is told."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> bool:
        return self.settle() and self._deliver(message)

    def _deliver(self, message: str) -> bool:
        if not self.is_heard:
            return True
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(message.encode(), self._address)
        except OSError:  # the service manager is away or slow: calls matter more
            return False
        return True
