"""A stretch of demo traffic, and what the core says of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from random import Random

from daemon.demo.cast import TRUNKS
from daemon.demo.generator import TrafficGenerator
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import CallEnded, Fact
from handlers.rules import Rules, TrunkRule

START = 1_795_000_000.0
RULES = Rules(trunks=tuple(TrunkRule(trunk, (f"PJSIP/{trunk}-*",)) for trunk in TRUNKS))
UNIQUEID = re.compile(rb"\r\nUniqueid: (\S+)\r\n")


@dataclass(frozen=True, slots=True)
class Message:
    """One message and its moment."""

    at: float
    raw: bytes


def traffic(seconds: float, seed: int = 1, calls_per_minute: float = 30.0, speed: float = 1.0) -> list[Message]:
    """The PBX's messages of so many seconds."""
    generator = TrafficGenerator(Random(seed), calls_per_minute, speed)

    def stamped() -> Iterator[Message]:
        at = START
        for delay_s, raw in generator.messages(START):
            assert delay_s >= 0
            at += delay_s
            yield Message(at, raw)

    return list(takewhile(lambda message: message.at <= START + seconds, stamped()))


def told(messages: list[Message], core: Core) -> list[Fact]:
    """What the core says of them."""
    framer, decoder = Framer(WANTED, banner=False), Decoder()
    facts: list[Fact] = []
    for message in messages:
        for block in framer.feed(message.raw):
            event = decoder.decode(block, message.at)
            facts += core.handle(event) if event is not None else ()
    assert not framer.bad
    assert not decoder.bad
    return facts


def finished(facts: list[Fact]) -> list[CallEnded]:
    """The finished calls that count."""
    return [fact for fact in facts if isinstance(fact, CallEnded) and fact.call.merged_into is None]
