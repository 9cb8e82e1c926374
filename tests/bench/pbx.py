"""A PBX that sends one stream: `python -m tests.bench.pbx FILE [SLICES]`; prints its port and serves until killed.

It believes every log-in and has nothing to show but a queue. The stream is the answer to `Action: BenchStream`: who asked knows
by the `Response` behind it that it is over. It goes out as fast as it is read, or, with a file of slices, each of them at its
moment: then a line of JSON follows each time, which tells how long the PBX had to wait for the reader.
"""

import select
import socket
import sys
import time
from array import array
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path

import orjson

from handlers.ami.message import Message

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nLastReload: 1\r\nStatus: Fully Booted\r\n\r\n"
START_STREAM = "benchstream"
SLICE_S = 0.005
"""Of a paced stream: what happens in so many seconds is sent at once."""
_STATUS = "CoreStartupDate: 2026-11-23\r\nCoreStartupTime: 16:10:58\r\n"
_LISTS = {
    "coreshowchannels": ("CoreShowChannelsComplete", ""),
    "bridgelist": ("BridgeListComplete", ""),
    "queuestatus": ("QueueStatusComplete", "Event: QueueParams\r\nQueue: support\r\nMax: 0\r\nActionID: {}\r\n\r\n"),
}


def answer(action: Message) -> bytes:
    """The answer to any action but the one that starts the stream."""
    asked, action_id = (action.get("Action") or "").lower(), action.get("ActionID") or ""
    success = f"Response: Success\r\nActionID: {action_id}\r\n"
    if asked in _LISTS:
        complete, items = _LISTS[asked]
        return (
            f"{success}EventList: start\r\nMessage: A list will follow\r\n\r\n{items.format(action_id)}"
            f"Event: {complete}\r\nActionID: {action_id}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
        ).encode()
    return f"{success}{_STATUS if asked == 'corestatus' else 'Message: Done'}".rstrip().encode() + b"\r\n\r\n"


class Session:
    """One connection, until the client leaves. `ends` are the places at which the slices of the stream end; none: all at once."""

    def __init__(self, client: socket.socket, stream: memoryview, ends: Sequence[int]) -> None:
        self._client = client
        self._stream = stream
        self._ends = ends
        self._asked = b""

    def run(self) -> None:
        """Serve, and tell of each paced stream on stdout."""
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.sendall(BANNER)
        while self._hear():
            pass

    def _hear(self) -> bool:
        """Answer what is asked next; False when the client has left."""
        data = self._client.recv(65_536)
        *actions, self._asked = (self._asked + data).split(b"\r\n\r\n")
        for action in map(Message, actions):
            name = (action.get("Action") or "").lower()
            if name == START_STREAM and self._ends:
                print(orjson.dumps(self._pace()).decode(), flush=True)
                continue  # the line tells that it is over; an answer that bears no ActionID of ours would be a forged one
            elif name == START_STREAM:
                self._client.sendall(self._stream)
            self._client.sendall(answer(action))
            if name == "login":
                self._client.sendall(BOOTED)
        return bool(data)

    def _pace(self) -> dict[str, float]:
        """Each slice at its moment; what is asked meanwhile is answered. The longest that a slice was not taken, and how often."""
        longest_s = late_s = waited_s = 0.0
        began, start = time.monotonic(), 0
        for number, end in enumerate(self._ends):
            due_at = began + number * SLICE_S
            early_s = due_at - time.monotonic()
            if early_s > 0:
                time.sleep(early_s)
            if end > start:
                sent_at = time.monotonic()
                self._client.sendall(self._stream[start:end])
                took_s = time.monotonic() - sent_at
                longest_s, waited_s = max(longest_s, took_s), waited_s + took_s
                late_s = max(late_s, sent_at - due_at)
            start = end
            if select.select([self._client], [], [], 0)[0] and not self._hear():
                break
        return {"longest_s": longest_s, "waited_s": waited_s, "late_s": late_s, "took_s": time.monotonic() - began}


def main(path: str, slices: str | None = None) -> None:
    """Serve one client after the other."""
    ends = array("Q", Path(slices).read_bytes() if slices is not None else b"")
    with (
        Path(path).open("rb") as file,
        mmap(file.fileno(), 0, access=ACCESS_READ) as stream,
        memoryview(stream) as whole,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        print(server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            with client:
                try:
                    Session(client, whole, ends).run()
                except ConnectionError:
                    continue


if __name__ == "__main__":
    main(*sys.argv[1:])
