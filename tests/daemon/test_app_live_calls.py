"""Calls that outlive the daemon, stopped or killed, are taken up with all that was known of them."""

import asyncio
import json
import signal
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
import structlog.testing

from daemon import clock
from daemon.keeper import HEARD_EVERY_S
from handlers.facts import Call, CallEnded, GapEnded
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.gaps import GapFilter, find_gaps
from storage.live_calls import kept_calls
from storage.reading import reading
from tests.daemon.app_service import Ledger, ready, replay, running, settings_for
from tests.daemon.fake_asterisk import (
    SECRET,
    Action,
    FakeAsterisk,
    Session,
    event,
    hangup,
    listed,
    new_channel,
    run_of_headers,
)
from tests.daemon.http_service import until
from tests.daemon.ringtally_process import running_daemon, write_settings
from tests.torture.proxy import line_to

CALLER, OTHER = "1795450260.1", "1795450260.2"
AWAY_S = 60
QUEUE_JOINED = event("QueueCallerJoin", run_of_headers(CALLER) + "Queue: support\r\nPosition: 1\r\nCount: 1\r\n")


WAITS = (
    f"QueueEntry\r\nActionID: {{id}}\r\nQueue: support\r\nPosition: 1\r\nChannel: PJSIP/trunk-{CALLER}\r\nUniqueid: {CALLER}\r\n"
    "CallerIDNum: 79001112233\r\nWait: 9"
)


def lives(*uniqueids: str) -> list[str]:
    """The PBX's list of channels with these in it, of a whole second of age."""
    return [
        f"CoreShowChannel\r\nActionID: {{id}}\r\nChannel: PJSIP/trunk-{each}\r\nChannelState: 4\r\nCallerIDNum: 79001112233\r\n"
        f"Context: from-trunk\r\nExten: 7001\r\nUniqueid: {each}\r\nLinkedid: {each}\r\nDuration: 00:00:09"
        for each in uniqueids
    ]


def show(pbx: FakeAsterisk, *uniqueids: str) -> None:
    """From here on the PBX says that these live."""

    def answer(_session: Session, action: Action) -> bytes:
        return listed(action, "CoreShowChannelsComplete", lives(*uniqueids))

    pbx.answers["CoreShowChannels"] = answer
    pbx.answers["QueueStatus"] = lambda _, action: listed(action, "QueueStatusComplete", [WAITS])


def _kept(folder: Path) -> set[str]:
    """The ids of the calls that are kept now."""
    connection = sqlite3.connect(f"file:{folder}/calls.db?mode=ro", uri=True)
    try:
        return {id_ for (id_,) in connection.execute("SELECT id FROM live_call")}
    finally:
        connection.close()


def _document(folder: Path, uniqueid: str) -> str:
    """What is kept of a call now; nothing: empty."""
    connection = sqlite3.connect(f"file:{folder}/calls.db?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT document FROM live_call WHERE id = ?", (uniqueid,)).fetchone()
    finally:
        connection.close()
    return row[0] if row is not None else ""


def _result(call: Call) -> str:
    """However short it was."""
    return (call.result or "").removeprefix("short_")


async def test_what_lives_at_a_stop_goes_on_with_its_true_start_and_what_ended_meanwhile_ends_unseen(
    tmp_path: Path,
) -> None:
    first, second = Ledger(), Ledger()
    async with FakeAsterisk() as pbx:
        async with ready(settings_for(tmp_path, pbx.port), [first]) as (daemon, _):
            await replay(pbx, daemon, [new_channel(CALLER), QUEUE_JOINED, new_channel(OTHER)])
            before = {call.id: call for call in daemon.core.live_calls()}
        assert not first.ended, "no end was heard of: nothing is told, and nothing counted"
        show(pbx, CALLER)
        async with ready(settings_for(tmp_path, pbx.port), [second]) as (daemon, client):
            async with client.get("/api/v1/live") as answer:
                (live,) = (await answer.json())["calls"]
            await replay(pbx, daemon, [hangup(CALLER)])
    assert (live["id"], live["state"], live["queue"]) == (CALLER, "queued", "support")
    assert [(call.id, _result(call), call.end_seen, call.incomplete) for call in second.calls] == [
        (OTHER, "unknown", False, True),
        (CALLER, "abandoned", True, True),
    ]
    went_on = second.calls[1]
    assert went_on.started_at == before[CALLER].started_at
    assert went_on.queued_at == before[CALLER].queued_at is not None
    (gap,) = [fact for fact in second.facts if isinstance(fact, GapEnded)]
    assert gap.reason == "stopped"
    async with reading(tmp_path / "calls.db") as connection:
        assert sorted(call.id for call in await find_calls(connection, CallFilter())) == [CALLER, OTHER]
        assert (await kept_calls(connection))[0] == []


async def test_a_daemon_that_is_killed_takes_its_calls_up_again(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            pbx.sessions[-1].send(new_channel(CALLER) + QUEUE_JOINED + new_channel(OTHER) + hangup(OTHER))
            await until(lambda: _kept(tmp_path) == {CALLER})
            assert await daemon.stop(signal.SIGKILL) == -signal.SIGKILL
        show(pbx, CALLER)
        async with running_daemon(settings) as daemon:
            assert (await daemon.told("calls_taken_up"))["calls"] == 1
            assert (await daemon.told("gap_ended"))["reason"] == "killed"
            await daemon.until("/api/v1/live", '"state":"queued"')
            pbx.sessions[-1].send(hangup(CALLER))
            await daemon.until("/api/v1/live", '"total":0')
            assert await daemon.stop() == 0
    async with reading(tmp_path / "calls.db") as connection:
        calls = {call.id: call for call in await find_calls(connection, CallFilter())}
    assert {id_: (_result(call), call.end_seen, call.incomplete) for id_, call in calls.items()} == {
        CALLER: ("abandoned", True, True),
        OTHER: ("failed", True, False),
    }


async def test_a_stay_that_was_over_when_the_daemon_was_killed_is_in_the_days_figures_though_its_call_lives(
    tmp_path: Path,
) -> None:
    elsewhere = QUEUE_JOINED.replace(b"support", b"sales")  # who joins a queue has left the one before
    counted = 'ringtally_today_queue_stays{outcome="left",queue="other"} 1.0'
    async with FakeAsterisk(steady=True) as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            pbx.sessions[-1].send(new_channel(CALLER) + elsewhere + QUEUE_JOINED)
            await daemon.until("/metrics", counted)
            await until(lambda: '"left"' in _document(tmp_path, CALLER))
            assert await daemon.stop(signal.SIGKILL) == -signal.SIGKILL
        show(pbx, CALLER)
        async with running_daemon(settings) as daemon:
            await daemon.told("gap_ended")
            await daemon.until("/api/v1/live", '"state":"queued"')
            await daemon.until("/metrics", counted)
            pbx.sessions[-1].send(hangup(CALLER))
            await daemon.until("/api/v1/live", '"total":0')
            await daemon.until("/metrics", counted)


async def test_before_the_pbx_was_ever_heard_there_is_nothing_to_go_on_from_and_no_gap(tmp_path: Path) -> None:
    ledger = Ledger()
    async with FakeAsterisk() as pbx:
        port = pbx.port
        await pbx.go_down()
        async with running(settings_for(tmp_path, port)) as (daemon, _):
            await until(lambda: daemon.client.state == "unreachable")
        await pbx.listen(port)
        async with ready(settings_for(tmp_path, port), [ledger]):
            pass
    assert not [fact for fact in ledger.facts if isinstance(fact, GapEnded | CallEnded)]


async def test_after_a_version_that_wrote_no_moment_down_the_gap_begins_with_the_last_that_it_stored(
    tmp_path: Path,
) -> None:
    first, second = Ledger(), Ledger()
    async with FakeAsterisk() as pbx:
        async with ready(settings_for(tmp_path, pbx.port), [first]) as (daemon, _):
            await replay(pbx, daemon, [new_channel(CALLER), hangup(CALLER)])
        connection = sqlite3.connect(tmp_path / "calls.db")
        with connection:
            connection.execute("DELETE FROM heard")
        connection.close()
        async with ready(settings_for(tmp_path, pbx.port), [second]):
            pass
    (gap,) = [fact for fact in second.facts if isinstance(fact, GapEnded)]
    assert (round(gap.since, 3), gap.reason) == (round(first.ended[-1].ended_at or 0, 3), "stopped")
    assert gap.at <= clock.now()


async def test_a_pbx_that_is_not_heard_after_a_restart_leaves_the_gap_where_it_began(tmp_path: Path) -> None:
    ledger = Ledger()
    async with FakeAsterisk() as pbx:
        port = pbx.port
        async with ready(settings_for(tmp_path, port)) as (daemon, _):
            await replay(pbx, daemon, [new_channel(CALLER)])
        await pbx.go_down()
        async with running(settings_for(tmp_path, port)) as (daemon, _):
            await until(lambda: daemon.client.state == "unreachable")
            began = daemon.core.broken
        await pbx.listen(port)
        async with ready(settings_for(tmp_path, port), [ledger]):
            pass
    (gap,) = [fact for fact in ledger.facts if isinstance(fact, GapEnded)]
    assert began is not None
    assert (round(gap.since, 3), gap.reason) == (round(began.at, 3), "stopped")
    assert [call.id for call in ledger.calls] == [CALLER]


async def test_a_gap_is_stored_with_what_is_heard_since_so_that_no_two_overlap(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        for before in range(3):
            async with running_daemon(settings) as daemon:
                await daemon.told("ami_ready")
                await until(lambda before=before: _gaps_before_what_is_heard(tmp_path) == before)
                await daemon.stop(signal.SIGKILL)
        async with running_daemon(settings) as daemon:
            await daemon.told("gap_ended")
            await daemon.stop()
    async with reading(tmp_path / "calls.db") as connection:
        gaps = await find_gaps(connection, GapFilter())
    assert len(gaps) == 3
    assert all(earlier.at <= later.since for earlier, later in pairwise(gaps))


async def test_at_a_stop_the_pbx_is_asked_for_a_last_word_and_the_gap_begins_no_sooner(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        async with ready(settings_for(tmp_path, pbx.port)):
            stopped_at = clock.now()
        async with reading(tmp_path / "calls.db") as connection:
            _, heard = await kept_calls(connection)
    assert heard is not None
    assert (heard.until >= round(stopped_at, 3), heard.reason) == (True, "stopped")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "dead_s"), [(signal.SIGTERM, 2.0), (signal.SIGKILL, HEARD_EVERY_S + 2)], ids=["stopped", "killed"]
)
async def test_on_a_line_that_died_without_a_word_the_gap_begins_when_the_pbx_was_heard_last(
    tmp_path: Path, number: signal.Signals, dead_s: float
) -> None:
    async with FakeAsterisk() as pbx, line_to("127.0.0.1", pbx.port) as line:
        settings = write_settings(tmp_path, "127.0.0.1", line.port, SECRET)
        settings.write_text(settings.read_text().replace("[http]", 'ping_interval = "1m"\n[http]'))
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            pbx.sessions[-1].send(new_channel(CALLER))
            await until(lambda: _kept(tmp_path) == {CALLER})
            heard_at = clock.now()
            line.black_hole()
            await asyncio.sleep(dead_s)  # so long the daemon has believed that the PBX has nothing to say
            assert not daemon.events("ami_lost")
            await daemon.stop(number)
        await line.restore()
        async with running_daemon(settings) as daemon:
            await daemon.told("gap_ended")
            await daemon.stop()
    async with reading(tmp_path / "calls.db") as connection:
        (gap,) = await find_gaps(connection, GapFilter())
    assert heard_at - HEARD_EVERY_S < gap.since <= heard_at


def _gaps_before_what_is_heard(folder: Path) -> int | None:
    """How many gaps are stored; None while nothing is heard, or not since the last of them."""
    connection = sqlite3.connect(f"file:{folder}/calls.db?mode=ro", uri=True)
    try:
        ((gaps, last, heard),) = connection.execute(
            "SELECT count(*), coalesce(max(ended_at), 0), (SELECT until FROM heard) FROM gap"
        )
    finally:
        connection.close()
    return None if heard is None or heard < last else int(gaps)


async def test_a_login_to_a_pool_that_was_kept_as_a_call_is_kept_no_longer(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, _):
        await replay(pbx, daemon, [new_channel(CALLER)])
        await until(lambda: _kept(tmp_path) == {CALLER})
        await replay(pbx, daemon, [event("AgentLogin", run_of_headers(CALLER) + "Agent: 1001\r\n")])
        await until(lambda: _kept(tmp_path) == set())


@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
async def test_a_clock_that_was_set_while_we_were_down_changes_no_duration_of_who_lives_on_and_none_of_the_gap(
    tmp_path: Path, by_s: float
) -> None:
    with structlog.testing.capture_logs() as told:
        call, gap, lasted_s = await _set_while_down(tmp_path, by_s)
    assert AWAY_S < (call.total_s or 0) <= AWAY_S + lasted_s
    assert AWAY_S < gap.at - gap.since <= AWAY_S + lasted_s
    assert gap.at <= clock.now()
    (line,) = [line for line in told if line["event"] == "clock_was_set"]
    assert line["while_we_were_down"]
    assert abs(line["by_s"] - by_s) < 1


@pytest.mark.parametrize("uptime", ["machine_boot = 'another'", "machine_boot = NULL, uptime = NULL"])
async def test_by_how_much_it_was_set_nobody_knows_after_another_start_of_the_machine_or_an_older_version(
    tmp_path: Path, uptime: str
) -> None:
    with structlog.testing.capture_logs() as told:
        call, gap, lasted_s = await _set_while_down(tmp_path, 3600.0, uptime)
    assert AWAY_S + 3600 < (call.total_s or 0) <= AWAY_S + 3600 + lasted_s
    assert AWAY_S + 3600 < gap.at - gap.since <= AWAY_S + 3600 + lasted_s
    assert not [line for line in told if line["event"].startswith("clock_was_set")]


@pytest.mark.parametrize("uptime", ["machine_boot = 'another'", "machine_boot = NULL, uptime = NULL"])
async def test_a_clock_that_was_set_back_while_we_were_down_stops_no_time_though_nobody_knows_by_how_much(
    tmp_path: Path, uptime: str
) -> None:
    with structlog.testing.capture_logs() as told:
        call, gap, lasted_s = await _set_while_down(tmp_path, -3600.0, uptime)
    assert 0 <= (call.total_s or 3600) <= lasted_s
    assert call.started_at <= clock.now()
    assert 0 <= gap.at - gap.since <= lasted_s
    (line,) = [line for line in told if line["event"].startswith("clock_was_set")]
    assert (line["event"], line["while_we_were_down"]) == ("clock_was_set_back", True)


async def _set_while_down(folder: Path, by_s: float, uptime: str = "uptime = uptime") -> tuple[Call, GapEnded, float]:
    """A call over a stop of a minute, in which the clock is set by so much; the gap, and how long the rest of it took.

    What is in the database is moved the other way, for nobody may set this machine's clock, or wait for a minute.
    """
    ledger, began_at = Ledger(), clock.monotonic()
    async with FakeAsterisk() as pbx:
        async with ready(settings_for(folder, pbx.port)) as (daemon, _):
            await replay(pbx, daemon, [new_channel(CALLER)])
        connection = sqlite3.connect(folder / "calls.db")
        with connection:
            connection.execute(
                "UPDATE heard SET until = until - ?, uptime = uptime - ?", ((AWAY_S + by_s) * 1000, AWAY_S * 1000)
            )
            connection.execute(f"UPDATE heard SET {uptime}")
            connection.execute(
                "UPDATE live_call SET document = replace(document, ?, ?)", _later(connection, -AWAY_S - by_s)
            )
        connection.close()
        show(pbx, CALLER)
        async with ready(settings_for(folder, pbx.port), [ledger]) as (daemon, _):
            assert daemon.core.now <= clock.now()
            await replay(pbx, daemon, [hangup(CALLER), new_channel(OTHER), hangup(OTHER)])
    ended = {call.id: call for call in ledger.calls}
    assert ended[OTHER].started_at <= clock.now()
    (gap,) = [fact for fact in ledger.facts if isinstance(fact, GapEnded)]
    return ended[CALLER], gap, clock.monotonic() - began_at


def _later(connection: sqlite3.Connection, by_s: float) -> tuple[str, str]:
    """The start of the one call that is kept, as it stands in its document, and so much later."""
    ((document,),) = connection.execute("SELECT document FROM live_call")
    started = json.loads(document)["call"]["started_at"]
    return str(started), str(started + by_s)
