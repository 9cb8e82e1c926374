"""A connection that broke, seen from outside: stored, listed by HTTP, counted, and the last one in `bridge/health`."""

from pathlib import Path

from tests.daemon.app_service import ready, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import until


async def test_a_gap_is_told_with_its_bounds_and_its_reason_wherever_one_looks(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        async with client.get("/api/v1/gaps") as answer:
            assert await answer.json() == {"v": 1, "gaps": []}
        assert daemon.health.payload()["last_gap"] is None
        pbx.sessions[-1].hang_up()
        await until(lambda: daemon.health.payload()["last_gap"] is not None)
        await daemon.writer.flush()
        async with client.get("/api/v1/gaps?period=today") as answer:
            (gap,) = (await answer.json())["gaps"]
        assert gap["reason"] == "connection_lost"
        assert gap["from"] < gap["to"]
        assert daemon.health.payload()["last_gap"] == gap
        async with client.get("/metrics") as answer:
            assert 'ringtally_ami_gaps_total{reason="connection_lost"} 1.0' in await answer.text()
        async with client.get("/api/v1/gaps?queue=support") as answer:
            assert answer.status == 400
            assert "unknown parameter queue; there are from, limit, period, to" in (await answer.json())["error"]
