"""Live calls are kept while they live, the latest word of each, and go with the end of the call."""

import sqlite3
from pathlib import Path

import pytest
import structlog.testing

from handlers.calls.kept import KeptCall
from handlers.steady_time import Uptime
from storage.backlog import Backlog, Entry
from storage.database import writing
from storage.live_calls import Heard, LiveChange, kept_calls
from storage.reading import reading
from storage.writer import BATCH, Writer
from tests.storage.sample_calls import a_call, ended, many
from tests.storage.test_writer import running

HEARD = Heard(1000.5, "killed")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def kept(id_: str, said: str = "", at: float = 1000.0) -> KeptCall:
    return KeptCall(id_, a_call().boot, at, {"said": said})


def change(*calls: KeptCall, whole: bool = False, heard: Heard = HEARD) -> LiveChange:
    return LiveChange({call.id: call for call in calls}, heard, whole)


async def read(path: Path) -> tuple[list[KeptCall], Heard | None]:
    async with reading(path) as connection:
        calls, heard = await kept_calls(connection)
    return sorted(calls, key=lambda call: call.id), heard


async def test_what_was_kept_comes_back_as_it_was_the_latest_word_of_each_call(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        assert await read(path) == ([], None)
        many_calls = [kept(str(n), at=n + 0.125) for n in range(1300)]
        await database.write((), live=change(*many_calls))
        await database.write((), live=change(kept("7", "later", 2000.25), heard=Heard(2000.5, "stopped")))
    calls, heard = await read(path)
    assert heard == Heard(2000.5, "stopped")
    assert {call.id: call for call in calls} == {call.id: call for call in many_calls} | {
        "7": kept("7", "later", 2000.25)
    }


async def test_how_long_the_machine_had_run_when_the_pbx_was_heard_last_comes_back_or_that_nobody_knew(
    path: Path,
) -> None:
    async with writing(path, now=0.0) as database:
        for heard in (Heard(2000.5, "killed", Uptime("a start", -3.125)), Heard(2001.5, "stopped")):
            await database.write((), live=change(heard=heard))
            assert (await read(path))[1] == heard


async def test_the_end_of_a_call_and_its_going_are_one_transaction(path: Path) -> None:
    over, lives = a_call(0), kept("lives")
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(kept(over.id), lives))
        await database.write([ended(over)])
        assert await read(path) == ([lives], HEARD)


async def test_all_that_there_are_take_the_place_of_what_an_earlier_run_left(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(kept("old"), kept("both", "old")))
        await database.write((), live=change(kept("both", "new"), whole=True))
        assert (await read(path))[0] == [kept("both", "new")]


async def test_a_name_with_half_a_character_comes_back_as_it_was(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(kept("1", "\ud800 О'Брайен")))
    assert (await read(path))[0] == [kept("1", "\ud800 О'Брайен")]


@pytest.mark.parametrize("spoilt", ["", "{", "[]", "nonsense"])
async def test_a_document_that_somebody_spoilt_comes_back_empty(path: Path, spoilt: str) -> None:
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(kept("1")))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE live_call SET document = ?", (spoilt,))
    connection.close()
    ((call,), _) = await read(path)
    assert (call.id, call.document) == ("1", {})


async def test_one_that_cannot_be_written_down_holds_up_no_other(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        bad = KeptCall("bad", "boot", 1000.0, {"said": {"a set"}})
        with structlog.testing.capture_logs() as told:
            await database.write([ended(a_call(0))], live=change(bad, kept("good")))
    assert (await read(path))[0] == [kept("good")]
    assert [(line["event"], line["call"]) for line in told] == [("live_call_unwritable", "bad")]


async def test_while_the_disk_is_full_the_latest_word_waits_and_the_end_of_a_call_takes_its_place(path: Path) -> None:
    over = a_call(0)
    async with writing(path, now=0.0) as database:
        writer = Writer(database)
        writer.keep(change(kept(over.id), kept("2", "old")))
        writer.keep(change(kept("2", "new")))
        writer.put(ended(over))
        async with running(writer):
            await writer.flush()
    assert await read(path) == ([kept("2", "new")], HEARD)


async def test_what_a_failed_transaction_was_to_keep_is_kept_by_the_next(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        writer = Writer(database)
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        writer.keep(change(kept("1", "old"), kept("2")))
        writer.put(ended(a_call(0)))
        async with running(writer):
            with pytest.raises(Exception, match="locked"):
                await writer.flush()
            writer.keep(change(kept("1", "new")))
            blocker.execute("ROLLBACK")
            blocker.close()
            await writer.flush()
    assert await read(path) == ([kept("1", "new"), kept("2")], HEARD)


async def test_all_that_there_are_wait_for_every_end_that_was_taken_before(path: Path) -> None:
    over = [each.call.id for each in many(BATCH + 3)]
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(*map(kept, over)))
        writer = Writer(database)
        for each in many(BATCH + 3):
            writer.put(each)
        writer.keep(change(kept("lives"), whole=True))
        assert await writer._store_batch()
        assert [call.id for call in (await read(path))[0]] == sorted(over[BATCH:])
        assert await writer._store_batch()
    assert (await read(path))[0] == [kept("lives")]


def of_run(boot: str, said: str = "") -> KeptCall:
    """A call with the id of the sample call, in some run of the PBX."""
    return KeptCall(a_call(0).id, boot, 1000.0, {"said": said})


async def test_the_end_of_a_call_of_an_earlier_run_of_the_pbx_leaves_the_one_that_has_its_id_now(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(of_run(a_call(0).boot)))
        await database.write([ended(a_call(0))], live=change(of_run("later")))
        assert (await read(path))[0] == [of_run("later")]


async def test_what_turned_out_to_be_no_call_in_an_earlier_run_leaves_the_one_that_has_its_id_now(path: Path) -> None:
    none = frozenset({(a_call(0).id, "boot")})
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(of_run("later")))
        await database.write((), live=LiveChange({}, HEARD, none=none))
        assert (await read(path))[0] == [of_run("later")]
        await database.write((), live=LiveChange({}, HEARD, none=frozenset({(a_call(0).id, "later")})))
        assert (await read(path))[0] == []


async def test_a_call_kept_before_the_pbx_said_which_run_it_is_goes_with_its_end(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(of_run("")))
        await database.write([ended(a_call(0))])
        assert (await read(path))[0] == []


async def test_more_ends_than_one_statement_takes_leave_only_what_lives(path: Path) -> None:
    calls = many(1300)
    lives = KeptCall(calls[700].call.id, "later", 1000.0, {})
    async with writing(path, now=0.0) as database:
        await database.write((), live=change(*(KeptCall(each.call.id, each.call.boot, 1.0, {}) for each in calls)))
        await database.write(calls, live=change(lives))
        assert (await read(path))[0] == [lives]


async def test_what_waits_of_a_later_run_is_kept_though_an_earlier_ones_end_comes_behind(path: Path) -> None:
    backlog = Backlog(path, 10)
    backlog.keep(change(of_run("later")))
    backlog.add(Entry(ended(a_call(0)), (), (), ()))
    backlog.keep(LiveChange({}, HEARD, none=frozenset({(a_call(0).id, "boot")})))
    _, live = backlog.take(10)
    assert live is not None
    assert list(live.calls.values()) == [of_run("later")]
