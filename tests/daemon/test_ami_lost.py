"""Why a connection was lost: the PBX's end of it, silence, our own slowness, or another account; and how soon silence is noticed."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from daemon import ami_client, clock, pump
from daemon.pump import Pump
from handlers.ami.events import GapReason, Snapshot, StreamBroken, StreamResumed, Tick
from handlers.core import Core
from handlers.facts import GapEnded
from handlers.rules import Rules
from tests.daemon.fake_asterisk import (
    WITHIN_S,
    FakeAsterisk,
    Heard,
    account,
    captured_logs,
    listening,
    new_channel,
    silence,
)
from tests.torture.proxy import line_to


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)
    with captured_logs(monkeypatch) as lines:
        yield lines


class Timed(Heard):
    """Notes when anything came last."""

    heard_at = 0.0

    def tap(self, data: bytes) -> None:
        super().tap(data)
        self.heard_at = clock.now()


async def why_lost(heard: Heard) -> GapReason:
    """The reason of the first break."""
    await heard.turn.until(lambda: "StreamBroken" in heard.kinds)
    return next(event.reason for event in heard.events if isinstance(event, StreamBroken))


def told(logs: list[Any]) -> dict[str, Any]:
    """The one line about the loss."""
    (line,) = [line for line in logs if line["event"] == "ami_lost"]
    return dict(line)


async def test_the_end_of_the_stream_is_a_lost_connection(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        pbx.sessions[0].hang_up()
        assert await why_lost(heard) == "connection_lost"
        assert told(logs)["reason"] == "connection_lost"


async def test_half_a_message_and_then_the_end_is_a_lost_connection_too(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, line_to("127.0.0.1", pbx.port) as line, listening(account(line.port)) as heard:
        await heard.ready()
        cut = line.cut_in_mid_event()
        pbx.sessions[0].send(new_channel("1795450254.1") * 2)
        assert await cut > 0
        assert await why_lost(heard) == "connection_lost"
        await heard.ready(2)
        assert heard.kinds == ["StreamResumed", "StreamBroken", "StreamResumed"]


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in the midst of events"])
async def test_a_black_hole_is_noticed_within_two_pings_and_the_gap_begins_when_the_pbx_was_last_heard(
    logs: list[Any], busy: bool
) -> None:
    interval_s, timeout_s = 0.3, 0.3
    async with FakeAsterisk() as pbx, line_to("127.0.0.1", pbx.port) as line:
        patient = account(line.port, ping_interval_s=interval_s, ping_timeout_s=timeout_s)
        async with listening(patient, Timed()) as heard:
            assert isinstance(heard, Timed)
            await heard.ready()
            await pbx.sessions[0].asked_for("Ping", 3)  # two of them are the snapshots'
            if busy:
                pbx.sessions[0].send(new_channel("1795450254.1"))
                await heard.events_count(2)
            line.black_hole()
            went_dead = clock.monotonic()
            assert await why_lost(heard) == "silent"
            # That is at most 1.2 s, where nobody else has the processor; before any other patience of this account in any case.
            assert clock.monotonic() - went_dead < WITHIN_S
            broken = next(event for event in heard.events if isinstance(event, StreamBroken))
            assert abs(broken.at - heard.heard_at) < timeout_s
            await line.restore()
            await heard.ready(2)
    assert told(logs)["reason"] == "silent"


async def test_an_action_that_is_never_answered_is_silence_too(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, timeout_s=0.1)) as heard:
        await heard.ready()
        pbx.answers["Getvar"] = silence
        heard.client.ask_for_answers(["1795450254.1"])
        assert await why_lost(heard) == "silent"


async def test_another_account_is_no_fault_of_the_line(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        heard.client.change_account(replace(account(pbx.port), ping_interval_s=50.0))
        assert await why_lost(heard) == "account_changed"
        await heard.ready(2)


async def test_a_backlog_beyond_its_limit_is_our_slowness(logs: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "BACKLOG_LIMIT", 5)
    full = Pump(Core(Rules()), [])
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        full.on_overrun(heard.client.drop)
        full.feed([Tick(float(second)) for second in range(6)])
        assert await why_lost(heard) == "slow"
    assert "writetimeout = 5000" in told(logs)["cure"]


async def test_who_stood_still_while_much_waited_and_then_finds_the_stream_ended_was_cut_off(logs: list[Any]) -> None:
    """As Asterisk does it: what the kernels hold still comes, and then the end."""
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        stand_still(pbx, new_channel("1795450254.1") * 1000)
        assert await why_lost(heard) == "slow"
        assert told(logs)["read_nothing_for_s"] > 0.2
        await heard.ready(2)


async def test_who_stood_still_while_the_line_broke_was_not_cut_off(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        stand_still(pbx, new_channel("1795450254.1"))
        assert await why_lost(heard) == "connection_lost"


def stand_still(pbx: FakeAsterisk, sends: bytes) -> None:
    """The loop turns no more for half a second; meanwhile the PBX, from a thread of its own, sends and closes."""
    kept = pbx.sessions[0]._writer.get_extra_info("socket").dup()

    def send_and_close() -> None:
        kept.setblocking(True)
        kept.sendall(sends)
        kept.shutdown(2)
        kept.close()

    sender = threading.Thread(target=send_and_close)
    sender.start()
    threading.Event().wait(0.5)
    pbx.sessions[0].close()
    asyncio.get_running_loop().call_later(0.2, sender.join)


async def test_what_was_not_heard_since_is_the_gap_though_time_passed_before_silence_was_noticed() -> None:
    core = Core(Rules())
    nothing = Snapshot("", (), (), (), (), (), {})
    core.handle(StreamResumed(100.0, nothing))
    core.handle(Tick(130.0))
    core.handle(StreamBroken(110.0, "silent"))
    (gap,) = [each for each in core.handle(StreamResumed(140.0, nothing)) if isinstance(each, GapEnded)]
    assert (gap.since, gap.at, gap.reason) == (110.0, 140.0, "silent")


async def test_since_when_the_pbx_runs_is_told_with_the_snapshot(logs: list[Any]) -> None:
    """`FullyBooted` has it (the fake's: a minute), where `CoreStatus` may not be asked."""
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        (event,) = [event for event in heard.events if isinstance(event, StreamResumed)]
        assert event.snapshot.up_since is not None
        assert abs(event.snapshot.up_since - (event.at - 60)) < 1
