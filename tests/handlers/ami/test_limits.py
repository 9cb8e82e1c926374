"""Whatever comes, the framer's memory is bounded, and how the stream was cut makes no difference."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import framing
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import BLOCK_LIMIT, HELD_BLOCKS, LINE_LIMIT, Framer
from handlers.ami.message import Message
from tests.handlers.ami.wire import event, snapshot

GOOD = event("Newchannel", snapshot())
HEAD = GOOD.partition(b"CallerIDName")[0] + b"\r\n"


def peak_of_feeding(framer: Framer, part: bytes, times: int) -> int:
    tracemalloc.start()
    for _ in range(times):
        framer.feed(part)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_an_endless_header_stays_bounded_and_the_next_message_is_read() -> None:
    framer = Framer(WANTED, banner=False)
    framer.feed(b"Event: Newchannel\r\nX: ")
    assert peak_of_feeding(framer, b"x" * 65_536, 200) < 6 * BLOCK_LIMIT
    assert framer.bad == {"oversized_block": 1}
    assert framer.feed(b"\r\n\r\n" + GOOD) == [GOOD[:-4]]


def test_a_hundred_thousand_headers_stay_bounded() -> None:
    framer = Framer(WANTED, banner=False)
    framer.feed(b"Event: Newchannel\r\n")
    assert peak_of_feeding(framer, b"Some-Header: value\r\n" * 1_000, 100) < 6 * BLOCK_LIMIT
    assert framer.bad == {"oversized_block": 1}
    assert framer.feed(b"\r\n" + GOOD) == [GOOD[:-4]]


def test_torn_events_without_end_stay_bounded() -> None:
    framer = Framer(WANTED, banner=False)
    head = HEAD.replace(b"CallerIDNum: ", b"CallerIDNum: " + b"7" * 60_000)
    assert len(head) > 60_000
    assert peak_of_feeding(framer, head, 100) < 6 * BLOCK_LIMIT
    assert framer.bad["torn_lost"] > 10


def test_so_do_small_ones() -> None:
    framer = Framer(WANTED, banner=False)
    assert peak_of_feeding(framer, HEAD, 3 * HELD_BLOCKS) < BLOCK_LIMIT
    assert framer.bad["torn_lost"] > HELD_BLOCKS


def test_a_banner_without_end_is_given_up() -> None:
    framer = Framer(WANTED)
    assert peak_of_feeding(framer, b"x" * 30_000, 30) < 6 * BLOCK_LIMIT
    assert framer.bad == {"oversized_line": 1}
    assert framer.banner is None
    assert framer.feed(b"\r\n\r\n" + GOOD) == [GOOD[:-4]]


@pytest.mark.parametrize(
    ("line", "reason"), [(LINE_LIMIT, None), (LINE_LIMIT + 1, "oversized_line"), (BLOCK_LIMIT, "oversized_block")]
)
def test_a_message_that_is_too_long_is_dropped_and_counted(line: int, reason: str | None) -> None:
    framer = Framer(WANTED, banner=False)
    stream = event("Hangup", snapshot() + "X: " + "x" * (line - 3) + "\r\n") + GOOD
    assert len(framer.feed(stream)) == (2 if reason is None else 1)
    assert dict(framer.bad) == ({} if reason is None else {reason: 1})


def test_a_message_before_an_endless_one_is_not_lost() -> None:
    framer = Framer(WANTED, banner=False)
    assert framer.feed(GOOD + b"Event: X\r\nY: " + b"y" * (BLOCK_LIMIT + 10)) == [GOOD[:-4]]
    assert framer.feed(b"\r\n\r\n" + GOOD) == [GOOD[:-4]]


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b"Event: Newchannel\r\nPrivilege: call,all",
        b"Event: VarSet\r\nPrivilege: dialplan,all",
        b"Response: Success",
        b"\r\nChannelStateDesc: Up\r\nCallerIDNum: 7",
        b"\r\nLinkedid: 1.1",
        b"x" * 90,
        GOOD,
        HEAD,
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=30).map(b"".join), st.data())
@settings(max_examples=300, deadline=None)
def test_no_stream_raises_and_no_cut_changes_it_whatever_the_limits(whole: bytes, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "LINE_LIMIT", 80)
        patch.setattr(framing, "BLOCK_LIMIT", data.draw(st.integers(150, 600)))
        patch.setattr(framing, "HELD_BLOCKS", 3)
        patch.setattr(framing, "HELD_BYTES", 900)
        one, other, decoder = Framer(WANTED, banner=False), Framer(WANTED, banner=False), Decoder()
        given_at_once = one.feed(whole)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
        given_in_parts = [
            block
            for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)
            for block in other.feed(whole[start:end])
        ]
        assert given_in_parts == given_at_once
        assert (one.events, one.bad, one.bytes) == (other.events, other.bad, other.bytes)
        for block in given_at_once:
            assert len(block) <= 900 + framing.BLOCK_LIMIT
            decoder.decode(block, 1.0)
            Message(block)
