"""What one event costs while so many other calls live: it must not be more than with few."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from time import process_time

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import Fact
from handlers.rules import Rules
from tests.bench.stream import START, Serials, Stream, template_of

LIVE = (10, 1_000, 10_000)
TALKS = "01-direct-caller-hangs-up"
_PHONE = b"PJSIP/101"
"""Whose talk it is in the recording; each of the many has a phone of its own."""
_ENDS = (b"Event: HangupRequest\r\n", b"Event: BridgeLeave\r\n")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU microseconds per event, of all events, those that are dropped too; `live` calls lived meanwhile."""

    live: int
    us: float
    least: float
    most: float


class Listener:
    """Framing, decoding and the core, as the daemon puts them together."""

    def __init__(self) -> None:
        self.core = Core(Rules())
        self._framer = Framer(WANTED, banner=False)
        self._decoder = Decoder()

    def hear(self, at: float, raw: bytes) -> Sequence[Fact]:
        """One message, and what it means."""
        facts: Sequence[Fact] = ()
        for block in self._framer.feed(raw):
            event = self._decoder.decode(block, at)
            if event is not None:
                facts = self.core.handle(event)
        return facts


def talking(live: int) -> Iterator[tuple[float, bytes]]:
    """So many calls that are answered and go on."""
    template = template_of(TALKS)
    end = next(n for n, (_, pieces) in enumerate(template.messages) if pieces[0].startswith(_ENDS))
    serials = Serials(Random(2))
    begun = template.messages[:end]
    for n in range(live):
        fresh = {old: serials.make(kind, START - 1_000_000 + n, old) for old, kind in template.fresh.items()}
        for _, pieces in begun:
            raw = b"".join(fresh[piece] if place % 2 else piece for place, piece in enumerate(pieces))
            yield START - 1.0, raw.replace(_PHONE, b"PJSIP/%d" % (30_000 + n))


def costs(stream: Stream, rounds: int, live: tuple[int, ...] = LIVE) -> Iterator[Cost]:
    """The cost at each number of live calls; the numbers take turns, so that a busy moment of the machine meets all alike."""
    measured: dict[int, list[float]] = {each: [] for each in live}
    for _ in range(rounds):
        for each in live:
            listener = Listener()
            for at, raw in talking(each):
                listener.hear(at, raw)
            assert listener.core.live_count == each
            began = process_time()
            for at, raw in stream.events:
                listener.hear(at, raw)
            measured[each].append((process_time() - began) / len(stream.events) * 1e6)
            assert listener.core.live_count == each
    for each, of_rounds in measured.items():
        yield Cost(each, median(of_rounds), min(of_rounds), max(of_rounds))
