"""A simulated PBX with many calls, as a process that outlives the daemon: `python -m tests.torture.pbx SEED DIARY`.

Recorded calls happen on it many times as fast as they did. It answers truthfully what lives, and writes its diary. It is told
what to do by lines of stdin (see `Pbx.obey`) and answers each by a line of JSON on stdout; its first line is its port.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from daemon import clock
from daemon.demo.answers import Answers, failed, succeeded
from daemon.demo.cast import DEPARTMENTS
from daemon.demo.generator import TrafficGenerator
from daemon.demo.switchboard import Switchboard, headers_of
from handlers.ami.message import Message
from tests.torture.diary import Diary

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 60\r\nLastReload: 60\r\nStatus: Fully Booted\r\n\r\n"
SECRET = "the-rig-knows-it"
CALLS_PER_MINUTE = 120.0
SPEED = 4.0
"""Faster, and what takes people seconds takes less than one: no PBX tells its seconds apart then."""
UNREAD_LIMIT = 1_048_576
UP = "6"
LATEST_IN_SECOND_S = 0.999
"""A CDR begins in the second that its channel's uniqueid has; ours may be made a little before its turn comes."""
_PASSED_ON = (b"Event: BlindTransfer", b"Event: AttendedTransfer", b"Event: ParkedCall\r")


class Pbx:
    """The traffic, what lives, and who listens."""

    def __init__(self, random: Random, diary: Diary) -> None:
        self.traffic = TrafficGenerator(random, CALLS_PER_MINUTE, SPEED)
        self.board = Switchboard(DEPARTMENTS, clock.now())
        self.diary = diary
        self.answers = Answers(self.board)
        self.sessions: set[Session] = set()
        self.answered_at: dict[str, float] = {}
        self.begun_at: dict[str, float] = {}
        self.serial = 0
        self.secret = SECRET
        self.mute = False
        self.logged_in = asyncio.Event()
        self.over = asyncio.Event()

    async def play(self) -> None:
        """Let calls happen from the first log-in on, until the traffic is closed and the last one has ended."""
        await self.logged_in.wait()
        due = clock.monotonic()
        for delay_s, raw in self.traffic.messages(clock.now()):
            due += delay_s
            # Late or not, who listens is served: a machine that is busy with other things makes all of this late.
            await asyncio.sleep(max(0.0, due - clock.monotonic()))
            self.happen(raw)
        self.over.set()

    def happen(self, raw: bytes) -> None:
        """One event: the switchboard knows it, who listens is told, and it is written down."""
        now = clock.now()
        self.board.take(raw, now)
        if raw.startswith((b"Event: Newstate", b"Event: Newchannel", b"Event: Hangup")):
            self._note_answer(headers_of(raw), now)
        elif raw.startswith(_PASSED_ON):
            self._begin_cdr_anew(headers_of(raw), now)
        told = {session.number: session.send(raw) for session in self.sessions if session.listens}
        self.diary.event(now, raw, told)

    def _note_answer(self, event: dict[str, str], now: float) -> None:
        uniqueid = event["Uniqueid"]
        if event["Event"] == "Hangup":
            self.answered_at.pop(uniqueid, None)
            self.begun_at.pop(uniqueid, None)
        elif event["ChannelState"] == UP:
            self.answered_at.setdefault(uniqueid, now)

    def _begin_cdr_anew(self, event: dict[str, str], now: float) -> None:
        """As Asterisk does for who is passed on or parked: his CDR knows nothing of what was before."""
        uniqueid = event.get("TransfereeUniqueid") or event.get("ParkeeUniqueid")
        if uniqueid is not None and uniqueid in self.answered_at:
            self.begun_at[uniqueid] = self.answered_at[uniqueid] = now

    def answer(self, action: Message) -> bytes:
        """The answer to an action about the PBX's state."""
        if (action.get("Action") or "").lower() == "getvar":
            return self._variable(action)
        return self.answers.answer(action, clock.now())

    def _variable(self, action: Message) -> bytes:
        """`CDR(start,u)` and `CDR(answer,u)` of a channel, by its name or uniqueid: when it began and went up, as CDRs have it."""
        variable, wanted = action.get("Variable") or "", action.get("Channel") or ""
        for uniqueid, channel in self.board.channels.items():
            if wanted in {uniqueid, channel.headers["Channel"]}:
                born = min(channel.created_at, int(uniqueid.partition(".")[0]) + LATEST_IN_SECOND_S)
                moments = {
                    "CDR(start,u)": self.begun_at.get(uniqueid, born),
                    "CDR(answer,u)": self.answered_at.get(uniqueid),
                }
                at = moments.get(variable)
                return succeeded(action, {"Variable": variable, "Value": f"{at:.6f}" if at is not None else ""})
        return failed(action, "No such channel")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it leaves or is cut off."""
        self.serial += 1
        session = Session(self.serial, self, reader, writer)
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)
            session.end("left")
            writer.close()

    def obey(self, order: dict[str, object]) -> dict[str, object]:
        """Do what the rig wants, and say what lives then.

        Orders about those who listen: `cut` (reset), `tear` (half an event, then the end), `hole` (nothing passes any more),
        `stall` (the same for `seconds`), `flood` (so many `events` of noise). `mute` (`on`): who comes gets a banner and no more.
        `secret` (`new`): the right one from here on. `close`: the last calls have begun.
        """
        match order["do"]:
            case "cut":
                self._each(Session.cut)
            case "tear":
                self._each(Session.tear)
            case "hole":
                self._each(Session.fall_silent)
            case "stall":
                self._each(lambda session: session.stall(float(str(order["seconds"]))))
            case "mute":
                self.mute = bool(order["on"])
            case "secret":
                self.secret = str(order["new"])
            case "flood":
                self._flood(int(str(order["events"])))
            case "close":
                self.traffic.closed = True
        return {"live": len(self.board.channels), "listeners": sum(session.listens for session in self.sessions)}

    def _each(self, act: Callable[["Session"], None]) -> None:
        for session in list(self.sessions):
            act(session)

    def _flood(self, events: int) -> None:
        """Noise as RTCP makes it: wanted by nobody, and in everybody's way."""
        noise = (
            b"Event: RTCPSent\r\nPrivilege: reporting,all\r\nSSRC: 0x5a5a5a5a\r\n" + b"Report0: 1\r\n" * 20 + b"\r\n"
        )
        for session in [session for session in self.sessions if session.listens]:
            session.send(noise * events)


class Session:
    """One client: who it is, and how much it was sent."""

    def __init__(self, number: int, pbx: Pbx, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.listens = False
        self._pbx = pbx
        self._reader = reader
        self._writer = writer
        self._sent = 0
        self._silent = False
        self._held: list[bytes] | None = None
        self._stalled_at: float | None = None

    async def run(self) -> None:
        """Answer until the client leaves or is refused."""
        self.send(BANNER)
        with suppress(asyncio.IncompleteReadError, OSError):
            while await self._next():
                pass

    def send(self, raw: bytes) -> int:
        """Give bytes to the socket; how many it was given so far."""
        if self._silent or self._writer.is_closing():
            return sys.maxsize
        if self._held is not None:
            self._held.append(raw)
            return self._sent + sum(map(len, self._held))
        self._sent += len(raw)
        self._writer.write(raw)
        if self._writer.transport.get_write_buffer_size() > UNREAD_LIMIT:
            self.cut()
        return self._sent

    def cut(self) -> None:
        """End it at once, unread bytes and all."""
        self.end()
        self._writer.transport.abort()

    def tear(self) -> None:
        """Half an event, then the end."""
        self.end()
        self._writer.write(b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/101-0000")
        self._writer.close()

    def fall_silent(self) -> None:
        """From here on nothing passes, either way, and nobody says so."""
        self.end()
        self._silent = True

    def stall(self, seconds: float) -> None:
        """So long nothing passes, and then all of it at once."""
        self._held, self._stalled_at = [], clock.now()
        asyncio.get_running_loop().call_later(seconds, self._flow)

    def _flow(self) -> None:
        held, self._held, self._stalled_at = self._held, None, None
        for raw in held or ():
            self.send(raw)

    def end(self, how: str = "over") -> None:
        """Nobody listens here any more, since it stalled if it did; written down once."""
        if self.listens:
            self.listens = False
            unsent = self._writer.transport.get_write_buffer_size()
            since = self._stalled_at if self._stalled_at is not None else clock.now()
            self._pbx.diary.session(since, self.number, how, self._sent - unsent)

    async def _next(self) -> bool:
        """Answer one action. False when that was the last one."""
        action = Message(await self._reader.readuntil(b"\r\n\r\n"))
        asked = (action.get("Action") or "").lower()
        if self._silent or self._pbx.mute:
            return True
        if asked == "login":
            return self._log_in(action)
        if not self.listens:
            self.send(failed(action, "Permission denied"))
            return True
        if asked == "logoff":
            return False
        self.send(self._pbx.answer(action))
        self._pbx.diary.session(clock.now(), self.number, asked)
        return True

    def _log_in(self, action: Message) -> bool:
        if action.get("Secret") != self._pbx.secret:
            self.send(failed(action, "Authentication failed"))
            return False
        self.listens = True
        self._pbx.diary.session(clock.now(), self.number, "login")
        self.send(succeeded(action, {"Message": "Authentication accepted"}) + BOOTED)
        self._pbx.logged_in.set()
        return True


async def main(seed: int, diary: Path) -> None:
    """Until stdin ends."""
    with diary.open("ab", buffering=0) as file:
        pbx = Pbx(Random(seed), Diary(file))
        server = await asyncio.start_server(pbx.serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        orders = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(pbx.play(), name="traffic")
            while order := await orders.readline():
                wanted = json.loads(order)
                answer = pbx.obey(wanted)
                if wanted["do"] == "close":
                    await pbx.over.wait()
                print(json.dumps(answer), flush=True)
            playing.cancel()
        server.close()
        for session in list(pbx.sessions):
            session.cut()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
