"""An alert on its whole way: a real Asterisk dies, and somebody is told in his language; it comes back, and he is told that too."""

from contextlib import AsyncExitStack
from pathlib import Path

from tests.asterisk.pbx import running_pbx
from tests.asterisk.test_commands import settings_for
from tests.daemon.ringtally_process import running_daemon
from tests.prometheus.alerting import alerting


async def test_a_pbx_that_dies_is_told_of_and_so_is_its_return(tmp_path: Path) -> None:
    async with (
        running_pbx(22, 61) as pbx,
        running_daemon(settings_for(pbx, tmp_path)) as daemon,
        AsyncExitStack() as chain,
    ):
        # Before anybody looks: else the first that he is told is the start.
        await daemon.until("/metrics", "ringtally_ami_connected 1.0")
        prometheus, told = await chain.enter_async_context(alerting(tmp_path, daemon.port, "moscow"))
        await prometheus.until("ringtally_ami_connected", 1)
        await pbx.kill()
        receiver, alert = await told.heard("RingtallyAmiDown", "firing")
        assert receiver == "russian"
        assert alert["labels"]["severity"] == "critical"
        assert alert["annotations"]["summary"] == "moscow: ringtally has no connection to the PBX"
        assert alert["annotations"]["summary_ru"] == "moscow: у ringtally нет связи с АТС"
        assert alert["annotations"]["runbook_url"] == "our/docs/alerts.md#ringtallyamidown"
        await pbx.boot()
        await prometheus.until("ringtally_ami_connected", 1)
        assert (await told.heard("RingtallyAmiDown", "resolved"))[0] == "russian"
        assert told.names == {"RingtallyAmiDown"}
