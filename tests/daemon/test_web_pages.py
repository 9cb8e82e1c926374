"""The files of the pages as they are served."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from config.sections import Mqtt, Settings
from daemon.web_pages import WEB, WebPages, page_names, pages_in
from tests.daemon.app_service import ready, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import Service, said_to, serving
from tests.documents.asking import asking


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
        async with (
            ready(settings) as (daemon, _),
            asking(f"http://127.0.0.1:{daemon.port}", auto_decompress=False) as session,
            session.get(path, allow_redirects=False, headers=headers) as answer,
        ):
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


async def test_no_other_page_than_the_wallboard_may_talk_to_it(tmp_path: Path) -> None:
    mqtt = Mqtt(port=1, websocket="wss://board.example.com:9001/mqtt", password=SecretStr("hidden"))
    answer = await fetched(tmp_path, "/common/base.css", mqtt)
    assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]


async def test_every_folder_is_served_and_what_has_no_page_cannot_be_opened(tmp_path: Path) -> None:
    pages = {"inside": '<a href="../common/x.css">', "common": None}
    for name, page in pages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.css").write_text(f"/* {name} */")
        if page is not None:
            (tmp_path / name / "index.html").write_text(page)
    (tmp_path / "beside.txt").write_text("not in a folder")
    assert page_names(tmp_path) == ("inside",)
    async with serving(Service(), more_routes=WebPages(Settings, "1.2.3", tmp_path).routes()) as client:
        for path, status, body in (
            ("/inside/", 200, pages["inside"]),
            ("/inside/x.css", 200, "/* inside */"),
            ("/common/x.css", 200, "/* common */"),
            ("/common/", 404, None),
            ("/common", 404, None),
            ("/beside.txt", 404, None),
            ("/inside/../beside.txt", 404, None),
            ("/elsewhere/", 404, None),
        ):
            async with client.get(path) as answer:
                assert answer.status == status, path
                assert body in {None, await answer.text()}


async def test_the_page_is_told_where_to_listen_and_no_secret(tmp_path: Path) -> None:
    mqtt = Mqtt(port=1, websocket="ws://broker:9001/", username="ringtally", password=SecretStr("hidden"))
    told = orjson.loads((await fetched(tmp_path, "/wallboard/config.json", mqtt)).body)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", told.pop("now"))
    assert told == {
        "broker": "ws://broker:9001/",
        "root": "ringtally/office",
        "language": "en",
        "dial": None,
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
    assert gzip.decompress(answer.body) == (WEB / "wallboard" / "main.js").read_bytes()
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_a_file_that_the_browser_has_is_not_sent_again(tmp_path: Path) -> None:
    etag = f'"{pages_in(WEB)["wallboard/main.js"].etag}"'
    answer = await fetched(tmp_path, "/wallboard/main.js", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "none.js",
        "../web_pages.py",
        "%2e%2e/web_pages.py",
        "..%2fweb_pages.py",
        "/etc/passwd",
        "vendor",
        "vendor/",
        "../openapi.yaml",
    ],
)
async def test_no_other_file_can_be_asked_for(tmp_path: Path, path: str) -> None:
    assert (await fetched(tmp_path, f"/wallboard/{path}")).status == 404


@pytest.mark.parametrize(
    "target",
    [
        b"/wallboard/../web_pages.py",
        b"/wallboard/../openapi.yaml",
        b"/common/../../web_pages.py",
        b"/common/%2e%2e/openapi.yaml",
        b"/wallboard/../../../pyproject.toml",
        b"/wallboard/%2e%2e/%2e%2e/web_pages.py",
        b"/wallboard/..%2f..%2fweb_pages.py",
        b"/wallboard/..%252fweb_pages.py",
        b"/wallboard/..%5cweb_pages.py",
        b"/wallboard/..\\web_pages.py",
        b"/wallboard//etc/passwd",
        b"/wallboard/%2fetc%2fpasswd",
        b"/wallboard/main.js%00.css",
        b"/wallboard/main.js/",
        b"/wallboard/%c0%ae%c0%ae/web_pages.py",
        b"/wallboard/%ff%fe",
        b"//wallboard/main.js",
        b"/../../etc/passwd",
    ],
)
async def test_nor_by_a_path_that_no_browser_would_send(target: bytes) -> None:
    """As bytes: a client of ours would mend them first."""
    service = Service()
    async with serving(service, more_routes=WebPages(Settings, "1.2.3").routes()):
        answer = await said_to(service.port, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] in {b"404", b"400"}
    assert b"import" not in body
    assert b"root:" not in body


async def test_a_link_put_into_the_folder_later_leads_nowhere(tmp_path: Path) -> None:
    """All files are in memory since the start; what is asked for is looked up there, and no path is ever opened."""
    (tmp_path / "wallboard").mkdir()
    (tmp_path / "wallboard" / "index.html").write_text("<p>")
    service = Service()
    async with serving(service, more_routes=WebPages(Settings, "1.2.3", tmp_path).routes()) as client:
        (tmp_path / "wallboard" / "passwd.txt").symlink_to("/etc/passwd")
        async with client.get("/wallboard/passwd.txt") as answer:
            assert answer.status == 404


def test_the_library_in_the_page_comes_with_its_licences() -> None:
    licences = pages_in(WEB)["wallboard/vendor/mqtt.LICENSES.txt"].body.decode()
    assert "Copyright (c) 2015-2016 MQTT.js contributors" in licences


def test_no_page_of_ours_names_another_host() -> None:
    own = {name: page.body.decode() for name, page in pages_in(WEB).items() if "/vendor/" not in name}
    namespace = "http://www.w3.org/2000/svg"  # a name, which nobody opens
    found = {name: re.findall(r"(?:https?:)?//[a-z]", text.replace(namespace, "")) for name, text in own.items()}
    assert {name: urls for name, urls in found.items() if urls} == {}
