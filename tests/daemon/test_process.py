"""`ringtally run` as a process: what an operator sees of a PBX that is down, of signals, and of what is wrong."""

import asyncio
import json
import os
import shlex
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import writing
from storage.gaps import GapFilter, find_gaps
from storage.live_calls import Heard, LiveChange, kept_calls
from storage.reading import reading
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, hangup, new_channel, refused, silence
from tests.daemon.free_port import closed_port
from tests.daemon.http_service import next_frame
from tests.daemon.recorder_process import recording
from tests.daemon.ringtally_process import RINGTALLY, STOPS_WITHIN_S, Daemon, ran, running_daemon, write_settings
from tests.documents.asking import asking
from tests.storage.faults import header
from tests.storage.sample_calls import START, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed
from tests.storage.storing import checkpoint

pytestmark = pytest.mark.slow

FINISHED = 300
LIVE = 3


@asynccontextmanager
async def beside(pbx: FakeAsterisk, folder: Path) -> AsyncIterator[Daemon]:
    """The daemon, connected."""
    async with pbx, running_daemon(write_settings(folder, "127.0.0.1", pbx.port, SECRET)) as daemon:
        await daemon.told("ami_ready")
        yield daemon


async def test_a_pbx_that_is_down_at_start_is_no_failure(tmp_path: Path) -> None:
    pbx = FakeAsterisk()
    async with pbx:
        port = pbx.port
        await pbx.go_down()
        async with running_daemon(write_settings(tmp_path, "127.0.0.1", port, SECRET)) as daemon:
            told = await daemon.told("ami_unreachable")
            assert "check ami.host and ami.port" in told["cure"]
            assert (await daemon.get("/-/healthy"))[0] == 200
            status, text = await daemon.get("/-/ready")
            assert (status, "the PBX is not connected" in text) == (503, True)
            await daemon.until("/metrics", "ringtally_ami_connected 0.0")
            await pbx.listen(port)
            await daemon.told("ami_ready")
            await daemon.until("/-/ready", "")
            await daemon.until("/metrics", "ringtally_ami_connected 1.0")
            assert len(daemon.events("ami_unreachable")) == 1
            assert await daemon.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_soon_with_every_finished_call_stored(tmp_path: Path, number: signal.Signals) -> None:
    pbx = FakeAsterisk(steady=True)
    async with beside(pbx, tmp_path) as daemon, asking(f"http://127.0.0.1:{daemon.port}") as session:
        # Somebody watches the stream meanwhile, and does not go away by himself.
        async with session.get("/api/v1/stream") as stream:
            await next_frame(stream.content)
            ids = [f"1795450254.{n}" for n in range(FINISHED + LIVE)]
            over = [new_channel(each) + hangup(each) for each in ids[:FINISHED]]
            pbx.sessions[0].send(b"".join([*over, *map(new_channel, ids[FINISHED:])]))
            await daemon.until("/api/v1/live", f'"total":{LIVE}')
            assert await daemon.stop(number, STOPS_WITHIN_S) == 0
        assert daemon.events("stopped")
    async with reading(tmp_path / "calls.db") as connection:
        stored = await find_calls(connection, CallFilter())
        kept, heard = await kept_calls(connection)
    assert sorted(call.id for call in stored) == sorted(ids[:FINISHED])
    assert sorted(call.id for call in kept) == sorted(ids[FINISHED:])
    assert heard is not None
    assert heard.reason == "stopped"


async def test_a_hangup_signal_reads_the_settings_again_and_loses_no_call(tmp_path: Path) -> None:
    pbx = FakeAsterisk(steady=True)
    async with beside(pbx, tmp_path) as daemon:
        settings = tmp_path / "ringtally.toml"
        right = settings.read_text()
        pbx.sessions[0].send(new_channel("1795450254.1"))
        await daemon.until("/api/v1/live", '"trunk":"trunk"')
        settings.write_text(right + "[nonsense]\n[follow_up]\nwindow = 3\nrule = 'strict'\n")
        daemon.send(signal.SIGHUP)
        assert (await daemon.told("settings_refused"))["problems"] == len(daemon.events("settings_problem")) == 2
        settings.write_text(right + '[[trunks]]\nname = "city"\nchannels = ["PJSIP/trunk-*"]\n')
        daemon.send(signal.SIGHUP)
        assert (await daemon.told("settings_reloaded"))["changed"] == "trunks"
        pbx.sessions[0].send(new_channel("1795450254.2"))
        await daemon.until("/api/v1/live", '"trunk":"city"')
        await daemon.until("/api/v1/live", '"total":2')
        assert await daemon.stop() == 0


async def test_it_stops_as_soon_while_it_waits_to_try_again(tmp_path: Path) -> None:
    async with running_daemon(write_settings(tmp_path, "127.0.0.1", closed_port(), SECRET)) as daemon:
        await daemon.told("ami_unreachable")
        assert await daemon.stop(within_s=STOPS_WITHIN_S) == 0


async def test_it_stops_as_soon_while_a_pbx_gives_no_answer(tmp_path: Path) -> None:
    pbx = FakeAsterisk()
    pbx.answers["Login"] = silence
    async with pbx, running_daemon(write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)) as daemon:
        await (await pbx.session()).asked_for("Login")
        assert await daemon.stop(within_s=STOPS_WITHIN_S) == 0


async def test_a_refused_login_is_told_once_and_the_daemon_goes_on(tmp_path: Path) -> None:
    pbx = FakeAsterisk()
    pbx.answers["Login"] = refused
    async with pbx, running_daemon(write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)) as daemon:
        told = await daemon.told("ami_refused")
        assert "check ami.username, ami.secret" in told["cure"]
        status, text = await daemon.get("/-/ready")
        assert (status, "refused" in text) == (503, True)
        assert await daemon.stop() == 0
        assert len(daemon.events("ami_refused")) == 1
        assert not [line for line in daemon.lines if SECRET in line]


async def test_no_line_of_the_log_holds_a_secret_or_a_control_character(tmp_path: Path) -> None:
    pbx = FakeAsterisk(steady=True)
    async with beside(pbx, tmp_path) as daemon:
        pbx.sessions[0].send(new_channel("1795450254.1", "79\x1b[31m\x07", "\x1b[2J") + hangup("1795450254.1"))
        odd = new_channel("1795450254.2").replace(b"PJSIP/trunk", b"PJSIP/\x1b[31modd").replace(b"from-trunk", b"odd")
        pbx.sessions[0].send(odd)
        assert "odd" in (await daemon.told("trunk_guessed"))["endpoint"]
        pbx.sessions[0].hang_up()
        await daemon.told("ami_lost")
        assert await daemon.stop() == 0
        assert not [line for line in daemon.lines if SECRET in line or not line.rstrip("\n").isprintable()]


@pytest.mark.parametrize("path", ["/proc/ringtally.db", "/nowhere/ringtally.db"])
async def test_a_database_that_cannot_be_written_is_one_line_with_its_path_and_exit_1(
    tmp_path: Path, path: str
) -> None:
    settings = write_settings(tmp_path, "127.0.0.1", 5038, SECRET)
    settings.write_text(settings.read_text().replace(str(tmp_path / "calls.db"), path))
    ended = await ran("--config", settings, "run")
    assert (ended.status, ended.stdout) == (1, b"")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"Error: {Path(path).parent}")
    assert "director" in line


async def test_a_database_that_has_lost_its_header_is_set_aside_and_its_call_back_list_and_gap_go_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "calls.db"
    async with writing(path, now=START) as store:
        calls = [ended(a_missed_call(number)) for number in range(3)]
        cases = [missed(a_case(number), call.call) for number, call in enumerate(calls)]
        await store.write(calls, None, cases, live=LiveChange({}, Heard(START + 900, "stopped")))
    checkpoint(path)
    header(path)
    async with beside(FakeAsterisk(), tmp_path) as daemon:
        line = await daemon.told("database_set_aside")
        assert (line["kept_missed_case"], line["kept_case_fact"], line["kept_heard"]) == (3, 3, 1)
        await daemon.told("gap_ended")
        assert await daemon.stop() == 0
    settings = tmp_path / "ringtally.toml"
    listed = await ran("--config", settings, "missed", "--open", "--format", "jsonl")
    assert sorted(json.loads(case)["id"] for case in listed.stdout.splitlines()) == [a_case(n).id for n in range(3)]
    async with reading(path) as connection:
        (gap,) = await find_gaps(connection, GapFilter())
    assert gap.since == START + 900


async def test_an_address_that_is_taken_is_one_line_and_exit_1(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = write_settings(tmp_path, "127.0.0.1", 5038, SECRET)
        settings.write_text(settings.read_text().replace("127.0.0.1:0", address))
        ended = await ran("--config", settings, "run")
    assert (ended.status, ended.stdout) == (1, b"")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"Error: cannot listen on {address}")
    assert "http.listen" in line


async def test_every_problem_of_the_settings_is_a_line_and_exit_1(tmp_path: Path) -> None:
    settings = tmp_path / "ringtally.toml"
    settings.write_text("[ami]\nprot = 1\n[htpp]\n[storage]\nkeep = 5\n")
    ended = await ran("--config", settings, "run")
    assert (ended.status, ended.stdout) == (1, b"")
    *problems, count = ended.stderr.splitlines()
    assert count == "Error: 3 problems in the settings"
    assert all(line.startswith(f"{settings}: ") for line in problems)
    assert sorted(line.split(": ")[1] for line in problems) == ["ami.prot", "htpp", "storage.keep"]


async def test_wrong_usage_is_exit_2() -> None:
    ended = await ran("walk")
    assert (ended.status, ended.stdout) == (2, b"")


async def test_check_ami_tells_a_refused_login_in_one_line_and_exit_1(tmp_path: Path) -> None:
    pbx = FakeAsterisk()
    pbx.answers["Login"] = refused
    async with pbx:
        ended = await ran("--config", write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET), "check-ami")
    assert (ended.status, ended.stdout) == (1, b"")
    (line,) = ended.stderr.splitlines()
    assert "refused the login of ringtally" in line
    assert SECRET not in line


async def test_a_reader_that_has_seen_enough_gets_no_traceback(tmp_path: Path) -> None:
    pbx = FakeAsterisk(steady=True)
    async with beside(pbx, tmp_path) as daemon:
        many = [f"1795450254.{n}" for n in range(2000)]
        pbx.sessions[0].send(b"".join(new_channel(each) + hangup(each) for each in many))
        pbx.sessions[0].send(new_channel("1795450255.1"))
        await daemon.until("/api/v1/live", '"total":1')
        assert await daemon.stop() == 0
    command = shlex.join([str(RINGTALLY), "--config", str(tmp_path / "ringtally.toml"), "calls", "--format", "jsonl"])
    process = await asyncio.create_subprocess_shell(
        f"{command} | head -n 1", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        stdout, stderr = await process.communicate()
    assert stdout.count(b"\n") == 1
    assert stderr == b""


@pytest.mark.parametrize("options", [(), ("--anonymise",)], ids=["plain", "anonymised"])
async def test_a_recording_of_a_running_pbx_can_be_replayed(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "trouble.jsonl"
    async with FakeAsterisk() as pbx:
        settings = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        async with recording(settings, file, *options) as recorder:
            session = await pbx.session()
            await session.asked_for("QueueStatus")
            session.send(new_channel("1795450254.1", "79001112233", "Ivan") + hangup("1795450254.1"))
            await recorder.has(b"Event: Hangup")
    assert f"messages in {file}" in recorder.said
    assert recorder.said.startswith(f"recording to {file}, Ctrl-C ends it\n")
    assert SECRET not in file.read_text()
    assert ("79001112233" in file.read_text(), "Ivan" in file.read_text()) == (not options, not options)
    replayed = await ran("--config", settings, "replay", file, "--format", "jsonl")
    call = json.loads(replayed.stdout)
    assert (replayed.status, call["id"], call["result"]) == (0, "1795450254.1", "failed")
    assert (call["caller"] == "79001112233") == (not options)


async def test_a_spreadsheet_is_not_thrown_at_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(
            str(RINGTALLY),
            "--config",
            str(write_settings(tmp_path, "127.0.0.1", 5038, SECRET)),
            "calls",
            "--format",
            "xlsx",
        ),
        stdout=theirs,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, stderr = await process.communicate()
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 2
    assert b"> calls.xlsx" in stderr
