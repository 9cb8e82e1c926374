"""Whatever is done to the clock of a PBX in mid-call: durations stay right, and so do the moments of what comes after."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import CallEnded
from handlers.rules import Rules
from tests.handlers.recorded import messages

PLAYED = ("01-direct-caller-hangs-up", "07-ivr-queue-second-agent", "12-blind-transfer-answered", "21-hold")
PING_EVERY_S = 10.0
ON_ITS_WAY_S = 0.02
DURATIONS = ("wait_s", "ivr_s", "queue_s", "ring_s", "talk_s", "hold_s", "total_s")
MOMENTS = ("started_at", "rang_at", "queued_at", "answered_at", "ended_at")

Clock = Callable[[float], float]
"""What the PBX's clock says at a moment."""


def stamped(raw: bytes, at: float) -> bytes:
    """As a PBX with `timestampevents` sends it; nothing else of it changes."""
    head, privilege, rest = raw.partition(b"\r\nPrivilege: ")
    classes, end, rest = rest.partition(b"\r\n")
    return raw if not privilege else b"".join((head, privilege, classes, end, b"Timestamp: %.6f\r\n" % at, rest))


def heard(name: str, clock: Clock) -> Iterator[Event]:
    """A recording as a PBX with this clock tells it, to a client that pings every ten seconds."""
    framer, decoder = Framer(WANTED, banner=False), Decoder()
    pinged_at = messages(name)[0].t
    for entry in messages(name):
        while pinged_at <= entry.t:
            pong = b"Response: Success\r\nPing: Pong\r\nTimestamp: %.6f" % clock(pinged_at)
            decoder.clock.told(pong, pinged_at - ON_ITS_WAY_S, pinged_at + ON_ITS_WAY_S)
            pinged_at += PING_EVERY_S
        for block in framer.feed(stamped(entry.raw or b"", clock(entry.t))):
            event = decoder.decode(block, entry.t + ON_ITS_WAY_S)
            if event is not None:
                yield event
    assert not framer.bad + decoder.bad


def calls(events: Iterator[Event]) -> Sequence[CallEnded]:
    core = Core(Rules())
    return [fact for event in events for fact in core.handle(event) if isinstance(fact, CallEnded)]


def sets(name: str) -> Iterator[float]:
    """Moments at which somebody may set the clock: seven, from the first event to the last."""
    began, ended = messages(name)[0].t, messages(name)[-1].t
    return (began + (ended - began) * part / 7 for part in range(7))


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 86_400.0, -60.0, 7.0])
def test_a_step_of_its_clock_in_mid_call_changes_no_duration_and_no_moment(name: str, step_s: float) -> None:
    truth = calls(heard(name, lambda at: at))
    assert truth
    for set_at in sets(name):
        told = calls(heard(name, lambda at, set_at=set_at: at + step_s * (at >= set_at)))  # type: ignore[misc]
        _agree(told, truth, within=2 * ON_ITS_WAY_S)


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("begins_at", [-1e9, 0.0, 100_000_000.0, 2_147_483_640.0, 1e11])
def test_neither_does_one_that_was_never_set(name: str, begins_at: float) -> None:
    began = messages(name)[0].t
    told = calls(heard(name, lambda at: begins_at + at - began))
    _agree(told, calls(heard(name, lambda at: at)), within=2 * ON_ITS_WAY_S)


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("stops", [True, False])
def test_what_looks_like_a_line_that_stalls_spoils_nothing_for_longer_than_until_the_next_ping(
    name: str, stops: bool
) -> None:
    """A step back by a few seconds, or a clock that stands still, is told from late events by a ping alone."""
    truth = calls(heard(name, lambda at: at))
    for set_at in sets(name):
        told = calls(heard(name, lambda at, set_at=set_at: min(at, set_at) if stops else at - 9.0 * (at >= set_at)))  # type: ignore[misc]
        _agree(told, truth, within=PING_EVERY_S + 2 * ON_ITS_WAY_S)


def _agree(told: Sequence[CallEnded], truth: Sequence[CallEnded], within: float) -> None:
    assert [(each.call.id, each.call.result) for each in told] == [(each.call.id, each.call.result) for each in truth]
    for one, true in zip(told, truth, strict=True):
        for name in (*DURATIONS, *MOMENTS):
            assert getattr(one.call, name) == pytest.approx(getattr(true.call, name), abs=within), name
        assert all(getattr(one.call, name) >= 0 for name in DURATIONS if getattr(one.call, name) is not None)
        assert [leg.started_at <= (leg.ended_at or leg.started_at) for leg in one.legs] == [True] * len(true.legs)
