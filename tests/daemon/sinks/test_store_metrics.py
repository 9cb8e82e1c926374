"""Does the database take calls, what waits for it, and how much room has it: as numbers."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry

from daemon.sinks.store_metrics import StoreCollector
from storage.writer import Health


class Store:
    """A store of which a test decides how it does."""

    def __init__(self, health: Health) -> None:
        self.health = health


def told(health: Health, path: Path = Path("no folder/calls.db")) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(StoreCollector(Store(health), path))
    return {sample.name: sample.value for family in registry.collect() for sample in family.samples}


def test_a_store_that_is_well_tells_zeros() -> None:
    assert set(told(Health("ok", None, 0, 7, 0, 0, 0)).values()) == {0.0}


def test_one_that_is_not_tells_what_waits_and_what_was_given_up() -> None:
    assert told(Health("degraded", "is full", 20_000, 7, 12, 2, 1)) == {
        "ringtally_store_degraded": 1,
        "ringtally_store_waiting_calls": 20_000,
        "ringtally_store_dropped_calls_total": 12,
        "ringtally_store_refused_calls_total": 2,
        "ringtally_store_set_aside_total": 1,
    }


def test_the_room_on_its_disk_is_that_for_who_runs_it_and_its_size_that_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    path.write_bytes(bytes(4096))
    path.with_name("calls.db-wal").write_bytes(bytes(1000))
    numbers = told(Health("ok", None, 0, 7, 0, 0, 0), path)
    assert numbers["ringtally_store_size_bytes"] == 5096
    disk = os.statvfs(tmp_path)
    most = disk.f_blocks * disk.f_frsize
    assert 0 < numbers["ringtally_store_free_bytes"] <= most - (disk.f_bfree - disk.f_bavail) * disk.f_frsize
