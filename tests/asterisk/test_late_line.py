"""A line to a real Asterisk that stalls and loses nothing, shorter and longer than the patience of the default settings."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.sections import Ami, Http, Settings, Storage
from daemon.app import App
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.scenarios.words import talking
from tests.asterisk.test_frozen import DURATIONS, STAMPED, Row, rows_of
from tests.asterisk.test_gaps import TOLERANCE_S, until_listening
from tests.daemon.app_service import Ledger
from tests.torture.proxy import Line, line_to

RING_S = 1.0  # of `talking`
TALK_S = 1.5


async def play(pbx: Pbx, line: Line, stall_s: float) -> float:
    """A talk that ends and a whole call while the line stalls, one that talks on, and one afterwards: how long was the first talk?"""
    loop = asyncio.get_running_loop()
    staying, _ = await talking(pbx, seconds=0)
    ending, _ = await talking(pbx, seconds=0)
    up_at = loop.time()
    await asyncio.sleep(TALK_S)
    line.stall()
    over_at = loop.time() + stall_s
    await asyncio.sleep(0.5)
    await ending.bye()
    talk_s = loop.time() - up_at
    inside, _ = await talking(pbx)
    await inside.bye()
    await asyncio.sleep(over_at - loop.time())
    await line.restore()
    await asyncio.sleep(3)  # it is noticed and settled; a stall that is not noticed has no signal
    await staying.bye()
    after, _ = await talking(pbx, seconds=TALK_S)
    await after.bye()
    return talk_s


async def stalled(version: int, stall_s: float, folder: Path, more: str = "") -> tuple[float, list[Row], list[str]]:
    """The talk that ended while the line stalled for so long, in truth; the calls in order; the reasons of the gaps."""
    async with (
        running_pbx(version, 101, more) as pbx,
        line_to(pbx.ip, 5038) as line,
        asyncio.TaskGroup() as tasks,
    ):
        settings = Settings(
            ami=Ami(host="127.0.0.1", port=line.port, secret=SecretStr(SECRET), reconnect_max=1.0),
            http=Http(listen="127.0.0.1:0"),
            storage=Storage(path=str(folder / "calls.db")),
        )
        app = App(settings, [Ledger()])
        running = tasks.create_task(app.run())
        daemon = await app.started
        await until_listening(daemon)
        talk_s = await play(pbx, line, stall_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while list(daemon.core.live_calls()):
                    await asyncio.sleep(0.02)  # a live daemon's state has no signal
        app.stop.set()
        await running
    calls, gaps = await rows_of(folder / "calls.db")
    return talk_s, sorted(calls.values(), key=lambda call: str(call["started_at"])), [gap.reason for gap in gaps]


def told(call: Row) -> dict[str, float]:
    return {field: call[field] for field in DURATIONS if call[field] is not None}


@pytest.mark.parametrize("version", [22, 16])
async def test_a_stall_shorter_than_the_patience_is_a_gap_in_which_results_stand_and_no_duration_is_invented(
    version: int, tmp_path: Path
) -> None:
    _, (staying, ending, inside, after), gaps = await stalled(version, 5.0, tmp_path)
    assert gaps == ["slow"]
    for call in (ending, inside):
        assert (call["result"], call["end_seen"], call["incomplete"]) == ("answered", True, True)
    assert told(ending).keys().isdisjoint({"talk_s", "hold_s", "total_s"})
    assert ending["wait_s"] == pytest.approx(RING_S, abs=TOLERANCE_S)
    assert told(inside) == {}
    assert (staying["result"], staying["incomplete"], after["incomplete"]) == ("answered", True, False)
    assert after["talk_s"] == pytest.approx(TALK_S, abs=TOLERANCE_S)


async def test_a_stall_that_outlasts_the_patience_is_a_gap_and_no_duration_is_invented(tmp_path: Path) -> None:
    _, (staying, ending, *others), gaps = await stalled(22, 8.0, tmp_path)
    assert gaps == ["silent"]
    assert (ending["end_seen"], ending["incomplete"]) == (False, True)
    assert told(ending).keys().isdisjoint({"talk_s", "hold_s", "total_s"})
    (after,) = others
    assert (staying["incomplete"], after["incomplete"]) == (True, False)
    assert after["talk_s"] == pytest.approx(TALK_S, abs=TOLERANCE_S)


async def test_of_a_pbx_that_stamps_its_events_a_stall_hides_nothing(tmp_path: Path) -> None:
    talk_s, calls, gaps = await stalled(22, 5.0, tmp_path, STAMPED)
    assert gaps == []
    assert [call["incomplete"] for call in calls] == [False] * 4
    assert calls[1]["talk_s"] == pytest.approx(talk_s, abs=TOLERANCE_S)
    assert calls[2]["talk_s"] == pytest.approx(TALK_S, abs=TOLERANCE_S)
