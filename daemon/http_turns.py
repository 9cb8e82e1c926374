"""Taking turns, for there is one processor and the PBX is read on it too: strangers at the database, and long lists within the loop.

An answer of many calls costs much more than to ask for it. Whoever shows a token is known; all others together get `AT_ONCE` answers
at once, and whoever waits longer than `WAITS_S` gets none.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

from aiohttp import web

from daemon.http_access import may_read_all, may_write
from daemon.http_refusals import Refusals

AT_ONCE = 2
WAITS_S = 5.0
# So many of a list are made before the loop looks at what else there is: a call takes some 70 µs.
PART = 50
_OF_THE_DATABASE = ("/api/v1/calls", "/api/v1/cases", "/api/v1/gaps")
_CURE = "strangers ask for more than they are given: see who asks, or give http.read_token to those who may"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Thing = TypeVar("_Thing")
_Made = TypeVar("_Made")


class Turns:
    """Those of strangers at the database. An answer on its way takes none: only its making does."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._free = asyncio.Semaphore(AT_ONCE)

    async def taken(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """The handler's answer; web.HTTPException where no turn came."""
        resource = request.match_info.route.resource
        reads = resource is not None and resource.canonical.startswith(_OF_THE_DATABASE)
        if not reads or may_read_all(request) or may_write(request):
            return await handler(request)
        try:
            async with asyncio.timeout(WAITS_S):
                await self._free.acquire()
        except TimeoutError:
            self._refusals.count("no_turn")
            self._refusals.tell("no_turn", _CURE, address=request.remote)
            headers = {"Retry-After": "1"}
            raise web.HTTPServiceUnavailable(reason="too many ask at once", headers=headers) from None
        try:
            return await handler(request)
        finally:
            self._free.release()


async def made_of_each(things: AsyncIterator[_Thing], make: Callable[[_Thing], _Made]) -> list[_Made]:
    """What is made of each, in order; between parts of the list the loop does what else there is."""
    made: list[_Made] = []
    async for thing in things:
        made.append(make(thing))
        if len(made) % PART == 0:
            await asyncio.sleep(0)
    return made


async def one_by_one(things: Iterable[_Thing]) -> AsyncIterator[_Thing]:
    """A list for `made_of_each`."""
    for thing in things:
        yield thing
