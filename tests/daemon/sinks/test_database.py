"""What lasts: finished calls, merged ones too, in order; nothing else."""

import asyncio
from pathlib import Path

from daemon.sinks.database import DatabaseSink
from handlers.facts import CallEnded, Fact, GapEnded
from storage.call_filter import CallFilter
from storage.calls import find_call, find_calls
from storage.database import writing
from storage.gaps import GapFilter, find_gaps
from storage.reading import reading
from storage.writer import Writer
from tests.handlers.playbook import Play
from tests.storage.sample_calls import START, a_call, ended


async def stored_by(path: Path, facts: list[Fact]) -> None:
    async with writing(path, now=START) as database, asyncio.TaskGroup() as tasks:
        writer = Writer(database)
        tasks.create_task(writer.run())
        DatabaseSink(writer).take(facts)
        assert await writer.close(5.0) == 0


async def test_of_all_facts_of_a_call_its_end_is_stored_with_the_time_line(tmp_path: Path) -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(4)
    play.answer(caller, leg)
    play.wait(60)
    play.far_end_hangs_up(caller, leg)
    assert len(play.facts) > 1
    await stored_by(tmp_path / "calls.db", play.facts)
    async with reading(tmp_path / "calls.db") as connection:
        found = await find_call(connection, caller)
    assert found == play.only_call


async def test_merged_calls_are_kept_and_a_fact_told_twice_is_one_row(tmp_path: Path) -> None:
    facts: list[Fact] = [ended(a_call()), ended(a_call(1, merged_into=a_call().id)), ended(a_call())]
    await stored_by(tmp_path / "calls.db", facts)
    async with reading(tmp_path / "calls.db") as connection:
        found = await find_calls(connection, CallFilter(merged=True))
    assert [call.id for call in found] == [fact.call.id for fact in facts[:2] if isinstance(fact, CallEnded)]


async def test_a_gap_that_is_over_is_stored_with_its_bounds_and_its_reason(tmp_path: Path) -> None:
    gap = GapEnded(START + 20, START + 7.5, "pbx_restarted")
    await stored_by(tmp_path / "calls.db", [gap, ended(a_call()), gap])
    async with reading(tmp_path / "calls.db") as connection:
        assert await find_gaps(connection, GapFilter()) == [gap]
        assert len(await find_calls(connection, CallFilter())) == 1
