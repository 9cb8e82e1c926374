"""What the unit lets the daemon do: its own state, the network, and nothing else. Secrets are root's and the daemon's alone."""

import json
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tests.daemon.certificates import make_certificates
from tests.daemon.fake_asterisk import SECRET
from tests.systemd.service import UNIT, Pbx, Service

PROBE = "/opt/ringtally/probe.py"
IN_PLACE_OF_THE_DAEMON = (
    f"ExecStart=\nExecStart=/opt/ringtally/.venv/bin/python {PROBE}\nType=oneshot\nWatchdogSec=0\nRestart=no"
)

BY_TLS = """
import base64, ssl, sys, urllib.error, urllib.request as r
context = ssl.create_default_context(cadata=sys.stdin.read())
for login in ("anna:wrong", "anna:of-anna"):
    ask = r.Request("https://127.0.0.1:9796/-/healthy")
    ask.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try: print(r.urlopen(ask, timeout=10, context=context).status)
    except urllib.error.HTTPError as error: print(error.code)
"""


@pytest.fixture
def found(service: Service) -> dict[str, Any]:
    """What a program finds that runs in place of the daemon."""
    machine = service.machine
    machine.write(PROBE, Path(__file__).with_name("probe.py").read_text())
    machine.run("sh", "-c", "for folder in /home /root /tmp; do touch $folder/letter; done")
    service.prepare(drop_in=IN_PLACE_OF_THE_DAEMON)
    service.start()
    service.says("PROBE ")
    (line,) = (line for line in service.log().splitlines() if line.startswith("PROBE "))
    told: dict[str, Any] = json.loads(line.removeprefix("PROBE "))
    return told


def test_it_can_do_what_it_needs_and_nothing_else(found: dict[str, Any]) -> None:
    writes = found["writes"]
    assert [folder for folder, what in writes.items() if what == "done"] == ["/tmp", "/var/lib/ringtally"]
    assert {what for what in writes.values() if what != "done"} <= {"EROFS", "EACCES", "EPERM"}
    assert found["seen"] == {"/home": 0, "/root": 0, "/tmp": 1, "/dev/mapper": 0}, "of /tmp only what it wrote itself"
    assert found["processes"], "it sees itself alone"
    assert found["sockets"] == {"packet": "EAFNOSUPPORT", "netlink": "EAFNOSUPPORT", "tcp": "done"}
    assert set(found["calls"].values()) == {"EPERM"}
    assert found["status"] == {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapBnd": "0" * 16}
    assert found["core"] == ["0", "0"]
    assert found["oom"] == "500"
    assert found["boot time"], "from which the process's start time is reckoned"


def test_the_secret_reaches_it_though_only_root_may_read_its_file(found: dict[str, Any]) -> None:
    assert found["secret"] == SECRET
    assert found["secret_of_root"] in {"EACCES", "EPERM"}


def test_the_daemon_logs_in_with_a_secret_that_nobody_else_can_read(service: Service, pbx: Pbx) -> None:
    service.start()
    service.shows("StatusText", "PBX connected, 0 live calls")
    assert pbx.tell("logins") == "1"
    machine, pid = service.machine, service.show("MainPID")
    assert machine.run("stat", "--format=%U", f"/proc/{pid}").stdout.strip() == "ringtally"
    credential = f"/run/credentials/{UNIT}/ami.secret"
    assert machine.run("cat", credential).stdout.strip() == SECRET
    secret = "/etc/ringtally/ami.secret"
    for user, file in (("nobody", credential), ("nobody", secret), ("ringtally", secret)):
        refused = machine.run("setpriv", f"--reuid={user}", "--clear-groups", "cat", file, check=False)
        assert (refused.stdout, "Permission denied" in refused.stderr) == ("", True)
    assert SECRET not in machine.run("cat", f"/proc/{pid}/environ", f"/proc/{pid}/cmdline").stdout
    assert SECRET not in machine.systemctl("show", UNIT).stdout
    assert SECRET not in service.log()


def test_without_the_file_of_a_secret_it_says_so_and_does_not_start(service: Service) -> None:
    service.prepare(drop_in="Restart=no")
    service.machine.run("rm", "/etc/ringtally/ami.secret")
    assert service.machine.systemctl("start", UNIT, check=False).returncode == 1
    # What systemd says in the child is often filed under no unit, for the child is gone by then; this is its own word.
    service.says("status=243/CREDENTIALS")


def test_tls_and_passwords_work_inside_it_and_a_renewed_certificate_counts_without_a_restart(
    service: Service, tmp_path: Path
) -> None:
    hashed = bcrypt.hashpw(b"of-anna", bcrypt.gensalt(10)).decode()

    def renewed() -> str:
        """The web config file with a certificate of now, as text in it; the authority."""
        certificates = make_certificates(tmp_path, "IP:127.0.0.1")
        pem = "|\n" + "".join(f"    {line}\n" for line in certificates.server.read_text().splitlines())
        text = f"tls_server_config:\n  cert: {pem}  key: {pem}basic_auth_users:\n  anna: {hashed}\n"
        service.machine.write("/etc/ringtally/web.yml", text, mode="0640", group="ringtally")
        return certificates.authority.read_text()

    service.prepare('[http]\nweb_config_file = "web.yml"\n')
    authority = renewed()
    service.start()
    for _ in range(2):
        done = service.machine.run("/opt/ringtally/.venv/bin/python", "-c", BY_TLS, text=authority)
        assert done.stdout.split() == ["401", "200"]
        authority = renewed()
    assert service.show("NRestarts") == "0"
    assert "of-anna" not in service.log()
    assert hashed not in service.log()
