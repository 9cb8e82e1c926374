"""The AMI server of the simulated PBX: loopback, a port of its own, the few actions that ringtally asks."""

import asyncio
import re
from collections.abc import Callable, Iterable
from random import Random

from daemon import clock
from daemon.demo.traffic import MEMBERS, TEAMS, Traffic
from handlers.ami.message import Message

SECRET = "demo"  # noqa: S105 - a simulated PBX on loopback
EVERY_S = 2.0
_NAME = re.compile(rb"Event: (\w+)\r\n")


class SimulatedPbx:
    """Calls come about every two seconds from `play`, and go to whoever is logged in."""

    def __init__(self, random: Random, every_s: float = EVERY_S) -> None:
        self._random = random
        self._every_s = every_s
        self._traffic = Traffic(random)
        self._clients: set[asyncio.StreamWriter] = set()
        self._live: dict[str, Message] = {}
        self._started_at = clock.now()
        self._server: asyncio.Server | None = None
        self.logged_in = asyncio.Event()

    async def start(self) -> int:
        """Listen on a free port of loopback; gives the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()

    async def play(self) -> None:
        """Let calls happen until cancelled, from the first log-in on."""
        await self.logged_in.wait()
        async with asyncio.TaskGroup() as calls:
            while True:
                call = self._traffic.call(clock.now())
                if call is not None:
                    calls.create_task(self._play_call(*call))
                await asyncio.sleep(self._random.uniform(0.5, 1.5) * self._every_s)

    async def _play_call(self, team: int, messages: Iterable[tuple[float, bytes]]) -> None:
        try:
            for after_s, raw in messages:
                if after_s > 0:
                    await asyncio.sleep(after_s)
                self._remember(raw)
                for client in self._clients:
                    client.write(raw)
        finally:
            self._traffic.free.add(team)

    def _remember(self, raw: bytes) -> None:
        match = _NAME.match(raw)
        if match is not None and match[1] in {b"Newchannel", b"Hangup"}:
            message = Message(raw)
            uniqueid = message.get("Uniqueid") or ""
            if match[1] == b"Newchannel":
                self._live[uniqueid] = message
            else:
                self._live.pop(uniqueid, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                action = Message(await reader.readuntil(b"\r\n\r\n"))
                answer = self._answer(action, writer)
                writer.write("".join(answer).encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass  # the client is gone, or is none
        finally:
            self._clients.discard(writer)
            writer.close()

    def _answer(self, action: Message, writer: asyncio.StreamWriter) -> list[str]:
        asked = (action.get("Action") or "").lower()
        tail = f"ActionID: {action.get('ActionID')}\r\n" if action.get("ActionID") else ""
        if asked == "login":
            return self._log_in(action, tail, writer)
        answers: dict[str, Callable[[str], list[str]]] = {
            "ping": lambda end: [f"Response: Success\r\n{end}Ping: Pong\r\nTimestamp: {clock.now():.6f}\r\n\r\n"],
            "corestatus": self._core_status,
            "coreshowchannels": self._channels,
            "bridgelist": lambda end: _listed(end, "BridgeList", []),
            "queuestatus": self._queues,
        }
        if writer not in self._clients:
            return [f"Response: Error\r\n{tail}Message: Permission denied\r\n\r\n"]
        if asked not in answers:
            return [f"Response: Error\r\n{tail}Message: Invalid/unknown command\r\n\r\n"]
        return answers[asked](tail)

    def _log_in(self, action: Message, tail: str, writer: asyncio.StreamWriter) -> list[str]:
        if action.get("Secret") != SECRET:
            return [f"Response: Error\r\n{tail}Message: Authentication failed\r\n\r\n"]
        self._clients.add(writer)
        self.logged_in.set()
        return [
            f"Response: Success\r\n{tail}Message: Authentication accepted\r\n\r\n",
            "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nLastReload: 1\r\nStatus: Fully Booted\r\n\r\n",
        ]

    def _core_status(self, tail: str) -> list[str]:
        return [f"Response: Success\r\n{tail}CoreStartupDate: demo\r\nCoreStartupTime: {self._started_at:.0f}\r\n\r\n"]

    def _channels(self, tail: str) -> list[str]:
        items = []
        for message in self._live.values():
            headers = "".join(
                f"{name}: {value}\r\n" for name, value in message.items() if name not in {"event", "privilege"}
            )
            items.append(
                f"Event: CoreShowChannel\r\n{tail}{headers}Application: Dial\r\nDuration: 00:00:05\r\nBridgeId: \r\n\r\n"
            )
        return _listed(tail, "CoreShowChannels", items)

    def _queues(self, tail: str) -> list[str]:
        items = []
        for team, queue in TEAMS.items():
            items.append(
                f"Event: QueueParams\r\nQueue: {queue}\r\nMax: 0\r\nStrategy: linear\r\nCalls: 0\r\n{tail}\r\n"
            )
            for extension, name in MEMBERS.items():
                interface = f"PJSIP/{team}{extension[1:]}"
                items.append(
                    f"Event: QueueMember\r\nQueue: {queue}\r\nName: {name}\r\nLocation: {interface}\r\nStateInterface: {interface}\r\n"
                    f"Membership: static\r\nPenalty: 0\r\nInCall: 0\r\nStatus: 1\r\nPaused: 0\r\nPausedReason: \r\n{tail}\r\n"
                )
        return _listed(tail, "QueueStatus", items)


def _listed(tail: str, name: str, items: list[str]) -> list[str]:
    start = f"Response: Success\r\n{tail}EventList: start\r\nMessage: {name} will follow\r\n\r\n"
    return [start, *items, f"Event: {name}Complete\r\n{tail}EventList: Complete\r\nListItems: {len(items)}\r\n\r\n"]
