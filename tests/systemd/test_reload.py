"""`systemctl reload` and SIGHUP: new settings without losing a call, wrong ones without effect."""

from tests.systemd.service import TRUNK, UNIT, Pbx, Service


def connected(service: Service, more: str = TRUNK.format("town")) -> None:
    service.prepare(more)
    service.start()
    service.shows("StatusText", "PBX connected, 0 live calls")


def test_new_settings_hold_for_the_next_call_and_the_live_one_is_not_lost(service: Service, pbx: Pbx) -> None:
    connected(service)
    pid = service.show("MainPID")
    pbx.tell("begin 1795450254.1")
    service.shows("StatusText", "PBX connected, 1 live call")
    service.configure(TRUNK.format("city"))
    service.machine.systemctl("reload", UNIT)
    service.says('"event": "settings_reloaded"')
    pbx.tell("begin 1795450254.2")
    service.shows("StatusText", "PBX connected, 2 live calls")
    assert [(call["id"], call["trunk"]) for call in service.live()] == [
        ("1795450254.1", "town"),
        ("1795450254.2", "city"),
    ]
    pbx.tell("end 1795450254.1 1795450254.2")
    service.shows("StatusText", "PBX connected, 0 live calls")
    assert pbx.tell("logins") == "1"
    assert (service.show("MainPID"), service.show("NRestarts"), service.show("ActiveState")) == (pid, "0", "active")
    service.machine.systemctl("stop", UNIT)
    assert set(service.stored()) == {"1795450254.1", "1795450254.2"}


def test_another_way_to_the_pbx_reconnects_and_the_live_call_lives_on(service: Service, pbx: Pbx) -> None:
    connected(service)
    pbx.tell("begin 1795450254.1")
    service.shows("StatusText", "PBX connected, 1 live call")
    service.machine.run("sed", "-i", 's/reconnect_max = .*/host = "localhost"/', "/etc/ringtally/ringtally.toml")
    service.machine.systemctl("reload", UNIT)
    service.says('"event": "ami_ready"', 2)
    service.shows("StatusText", "PBX connected, 1 live call")
    assert pbx.tell("logins") == "2"
    assert [call["trunk"] for call in service.live()] == ["town"]


def test_wrong_settings_fail_the_reload_and_change_nothing(service: Service, pbx: Pbx) -> None:
    connected(service)
    pid = service.show("MainPID")
    service.configure('[trnks]\n[http]\nlisten = "nowhere"\n')
    done = service.machine.systemctl("reload", UNIT, check=False)
    assert done.returncode == 1
    service.says("2 problems in the settings")
    # Whoever sends the signal himself is told by the daemon.
    service.configure("[nonsense]\n" + TRUNK.format(""))
    service.machine.systemctl("kill", "--kill-whom=main", "--signal=SIGHUP", UNIT)
    service.says('"event": "settings_refused"')
    assert service.log().count('"event": "settings_problem"') == 2
    service.shows("ActiveState", "active")
    pbx.tell("begin 1795450254.1")
    service.shows("StatusText", "PBX connected, 1 live call")
    assert [call["trunk"] for call in service.live()] == ["town"]
    assert (service.show("MainPID"), service.show("NRestarts")) == (pid, "0")


def test_what_takes_a_restart_is_named_and_waits_for_it(service: Service, pbx: Pbx) -> None:
    connected(service)
    service.configure('[storage]\npath = "/var/lib/ringtally/other.db"\n[http]\nlisten = "127.0.0.1:9797"\n')
    service.machine.systemctl("reload", UNIT)
    service.says('"event": "settings_need_restart"')
    service.says('"keys": "storage.path, http.listen"')
    assert service.get("/-/ready") == (200, "ready\n\n")
    service.machine.systemctl("restart", UNIT)
    assert service.get("/-/ready")[0] == 0
    service.machine.run("test", "-f", "/var/lib/ringtally/other.db")
