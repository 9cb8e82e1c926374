"""What the tests of a module share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import running_daemon
from tests.wallboard.office import Office, settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """Of one queue and one trunk, on the daemon's own stream."""
    folder = tmp_path_factory.mktemp("office")
    async with FakeAsterisk(steady=True) as pbx, running_daemon(settings(folder, pbx, closed_port())) as daemon:
        await daemon.until("/-/ready", "ready")
        yield Office(pbx, daemon)
