"""A daemon in whose day something of everything has happened, and a Chromium that looks at its pages."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from daemon.web_pages import page_names
from tests.callback.office import READ, WRITE, miss, settings
from tests.daemon.fake_asterisk import FakeAsterisk, event, new_channel, run_of_headers
from tests.daemon.ringtally_process import Daemon, running_daemon
from tests.daemon.test_inert import member, members
from tests.mqtt.service import ids

# By page, what it can be asked for that looks unlike the rest of it.
ASKED = {
    "wallboard": ("", "?board=agents", "?board=table"),
    "callback": ("",),
    "reports": ("?report=missed", "?report=wait", "?report=calls"),
}
SETTINGS = '[queues.support]\n[queues.sales]\n[wallboard]\nwait_warn = "1s"\nwait_alarm = "2s"\n'


def addresses() -> list[str]:
    """Every page there is, in each way it looks; the landing page first."""
    assert set(ASKED) == set(page_names())
    return ["/", *(f"/{name}/{asked}" for name, each in ASKED.items() for asked in each)]


@asynccontextmanager
async def office() -> AsyncIterator[tuple[FakeAsterisk, Daemon]]:
    """Two clients were missed, one waits, one is in the menu, two agents are there."""
    with tempfile.TemporaryDirectory() as name:
        async with FakeAsterisk(steady=True) as pbx, running_daemon(settings(Path(name), pbx, more=SETTINGS)) as daemon:
            await daemon.until("/-/ready", "ready")
            miss(pbx)
            miss(pbx, 1)
            waiting, in_menu = ids(9_000, 2)
            joins = event("QueueCallerJoin", run_of_headers(waiting) + "Queue: support\r\nPosition: 1\r\nCount: 1\r\n")
            calls = new_channel(waiting) + joins + new_channel(in_menu)
            agents = [member("Анна"), member("Boris"), member("Boris", "sales")]
            pbx.answers["QueueStatus"] = members(agents)
            pbx.sessions[-1].send(calls + b"".join(agents))
            await daemon.until("/api/v1/live", in_menu)
            await daemon.until("/api/v1/cases?open=true", "2234")
            yield pbx, daemon


TOKENS = (READ, WRITE)
