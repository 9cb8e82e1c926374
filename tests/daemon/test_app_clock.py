"""The whole daemon, and somebody sets the machine's clock while a call lives."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon import clock
from handlers.steady_time import SteadyTime
from tests.daemon.app_service import Ledger, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import until

TALK_S = 0.3


@pytest.fixture
def set_by(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """By how much the clock was set: a wall clock that can be, beside a monotonic one that cannot."""
    set_by = [0.0]
    true = time.time  # noqa: TID251 - what is set here
    clocks = SimpleNamespace(**vars(time) | {"time": lambda: true() + set_by[0]})
    monkeypatch.setattr(clock, "time", clocks)
    monkeypatch.setattr(clock, "_steady", SteadyTime())
    return set_by


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
async def test_the_call_is_as_long_as_it_was_and_the_next_one_begins_when_it_does(
    tmp_path: Path, step_s: float, set_by: list[float]
) -> None:
    ledger = Ledger()
    call = lines("01-direct-caller-hangs-up")
    answered = next(n for n, raw in enumerate(call) if raw.startswith(b"Event: HangupRequest"))
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port), [ledger]) as (daemon, _):
        await replay(pbx, daemon, call[:answered])
        began_at = clock.now()
        await asyncio.sleep(TALK_S)  # the talk itself
        set_by[0] = step_s
        daemon.pump.nudge()
        clock.now()
        await until(lambda: clock.stepped_s() == 0.0)
        assert clock.now() == pytest.approx(began_at + step_s, abs=5)
        await replay(pbx, daemon, call[answered:])
        await replay(pbx, daemon, [raw.replace(b"1795450", b"1795460") for raw in call])
        next_at = clock.now()
    first, second = ledger.calls
    for each in (first, second):
        assert each.result == "answered"
        assert not each.incomplete
    assert first.talk_s == pytest.approx(TALK_S, abs=5)
    assert first.talk_s is not None
    assert first.talk_s >= TALK_S
    assert first.started_at == pytest.approx(began_at + step_s, abs=5)
    assert second.started_at == pytest.approx(next_at, abs=5)
