"""The zone that this machine lives in, by the signs that Linux systems give."""

from pathlib import Path

import pytest

from config.system_zone import SystemZone, system_zone


@pytest.fixture
def signs(tmp_path: Path) -> dict[str, Path]:
    return {"localtime": tmp_path / "localtime", "timezone": tmp_path / "timezone"}


def test_the_environment_comes_first(signs: dict[str, Path]) -> None:
    signs["timezone"].write_text("Asia/Omsk\n")
    assert system_zone({"TZ": "Europe/Moscow"}, **signs) == SystemZone("Europe/Moscow", certain=True)
    assert system_zone({"TZ": ":Europe/Moscow"}, **signs) == SystemZone("Europe/Moscow", certain=True)


def test_the_link_that_systemd_makes_comes_next(signs: dict[str, Path]) -> None:
    signs["localtime"].symlink_to("../usr/share/zoneinfo/Europe/Moscow")
    signs["timezone"].write_text("Asia/Omsk\n")
    assert system_zone({}, **signs) == SystemZone("Europe/Moscow", certain=True)


def test_debians_file_is_asked_where_localtime_is_a_copy(signs: dict[str, Path]) -> None:
    signs["localtime"].write_bytes(b"TZif2")
    signs["timezone"].write_text("Asia/Omsk\n")
    assert system_zone({}, **signs) == SystemZone("Asia/Omsk", certain=True)


def test_a_machine_that_says_nothing_is_at_utc(signs: dict[str, Path]) -> None:
    assert system_zone({}, **signs) == SystemZone("UTC", certain=True)


def test_a_copy_without_a_name_is_a_guess(signs: dict[str, Path]) -> None:
    signs["localtime"].write_bytes(b"TZif2")
    assert system_zone({}, **signs) == SystemZone("UTC", certain=False)


@pytest.mark.parametrize("said", ["MSK-3", "../../etc/passwd", "Europe", "/etc/localtime", "Europe/Moskow"])
def test_what_is_no_zones_name_is_a_guess(signs: dict[str, Path], said: str) -> None:
    assert system_zone({"TZ": said}, **signs) == SystemZone("UTC", certain=False)
    signs["timezone"].write_text("Asia/Omsk\n")
    assert system_zone({"TZ": said}, **signs) == SystemZone("Asia/Omsk", certain=False)


def test_an_unreadable_file_is_passed_over(signs: dict[str, Path]) -> None:
    signs["timezone"].write_bytes(b"\xff\xfe")
    assert system_zone({}, **signs).name == "UTC"
