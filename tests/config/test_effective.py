"""What `check-config` prints is a settings file that says the same."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from config.effective import effective, effective_lines, toml_value
from config.loader import load_settings
from config.sections import Ami, Department, FollowUp, Http, Mqtt, Queue, Settings, Site, Source, Storage, Trunk
from config.working_hours import working_hours_of

FULL = Settings(
    site=Site(name="head-office", timezone="Europe/Moscow", language="ru"),
    ami=Ami(host="10.0.0.1", ping_interval=0.25, ca_file=Path("/etc/ssl/certs/ca.pem")),
    trunks=(Trunk(name='Мега"фон\\', channels=("PJSIP/megafon-*",)), Trunk(name="mts", channels=("PJSIP/mts-[12]*",))),
    queues={"Отдел продаж": Queue(wrapup=90), "support": Queue(id="help", threshold=15, goal=0.95), "bare": Queue()},
    sources=(Source(name="yandex", dids=("74951112233", "+74951112244")),),
    departments=(Department(name="support", queues=("support",), extensions=("101",), missed_goal=0.05),),
    working_hours=working_hours_of({"mon-fri": ["09:00-18:00"], "holidays": ["2026-12-31"]}),
    follow_up=FollowUp(rule="bitrix24", ignore=("74950000000",)),
    storage=Storage(path=Path("/data/calls.db"), keep="30d"),
    mqtt=Mqtt(numbers="full"),
    http=Http(listen="[::1]:9796"),
)


@pytest.mark.parametrize("settings", [Settings(site=Site(timezone="UTC")), FULL], ids=["defaults", "everything"])
def test_what_is_in_force_reads_back_as_the_same(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "ringtally.toml"
    path.write_text(effective(settings))
    assert load_settings(path, {}, secrets=False).settings == settings


def test_every_section_and_every_default_is_there() -> None:
    text = effective(Settings())
    tables = tomllib.loads(text)
    assert tables["service_level"] == {"threshold": "20s", "goal": 0.8, "short_abandon": "5s"}
    assert tables["storage"]["keep"] == "400d"
    assert "# no [mqtt]: nothing is published" in text
    assert "# no [working_hours]: always open" in text


def test_secrets_are_stars_and_those_of_files_are_named_by_their_file() -> None:
    secret = SecretStr("hush")
    ami = Ami(secret=secret)
    assert 'secret = "***"' in effective_lines(Settings(ami=ami))
    lines = effective_lines(Settings(ami=Ami(secret=secret, secret_file="/etc/ringtally/ami.secret")))
    assert 'secret_file = "/etc/ringtally/ami.secret"' in lines
    assert not [line for line in lines if "***" in line or "hush" in line]
    assert not [line for line in effective_lines(Settings()) if "***" in line]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back(text: str) -> None:
    written = toml_value(text)
    assert written.isprintable()
    assert tomllib.loads(f"a = {written}") == {"a": text}


@given(st.floats(0, 1) | st.integers(-(2**62), 2**62) | st.booleans())
def test_any_number_reads_back(number: float) -> None:
    assert tomllib.loads(f"a = {toml_value(number)}") == {"a": number}


def test_what_no_settings_file_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no place in settings"):
        toml_value(object())
