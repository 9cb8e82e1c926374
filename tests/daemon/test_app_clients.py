"""Clients have names through the whole daemon: live, in what is stored, in lists, and for who may see them."""

import asyncio
from pathlib import Path
from typing import Any

import orjson

from config.loader import LoadedSettings
from config.sections import Clients, Mqtt
from daemon.app import App
from tests.daemon.app_service import FULL, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.daemon.http_service import next_frame, until
from tests.daemon.service_manager import Told
from tests.daemon.test_app_cases import rows, topics

CLIENTS = "Телефон;Клиент;Ответственный\n8 (900) 111-22-33;ООО «Ромашка»;Анна\n"
ROMASHKA, MASKED, NOBODY = ("ООО «Ромашка»", "Анна"), ("О•••", "А•••"), (None, None)


def client_of(told: dict[str, Any]) -> tuple[str | None, str | None]:
    return told["client"], told["responsible"]


def with_clients(folder: Path, port: int, text: str = CLIENTS, **changes: Any) -> Any:
    file = folder / "clients.csv"
    file.write_text(text, encoding="cp1251")
    return settings_for(folder, port, clients=Clients(file=file), **changes)


async def test_calls_and_cases_bear_the_name_live_and_stored_and_masked_for_strangers(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = with_clients(tmp_path, pbx.port, mqtt=Mqtt(port=closed_port(), reconnect_max=0.05, numbers="full"))
        async with ready(settings):  # it has read the file when it is stored: the next run begins with it
            await until(lambda: rows(tmp_path, "SELECT number FROM client") == [("+79001112233",)])
        async with ready(settings) as (daemon, client):
            await replay(pbx, daemon, lines("05-direct-caller-abandons"))
            await daemon.writer.flush()
            (case,) = (await topics(client, "missed/open"))["missed/open"]["cases"]
            assert client_of(case) == ROMASHKA
            for headers, expected in ((FULL, ROMASHKA), ({}, MASKED)):
                async with client.get("/api/v1/calls", headers=headers) as answer:
                    (call,) = (await answer.json())["calls"]
                    assert client_of(call) == expected
                async with client.get(f"/api/v1/calls/{call['id']}", headers=headers) as answer:
                    assert client_of(await answer.json()) == expected
    told = [orjson.loads(payload) for (payload,) in rows(tmp_path, "SELECT payload FROM outbox ORDER BY id")]
    assert [client_of(event.get("call") or event["case"]) for event in told] == [ROMASHKA] * 2


async def test_a_live_call_has_a_name_and_no_number_of_a_client_in_a_topic_or_label(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(with_clients(tmp_path, pbx.port)):
        await until(lambda: rows(tmp_path, "SELECT number FROM client"))
    async with FakeAsterisk() as pbx, ready(with_clients(tmp_path, pbx.port)) as (daemon, client):
        begun = [raw for raw in lines("01-direct-caller-hangs-up") if b"Event: Hangup" not in raw]
        await replay(pbx, daemon, begun)
        for headers, expected in ((FULL, ROMASHKA), ({}, MASKED)):
            async with client.get("/api/v1/live", headers=headers) as answer:
                (call,) = (await answer.json())["calls"]
                assert client_of(call) == expected
        assert client_of((await topics(client, "calls/active"))["calls/active"]["calls"][0]) == ROMASHKA
        async with client.get("/metrics") as answer:
            assert "Ромашка" not in await answer.text()


async def test_the_list_says_the_new_name_once_the_file_does(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(with_clients(tmp_path, pbx.port)) as (daemon, client):
        await replay(pbx, daemon, lines("05-direct-caller-abandons"))
        async with asyncio.timeout(60):
            async with client.get("/api/v1/stream", headers=FULL) as stream:
                await heard(stream, ROMASHKA)
                (tmp_path / "clients.csv").write_text(CLIENTS.replace("Ромашка", "Лютик"))
                await heard(stream, ("ООО «Лютик»", "Анна"))


async def heard(stream: Any, client: tuple[str, str]) -> None:
    """Wait until `missed/open` names this client."""
    while True:
        topic, data = await next_frame(stream.content)
        if topic == "missed/open":
            told = orjson.loads(data)
            if told["cases"] and client_of(told["cases"][0]) == client:
                return


async def test_a_reload_reads_the_file_and_settings_without_one_forget_it(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, asyncio.TaskGroup() as tasks:
        without = settings_for(tmp_path, pbx.port)
        following, told = [with_clients(tmp_path, pbx.port)], Told()
        app = App(without, load=lambda: LoadedSettings(following.pop(), ()), notifier=told)
        running = tasks.create_task(app.run())
        await app.started
        for settings, clients in ((following[0], 1), (without, 0)):
            following[:] = [settings]
            app.reload.set()
            await until(lambda clients=clients: len(rows(tmp_path, "SELECT number FROM client")) == clients)
        app.stop.set()
        await running


async def test_lists_by_http_take_known_and_unknown_clients_apart(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(with_clients(tmp_path, pbx.port)) as (daemon, client):
        await replay(pbx, daemon, lines("05-direct-caller-abandons"))
        await daemon.writer.flush()
        await until(lambda: rows(tmp_path, "SELECT number FROM client"))
        for query, found in (("clients=known", 1), ("clients=unknown", 0), ("", 1)):
            async with client.get(f"/api/v1/calls?{query}") as answer:
                assert len((await answer.json())["calls"]) == found
        async with client.get("/api/v1/calls?clients=some") as answer:
            assert (answer.status, await answer.json()) == (400, {"error": "clients is one of known, unknown"})
