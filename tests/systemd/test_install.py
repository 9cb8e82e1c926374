"""What is shipped for systemd, as systemd reads it."""

from tests.systemd.service import UNIT, Machine

HARDENED_TO = 12
"""The most exposure allowed, in tenths (`systemd-analyze security`)."""


def test_systemd_has_nothing_to_say_about_the_unit(machine: Machine) -> None:
    # It exits 0 on an unknown key: what it writes is what counts. There is no man page yet.
    done = machine.run("systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{UNIT}")
    assert (done.stdout, done.stderr) == ("", "")


def test_the_unit_is_hardened(machine: Machine) -> None:
    words = ("systemd-analyze", "security", "--offline=true", f"--threshold={HARDENED_TO}", "--no-pager")
    done = machine.run(*words, f"/etc/systemd/system/{UNIT}", check=False)
    assert done.returncode == 0, done.stdout
    assert machine.run(*words[:2], f"--threshold={HARDENED_TO}", "--no-pager", UNIT, check=False).returncode == 0


def test_its_user_can_log_in_nowhere_and_its_folders_are_closed_to_others(machine: Machine) -> None:
    user = machine.run("getent", "passwd", "ringtally").stdout.strip().split(":")
    assert user[4:] == ["Ringtally call analytics", "/var/lib/ringtally", "/usr/sbin/nologin"]
    assert int(user[2]) < 1000
    shown = machine.run("stat", "--format=%n %a %U %G", "/etc/ringtally", "/var/lib/ringtally").stdout.splitlines()
    assert shown == ["/etc/ringtally 750 root ringtally", "/var/lib/ringtally 700 ringtally ringtally"]


def test_what_the_readme_says_ends_in_a_service_that_runs_and_comes_up_with_the_machine(machine: Machine) -> None:
    machine.systemctl("disable", "--now", UNIT)
    machine.run("rm", "-r", "/etc/ringtally", "/var/lib/ringtally", f"/etc/systemd/system/{UNIT}")
    machine.install()
    assert machine.systemctl("is-active", UNIT).stdout.strip() == "active"
    assert machine.systemctl("is-enabled", UNIT).stdout.strip() == "enabled"
    secret = machine.run("stat", "--format=%a %U %G", "/etc/ringtally/ami.secret").stdout.strip()
    assert secret == "600 root root"
