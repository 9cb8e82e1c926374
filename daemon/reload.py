"""Settings read again while calls live: what can change at once, what reconnects to the PBX, what waits for a restart."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog
from pydantic import BaseModel

from config.loader import ConfigError, LoadedSettings
from config.sections import Settings
from daemon.notify import Notifier

# What is opened once, at the start: files, sockets, and names under which things are stored.
_AT_START = frozenset({"site.name", "storage", "mqtt", "http"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """Settings to take over. `settings` is what is in force then: the new ones, but the old ones where it takes a restart."""

    settings: Settings
    changed: tuple[str, ...]
    """The keys that change now."""
    waiting: tuple[str, ...]
    """The keys that change at the next start."""

    @property
    def reconnects(self) -> bool:
        """Does the connection to the PBX have to be made anew?"""
        return any(key.startswith("ami.") for key in self.changed)


def change_between(old: Settings, new: Settings) -> Change:
    """What `new` changes of `old`, which are in force."""
    keys = tuple(_different(old, new))
    waiting = tuple(key for key in keys if not _AT_START.isdisjoint({key, key.partition(".")[0]}))
    site = new.site.model_copy(update={"name": old.site.name})
    kept = {"site": site, "storage": old.storage, "mqtt": old.mqtt, "http": old.http}
    return Change(new.model_copy(update=kept), tuple(key for key in keys if key not in waiting), waiting)


def _different(old: Settings, new: Settings) -> Iterator[str]:
    """The keys of different values; a list of tables is one key, and so is a section that is not there on one side."""
    for section in Settings.model_fields:
        before, after = getattr(old, section), getattr(new, section)
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            for name in type(after).model_fields:
                if getattr(before, name) != getattr(after, name):
                    yield f"{section}.{name}"
        elif before != after:
            yield section


class Reloader:
    """Reads the settings again whenever `wanted` is set.

    `load` reads them and may block; `take_over` puts a change in force at once, or raises OSError before anything has changed.
    Wrong settings are told with every problem, and those in force stay.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], LoadedSettings],
        take_over: Callable[[Change], None],
        notifier: Notifier,
    ) -> None:
        self._settings = settings
        self._load = load
        self._take_over = take_over
        self._notifier = notifier

    async def run(self, wanted: asyncio.Event) -> None:
        """Reload each time it is wanted, until cancelled."""
        while True:
            await wanted.wait()
            wanted.clear()
            self._notifier.reloading()
            try:
                await self._reload()
            except Exception:  # a slip of ours in here must not end live calls
                log.exception("reload_failed")
            self._notifier.ready()

    async def _reload(self) -> None:
        try:
            loaded = await asyncio.to_thread(self._load)
            change = change_between(self._settings, loaded.settings)
            self._take_over(change)
        except ConfigError as error:
            _tell_refused([str(problem) for problem in error.problems])
            return
        except OSError as error:
            _tell_refused([str(error)])
            return
        self._settings = change.settings
        for warning in loaded.warnings:
            log.warning("settings_warning", warning=str(warning))
        if change.waiting:
            log.warning("settings_need_restart", keys=", ".join(change.waiting), cure="restart ringtally for these")
        log.info("settings_reloaded", changed=", ".join(change.changed) or "nothing")


def _tell_refused(problems: list[str]) -> None:
    for problem in problems:
        log.error("settings_problem", problem=problem)
    log.error("settings_refused", problems=len(problems), cure="correct them and reload; the old ones stay in force")
