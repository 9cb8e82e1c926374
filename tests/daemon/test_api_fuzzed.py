"""The HTTP API of a running daemon, asked by schemathesis whatever its document allows, and what it does not.

No answer is a fault of ours, and each is what the document says of it: status, type, headers, fields.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from daemon.http_document import DOCUMENT
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.reading import reading
from tests import recordings
from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import BOOTED, SECRET, FakeAsterisk, new_channel
from tests.daemon.ringtally_process import Daemon, ran, running_daemon, write_settings

pytestmark = pytest.mark.slow

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
READ, WRITE = "the-read-token-of-this-test", "the-write-token-of-this-test"
TOKENS = f'[http]\nlisten = "127.0.0.1:0"\nread_token = "{READ}"\nwrite_token = "{WRITE}"\n'
LIVE = "1795450999.7"
MISSED = ("08-queue-abandon", "05-direct-caller-abandons")
OTHERS = 250
EXAMPLES = 15
WITHIN_S = 240.0
# What must have been done at all.
GOOD = {
    *(("GET", path) for path in ("/", "/metrics", "/-/ready", "/api/v1/live", "/api/v1/calls", "/api/v1/calls/{id}")),
    *(("GET", path) for path in ("/api/v1/cases", "/api/v1/cases/{id}", "/api/v1/gaps")),
    *(("GET", f"/api/v1/reports{report}") for report in ("", "/wait", "/missed", "/calls")),
    *(("POST", f"/api/v1/cases/{{id}}/{what}") for what in ("claim", "dismiss", "notes")),
    *(("POST", path) for path in ("/api/v1/calls/{id}/notes", "/api/v1/contacts")),
}
# Not asked: the stream, which has no end.
WITHOUT_END = "/api/v1/stream"
# `from` after `to` is refused, and no schema can say so. That a token is needed: test_http_gate, test_app_api; wrong ones are counted.
CHECKS_LEFT_OUT = "positive_data_acceptance,ignored_auth"
CONFIG = "[generation]\nwith-security-parameters = false\n"


@asynccontextmanager
async def filled_daemon(folder: Path) -> AsyncIterator[tuple[Daemon, list[str]]]:
    """A daemon whose database has the calls of all recordings, with some who were missed just now and one that lives; and the ids of the missed."""
    async with FakeAsterisk(steady=True) as pbx:
        settings = write_settings(folder, "127.0.0.1", pbx.port, SECRET)
        settings.write_text(settings.read_text().replace('[http]\nlisten = "127.0.0.1:0"\n', TOKENS))
        streams = [recordings.stream(name) for name in recordings.NAMES if name not in MISSED]
        replayed = await ran("--config", settings, "replay", *streams, "--db", folder / "calls.db")
        assert replayed.status == 0, replayed.stderr
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            for name in MISSED:
                pbx.sessions[0].send(b"".join(lines(name)))
            for other in range(OTHERS):  # each that is dismissed or reached waits no longer
                raw = b"".join(lines(MISSED[1])).replace(b"1795450", b"1796%03d" % other)
                pbx.sessions[0].send(raw.replace(b"79001112233", b"79002223%03d" % other))
            pbx.sessions[0].send(new_channel(LIVE) + BOOTED)
            await daemon.until("/api/v1/live", f'"id":"{LIVE}"')
            await daemon.until("/api/v1/calls?period=today&limit=1", f'"id":"1796{OTHERS - 1:03d}254.0"')
            async with reading(folder / "calls.db") as connection:
                found = await find_calls(connection, CallFilter())
            yield daemon, [call.id for call in found if call.id.startswith("1796")]


async def asked(folder: Path, daemon: Daemon, ids: list[str], *words: str | Path) -> set[tuple[str, str, int]]:
    """The method, path and status of all answers; AssertionError with what schemathesis says where it found something."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    answers = folder / "answers.har"
    command: tuple[str | Path, ...] = (
        *(SCHEMATHESIS, "--config-file", config, "run", DOCUMENT, "--url", f"http://127.0.0.1:{daemon.port}"),
        *(
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "7",
            "--continue-on-failure",
        ),
        *(
            "--exclude-checks",
            CHECKS_LEFT_OUT,
            "--exclude-path",
            WITHOUT_END,
            "--warnings",
            "off",
            "--report-har-path",
            answers,
            *words,
        ),
    )
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": "tests.daemon.api_hooks", "RINGTALLY_IDS": " ".join(ids), "PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, told.decode()
    return {_answer(each, ids) for each in json.loads(answers.read_bytes())["log"]["entries"]}


def _answer(entry: Any, ids: list[str]) -> tuple[str, str, int]:
    path = urlsplit(entry["request"]["url"]).path
    for each in ids:
        path = path.replace(f"/{each}", "/{id}")
    return entry["request"]["method"], path, entry["response"]["status"]


async def test_whoever_has_the_tokens_is_answered_as_the_document_says(tmp_path: Path) -> None:
    async with filled_daemon(tmp_path) as (daemon, ids):
        tokens = ("-H", f"Authorization: Bearer {READ}", "-H", f"X-Ringtally-Token: {WRITE}")
        answers = await asked(tmp_path, daemon, ids, *tokens)
        assert {(method, path) for method, path, status in answers if status < 300} >= GOOD
        assert not {status for _, _, status in answers} & {401, 429}
        assert not daemon.events("request_failed")
        assert await daemon.stop() == 0


async def test_so_is_a_stranger(tmp_path: Path) -> None:
    async with filled_daemon(tmp_path) as (daemon, ids):
        answers = await asked(tmp_path, daemon, ids, "--include-method", "GET")
        assert {(method, path) for method, path, status in answers if status < 300} >= {
            (method, path) for method, path in GOOD if method == "GET"
        }
        assert ("GET", "/api/v1/calls", 403) in answers
        assert not daemon.events("request_failed")
        assert await daemon.stop() == 0
