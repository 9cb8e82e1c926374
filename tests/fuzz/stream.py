"""An AMI stream of any bytes, in any segments, at any pace: through framing and decoding into the core, and what must hold of it."""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import orjson

from handlers.ami import framing
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import StreamBroken, Tick
from handlers.ami.framing import Framer
from handlers.ami.privileges import privilege_of
from handlers.core import Core
from handlers.facts import Call, CallEnded, Fact
from handlers.rules import Rules
from storage.call_json import call_json, time_line_json
from storage.masking import masked
from tests import recordings
from tests.fuzz.target import Target
from tests.handlers import taped

# The first bytes say how the rest is cut, and at which pace it comes.
HEAD = 2
STARTS_AT = 1_795_450_000.0
LENGTHS = (1, 2, 3, 7, 40, 300, 1460, 4096, 16_384)
PAUSES_S = (0.0, 0.0, 0.0, 0.001, 0.02, 0.5, 3.0, 61.0, 3_700.0, 90_000.0)
TICKS_OF_FOUR = 1
QUIET_S = 3 * 86_400.0
LONGEST = 12_288
NEWCHANNEL = b"Event: Newchannel\r\nPrivilege: call,all\r\n"
# So small that inputs of a few kilobytes meet them.
_SMALL = {"LINE_LIMIT": 200, "BLOCK_LIMIT": 1_500, "HELD_BYTES": 3_000, "HELD_BLOCKS": 4, "REST_BLOCKS": 2}


def segments(data: bytes) -> Iterator[tuple[float, bytes, bool]]:
    """When a segment comes, what it is, and whether time passes before it."""
    head, rest = data[:HEAD], data[HEAD:]
    pick = random.Random(head)
    at, start = STARTS_AT, 0
    is_whole = bool(head) and head[0] < 64
    while start < len(rest):
        length = len(rest) if is_whole else pick.choice(LENGTHS)
        at += pick.choice(PAUSES_S)
        yield at, rest[start : start + length], pick.randrange(4) < TICKS_OF_FOUR
        start += length


def run(data: bytes) -> None:
    """The whole way of one stream; AssertionError where something impossible comes out."""
    framer, decoder, core = Framer(WANTED, banner=data[:1] < b"\x20"), Decoder(), Core(Rules())
    told: list[Fact] = []
    believed = 0
    now = STARTS_AT
    for at, segment, time_passes in segments(data):
        now = at
        if time_passes:
            told += core.handle(Tick(at))
        blocks = framer.feed(segment)
        assert held_bytes(framer) <= 3 * framing.BLOCK_LIMIT + 3 * framing.HELD_BYTES
        for block in blocks:
            event = decoder.decode(block, at)
            if event is not None:
                believed += 1
                told += core.handle(event)
        assert max(core.sizes().values()) <= 4 * believed, "more is remembered than was told"
    now = max(now, core.now)
    told += core.handle(Tick(now))
    births = data.count(NEWCHANNEL)
    assert sum(isinstance(fact, CallEnded) for fact in told) + core.live_count <= births, "a call of nothing"
    _check_told(told, core)
    _check_kept(core, now)
    told += core.handle(Tick(max(now, core.now) + QUIET_S))
    assert core.live_count == 0
    assert core.sizes()["calls"] == core.sizes()["linkedids"] == 0
    for fact in told:
        if isinstance(fact, CallEnded):
            check_call(fact)


def run_within_small_limits(data: bytes) -> None:
    """The same where lines, blocks and what is held may be a few hundred bytes: each bound is met, and kept."""
    with small_limits():
        run(data)


@contextmanager
def small_limits() -> Iterator[None]:
    """The framer's bounds, a few hundredths of what they are."""
    usual = {name: getattr(framing, name) for name in _SMALL}
    try:
        for name, value in _SMALL.items():
            setattr(framing, name, value)
        yield
    finally:
        for name, value in usual.items():
            setattr(framing, name, value)


def held_bytes(framer: Framer) -> int:
    """How much of the stream it keeps."""
    parts = (framer._tail, framer._before, framer._mended, *framer._held)
    return sum(map(len, parts))


def _check_told(told: Sequence[Fact], core: Core) -> None:
    """What lives can be shown, in full and masked."""
    for call in core.live_calls():
        orjson.dumps([call_json(call), masked(call_json(call))])
    list(core.glances())
    list(core.waiting())
    core.trunk_channels()
    assert core.next_deadline is None or core.next_deadline >= 0
    assert not [
        fact for fact in told if isinstance(fact, CallEnded) and fact.call.end_seen and fact.call.ended_at is None
    ]


def _check_kept(core: Core, now: float) -> None:
    """What lives can be written down, and taken up by a later run."""
    kept = core.changed_calls(max(now, core.now), at_once=True)
    read = orjson.loads(orjson.dumps([each.document for each in kept]))
    again = [each._replace(document=document) for each, document in zip(kept, read, strict=True)]
    later = Core(Rules())
    _, unread = later.restore_calls(again, StreamBroken(max(now, core.now)))
    assert not unread
    assert later.live_count == core.live_count == len(kept)


def check_call(ended: CallEnded) -> None:
    """No duration is below zero, no part is longer than its whole, and it can be shown to anybody."""
    call: Call = ended.call
    for seconds in (call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s, call.hold_s, call.total_s):
        assert seconds is None or seconds >= 0
    for part, whole in ((call.hold_s, call.talk_s), (call.talk_s, call.total_s), (call.wait_s, call.total_s)):
        # Each is rounded to a millisecond by itself.
        assert part is None or whole is None or part <= whole + 0.002
    orjson.dumps([time_line_json(ended), masked(time_line_json(ended))])


def recorded() -> Iterator[list[bytes]]:
    """Real streams: of each recording and each tape the messages, as they came."""
    for name in recordings.NAMES:
        yield [entry.raw or b"" for entry in recordings.messages(name)]
    for tape in taped.TAPES:
        yield taped.raws(tape)


def seeds() -> Iterator[bytes]:
    """Real streams in pieces: what is believed of them, and as much of the rest as comes between."""
    for raws in recorded():
        for only_wanted in (True, False):
            some = [raw for raw in raws if not only_wanted or raw.partition(b"\r\n")[0][7:] in WANTED]
            yield from map(with_head, pieces(some))


def pieces(raws: Iterable[bytes]) -> Iterator[bytes]:
    """Whole messages, put together as long as they fit."""
    piece = b""
    for raw in raws:
        if piece and len(piece) + len(raw) > LONGEST - HEAD:
            yield piece
            piece = b""
        piece += raw
    if piece:
        yield piece


def with_head(stream: bytes) -> bytes:
    """As a target takes it, whole in one segment."""
    return b"\x20\x00" + stream


HEADERS = (
    *("Channel: ", "ChannelState: ", "ChannelStateDesc: ", "CallerIDNum: ", "CallerIDName: ", "ConnectedLineNum: "),
    *("ConnectedLineName: ", "Language: ", "AccountCode: ", "Context: ", "Exten: ", "Priority: ", "Uniqueid: "),
    *("Linkedid: ", "DestUniqueid: ", "DestLinkedid: ", "BridgeUniqueid: ", "BridgeType: ", "Queue: ", "Position: "),
    *(
        "Cause: ",
        "Cause-txt: ",
        "Timestamp: ",
        "ActionID: ",
        "Response: Success\r\n",
        "DialStatus: ANSWER\r\n",
        "Shutdown: ",
    ),
    *("Interface: ", "MemberName: ", "Paused: ", "Status: ", "Device: ", "State: ", "Variable: QUEUESTATUS\r\nValue: "),
)
WORDS = (
    *(b"Event: " + name + b"\r\n" + privilege_of(name) + b"\r\n" for name in sorted(WANTED | {b"VarSet"})),
    *(header.encode() for header in HEADERS),
    *(b"\r\n", b"\r\n\r\n", b"PJSIP/101-00000001", b"Local/1@a-00000001;1", b"1795450254.0", b"<unknown>", b"\x00"),
)
TARGETS = (
    Target("stream", run, seeds, WORDS, LONGEST),
    Target("limits", run_within_small_limits, seeds, WORDS, LONGEST),
)
