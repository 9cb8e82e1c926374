"""One machine for all tests here; each begins with a service that is stopped."""

from collections.abc import Iterator

import pytest

from tests.systemd.service import Machine, Pbx, Service, booted


@pytest.fixture(scope="package")
def machine() -> Iterator[Machine]:
    """Booted, with the service installed."""
    with booted() as found:
        found.install()
        yield found


@pytest.fixture
def service(machine: Machine) -> Iterator[Service]:
    """The service, prepared and stopped."""
    found = Service(machine)
    found.prepare()
    yield found
    machine.systemctl("stop", "ringtally.service", check=False)


@pytest.fixture
def pbx(machine: Machine) -> Iterator[Pbx]:
    """A PBX for the daemon to listen to."""
    with machine.pbx() as found:
        yield found
