"""Where the HTTP server gets its answers: the live state, the database, the link's state."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from config.sections import Http, Settings
from daemon import clock
from daemon.ami_client import AmiClient
from daemon.board.call_events import Render, calls_active, render_call
from daemon.http_access import Tokens
from daemon.http_queries import call_filter
from daemon.http_refusals import Refusals
from daemon.http_server import Guard, NotAllowedError, Sources
from daemon.http_turns import made_of_each
from daemon.sinks.metrics import MetricsSink
from daemon.web_config_watch import WebConfigWatch
from handlers.core import Core
from storage.call_json import time_line_json
from storage.calls import each_call, find_call
from storage.masking import masked
from storage.reading import reading


def sources_of(
    database: Path,
    settings: Callable[[], Settings],
    core: Core,
    client: AmiClient,
    metrics: MetricsSink,
    render_live: Render,
    trouble: Callable[[], str | None] = lambda: None,
) -> Sources:
    """The answers of one daemon. `settings` is asked each time: they may change while it runs."""

    async def render(accept: str) -> tuple[bytes, str]:
        return await metrics.render(client.counters, clock.now(), accept)

    def live(full: bool) -> dict[str, Any]:
        return calls_active(core.live_calls(), core.glances(), render_live, full, clock.now())

    async def calls(query: Mapping[str, str], full: bool) -> dict[str, Any]:
        wanted = call_filter(query, settings().zone, full=full)
        if wanted.number is not None and not full:
            # The digits that a mask hides are few enough to be asked for one by one.
            raise NotAllowedError("number may be asked for with the read token only")
        async with reading(database) as connection, aclosing(each_call(connection, wanted)) as found:
            return {"v": 1, "calls": await made_of_each(found, lambda each: render_call(each, full))}

    async def call(call_id: str, full: bool) -> dict[str, Any] | None:
        async with reading(database) as connection:
            found = await find_call(connection, call_id)
        if found is None:
            return None
        return time_line_json(found) if full else masked(time_line_json(found))

    def not_ready() -> str | None:
        return None if client.state == "ready" else f"the PBX is not connected ({client.state})"

    return Sources(
        version("ringtally"), render, not_ready, live, calls, call, trouble, lambda: settings().site.language
    )


def guard_of(http: Http, refusals: Refusals) -> Guard:
    """Who may ask, by the settings. ConfigError where the web config file cannot be used."""
    tokens = Tokens(http.read_token.get_secret_value(), http.write_token.get_secret_value())
    watch = None if http.web_config_file is None else WebConfigWatch(http.web_config_file)
    return Guard(tokens, http.hosts, watch, refusals)
