"""A line to a real Asterisk that stalls and loses nothing, shorter and longer than the patience of the default settings."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Stalled:
    """How long the talk that ended while the line stalled was in truth; the calls as they were told, in order; the reasons of the gaps."""

    talk_s: float
    calls: list[Row]
    gaps: list[str]


STALLS = {
    "short, 22": (22, 5.0, ""),
    "short, 16": (16, 5.0, ""),
    "long": (22, 8.0, ""),
    "short, stamped": (22, 5.0, STAMPED),
}


@pytest.fixture(scope="module")
def stalls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stalled]:
    """Each on an Asterisk of its own, all at once: they wait most of the time."""

    async def all_at_once() -> list[Stalled]:
        folder = tmp_path_factory.mktemp("stalls")
        played = [
            stalled(version, number, stall_s, folder / f"{number}.db", more)
            for number, (version, stall_s, more) in enumerate(STALLS.values(), 101)
        ]
        return await asyncio.gather(*played)

    return dict(zip(STALLS, asyncio.run(all_at_once()), strict=True))


async def stalled(version: int, number: int, stall_s: float, database: Path, more: str) -> Stalled:
    """The calls of `play` on a line that stalls for so long."""
    async with (
        running_pbx(version, number, more) as pbx,
        line_to(pbx.ip, 5038) as line,
        asyncio.TaskGroup() as tasks,
    ):
        settings = Settings(
            ami=Ami(host="127.0.0.1", port=line.port, secret=SecretStr(SECRET), reconnect_max=1.0),
            http=Http(listen="127.0.0.1:0"),
            storage=Storage(path=str(database)),
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
    calls, gaps = await rows_of(database)
    in_order = sorted(calls.values(), key=lambda call: str(call["started_at"]))
    return Stalled(talk_s, in_order, [gap.reason for gap in gaps])


def told(call: Row) -> dict[str, float]:
    return {field: call[field] for field in DURATIONS if call[field] is not None}


@pytest.mark.parametrize("version", [22, 16])
def test_a_stall_shorter_than_the_patience_is_a_gap_in_which_results_stand_and_no_duration_is_invented(
    version: int, stalls: dict[str, Stalled]
) -> None:
    seen = stalls[f"short, {version}"]
    assert seen.gaps == ["slow"]
    staying, ending, inside, after = seen.calls
    for call in (ending, inside):
        assert (call["result"], call["end_seen"], call["incomplete"]) == ("answered", True, True)
    assert told(ending).keys().isdisjoint({"talk_s", "hold_s", "total_s"})
    assert ending["wait_s"] == pytest.approx(RING_S, abs=TOLERANCE_S)
    assert told(inside) == {}
    assert (staying["result"], staying["incomplete"], after["incomplete"]) == ("answered", True, False)
    assert after["talk_s"] == pytest.approx(TALK_S, abs=TOLERANCE_S)


def test_a_stall_that_outlasts_the_patience_is_a_gap_and_no_duration_is_invented(stalls: dict[str, Stalled]) -> None:
    seen = stalls["long"]
    assert seen.gaps == ["silent"]
    staying, ending, *others = seen.calls
    assert (ending["end_seen"], ending["incomplete"]) == (False, True)
    assert told(ending).keys().isdisjoint({"talk_s", "hold_s", "total_s"})
    (after,) = others
    assert (staying["incomplete"], after["incomplete"]) == (True, False)
    assert after["talk_s"] == pytest.approx(TALK_S, abs=TOLERANCE_S)


def test_of_a_pbx_that_stamps_its_events_a_stall_hides_nothing(stalls: dict[str, Stalled]) -> None:
    seen = stalls["short, stamped"]
    assert seen.gaps == []
    assert [call["incomplete"] for call in seen.calls] == [False] * 4
    assert seen.calls[1]["talk_s"] == pytest.approx(seen.talk_s, abs=TOLERANCE_S)
    assert seen.calls[2]["talk_s"] == pytest.approx(TALK_S, abs=TOLERANCE_S)
