"""The directory follows its file: read when it changes, kept when it is broken, there again after a restart."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.sections import Clients, Numbers, Settings, Storage
from daemon import clients as clients_module
from daemon.clients import ClientDirectory, ClientReader
from handlers.clients import NOBODY, Client
from storage.clients import stored_clients
from storage.database import writing
from tests.daemon.http_service import logged, until

ONE = "number;name\n89001112233;Иван\n"
IVAN = {"+79001112233": Client("Иван", None)}


@dataclass
class Kept:
    """A directory that is kept, and how often it became another."""

    file: Path
    settings: Settings
    directory: ClientDirectory = field(default_factory=ClientDirectory)
    changes: int = 0

    @property
    def database(self) -> Path:
        return self.file.with_name("calls.db")

    def changed(self) -> None:
        self.changes += 1

    def say(self, text: str, encoding: str = "utf-8") -> None:
        """As a program saves it that takes care: whole, in place of the old one."""
        new = self.file.with_suffix(".new")
        new.write_text(text, encoding=encoding)
        new.replace(self.file)

    def is_now(self, clients: dict[str, Client]) -> bool:
        return len(self.directory) == len(clients) and all(
            self.directory.of(number) == client for number, client in clients.items()
        )


@asynccontextmanager
async def kept(folder: Path, text: str | None = ONE, **clients: Any) -> AsyncIterator[tuple[Kept, ClientReader]]:
    file = folder / "clients.csv"
    settings = Settings(clients=Clients(file=file, **clients), storage=Storage(path=folder / "calls.db"))
    this = Kept(file, settings)
    if text is not None:
        this.say(text)
    async with writing(this.database, now=0.0), asyncio.TaskGroup() as tasks:
        reader = ClientReader(this.database, this.directory, lambda: this.settings, this.changed, looks_every_s=0.01)
        await reader.open()
        task = tasks.create_task(reader.run())
        try:
            yield this, reader
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_it_is_read_at_the_start_and_whenever_it_changes(tmp_path: Path) -> None:
    async with kept(tmp_path) as (this, _):
        await until(lambda: this.is_now(IVAN))
        assert stored_clients(this.database) == IVAN
        this.say(ONE + "123456;\n", encoding="cp1251")
        await until(lambda: this.is_now(IVAN | {"123456": Client(None, None)}))
        assert stored_clients(this.database) == IVAN | {"123456": Client(None, None)}
        assert this.changes == 2
        assert this.directory.of(None) is NOBODY
        assert this.directory.of("+70000000000") is NOBODY


async def test_a_broken_file_keeps_what_was_and_is_told_once_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch, clients_module) as told:
        async with kept(tmp_path) as (this, reader):
            await until(lambda: this.is_now(IVAN))
            this.say('number;name\n89001112234;"Олег\n89001112235;Ира\n')
            await until(lambda: told[-1]["event"] == "clients_refused")
            assert this.is_now(IVAN)
            assert stored_clients(this.database) == IVAN
            reader.reread()  # as on SIGHUP: nothing was mended
            this.say(ONE.replace("Иван", "Пётр"))
            await until(lambda: this.is_now({"+79001112233": Client("Пётр", None)}))
    refused = [line for line in told if line["event"] == "clients_refused"]
    assert len(refused) == 1
    assert refused[0]["problem"].startswith(f"{tmp_path}/clients.csv, line 2: a quotation mark is opened here")
    assert refused[0]["kept"] == 1


async def test_a_file_that_is_gone_keeps_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch, clients_module) as told:
        async with kept(tmp_path) as (this, _):
            await until(lambda: this.is_now(IVAN))
            this.file.unlink()
            await until(lambda: told[-1]["event"] == "clients_refused")
            assert "make it, or correct clients.file" in told[-1]["problem"]
            assert this.is_now(IVAN)
            this.say(ONE + "84951234567;Ромашка\n")
            await until(lambda: len(this.directory) == 2)


async def test_after_a_restart_it_is_there_before_the_file_is_read_and_without_it(tmp_path: Path) -> None:
    async with kept(tmp_path) as (this, _):
        await until(lambda: this.is_now(IVAN))
    this.file.unlink()
    async with kept(tmp_path, text=None) as (this, _):
        assert this.is_now(IVAN)
        assert this.changes == 0


async def test_without_a_file_in_the_settings_nobody_is_known_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch, clients_module) as told:
        async with kept(tmp_path) as (this, reader):
            await until(lambda: this.is_now(IVAN))
            this.settings = this.settings.model_copy(update={"clients": None})
            reader.reread()
            await until(lambda: this.is_now({}))
            assert stored_clients(this.database) == {}
    assert told[-1]["event"] == "clients_forgotten"


async def test_other_settings_read_the_same_file_anew(tmp_path: Path) -> None:
    async with kept(tmp_path, "number;name\n1234567;Иван\n") as (this, reader):
        await until(lambda: len(this.directory) == 1)
        this.settings = this.settings.model_copy(update={"numbers": Numbers(area_code="495")})
        reader.reread()
        await until(lambda: this.is_now({"+74951234567": Client("Иван", None)}))


async def test_a_file_that_is_being_written_is_read_once_it_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look finds another file for a while; of the parts none is taken."""
    async with kept(tmp_path) as (this, _):
        await until(lambda: this.is_now(IVAN))
        looks = 0
        true_entry = clients_module._entry

        def entry(path: Path) -> tuple[int, int, int] | None:
            nonlocal looks
            looks += 1
            if looks <= 5:
                with path.open("a") as file:
                    file.write(f"8900111224{looks};часть {looks}\n")
            return true_entry(path)

        monkeypatch.setattr(clients_module, "_entry", entry)
        await until(lambda: len(this.directory) == 6)
        assert this.changes == 2


async def test_a_database_that_cannot_be_written_is_told_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch, clients_module) as told:
        async with kept(tmp_path) as (this, _):
            await until(lambda: this.is_now(IVAN))
            hidden = this.database.with_name("hidden.db")
            os.replace(this.database, hidden)
            this.database.mkdir()
            this.say(ONE + "84951234567;Ромашка\n")
            await until(lambda: told[-1]["event"] == "clients_not_stored")
            assert this.is_now(IVAN)
            this.database.rmdir()
            os.replace(hidden, this.database)
            await until(lambda: len(this.directory) == 2)
    assert [line["event"] for line in told].count("clients_not_stored") == 1


async def test_rows_that_are_left_out_are_told_by_their_lines_and_never_by_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch, clients_module) as told:
        async with kept(tmp_path, ONE + "нет\x1b[31m;Олег\n89001112233;Пётр\n84951234567;Ира\n") as _:
            await until(lambda: told and told[-1]["event"] == "client_numbers_repeated")
    by_event = {line["event"]: line for line in told}
    assert by_event["clients_read"]["numbers"] == 2
    assert (by_event["client_rows_refused"]["rows"], by_event["client_rows_refused"]["first_line"]) == (1, 3)
    assert by_event["client_numbers_repeated"]["first_line"] == 4
    assert "Олег" not in str(told)
    assert "\x1b" not in str(told)
