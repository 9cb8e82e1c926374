"""How file, environment and defaults make the settings, and what is warned about."""

import os
from pathlib import Path

import pytest

from config.loader import ConfigError, LoadedSettings, load_settings
from config.sections import PRESETS, Ami, FollowUp, Http, Rule, Settings


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "ringtally.toml"
    path.write_text(text)
    path.chmod(0o640)
    return path


def warned(loaded: LoadedSettings) -> list[str]:
    return [str(warning) for warning in loaded.warnings]


def problems(path: Path | None, environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(path, environ)
    return [str(problem) for problem in caught.value.problems]


def test_an_empty_file_says_what_the_defaults_say(tmp_path: Path) -> None:
    loaded = load_settings(settings_file(tmp_path, ""), {"TZ": "Europe/Moscow"})
    assert loaded.settings == Settings().model_copy(update={"site": loaded.settings.site})
    assert loaded.settings.site == Settings().site.model_copy(update={"timezone": "Europe/Moscow"})


def test_settings_themselves_never_look_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGTALLY_AMI__PORT", "1")
    monkeypatch.setenv("RINGTALLY_MQTT__HOST", "elsewhere")
    assert Settings().ami.port == 5038
    assert Settings().mqtt is None


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().ami.port = 1  # type: ignore[misc]  # what must not be possible
    with pytest.raises(ValueError, match="frozen"):
        Settings().ami = Ami()  # type: ignore[misc]  # what must not be possible


def test_the_whole_of_the_contract_is_understood(tmp_path: Path) -> None:
    loaded = load_settings(
        settings_file(
            tmp_path,
            """
            [site]
            name = "office"
            timezone = "Europe/Moscow"
            language = "ru"
            [ami]
            secret = "hush"
            [[trunks]]
            name = "megafon"
            channels = ["PJSIP/megafon-*"]
            [queues.support]
            wrapup = "30s"
            id = "support"
            threshold = 15
            [[sources]]
            name = "yandex-direct"
            dids = ["74951112233"]
            [[departments]]
            name = "support"
            queues = ["support"]
            extensions = ["101", "102"]
            dids = ["74951112233"]
            missed_goal = 0.05
            [numbers]
            region = "RU"
            area_code = "495"
            strip_prefixes = ["9"]
            [service_level]
            threshold = "20s"
            goal = 0.8
            short_abandon = "5s"
            [working_hours]
            mon-fri = ["09:00-13:00", "14:00-18:00"]
            holidays = ["2026-12-31"]
            [follow_up]
            rule = "default"
            window = "60m"
            min_talk_out = "5s"
            min_talk_in = "0s"
            list_for = "7d"
            ignore = ["74950000000"]
            count = ["abandoned", "ivr_only", "lost_after_transfer"]
            [storage]
            path = "/var/lib/ringtally/ringtally.db"
            keep = "400d"
            durability = "full"
            [mqtt]
            host = "127.0.0.1"
            numbers = "full"
            accept_contacts = true
            home_assistant = true
            home_assistant_prefix = "ha/discovery"
            [http]
            listen = "[::1]:9796"
            [log]
            level = "debug"
            format = "json"
            """,
        ),
        {},
    )
    settings = loaded.settings
    assert [warning for warning in warned(loaded) if "has no effect yet" not in warning] == []
    assert settings.zone.key == "Europe/Moscow"
    assert settings.trunks[0].channels == ("PJSIP/megafon-*",)
    assert (settings.queues["support"].wrapup, settings.queues["support"].threshold) == (30.0, 15.0)
    assert settings.departments[0].extensions == ("101", "102")
    assert settings.working_hours is not None
    assert str(settings.working_hours.weekdays[4][1]) == "14:00-18:00"
    assert (settings.follow_up.window, settings.storage.keep) == (3600.0, 34_560_000.0)
    assert settings.mqtt is not None
    assert settings.mqtt.numbers == "full"
    assert settings.http.is_loopback


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = settings_file(
        tmp_path, '[ami]\nhost = "10.0.0.1"\nport = 5038\nsecret = "a"\n[queues.support]\nid = "help"\n'
    )
    settings = load_settings(
        path,
        {
            "RINGTALLY_AMI__PORT": "5039",
            "ringtally_ami__tls": "true",
            "RINGTALLY_AMI__TIMEOUT": "30",
            "RINGTALLY_NUMBERS__STRIP_PREFIXES": '["9", "8"]',
            "RINGTALLY_QUEUES__SUPPORT__WRAPUP": "1m",
            "RINGTALLY_MQTT__HOST": "::1",
            "RINGTALLY_TRUNKS": '[{name = "mts", channels = ["PJSIP/mts-*"]}]',
            "RINGTALLY_FOLLOW_UP__RULE": "bitrix24",
            "RINGTALLY_LOG__LEVEL": "",
            "PATH": "/bin",
        },
    ).settings
    assert (settings.ami.host, settings.ami.port, settings.ami.tls, settings.ami.timeout) == (
        "10.0.0.1",
        5039,
        True,
        30.0,
    )
    assert settings.numbers.strip_prefixes == ("9", "8")
    assert (settings.queues["support"].id, settings.queues["support"].wrapup) == ("help", 60.0)
    assert settings.mqtt is not None
    assert settings.mqtt.host == "::1"
    assert settings.trunks[0].name == "mts"
    assert settings.follow_up.window == 86_400.0
    assert settings.log.level == "info"


def test_a_bad_variable_is_told_by_its_own_name_beside_the_files_problems(tmp_path: Path) -> None:
    path = settings_file(tmp_path, '[ami]\nport = 70000\n[service_level]\nthreshold = "20 sek"\n')
    environ = {
        "RINGTALLY_AMI__PORT": "5038",
        "RINGTALLY_AMI__PROT": "1",
        "RINGTALLY_AMI__TIMEOUT": "soon",
        "RINGTALLY_AMI_HOST": "10.0.0.1",
        "RINGTALLY_TELEPHONE": "1",
        "RINGTALLY_NUMBERS__STRIP_PREFIXES": "[9",
        "RINGTALLY_TRUNKS": '[{name = "mts"}]',
    }
    assert problems(path, environ) == [
        f'{path}: service_level.threshold: "20 sek" is no duration; write e.g. "20s", "5m", "1h30m", "7d"',
        'environment: RINGTALLY_AMI_HOST: is no setting; did you mean "RINGTALLY_AMI__HOST"?',
        "environment: RINGTALLY_TELEPHONE: is no setting; unset it; a key is written RINGTALLY_SECTION__KEY",
        'environment: RINGTALLY_AMI__TIMEOUT: "soon" is no duration; write e.g. "20s", "5m", "1h30m", "7d"',
        'environment: RINGTALLY_AMI__PROT: unknown key; did you mean "port"?',
        "environment: RINGTALLY_TRUNKS [1].channels: is missing; add it",
        'environment: RINGTALLY_NUMBERS__STRIP_PREFIXES: is no list; write e.g. ["one", "two"]',
    ]


def test_a_bad_file_hides_no_bad_variable(tmp_path: Path) -> None:
    told = problems(settings_file(tmp_path, "[ami"), {"RINGTALLY_AMI__PORT": "0"})
    assert len(told) == 2
    assert "end of document" in told[0]
    assert told[1] == "environment: RINGTALLY_AMI__PORT: 0 is no port; write a number from 1 to 65535"


def test_relative_paths_are_meant_from_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "ami.secret").write_text("hush\n")
    (tmp_path / "ami.secret").chmod(0o600)
    path = settings_file(tmp_path, '[ami]\nsecret_file = "ami.secret"\n[storage]\npath = "data/calls.db"\n')
    settings = load_settings(path, {}).settings
    assert settings.ami.secret.get_secret_value() == "hush"
    assert settings.storage.path == tmp_path / "data/calls.db"
    assert load_settings(None, {"RINGTALLY_STORAGE__PATH": "calls.db"}).settings.storage.path == Path("calls.db")


def test_a_rule_brings_its_times_unless_they_are_set(tmp_path: Path) -> None:
    def follow_up(text: str) -> tuple[float, float, float]:
        rule = load_settings(settings_file(tmp_path, f"[follow_up]\n{text}\n"), {}).settings.follow_up
        return rule.window, rule.min_talk_out, rule.min_talk_in

    assert follow_up("") == (3600.0, 5.0, 0.0)
    assert follow_up('rule = "miko"') == (3600.0, 0.0, 0.0)
    assert follow_up('rule = "bitrix24"') == (86_400.0, 0.0, 0.0)
    assert follow_up('rule = "strict"') == (0.0, 5.0, 0.0)
    assert follow_up('rule = "bitrix24"\nwindow = "2h"\nmin_talk_out = "10s"') == (7200.0, 10.0, 0.0)


PARTS = {
    "window": ("2h", 7200.0),
    "min_talk_out": ("12s", 12.0),
    "min_talk_in": ("7s", 7.0),
    "match": ("last9", "last9"),
    "closed_by": (["outgoing"], ("outgoing",)),
    "list_for": ("3d", 259_200.0),
    "ignore": (["8 900 111-22-33"], ("8 900 111-22-33",)),
    "count": (["busy"], ("busy",)),
}


# `strict` means that there is no window.
OF_PRESETS = [(part, preset) for preset in PRESETS for part in PARTS if (part, preset) != ("window", "strict")]


@pytest.mark.parametrize(("part", "preset"), OF_PRESETS)
def test_each_part_of_a_rule_can_be_set_alone_and_leaves_the_others_as_the_preset_has_them(
    part: str, preset: Rule
) -> None:
    assert PARTS.keys() | {"rule"} == FollowUp.model_fields.keys()
    written, read = PARTS[part]
    given: dict[str, object] = {"rule": preset, part: written}
    if (preset, part) == ("bitrix24", "min_talk_in"):
        given["closed_by"] = ["outgoing", "incoming"]
    plain = FollowUp.model_validate({key: given[key] for key in given if key != part}).model_dump()
    assert FollowUp.model_validate(given).model_dump() == plain | {part: read}


def test_the_time_zone_is_the_systems_unless_the_site_has_one(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "")
    assert load_settings(path, {"TZ": "Asia/Omsk"}).settings.zone.key == "Asia/Omsk"
    assert load_settings(path, {"TZ": "Asia/Omsk", "RINGTALLY_SITE__TIMEZONE": "UTC"}).settings.zone.key == "UTC"
    loaded = load_settings(path, {"TZ": "MSK-3"})
    assert [text for text in warned(loaded) if "timezone" in text] == [
        f"{path}: site.timezone: is not set, and this machine does not clearly say its own: {loaded.settings.zone.key} "
        'is used; set it, e.g. timezone = "Europe/Moscow"'
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "ami.secret: is not set, so the PBX will refuse the login"),
        ('[ami]\nsecret = "a"\nhost = "10.0.0.1"', "10.0.0.1 is another machine and ami.tls is off"),
        ('[ami]\nsecret = "a"\nhost = "10.0.0.1"\nauth = "plain"', "sends the secret over the network in the clear"),
        (
            '[ami]\nsecret = "a"\nca_file = "ringtally.toml"',
            "ami.ca_file: means nothing without TLS; set ami.tls = true",
        ),
        ('[ami]\nsecret = "a"\n[[trunks]]\nname = "m"\nchannels = ["PJSIP/m"]', 'has no "*" and matches one channel'),
        (
            '[ami]\nsecret = "a"\n[mqtt]\nhost = "broker"\npassword = "b"',
            "mqtt.password: crosses the network in the clear",
        ),
        (
            '[ami]\nsecret = "a"\n[mqtt]\nhost = "broker"\nnumbers = "full"',
            "lets numbers cross the network in the clear",
        ),
        ('[ami]\nsecret = "a"\n[mqtt]\nca_file = "ringtally.toml"', "mqtt.ca_file: means nothing without TLS"),
        (
            '[ami]\nsecret = "a"\n[http]\nlisten = "0.0.0.0:9796"\nread_token = "b"',
            "is open to the network without TLS",
        ),
        (
            '[ami]\nsecret = "a"\n[http]\nlisten = "0.0.0.0:9796"\n[mqtt]\nwebsocket = "ws://127.0.0.1:9001/"',
            "mqtt.websocket: leads browsers on other machines to themselves",
        ),
        (
            '[ami]\nsecret = "a"\n[mqtt]\nnumbers = "full"\nwebsocket = "wss://board.example.com/mqtt"',
            "mqtt.numbers: shows full numbers and names to whoever reaches mqtt.websocket",
        ),
    ],
)
def test_what_works_but_deserves_a_look_is_warned_about(tmp_path: Path, text: str, told: str) -> None:
    loaded = load_settings(settings_file(tmp_path, text), {"TZ": "UTC"})
    assert any(told in warning for warning in warned(loaded)), warned(loaded)
    assert all(warning.startswith(f"{tmp_path}/ringtally.toml: ") for warning in warned(loaded))


@pytest.mark.parametrize(
    "text",
    [
        '[ami]\nhost = "10.0.0.1"\ntls = true',
        '[ami]\nhost = "127.3.2.1"\nauth = "plain"',
        '[ami]\nhost = "::1"',
        '[http]\nlisten = "0.0.0.0:9796"',
        '[[trunks]]\nname = "m"\nchannels = ["PJSIP/m-*", "DAHDI/i[12]/*"]',
        '[mqtt]\nwebsocket = "wss://board.example.com/mqtt"',
        '[mqtt]\nnumbers = "full"',
    ],
)
def test_what_is_well_is_not_warned_about(tmp_path: Path, text: str) -> None:
    environ = {"TZ": "UTC", "RINGTALLY_AMI__SECRET": "a"}
    assert warned(load_settings(settings_file(tmp_path, text), environ)) == []


@pytest.mark.parametrize(
    ("ami", "in_clear"),
    [
        (Ami(), False),
        (Ami(host="10.0.0.1"), True),
        (Ami(host="10.0.0.1", tls=True), False),
        (Ami(host="pbx.example.com"), True),
        (Ami(host="localhost"), False),
        (Ami(host="127.9.9.9"), False),
    ],
)
def test_what_leaves_this_machine_without_tls_crosses_in_the_clear(ami: Ami, in_clear: bool) -> None:
    assert ami.crosses_in_clear is in_clear


def test_only_a_loopback_address_keeps_others_from_asking() -> None:
    assert Http().is_loopback
    assert Http(listen="[::1]:0").is_loopback
    assert not Http(listen="[::]:9796").is_loopback


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_of_somebody_else_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "")
    path.chmod(0o600)
    os.seteuid(65_534)
    try:
        told = problems(path, {})
    finally:
        os.seteuid(0)
    assert told == [
        f"{path}: may not be read by this user; let the user that ringtally runs as read it: chgrp ringtally and chmod 640"
    ]
