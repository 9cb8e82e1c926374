"""Names of clients, claims and notes on a real broker: at once, for who may see them, and over by themselves."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.ringtally_process import Daemon, ran
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Listener, listening
from tests.mqtt.service import mqtt, publishing

CLIENTS = "Телефон;Клиент;Ответственный\r\n8 (900) 111-22-33;ООО «Ромашка»;Анна Иванова\r\n"


def latest(listener: Listener) -> Any:
    """The case on the list, as it was told last."""
    told = listener.of("missed/open")
    cases = told[-1].json["cases"] if told else []
    return cases[0] if cases else {}


def claimed(listener: Listener) -> list[Any]:
    """The case as it was on the list each time that somebody had claimed it."""
    cases = [case for told in listener.of("missed/open") for case in told.json["cases"]]
    return [case for case in cases if case["claimed_by"] is not None]


async def says(folder: Path, *words: str) -> None:
    """A colleague says it by command."""
    ended = await ran("--config", folder / "ringtally.toml", *words)
    assert ended.status == 0, ended.stderr


@pytest.mark.parametrize(
    ("numbers", "client", "notes"),
    [("full", ("ООО «Ромашка»", "Анна Иванова"), ["ждёт письма"]), ("masked", ("О•••", "А•••"), [])],
)
async def test_the_list_says_whose_number_it_is_who_calls_back_and_what_is_to_be_known(
    tmp_path: Path, numbers: str, client: tuple[str, str], notes: list[str]
) -> None:
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="cp1251")
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker, listening(broker.port) as listener:
        settings = mqtt(broker.port, f'numbers = "{numbers}"\n') + '[clients]\nfile = "clients.csv"\n'
        async with publishing(tmp_path, pbx, settings) as daemon:
            await daemon.told("clients_read")
            await listener.hears("bridge/state", b"online")
            pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
            await listener.until(lambda: latest(listener))
            case_id = latest(listener)["id"]
            await listener.until(lambda: len(listener.of("event/missed")) == 1)
            assert (latest(listener)["client"], latest(listener)["responsible"]) == client
            ended = [event["call"] for event in listener.events if event["type"] == "ended"]
            assert [(call["client"], call["responsible"]) for call in ended] == [client]

            await says(tmp_path, "note", case_id, "ждёт письма", "--by", "Олег")
            if notes:
                await listener.until(lambda: latest(listener)["notes"])
            await says(tmp_path, "claim", case_id, "--by", "Олег", "--for", "3s")
            # By now it may be over: the command takes some of its three seconds to end.
            await listener.until(lambda: claimed(listener))
            assert {case["claimed_by"] for case in claimed(listener)} == {"Олег"}
            until = claimed(listener)[0]["claimed_until"]
            await listener.until(lambda: latest(listener)["claimed_by"] is None)
            assert [note["text"] for note in latest(listener)["notes"]] == notes
            await listener.until(lambda: len(listener.of("event/missed")) == 3)
            events = [event.json for event in listener.of("event/missed")]
            told = [(event["type"], event["case"]["claimed_by"]) for event in events]
            assert told == [("missed", None), ("claimed", "Олег"), ("released", None)]
            assert events[2]["at"] == until
            assert [note["text"] for note in events[2]["case"]["notes"]] == notes
            assert len({event["event_id"] for event in events}) == 3
            assert await daemon.stop() == 0
        assert not [each.topic for each in listener.heard if "romashka" in each.topic or "79001112233" in each.topic]
        if numbers == "masked":
            assert not [each for each in listener.heard if "Ромашка" in each.payload.decode()]


async def test_a_broken_file_keeps_the_names_and_a_mended_one_is_read_on_sighup(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(CLIENTS)
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker, listening(broker.port) as listener:
        settings = mqtt(broker.port, 'numbers = "full"\n') + '[clients]\nfile = "clients.csv"\n'
        async with publishing(tmp_path, pbx, settings) as daemon:
            pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
            await listener.until(lambda: latest(listener).get("client") == "ООО «Ромашка»")
            file.write_text('Телефон;Клиент\n89001112233;"Лютик\n')
            problem = (await daemon.told("clients_refused"))["problem"]
            assert problem == (
                f"{file}, line 2: a quotation mark is opened here and closed nowhere; close it, or export the file anew"
            )
            assert latest(listener)["client"] == "ООО «Ромашка»"
            file.write_text(CLIENTS.replace("Ромашка", "Лютик"))
            daemon.send(signal.SIGHUP)
            await listener.until(lambda: latest(listener)["client"] == "ООО «Лютик»")
            assert_nobody_is_named(daemon)
            assert await daemon.stop() == 0


def assert_nobody_is_named(daemon: Daemon) -> None:
    """The log tells of places and numbers of rows, and of no client."""
    text = "".join(daemon.lines)
    assert "Ромашка" not in text
    assert "9001112233" not in text
