"""A demo that holds a broker until it is killed; it tells the broker's port."""

import asyncio
import sys
from pathlib import Path

from daemon.demo.broker import DemoBroker, demo_broker


async def hold(folder: Path) -> None:
    """Forever."""
    async with demo_broker(folder) as broker:
        assert isinstance(broker, DemoBroker)
        print(broker.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1])))
