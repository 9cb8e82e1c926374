"""Where the HTTP server gets its answers: the live state, the database, the link's state."""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from daemon import clock
from daemon.ami_client import AmiClient
from daemon.board.call_events import Render, calls_active, render_call
from daemon.http_server import BadQueryError, NotAllowedError, Sources
from daemon.periods import Period, PeriodError, between, named_period
from daemon.sinks.metrics import MetricsSink
from handlers.core import Core
from handlers.facts import DIRECTIONS, RESULTS
from storage.call_filter import CallFilter
from storage.call_json import time_line_json
from storage.calls import find_call, find_calls
from storage.clients import Known
from storage.database import reading
from storage.masking import masked

LIMIT_DEFAULT = 50
LIMIT_MOST = 1000


def sources_of(
    database: Path,
    zone: Callable[[], tzinfo],
    core: Core,
    client: AmiClient,
    metrics: MetricsSink,
    render_live: Render,
) -> Sources:
    """The answers of one daemon. `zone` is asked each time: settings may change while it runs."""

    async def render(accept: str) -> tuple[bytes, str]:
        return await metrics.render(client.counters, clock.now(), accept)

    def live(full: bool) -> dict[str, Any]:
        return calls_active(core.live_calls(), render_live, full, clock.now())

    async def calls(query: Mapping[str, str], full: bool) -> dict[str, Any]:
        wanted = call_filter(query, zone())
        if wanted.number is not None and not full:
            # The digits that a mask hides are few enough to be asked for one by one.
            raise NotAllowedError("number may be asked for with the read token only")
        async with reading(database) as connection:
            found = await find_calls(connection, wanted)
        return {"v": 1, "calls": [render_call(each, full) for each in found]}

    async def call(call_id: str, full: bool) -> dict[str, Any] | None:
        async with reading(database) as connection:
            found = await find_call(connection, call_id)
        if found is None:
            return None
        return time_line_json(found) if full else masked(time_line_json(found))

    def not_ready() -> str | None:
        return None if client.state == "ready" else f"the PBX is not connected ({client.state})"

    return Sources(version("ringtally"), render, not_ready, live, calls, call)


def call_filter(query: Mapping[str, str], zone: tzinfo) -> CallFilter:
    """The filter of a request's parameters; BadQueryError says what would be allowed."""
    allowed = {"missed", "direction", "result", "queue", "trunk", "number", "clients", "from", "to", "period", "limit"}
    unknown = sorted(set(query) - allowed)
    if unknown:
        raise BadQueryError(f"unknown parameter {', '.join(unknown)}; there are {', '.join(sorted(allowed))}")
    if len(query) != len(set(query)):
        raise BadQueryError("each parameter can be given once")
    results = {result for each in RESULTS.values() for result in each}
    for name, words in (
        ("direction", set(DIRECTIONS)),
        ("result", results),
        ("missed", {"true", "false"}),
        ("clients", set(get_args(Known))),
    ):
        if name in query and query[name] not in words:
            raise BadQueryError(f"{name} is one of {', '.join(sorted(words))}")
    limit = query.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= LIMIT_MOST:
        raise BadQueryError(f"limit is a number from 1 to {LIMIT_MOST}")
    period = _period(query, zone)
    return CallFilter(
        missed=query["missed"] == "true" if "missed" in query else None,
        direction=query.get("direction"),  # type: ignore[arg-type]  # checked above
        result=query.get("result"),  # type: ignore[arg-type]  # checked above
        queue=query.get("queue"),
        trunk=query.get("trunk"),
        number=query.get("number"),
        clients=query.get("clients"),  # type: ignore[arg-type]  # checked above
        since=period.since,
        until=period.until,
        last=int(limit),
    )


def _period(query: Mapping[str, str], zone: tzinfo) -> Period:
    if "period" in query and ("from" in query or "to" in query):
        raise BadQueryError("give a period, or from and to, not both")
    try:
        if "period" in query:
            return named_period(query["period"], clock.now(), zone)
        return between(query.get("from"), query.get("to"), zone)
    except PeriodError as error:
        raise BadQueryError(str(error)) from None
