"""A PBX that sends one stream, as fast as it is read: `python -m tests.bench.pbx FILE`; prints its port and serves until killed.

It believes every log-in and has nothing to show but a queue. The stream is the answer to `Action: BenchStream`: who asked knows
by the `Response` behind it that it is over.
"""

import socket
import sys
from pathlib import Path

from handlers.ami.message import Message

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nLastReload: 1\r\nStatus: Fully Booted\r\n\r\n"
START_STREAM = "benchstream"
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


def serve(client: socket.socket, stream: bytes) -> None:
    """One connection, until the client leaves."""
    client.sendall(BANNER)
    asked = b""
    while data := client.recv(65_536):
        *actions, asked = (asked + data).split(b"\r\n\r\n")
        for action in map(Message, actions):
            if (action.get("Action") or "").lower() == START_STREAM:
                client.sendall(stream)
            client.sendall(answer(action))
            if (action.get("Action") or "").lower() == "login":
                client.sendall(BOOTED)


def main(path: str) -> None:
    """Serve one client after the other."""
    stream = Path(path).read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            with client:
                try:
                    serve(client, stream)
                except ConnectionError:
                    continue


if __name__ == "__main__":
    main(sys.argv[1])
