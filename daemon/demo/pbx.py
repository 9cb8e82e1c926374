"""The simulated PBX: an AMI server on loopback, on a port of its own, where recorded calls happen over and over.

It logs nothing. Like Asterisk it cuts off a client that does not read, hangs up on a wrong secret, and answers in order.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from daemon import clock
from daemon.demo.answers import Answers, block, failed, succeeded
from daemon.demo.cast import DEPARTMENTS
from daemon.demo.generator import TrafficGenerator
from daemon.demo.switchboard import Switchboard
from handlers.ami.message import Message

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
USERNAME = "ringtally"
UNREAD_LIMIT = 1_048_576
"""A client with more than so many bytes unread is cut off."""
LOGIN_WITHIN_S = 30.0
_ACTION_LIMIT = 65_536
_BOOTED = block(
    {
        "Event": "FullyBooted",
        "Privilege": "system,all",
        "Uptime": "1",
        "LastReload": "1",
        "Status": "Fully Booted",
    }.items()
)
_OFF = frozenset({"off", "no", "false"})
_ALL = frozenset({"on", "yes", "true", "all", ""})


class SimulatedPbx:
    """An AMI server with traffic; an async context manager that listens on entering and leaves nothing on exit.

    `play` makes the calls happen, until cancelled. Log in as `USERNAME` with `secret`.
    """

    def __init__(self, traffic: TrafficGenerator, secret: str | None = None, unread_limit: int = UNREAD_LIMIT) -> None:
        self.secret = secret if secret is not None else secrets.token_urlsafe(16)
        self.board = Switchboard(DEPARTMENTS, clock.now())
        self.logged_in = asyncio.Event()
        self.port = 0
        self._traffic = traffic
        self._unread_limit = unread_limit
        self._answers = Answers(self.board)
        self._sessions: dict[asyncio.Task[None], _Session] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen on a free port of 127.0.0.1, which is then `port`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_ACTION_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no longer, hang up on everybody, and wait until the last session is over."""
        assert self._server is not None  # noqa: S101 - we were entered
        self._server.close()
        for session in self._sessions.values():
            session.cut()
        if self._sessions:
            await asyncio.wait(self._sessions)
        await self._server.wait_closed()

    async def play(self) -> None:
        """Let calls happen from the first log-in on, until cancelled."""
        await self.logged_in.wait()
        await self._play(self._traffic.messages(clock.now()))

    async def _play(self, messages: Iterator[tuple[float, bytes]]) -> None:
        due = clock.monotonic()
        for delay_s, raw in messages:
            due += delay_s
            # Also when it is late: on a busy machine nobody else would have his turn until all has happened.
            await asyncio.sleep(max(due - clock.monotonic(), 0.0))
            self.send(raw)

    def send(self, raw: bytes) -> None:
        """An event happens: the switchboard knows it, and everybody who listens is told."""
        self.board.take(raw, clock.now())
        self.send_raw(raw)

    def send_raw(self, raw: bytes) -> None:
        """Everybody who listens is told, and nothing happens."""
        for session in self._sessions.values():
            session.tell(raw)

    @property
    def listeners(self) -> int:
        """How many clients there are."""
        return len(self._sessions)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        session = _Session(reader, writer, self)
        self._sessions[task] = session
        try:
            await session.run()
        finally:
            del self._sessions[task]
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def answer(self, action: Message) -> bytes:
        """The answer to an action about the PBX's state."""
        return self._answers.answer(action, clock.now())

    @property
    def unread_limit(self) -> int:
        """How much a client may leave unread."""
        return self._unread_limit


class _Session:
    """One client: who it is, and which events it wants (None: all)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pbx: SimulatedPbx) -> None:
        self._reader = reader
        self._writer = writer
        self._pbx = pbx
        self._challenge = ""
        self._is_logged_in = False
        self._classes: frozenset[bytes] | None = frozenset()

    async def run(self) -> None:
        """Answer until the client leaves, is refused, or talks no AMI."""
        self._writer.write(BANNER)
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, TimeoutError):
            async with asyncio.timeout(LOGIN_WITHIN_S):
                while not self._is_logged_in and await self._next():
                    pass
            while self._is_logged_in and await self._next():
                pass

    def tell(self, raw: bytes) -> None:
        """Send an event, if it is wanted."""
        if self._classes is not None:
            start = raw.find(b"\r\nPrivilege: ") + 13
            if raw[start : raw.find(b",", start)] not in self._classes:
                return
        self._writer.write(raw)
        if self._writer.transport.get_write_buffer_size() > self._pbx.unread_limit:
            self.cut()

    def cut(self) -> None:
        """End it at once, unread bytes and all."""
        self._writer.transport.abort()

    async def _next(self) -> bool:
        """Answer one action. False when that was the last one."""
        action = Message(await self._reader.readuntil(b"\r\n\r\n"))
        asked = (action.get("Action") or "").lower()
        goes_on = asked != "logoff"
        if asked == "login":
            goes_on = self._log_in(action)
        else:
            self._writer.write(self._answer(action, asked))
        await self._writer.drain()
        return goes_on

    def _answer(self, action: Message, asked: str) -> bytes:
        if not asked:
            return failed(action, "Missing action in request")
        if asked == "logoff":
            return succeeded(action, {"Message": "Thanks for all the fish."}).replace(b"Success", b"Goodbye", 1)
        if asked == "challenge":
            if (action.get("AuthType") or "").upper() != "MD5":
                return failed(action, "Must specify AuthType")
            self._challenge = str(secrets.randbelow(10**9))
            return succeeded(action, {"Challenge": self._challenge})
        if not self._is_logged_in:
            return failed(action, "Permission denied")
        if asked == "events":
            self._want(action.get("EventMask") or "")
            return succeeded(action, {"Events": "On" if self._classes != frozenset() else "Off"})
        return self._pbx.answer(action)

    def _log_in(self, action: Message) -> bool:
        if not self._is_right(action):
            self._writer.write(failed(action, "Authentication failed"))
            return False
        self._is_logged_in = True
        self._want(action.get("Events") or "")
        self._writer.write(succeeded(action, {"Message": "Authentication accepted"}))
        self.tell(_BOOTED)
        self._pbx.logged_in.set()
        return True

    def _is_right(self, action: Message) -> bool:
        secret = self._pbx.secret
        if action.get("Username") != USERNAME:
            return False
        if (action.get("AuthType") or "").upper() != "MD5":
            return hmac.compare_digest((action.get("Secret") or "").encode(), secret.encode())
        right = hashlib.md5((self._challenge + secret).encode(), usedforsecurity=False).hexdigest()
        return bool(self._challenge) and hmac.compare_digest((action.get("Key") or "").encode(), right.encode())

    def _want(self, mask: str) -> None:
        """Events of these classes; `on` and `off` are all and none."""
        words = mask.strip().lower()
        if words in _ALL:
            self._classes = None
        else:
            self._classes = (
                frozenset() if words in _OFF else frozenset(word.strip().encode() for word in words.split(","))
            )
