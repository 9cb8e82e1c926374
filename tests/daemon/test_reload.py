"""Settings read again: what a change is made of, and that wrong settings change nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from config.loader import ConfigError, LoadedSettings, Problem
from config.sections import Ami, Http, Log, Mqtt, Queue, ServiceLevel, Settings, Site, Storage, Trunk
from daemon.reload import Change, Reloader, change_between
from tests.daemon.service_manager import Told

OLD = Settings(
    ami=Ami(host="192.0.2.7", secret=SecretStr("one")),
    trunks=(Trunk(name="town", channels=("PJSIP/trunk-*",)),),
    queues={"support": Queue(threshold=20)},
)


@pytest.mark.parametrize(
    ("update", "changed", "waiting"),
    [
        ({}, (), ()),
        ({"trunks": ()}, ("trunks",), ()),
        ({"queues": {"support": Queue(threshold=30)}}, ("queues",), ()),
        ({"service_level": ServiceLevel(threshold=10)}, ("service_level.threshold",), ()),
        ({"log": Log(level="debug", format="json")}, ("log.level", "log.format"), ()),
        ({"storage": Storage(path=Path("/srv/calls.db"))}, (), ("storage.path",)),
        ({"http": Http(listen="0.0.0.0:9796")}, (), ("http.listen",)),
        ({"mqtt": Mqtt()}, (), ("mqtt",)),
        ({"site": Site(name="depot", language="ru")}, ("site.language",), ("site.name",)),
        ({"ami": Ami(host="192.0.2.7", secret=SecretStr("two"))}, ("ami.secret",), ()),
    ],
)
def test_a_change_names_its_keys_and_keeps_what_takes_a_restart(
    update: dict[str, Any], changed: tuple[str, ...], waiting: tuple[str, ...]
) -> None:
    new = OLD.model_copy(update=update)
    change = change_between(OLD, new)
    assert (change.changed, change.waiting) == (changed, waiting)
    assert change.reconnects == any(key.startswith("ami.") for key in changed)
    assert (change.settings.storage, change.settings.http, change.settings.mqtt) == (OLD.storage, OLD.http, OLD.mqtt)
    assert change.settings.site == new.site.model_copy(update={"name": OLD.site.name})
    # What waits is named again by the next reload, for it is still not in force.
    again = change_between(change.settings, new)
    assert (again.changed, again.waiting) == ((), waiting)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


async def reloaded(*answers: Settings | Exception, refusing: Exception | None = None) -> tuple[list[Change], Told]:
    """The changes that so many reloads put in force, and what the service manager heard."""
    given, changes, told, wanted = iter(answers), list[Change](), Told(), asyncio.Event()

    def load() -> LoadedSettings:
        answer = next(given)
        if isinstance(answer, Exception):
            raise answer
        return LoadedSettings(answer, (Problem("file", "ami.host", "is another machine", "set ami.tls = true"),))

    def take_over(change: Change) -> None:
        if refusing is not None:
            raise refusing
        changes.append(change)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Reloader(OLD, load, take_over, told).run(wanted))
        for times in range(1, len(answers) + 1):
            wanted.set()
            await told.heard("READY=1", times)
        task.cancel()
    return changes, told


async def test_a_reload_is_told_to_the_service_manager_from_its_beginning_to_its_end(logs: list[Any]) -> None:
    changes, told = await reloaded(OLD.model_copy(update={"trunks": ()}))
    assert told.messages == ["RELOADING=1", "READY=1"]
    assert [change.changed for change in changes] == [("trunks",)]
    assert [line["event"] for line in logs] == ["settings_warning", "settings_reloaded"]
    assert logs[-1]["changed"] == "trunks"


async def test_what_takes_a_restart_is_named_in_one_warning_each_time(logs: list[Any]) -> None:
    new = OLD.model_copy(update={"storage": Storage(path=Path("/srv/calls.db")), "mqtt": Mqtt()})
    changes, _ = await reloaded(new, new)
    warnings = [line for line in logs if line["event"] == "settings_need_restart"]
    assert [line["keys"] for line in warnings] == ["storage.path, mqtt"] * 2
    assert [change.settings for change in changes] == [OLD, OLD]


async def test_wrong_settings_are_told_with_every_problem_and_change_nothing(logs: list[Any]) -> None:
    problems = [
        Problem("file", "ami.port", "is no port", "1 to 65535"),
        Problem("file", "trnks", "is no key", "trunks"),
    ]
    changes, told = await reloaded(ConfigError(problems), OLD.model_copy(update={"trunks": ()}))
    assert [line["event"] for line in logs[:3]] == ["settings_problem", "settings_problem", "settings_refused"]
    assert [line["problem"] for line in logs[:2]] == [str(problem) for problem in problems]
    assert told.messages == ["RELOADING=1", "READY=1"] * 2, "and the next try is taken"
    assert [change.changed for change in changes] == [("trunks",)]


async def test_what_cannot_be_taken_over_is_refused_too(logs: list[Any]) -> None:
    changes, told = await reloaded(OLD, refusing=OSError("ca.pem holds no certificate"))
    assert not changes
    assert [line["event"] for line in logs] == ["settings_problem", "settings_refused"]
    assert told.messages == ["RELOADING=1", "READY=1"]


async def test_a_slip_of_ours_in_a_reload_ends_the_reload_and_not_the_daemon(logs: list[Any]) -> None:
    changes, told = await reloaded(KeyError("a bug"), OLD.model_copy(update={"trunks": ()}))
    assert logs[0]["event"] == "reload_failed"
    assert told.messages == ["RELOADING=1", "READY=1"] * 2
    assert [change.changed for change in changes] == [("trunks",)]


async def test_no_line_of_a_reload_holds_a_value(logs: list[Any]) -> None:
    secret = SecretStr("no-one-must-see-this")
    await reloaded(OLD.model_copy(update={"ami": Ami(secret=secret), "http": Http(read_token=secret)}))
    assert "no-one-must-see-this" not in repr(logs)
    assert "192.0.2.7" not in repr(logs)
