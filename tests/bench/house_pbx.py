"""A PBX on which so many calls go on: `python -m tests.bench.house_pbx CALLS EVENTS`; prints its port and serves until killed.

`Action: BenchFill` lets them begin, `Action: BenchStream` lets so many events happen beside them. Asked for channels and bridges it
answers as Asterisk does: a client that comes again finds them all.
"""

import socket
import sys
import time

from daemon.demo.answers import Answers, succeeded
from daemon.demo.switchboard import Switchboard
from handlers.ami.message import Message
from tests.bench.live_calls import talking
from tests.bench.pbx import BANNER, BOOTED
from tests.bench.stream import stream_of


class House:
    """The calls that go on, and what happens beside them."""

    def __init__(self, calls: int, events: int) -> None:
        began = [raw for _, raw in talking(calls)]
        self._scripts = {"benchfill": b"".join(began), "benchstream": stream_of(events).raw}
        now = time.time()  # noqa: TID251 - the PBX's own clock
        full = Switchboard((), now)
        for raw in began:
            full.take(raw, now)
        self._full = Answers(full)
        self._answers = Answers(Switchboard((), now))

    def serve(self, client: socket.socket) -> None:
        """One connection, until the client leaves."""
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(BANNER)
        asked = b""
        while data := client.recv(65_536):
            *actions, asked = (asked + data).split(b"\r\n\r\n")
            for action in map(Message, actions):
                client.sendall(self._done(action))

    def _done(self, action: Message) -> bytes:
        """What comes of an action."""
        name = (action.get("Action") or "").lower()
        if name in self._scripts:
            if name == "benchfill":
                self._answers = self._full
            return self._scripts[name] + succeeded(action, {})
        if name == "login":
            return succeeded(action, {}) + BOOTED
        return self._answers.answer(action, time.time())  # noqa: TID251


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
