"""Start, status, watchdog, stop: the life of the service under a real systemd."""

from tests.systemd.service import TRUNK, UNIT, Pbx, Service, until

CALLS = [f"1795450254.{n}" for n in range(500)]
# A busy machine may let it stand still for two seconds.
WATCHED = "WatchdogSec=4s\nRestartSec=100ms"
TRIES = 5


def test_it_is_started_when_it_serves_and_not_before_though_the_pbx_is_down(service: Service) -> None:
    service.start()
    assert service.get("/-/healthy")[0] == 200
    assert service.get("/-/ready")[0] == 503
    assert service.machine.run("test", "-f", "/var/lib/ringtally/ringtally.db")
    assert (service.show("ActiveState"), service.show("SubState")) == ("active", "running")
    service.shows("StatusText", "PBX unreachable, 0 live calls")


def test_what_cannot_serve_is_never_started(service: Service) -> None:
    service.prepare('[http]\nlisten = "192.0.2.1:9796"\n', "Restart=no")
    assert service.machine.systemctl("start", UNIT, check=False).returncode == 1
    assert (service.show("ActiveState"), service.show("Result")) == ("failed", "exit-code")
    service.says("cannot listen on 192.0.2.1:9796")


def test_without_settings_it_is_not_started_and_not_failed(service: Service) -> None:
    service.machine.run("rm", "/etc/ringtally/ringtally.toml")
    service.start()
    assert (service.show("ActiveState"), service.show("ConditionResult")) == ("inactive", "no")


def test_the_status_line_follows_the_pbx_and_its_calls(service: Service) -> None:
    service.start()
    service.shows("StatusText", "PBX unreachable, 0 live calls")
    with service.machine.pbx() as pbx:
        service.shows("StatusText", "PBX connected, 0 live calls")
        pbx.tell("begin 1795450254.1 1795450254.2")
        service.shows("StatusText", "PBX connected, 2 live calls")
        assert "PBX connected, 2 live calls" in service.machine.systemctl("status", UNIT).stdout
        pbx.tell("end 1795450254.1")
        service.shows("StatusText", "PBX connected, 1 live call")
    service.shows("StatusText", "PBX unreachable, 1 live call")
    assert service.show("NRestarts") == "0"


def test_a_daemon_that_stands_still_is_killed_and_started_again(service: Service, pbx: Pbx) -> None:
    service.prepare(TRUNK.format("town"), WATCHED)
    service.start()
    service.shows("StatusText", "PBX connected, 0 live calls")
    pbx.tell("begin 1795450254.1 1795450254.2")
    pbx.tell("end 1795450254.1")
    until("the call that ended is stored", lambda: set(service.stored()) == {"1795450254.1"})
    before = service.show("MainPID")
    service.machine.systemctl("kill", "--kill-whom=main", "--signal=SIGSTOP", UNIT)
    service.shows("NRestarts", "1")
    service.shows("StatusText", "PBX connected, 1 live call")
    assert service.show("MainPID") != before
    assert [call["id"] for call in service.live()] == ["1795450254.2"], "taken up again from the PBX's snapshot"
    assert set(service.stored()) == {"1795450254.1"}
    service.says("Watchdog timeout (limit 4s)!")
    service.says("Fatal Python error: Aborted")  # and tells in which line it stood still


def test_an_idle_daemon_feeds_its_watchdog(service: Service) -> None:
    service.prepare(drop_in=WATCHED)
    service.start()
    started = int(service.show("ActiveEnterTimestampMonotonic"))
    until("fed beyond its patience", lambda: int(service.show("WatchdogTimestampMonotonic")) > started + 5_000_000)
    assert (service.show("ActiveState"), service.show("NRestarts")) == ("active", "0")


def test_a_stop_stores_what_has_ended_within_two_seconds(service: Service, pbx: Pbx) -> None:
    for _try in range(TRIES):  # another process may have had the processor: only what was late is done again
        service.prepare(drop_in="TimeoutStopSec=2s")
        service.start()
        service.shows("StatusText", "PBX connected, 0 live calls")
        pbx.tell("begin " + " ".join(CALLS))
        until("the calls live", lambda: '"total":500' in service.get("/api/v1/live")[1])
        pbx.tell("end " + " ".join(CALLS[:-1]))
        until("all but one have ended", lambda: '"total":1,' in service.get("/api/v1/live")[1])
        service.machine.systemctl("stop", UNIT)
        if service.show("Result") == "success":
            break
        pbx.tell("end " + CALLS[-1])
    assert (service.show("Result"), service.show("ExecMainStatus")) == ("success", "0")
    service.says('"event": "stopped"')
    assert service.stored() == dict.fromkeys(CALLS[:-1], True)
    service.start()  # root has read the database meanwhile, and left nothing in the way
    service.shows("StatusText", "PBX connected, 1 live call")
