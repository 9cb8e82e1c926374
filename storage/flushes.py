"""Who waits until what the writer took before is settled: stored, or else counted as dropped or refused."""

import asyncio

from storage.errors import StorageError


class Flushes:
    """Those who wait, each for a number of things taken; true while somebody does."""

    def __init__(self) -> None:
        self._open: list[tuple[int, asyncio.Future[None]]] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    async def until(self, taken: int) -> None:
        """Wait until so many are settled. Raises StorageError with the reason when an attempt fails before."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open.append((taken, settled))
        await settled

    def settle(self, settled: int) -> None:
        """So many are settled: whoever waits for no more goes on."""
        still_open = []
        for taken, waiting in self._open:
            if taken > settled:
                still_open.append((taken, waiting))
            elif not waiting.done():
                waiting.set_result(None)
        self._open = still_open

    def fail(self, reason: str) -> None:
        """An attempt failed, or none will be made any more: everybody is told why."""
        for _, waiting in self._open:
            if not waiting.done():
                waiting.set_exception(StorageError(reason))
        self._open.clear()
