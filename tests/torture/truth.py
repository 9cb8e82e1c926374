"""What really happened: the calls that the core makes of the whole stream, which nothing ever interrupted.

That the core is right about a whole stream is shown by the phones (tests/asterisk); here it is asked what interruptions change.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Snapshot, StreamBroken, StreamResumed
from handlers.ami.framing import Framer
from handlers.calls.unseen_answers import TICK_S
from handlers.core import Core
from handlers.facts import Call, CallAnswered, CallEnded, CallStarted, Fact
from handlers.rules import Rules
from tests.torture.diary import Happened

_IDS = re.compile(rb"\r\n(?:Dest)?(?:Uniqueid|Linkedid): (\S+)(?=\r\n)")
_PASSED_ON = re.compile(rb"Event: (?:BlindTransfer|AttendedTransfer|ParkedCall)\r\n")
_WHO = re.compile(rb"\r\n(?:Transferee|Parkee)Uniqueid: (\S+)(?=\r\n)")
_NOTHING = Snapshot("first", (), (), (), (), (), {})
RESTARTED = b"restarted"
"""Stands in a diary where the PBX died and another run of it began."""


@dataclass(slots=True)
class TrueCall:
    """One call of the PBX: the places in the stream at which it began, was answered and ended, and what it was in the end."""

    id: str
    began: int
    answered: int | None = None
    ended: int | None = None
    call: Call | None = None
    changes: list[int] = field(default_factory=list)
    """The places of the events that bear one of its channels."""
    channels: set[str] = field(default_factory=set)
    passed_on_at: float | None = None
    """When one of its channels was first passed on or parked: from then on its CDR knows nothing of what was before."""

    @property
    def is_forgotten(self) -> bool:
        """Was it passed on within the second of its birth? Then the PBX's CDRs look as if there had been nothing before."""
        born = float(self.id.rpartition("-")[2].partition(".")[0])
        return self.passed_on_at is not None and self.passed_on_at <= born + 1 + TICK_S


@dataclass(slots=True)
class Truth:
    """All calls by id, which call each channel belonged to, and all channels there ever were."""

    calls: dict[str, TrueCall] = field(default_factory=dict)
    call_of: dict[str, str] = field(default_factory=dict)
    born: set[str] = field(default_factory=set)
    passed_on: dict[str, float] = field(default_factory=dict)
    """When each channel was first passed on or parked."""

    def owner(self, uniqueid: str) -> TrueCall | None:
        """The call that a channel belonged to."""
        return self.calls.get(self.call_of.get(uniqueid, uniqueid))


def truth_of(events: Iterable[Happened], rules: Rules) -> Truth:
    """What the stream tells when it is heard whole."""
    core, framer, decoder, truth = Core(rules), Framer(WANTED, banner=False), Decoder(), Truth()
    resumed = False
    linked: dict[str, list[int]] = {}
    for place, happened in enumerate(events):
        if not resumed:
            core.handle(StreamResumed(happened.t, _NOTHING))
            resumed = True
        if happened.raw == RESTARTED:
            _restart(core, truth, happened.t, place)
            continue
        found = _note(truth, happened)
        for id_ in found:
            linked.setdefault(id_, []).append(place)
        for block in framer.feed(happened.raw):
            event = decoder.decode(block, happened.t)
            if event is not None:
                for fact in core.handle(event):
                    _take(truth, fact, place)
    for call in truth.calls.values():
        if call.call is not None:
            for uniqueid in call.channels:
                truth.call_of[uniqueid] = call.id
        call.passed_on_at = min(
            (truth.passed_on[each] for each in call.channels if each in truth.passed_on), default=None
        )
        call.changes = sorted({place for id_ in (call.id, *call.channels) for place in linked.get(id_, ())})
    return truth


def _note(truth: Truth, happened: Happened) -> set[str]:
    """What an event tells of channels without the core: who is born, who is passed on. All whom it names."""
    found = [id_.decode() for id_ in _IDS.findall(happened.raw)]
    if happened.raw.startswith(b"Event: Newchannel\r\n"):
        truth.born.add(found[0])
        truth.call_of.setdefault(found[0], found[1])
    elif _PASSED_ON.match(happened.raw):
        for id_ in _WHO.findall(happened.raw):
            truth.passed_on.setdefault(id_.decode(), happened.t)
    return set(found)


def _restart(core: Core, truth: Truth, at: float, place: int) -> None:
    """Whatever lived is gone, and nobody was told."""
    resumed = StreamResumed(at, _NOTHING._replace(boot=str(at)))
    for fact in (*core.handle(StreamBroken(at)), *core.handle(resumed)):
        _take(truth, fact, place)


def _take(truth: Truth, fact: Fact, place: int) -> None:
    if isinstance(fact, CallStarted):
        truth.calls[fact.call.id] = TrueCall(fact.call.id, place, channels={fact.call.id})
    elif isinstance(fact, CallAnswered):
        truth.calls[fact.call.id].answered = place
    elif isinstance(fact, CallEnded):
        call = truth.calls[fact.call.id]
        call.ended, call.call = place, fact.call
        call.channels |= {leg.uniqueid for leg in fact.legs}
