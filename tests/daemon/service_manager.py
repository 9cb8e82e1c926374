"""A service manager that keeps what it is told."""

import asyncio

from daemon.notify import Notifier


class Told(Notifier):
    """`messages`: what came, without further lines. `is_deaf`: it hears nothing for a while."""

    def __init__(self, watchdog_s: float | None = None) -> None:
        super().__init__("@told", watchdog_s)
        self.messages: list[str] = []
        self.is_deaf = False

    async def heard(self, message: str, times: int = 1) -> None:
        """Return once the message came so often."""
        async with asyncio.timeout(60):
            while self.messages.count(message) < times:
                await asyncio.sleep(0.001)

    def _deliver(self, message: str) -> bool:
        if not self.is_deaf:
            self.messages.append(message.partition("\n")[0])
        return not self.is_deaf
