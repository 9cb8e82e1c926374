"""A stretch of a busy PBX in real time: what the shipped account is sent, and which event is told of as which message."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.ami_account import passes_filter
from daemon.board.call_events import CallEvents
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.rules import Rules
from tests.bench.stream import PLAYED, START, stream_of

Told = tuple[str, str]
"""A call's id, and what is told of it: `started`, `queued`, `ringing`, `answered`, `ended`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events with the seconds from the start at which they are due, and by which of them each message comes about."""

    events: tuple[tuple[float, bytes], ...]
    causes: dict[Told, int]

    def since(self, seconds: float) -> int:
        """The first event from there on."""
        return bisect_left(self.events, (seconds, b""))


def stretch_of(rate: float, seconds: float, seed: int = 1) -> Stretch:
    """So many seconds with about so many events a second: the calls last as long as recorded, the more of them at a time.

    In the first ten seconds it swells up to that rate.
    """
    one = stream_of(1)  # every recording once
    all_of_one = len(one.events)
    every_s = sum(_is_sent(raw) for _, raw in one.events) / len(PLAYED) / rate
    whole = stream_of(int((seconds / every_s / len(PLAYED) + 1) * all_of_one), seed, every_s)
    events = tuple((at - START, raw) for at, raw in whole.events if at < START + seconds and _is_sent(raw))
    return Stretch(events, _causes(events))


def _is_sent(raw: bytes) -> bool:
    return passes_filter(raw.decode(errors="replace"))


def _causes(events: Sequence[tuple[float, bytes]]) -> dict[Told, int]:
    framer, decoder, core, numbered = Framer(WANTED, banner=False), Decoder(), Core(Rules()), CallEvents()
    found: dict[Told, int] = {}
    for number, (after_s, raw) in enumerate(events):
        for block in framer.feed(raw):
            event = decoder.decode(block, START + after_s)
            for told in numbered.of(core.handle(event) if event is not None else ()):
                if told.kind != "changed":  # it waits for what may make it needless
                    found.setdefault((told.fact.call.id, told.kind), number)
    return found


async def play(events: Sequence[tuple[float, bytes]], send: Callable[[bytes], None], began: float) -> list[float]:
    """Send each when it is due after `began`; the moments (monotonic) just before they were handed to the kernel."""
    sent: list[float] = []
    for due_s, raw in events:
        early_s = began + due_s - time.monotonic()
        if early_s > 0:
            await asyncio.sleep(early_s)
        sent.append(time.monotonic())
        send(raw)
    return sent
