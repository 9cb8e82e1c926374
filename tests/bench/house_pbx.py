"""A PBX on which so many calls go on: `python -m tests.bench.house_pbx CALLS EVENTS`; prints its port and serves until killed.

`Action: BenchFill` lets them begin, `Action: BenchStream` lets so many events happen beside them. Asked for channels and bridges it
answers as Asterisk does: a client that comes again finds them all.
"""

import select
import socket
import sys
import time
from collections.abc import Sequence

from daemon.demo.answers import Answers, succeeded
from daemon.demo.switchboard import Switchboard
from handlers.ami.message import Message
from tests.bench.live_calls import talking
from tests.bench.pbx import BANNER, BOOTED
from tests.bench.stream import stream_of

_TOGETHER = 500


class House:
    """The calls that go on, and what happens beside them."""

    def __init__(self, calls: int, events: int) -> None:
        began = [raw for _, raw in talking(calls)]
        beside = [raw for _, raw in stream_of(events).events]
        self._scripts = {b"BenchFill": _pieces(began), b"BenchStream": _pieces(beside)}
        now = time.time()  # noqa: TID251 - the PBX's own clock
        full = Switchboard((), now)
        for raw in began:
            full.take(raw, now)
        self._full = Answers(full)
        self._answers = Answers(Switchboard((), now))
        self._asked = b""

    def serve(self, client: socket.socket) -> None:
        """One connection, until the client leaves."""
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(BANNER)
        self._asked = b""
        while self._hear(client):
            pass

    def _hear(self, client: socket.socket) -> bool:
        """Do what is asked next; False when the client has left."""
        data = client.recv(65_536)
        *actions, self._asked = (self._asked + data).split(b"\r\n\r\n")
        for action in map(Message, actions):
            name = (action.get("Action") or "").encode()
            for piece in self._scripts.get(name, ()):
                client.sendall(piece)
                if select.select([client], [], [], 0)[0]:  # whoever waits for an answer has it between two events
                    self._hear(client)
            if name == b"BenchFill":
                self._answers = self._full
            known = name not in {b"Login", *self._scripts}
            client.sendall(self._answers.answer(action, time.time()) if known else succeeded(action, {}))  # noqa: TID251
            if name == b"Login":
                client.sendall(BOOTED)
        return bool(data)


def _pieces(events: Sequence[bytes]) -> Sequence[bytes]:
    return [b"".join(events[start : start + _TOGETHER]) for start in range(0, len(events), _TOGETHER)]


def main(calls: int, events: int) -> None:
    """Serve one client after the other."""
    house = House(calls, events)
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            with client:
                try:
                    house.serve(client)
                except ConnectionError:
                    continue


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
