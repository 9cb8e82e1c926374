"""The real Prometheus beside the daemon: it scrapes, and its numbers are the daemon's."""

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import bcrypt
from prometheus_client.parser import text_string_to_metric_families

from config.sections import Queue
from tests.daemon.app_service import Ledger, lines, ready, replay, settings_for
from tests.daemon.certificates import make_certificates
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, new_channel, unknown
from tests.daemon.http_service import until
from tests.daemon.ringtally_process import running_daemon, write_settings
from tests.prometheus.server import WITHIN_S, Prometheus, scraping
from tests.recordings import NAMES

QUEUES = {name: Queue() for name in ("nobody", "supall", "suplocal", "suplocaln", "support")}
# What moves between two scrapes though nobody calls.
OF_ITS_OWN = (
    *("process_", "python_", "ringtally_ami_events", "ringtally_ami_last_event", "ringtally_store_write"),
    *("ringtally_missed_oldest_case", "ringtally_store_free", "ringtally_store_size"),  # as of the scrape
)


Series = tuple[str, tuple[tuple[str, str], ...]]


async def own_numbers(client: Any) -> dict[Series, float]:
    """What the daemon says itself, every series but quantiles, which come with the first duration."""
    async with client.get("/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    return {
        (s.name, tuple(sorted((k, v) for k, v in s.labels.items() if v))): s.value  # an empty label is no label
        for family in families
        for s in family.samples
        if not s.name.startswith(OF_ITS_OWN) and "quantile" not in s.labels
    }


# Agents are met one by one. The members whom the recordings leave in the queue, and all of their people who are still there.
GROWS = frozenset(
    {
        "ringtally_agent_state_seconds_total",
        "ringtally_missed_oldest_case_age_seconds",
        "ringtally_missed_oldest_case_working_age_seconds",
    }
)
OF_AGENTS = frozenset({"ringtally_agent_state_seconds_total", "ringtally_agent_info"})
SUPPORT_MEMBERS, AGENTS = 3, 3


async def test_its_numbers_are_the_daemons_before_and_after_a_day_of_calls(tmp_path: Path) -> None:
    ledger = Ledger()
    async with (
        FakeAsterisk(steady=True) as pbx,
        ready(settings_for(tmp_path, pbx.port, queues=QUEUES), [ledger]) as (daemon, client),
        scraping(tmp_path, daemon.port) as prometheus,
    ):
        # It is asked again after what was forged, and has no members to show.
        pbx.answers["QueueStatus"] = unknown
        await prometheus.until("up", 1)
        await prometheus.until("ringtally_ami_connected", 1)
        await prometheus.until("sum(ringtally_calls_total)", 0)
        before = await own_numbers(client)

        for name in NAMES:
            await replay(pbx, daemon, lines(name))
        # What was forged is settled by what the PBX says when it is asked again: the last call ends with that.
        await until(lambda: not (daemon.core.live_count or daemon.client.is_asking or daemon.pump.backlog))
        await prometheus.until("sum(ringtally_calls_total)", lambda: len(ledger.calls))

        told = Counter((c.direction, "" if c.trunk is None else "town", str(c.result)) for c in ledger.calls)
        found = await prometheus.ask("ringtally_calls_total > 0")
        assert {
            (d["direction"], d.get("trunk", ""), d["result"]): n for labels, n in found.items() if (d := dict(labels))
        } == told
        missed = sum(call.missed for call in ledger.calls)
        assert missed > 0
        await prometheus.until("sum(ringtally_missed_calls_total)", missed)

        await prometheus.until("ringtally_store_waiting_calls", 0)
        own = await own_numbers(client)
        assert {each for each in own if each[0] not in OF_AGENTS} == {
            each for each in before if each[0] not in OF_AGENTS
        }
        await prometheus.until('sum(ringtally_queue_members{queue="support"})', SUPPORT_MEMBERS)
        await prometheus.until("count(ringtally_agent_info)", AGENTS)
        await prometheus.until("sum(ringtally_agent_state_seconds_total{agent='PJSIP/101'}) > bool 0", 1)
        await agree(prometheus, client)


async def agree(prometheus: Prometheus, client: Any) -> None:
    """Both say the same, once what the daemon was asked last has been scraped: when that is nobody tells."""
    own: dict[Series, float] = {}
    scraped: dict[Series, float] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while not own or scraped != own:
                told = {key: value for key, value in (await own_numbers(client)).items() if key[0] not in GROWS}
                # All at once: a moment later the next scrape may be there.
                found = (await prometheus.series('{__name__=~"ringtally_.*"}')).items()
                own, scraped = told, {key: value for key, value in found if key in told}
    assert scraped == own


async def test_it_sees_the_first_call_of_each_kind_as_an_increase(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        ready(settings_for(tmp_path, pbx.port)) as (daemon, _),
        scraping(tmp_path, daemon.port) as prometheus,
    ):
        await prometheus.until("count_over_time(ringtally_ami_connected[1m]) > bool 1", 1)
        await replay(pbx, daemon, lines("07-ivr-queue-second-agent"))
        await prometheus.until('ringtally_calls_total{direction="in",trunk="town",result="answered"}', 1)
        await prometheus.until("sum(increase(ringtally_calls_total[1m])) > bool 0", 1)
        await prometheus.until("sum(increase(ringtally_queue_wait_seconds_count[1m])) > bool 0", 1)
        quantile = "histogram_quantile(0.9, sum by (le) (rate(ringtally_call_wait_seconds_bucket[1m])))"
        await prometheus.until(f"({quantile} > bool 0) * ({quantile} < bool 1)", 1)
        await replay(pbx, daemon, [new_channel("1795450260.777")])
        await prometheus.until("sum(ringtally_calls_active)", 1)


async def trouble_of_the_target(prometheus: Prometheus) -> str:
    """What Prometheus says of its last scrape that is wrong with it; one that came too late on a busy machine is not the last."""
    trouble = "nothing was scraped"
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while trouble:
                (target,) = (await prometheus.get("/api/v1/targets"))["activeTargets"]
                trouble = target["lastError"] or target["health"].removeprefix("up")
                await asyncio.sleep(0.05)
    return trouble


async def test_it_negotiates_openmetrics_and_takes_it_without_an_error(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        ready(settings_for(tmp_path, pbx.port)) as (daemon, _),
        scraping(tmp_path, daemon.port) as prometheus,
    ):
        await prometheus.until("up", 1)
        assert await trouble_of_the_target(prometheus) == ""
        # Prometheus's own text knows no such type: it is a gauge there, and of another name.
        (build,) = await prometheus.get("/api/v1/targets/metadata", metric="ringtally_build")
        assert build["type"] == "info"
        await prometheus.until("scrape_samples_scraped - scrape_samples_post_metric_relabeling", 0)


async def test_a_daemon_that_lost_its_pbx_is_up_and_says_that_it_has_none(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with ready(settings) as (daemon, _), scraping(tmp_path, daemon.port) as prometheus:
            await prometheus.until("ringtally_ami_connected", 1)
            await pbx.go_down()
            await prometheus.until("ringtally_ami_connected", 0)
            await prometheus.until("up", 1)
            await pbx.listen(pbx.port)
            await prometheus.until("ringtally_ami_connects_total", 2)
            await prometheus.until("ringtally_ami_gap_seconds_total > bool 0", 1)


async def test_it_scrapes_by_tls_and_with_a_password_as_the_shipped_job_says(tmp_path: Path) -> None:
    authority = make_certificates(tmp_path, "IP:127.0.0.1").authority
    hashed = bcrypt.hashpw(b"of-prometheus", bcrypt.gensalt(10)).decode()
    (tmp_path / "password").write_text("of-prometheus")
    web_config = tmp_path / "web.yml"
    web_config.write_text(
        f"tls_server_config: {{cert_file: server.pem, key_file: server.pem}}\nbasic_auth_users: {{prometheus: {hashed}}}\n"
    )
    web_config.chmod(0o600)
    paths = {
        "/etc/prometheus/ringtally-ca.pem": str(authority),
        "/etc/prometheus/ringtally.password": str(tmp_path / "password"),
    }
    async with FakeAsterisk(steady=True) as pbx:
        path = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        path.write_text(path.read_text().replace("[http]\n", f'[http]\nweb_config_file = "{web_config}"\n'))
        async with running_daemon(path) as daemon, scraping(tmp_path, daemon.port, paths) as prometheus:
            await prometheus.until("up", 1)
            await prometheus.until("ringtally_ami_connected", 1)
            await prometheus.until('ringtally_http_refused_total{reason="password"}', 0)
            (tmp_path / "password").write_text("another")
            await prometheus.until("up", 0)
