"""Settings in the core's words."""

from dataclasses import fields
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from config.loader import load_settings
from config.sections import Settings
from daemon.rules import rules_of
from handlers.cases.rule import FollowUpRule
from handlers.departments import DepartmentRule
from handlers.rules import Rules, SourceRule, TrunkRule
from handlers.working_time import WorkingTime

TEXT = """
[site]
name = "office"
timezone = "Europe/Berlin"
[[trunks]]
name = "megafon"
channels = ["PJSIP/megafon-*", "SIP/mega-*"]
[queues.support]
threshold = "30s"
[queues.sales]
wrapup = "10s"
[[sources]]
name = "yandex"
dids = ["74951112233"]
[[departments]]
name = "support"
queues = ["support"]
extensions = ["101", "reception"]
dids = ["7001"]
[[departments]]
name = "sales"
extensions = ["102"]
[numbers]
region = "DE"
area_code = "30"
strip_prefixes = ["9"]
[service_level]
threshold = "15s"
short_abandon = "3s"
[follow_up]
count = ["abandoned", "busy"]
rule = "bitrix24"
match = "last9"
window = "30m"
min_talk_out = "1s"
min_talk_in = "2s"
list_for = "1d"
closed_by = ["outgoing", "incoming"]
ignore = ["74950000000"]
[working_hours]
mon-fri = ["09:00-18:00"]
holidays = ["2026-12-31"]
"""


def settings_from(text: str, folder: Path) -> Settings:
    path = folder / "ringtally.toml"
    path.write_text(text)
    return load_settings(path, {}).settings


def test_everything_the_core_must_know_comes_from_the_settings(tmp_path: Path) -> None:
    rules = rules_of(settings_from(TEXT, tmp_path))
    assert rules == Rules(
        pbx="office",
        trunks=(TrunkRule("megafon", ("PJSIP/megafon-*", "SIP/mega-*")),),
        extensions=frozenset({"101", "102", "reception"}),
        sources=(SourceRule("yandex", frozenset({"74951112233"})),),
        region="DE",
        area_code="30",
        strip_prefixes=("9",),
        short_abandon_s=3.0,
        missed_results=frozenset({"abandoned", "busy"}),
        service_level_s=15.0,
        queue_service_level_s={"support": 30.0, "sales": 15.0},
        queue_wrapup_s={"sales": 10.0},
        departments=(
            DepartmentRule("support", frozenset({"support"}), frozenset({"101", "reception"}), frozenset({"7001"})),
            DepartmentRule("sales", frozenset(), frozenset({"102"}), frozenset()),
        ),
        working_time=WorkingTime(
            ZoneInfo("Europe/Berlin"), (((540, 1080),),) * 5 + ((),) * 2, frozenset({date(2026, 12, 31)})
        ),
        follow_up=FollowUpRule(
            name="bitrix24",
            window_s=1800.0,
            min_talk_out_s=1.0,
            min_talk_in_s=2.0,
            list_for_s=86_400.0,
            closed_by=frozenset({"outgoing", "incoming", "external"}),
            match="last9",
            ignore=frozenset({"74950000000"}),
        ),
    )
    usual = Rules()
    same = [field.name for field in fields(Rules) if getattr(rules, field.name) == getattr(usual, field.name)]
    assert not same, "what is as by default here is not tested"


def test_without_settings_the_core_has_its_own_defaults() -> None:
    rules, usual = rules_of(Settings()), Rules()
    for field in fields(Rules):
        if field.name != "pbx":
            assert getattr(rules, field.name) == getattr(usual, field.name), field.name
