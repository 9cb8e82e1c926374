"""The wallboard's files as they are served."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import aiohttp
import orjson
import pytest
from pydantic import SecretStr

from config.sections import Mqtt
from daemon.web_pages import WALLBOARD, pages_in
from tests.daemon.app_service import ready, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk


@dataclass(frozen=True, slots=True)
class Answer:
    """What came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def fetched(
    folder: Path, path: str, mqtt: Mqtt | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """A daemon's answer as it went over the wire."""
    async with FakeAsterisk() as pbx:
        settings = settings_for(folder, pbx.port, mqtt=mqtt)
        async with ready(settings) as (daemon, _), aiohttp.ClientSession(auto_decompress=False) as session:
            url = f"http://127.0.0.1:{daemon.port}{path}"
            async with session.get(url, allow_redirects=False, headers=headers) as answer:
                return Answer(answer.status, answer.headers, await answer.read())


async def test_the_page_allows_nothing_but_its_own_files(tmp_path: Path) -> None:
    answer = await fetched(tmp_path, "/wallboard/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_may_talk_to_the_broker_of_the_settings(tmp_path: Path) -> None:
    mqtt = Mqtt(port=1, websocket="wss://board.example.com:9001/mqtt", password=SecretStr("hidden"))
    answer = await fetched(tmp_path, "/wallboard/", mqtt)
    assert "connect-src 'self' wss://board.example.com:9001;" in answer.headers["Content-Security-Policy"]


async def test_the_page_is_told_where_to_listen_and_no_secret(tmp_path: Path) -> None:
    mqtt = Mqtt(port=1, websocket="ws://broker:9001/", username="ringtally", password=SecretStr("hidden"))
    told = orjson.loads((await fetched(tmp_path, "/wallboard/config.json", mqtt)).body)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", told.pop("now"))
    assert told == {
        "broker": "ws://broker:9001/",
        "root": "ringtally/office",
        "language": "en",
        "version": version("ringtally"),
    }


async def test_without_a_broker_the_page_is_told_so(tmp_path: Path) -> None:
    told = orjson.loads((await fetched(tmp_path, "/wallboard/config.json")).body)
    assert (told["broker"], told["root"]) == (None, None)


async def test_the_address_without_slash_leads_to_the_page_with_its_query(tmp_path: Path) -> None:
    answer = await fetched(tmp_path, "/wallboard?lang=ru")
    assert (answer.status, answer.headers["Location"]) == (308, "wallboard/?lang=ru")


async def test_a_file_is_sent_zipped_to_whoever_takes_it(tmp_path: Path) -> None:
    answer = await fetched(tmp_path, "/wallboard/main.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.body) == (WALLBOARD / "main.js").read_bytes()
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_a_file_that_the_browser_has_is_not_sent_again(tmp_path: Path) -> None:
    etag = f'"{pages_in(WALLBOARD)["main.js"].etag}"'
    answer = await fetched(tmp_path, "/wallboard/main.js", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["none.js", "../web_pages.py", "%2e%2e/web_pages.py", "..%2fweb_pages.py", "/etc/passwd", "vendor", "vendor/"],
)
async def test_no_other_file_can_be_asked_for(tmp_path: Path, path: str) -> None:
    assert (await fetched(tmp_path, f"/wallboard/{path}")).status == 404


def test_the_library_in_the_page_comes_with_its_licences() -> None:
    licences = pages_in(WALLBOARD)["vendor/mqtt.LICENSES.txt"].body.decode()
    assert "Copyright (c) 2015-2016 MQTT.js contributors" in licences


def test_no_page_of_ours_names_another_host() -> None:
    own = {name: page.body.decode() for name, page in pages_in(WALLBOARD).items() if not name.startswith("vendor/")}
    found = {name: re.findall(r"(?:https?:)?//[a-z]", text) for name, text in own.items()}
    assert {name: urls for name, urls in found.items() if urls and name != "icon.svg"} == {}
