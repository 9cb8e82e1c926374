"""A small scripted AMI server over real TCP, for tests of the client: it says what a test wants said, cut where it wants it cut."""

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import pytest
import structlog

from daemon import (
    ami_client,
    ami_counters,
    ami_line,
    ami_protocol,
    ami_questions,
    ami_rights,
    clock,
    held_events,
    late_reading,
)
from daemon.ami_client import AmiClient, AmiState
from daemon.ami_login import AmiAccount
from daemon.ami_protocol import AmiProtocol, Connection
from handlers.ami.events import Event
from handlers.ami.privileges import privilege_of
from tests.daemon.free_port import closed_port

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
USERNAME, SECRET = "ringtally", "no-one-must-see-this"
CHALLENGE = "165543210"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 60\r\nLastReload: 60\r\nStatus: Fully Booted\r\n\r\n"
WITHIN_S = 5.0
HAPPENS_WITHIN_S = 60.0
"""Nothing takes so long but on a machine on which everybody else is busy: a program that has to start, a PBX that boots."""

_UNSTAMPED = re.compile(rb"^(Event: [^\r]*\r\nPrivilege: [^\r]*\r\n)(?!Timestamp: )", re.MULTILINE)

Action = dict[str, str]
Answer = Callable[["Session", Action], bytes]


class Turn:
    """Wakes whoever waits for something each time that anything happened."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def happened(self) -> None:
        self._event.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(HAPPENS_WITHIN_S):
            while not condition():
                self._event.clear()
                await self._event.wait()


def answer(action: Action, response: str = "Success", **headers: str) -> bytes:
    lines = [f"Response: {response}", f"ActionID: {action['ActionID']}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def listed(action: Action, complete: str, items: Sequence[str] = ()) -> bytes:
    """A list: each item is `Name` and its headers, with `{id}` where our ActionID belongs."""
    mine = action["ActionID"]
    blocks = [f"Event: {item.replace('{id}', mine)}\r\n\r\n" for item in items]
    end = f"Event: {complete}\r\nActionID: {mine}\r\nEventList: Complete\r\nListItems: {len(items)}\r\n\r\n"
    return answer(action, EventList="start", Message="List will follow") + "".join([*blocks, end]).encode()


def run_of_headers(uniqueid: str, number: str = "79001112233", name: str = "<unknown>", state: int = 4) -> str:
    return (
        f"Channel: PJSIP/trunk-{uniqueid}\r\nChannelState: {state}\r\nChannelStateDesc: Ring\r\nCallerIDNum: {number}\r\n"
        f"CallerIDName: {name}\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\n"
        f"AccountCode: \r\nContext: from-trunk\r\nExten: 7001\r\nPriority: 1\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}\r\n"
    )


def event(name: str, headers: str) -> bytes:
    return f"Event: {name}\r\n{privilege_of(name.encode()).decode()}\r\n{headers}\r\n".encode()


def new_channel(uniqueid: str, number: str = "79001112233", name: str = "<unknown>") -> bytes:
    return event("Newchannel", run_of_headers(uniqueid, number, name))


def hangup(uniqueid: str) -> bytes:
    return event("Hangup", run_of_headers(uniqueid, state=6) + "Cause: 16\r\nCause-txt: Normal Clearing\r\n")


class Session:
    """One client: what it asked, and a hand that can send it anything."""

    def __init__(self, pbx: "FakeAsterisk", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pbx = pbx
        self._reader = reader
        self._writer = writer
        self.asked: list[Action] = []
        self.is_over = False

    @property
    def names(self) -> list[str]:
        """The actions asked, in order."""
        return [each["Action"] for each in self.asked]

    async def asked_for(self, name: str, times: int = 1) -> Action:
        await self.pbx.turn.until(lambda: self.names.count(name) >= times)
        return [each for each in self.asked if each["Action"] == name][times - 1]

    async def left(self) -> None:
        await self.pbx.turn.until(lambda: self.is_over)

    def send(self, data: bytes) -> None:
        if self.pbx.is_steady:
            stamp = b"\\1Timestamp: %.6f\r\n" % (clock.now() + self.pbx.ahead_s)
            data = _UNSTAMPED.sub(stamp, data)
        self._writer.write(data)

    def hang_up(self) -> None:
        self._writer.close()

    async def run(self) -> None:
        self._writer.write(self.pbx.banner)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                raw = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in raw.split("\r\n") if line)
                self.asked.append(action)
                self._writer.write(self.pbx.answer(self, action))
                self.pbx.turn.happened()
        self.is_over = True
        self.pbx.turn.happened()

    def close(self) -> None:
        self._writer.transport.abort()


class FakeAsterisk:
    """Listens on a free port of 127.0.0.1 while entered. `answers` may be changed at any time; an empty answer is silence.

    Whatever a test sent, it says that nobody calls or waits when it is asked. For tests of what stands behind the AMI client it is
    `steady`: it stamps its events (`timestampevents = yes`), so a daemon that a busy machine lets stand still has no gap; and what is
    asked again each minute it refuses to tell, so what a test has sent lives on.
    """

    def __init__(
        self, *, banner: bytes = BANNER, booted: bool = True, steady: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.banner = banner
        self.is_steady = steady
        self.booted = booted
        self.port = 0
        self.ahead_s = 0.0
        self.sessions: list[Session] = []
        self.turn = Turn()
        self._tls = tls
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self.answers: dict[str, Answer] = {
            "Login": FakeAsterisk._log_in,
            "Challenge": lambda _session, action: answer(action, Challenge=CHALLENGE),
            "Ping": lambda _session, action: answer(action, Ping="Pong", Timestamp=f"{clock.now() + self.ahead_s:.6f}"),
            "CoreStatus": lambda _session, action: answer(
                action, CoreStartupDate="2026-11-24", CoreStartupTime="08:00:00", CoreCurrentCalls="0"
            ),
            "CoreShowChannels": _nothing("CoreShowChannelsComplete"),
            "DeviceStateList": lambda _session, action: listed(action, "DeviceStateListComplete"),
            "BridgeList": lambda _session, action: listed(action, "BridgeListComplete"),
            "QueueStatus": _nothing("QueueStatusComplete"),
        }

    async def __aenter__(self) -> Self:
        await self.listen(closed_port())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.go_down()

    async def listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go_down(self) -> None:
        """Nobody listens any more, and every connection is over."""
        assert self._server is not None
        self._server.close()
        for session in self.sessions:
            session.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    async def session(self, number: int = 1) -> Session:
        """The so-manieth connection, once it came."""
        await self.turn.until(lambda: len(self.sessions) >= number)
        return self.sessions[number - 1]

    def answer(self, session: Session, action: Action) -> bytes:
        made = self.answers.get(action["Action"])
        if made is None:
            return unknown(session, action)
        return made(session, action) + (BOOTED if made is FakeAsterisk._log_in and self.booted else b"")

    @staticmethod
    def _log_in(_session: Session, action: Action) -> bytes:
        key = hashlib.md5((CHALLENGE + SECRET).encode(), usedforsecurity=False).hexdigest()
        is_right = action.get("Key") == key if action.get("AuthType") == "MD5" else action.get("Secret") == SECRET
        if is_right and action["Username"] == USERNAME:
            return answer(action, Message="Authentication accepted")
        return refused(_session, action)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        session = Session(self, reader, writer)
        self.sessions.append(session)
        self.turn.happened()
        try:
            await session.run()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _nothing(complete: str) -> Answer:
    def answered(session: Session, action: Action) -> bytes:
        is_again = session.names.count(action["Action"]) > 1
        return denied(session, action) if is_again and session.pbx.is_steady else listed(action, complete)

    return answered


def silence(_session: Session, _action: Action) -> bytes:
    return b""


def unknown(_session: Session, action: Action) -> bytes:
    text = f"Invalid/unknown command: {action['Action']}. Use Action: ListCommands to show available commands."
    return answer(action, "Error", Message=text)


def denied(_session: Session, action: Action) -> bytes:
    return answer(action, "Error", Message="Permission denied")


def refused(_session: Session, action: Action) -> bytes:
    return answer(action, "Error", Message="Authentication failed")


def account(port: int, **parts: Any) -> AmiAccount:
    """An account of the fake's, with little patience."""
    usual: dict[str, Any] = {"timeout_s": WITHIN_S, "ping_interval_s": 60.0, "ping_timeout_s": WITHIN_S}
    return AmiAccount("127.0.0.1", port, USERNAME, **({"secret": SECRET} | usual | parts))


class Heard:
    """What a client told: its events, its states, and how many bytes it was sent."""

    def __init__(self) -> None:
        self.client: AmiClient
        self.events: list[Event] = []
        self.states: list[AmiState] = []
        self.bytes = 0
        self.turn = Turn()

    def take(self, events: Sequence[Event]) -> None:
        self.events += events
        self.turn.happened()

    def state(self, state: AmiState) -> None:
        self.states.append(state)
        self.turn.happened()

    def asked(self, action: str) -> None:
        """What the client asks; the fake knows it by itself."""

    def tap(self, data: bytes) -> None:
        self.bytes += len(data)
        self.turn.happened()

    @property
    def kinds(self) -> list[str]:
        return [type(each).__name__ for each in self.events]

    async def ready(self, times: int = 1) -> None:
        await self.turn.until(lambda: self.states.count("ready") >= times)

    async def events_count(self, count: int) -> None:
        await self.turn.until(lambda: len(self.events) >= count)


@asynccontextmanager
async def listening(account: AmiAccount, heard: Heard | None = None) -> AsyncIterator[Heard]:
    """A client that runs inside the block, and is stopped at its end."""
    heard = heard or Heard()
    heard.client = AmiClient(account, heard.take, heard.state, heard.tap, heard.asked)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(heard.client.run(), name="ami")
        try:
            yield heard
        finally:
            task.cancel()


@asynccontextmanager
async def connected(
    pbx: FakeAsterisk, sink: Callable[[Sequence[Event]], None] = lambda _: None
) -> AsyncIterator[AmiProtocol]:
    """A bare connection, not logged in; the fake asks for no login before it answers."""
    protocol = await Connection(
        "127.0.0.1", pbx.port, None, lambda: AmiProtocol(sink, lambda: None, lambda _: None)
    ).open(WITHIN_S)
    try:
        yield protocol
    finally:
        protocol.close()


@contextmanager
def captured_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What the client logs, whatever an earlier test made of the loggers."""
    for module in (
        *(ami_client, ami_counters, ami_line, ami_protocol, ami_questions, ami_rights),
        *(held_events, late_reading),
    ):
        monkeypatch.setattr(module, "log", structlog.get_logger())
    with structlog.testing.capture_logs() as lines:
        yield lines
