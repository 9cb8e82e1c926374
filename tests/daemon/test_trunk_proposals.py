"""Proposals of `[[trunks]]`: what is proposed, and that it can be pasted whatever the names."""

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from config.loader import load_settings
from daemon.trunk_proposals import proposed_trunks, toml_text
from handlers.rules import Rules, TrunkRule


def names(lines: list[str]) -> list[str]:
    return [trunk["name"] for trunk in tomllib.loads("\n".join(lines)).get("trunks", [])]


def test_short_extensions_members_departments_and_guests_are_not_proposed() -> None:
    devices = ["PJSIP/101", "PJSIP/manager", "PJSIP/reception", "PJSIP/anonymous", "PJSIP/megafon", "PJSIP/74951234567"]
    rules = Rules(extensions=frozenset({"reception"}))
    assert names(proposed_trunks(devices, [], ["PJSIP/manager"], rules)) == ["74951234567", "megafon"]


def test_what_is_no_device_is_not_proposed() -> None:
    devices = [
        "Queue:support_avail",
        "Queue:support_pause_PJSIP/101",
        "MWI:100@default",
        "Agent:1001",
        "Custom:night",
        "",
    ]
    devices += [
        "Local/1001@agents",
        "Confbridge:sales",
        "park:701@parkedcalls",
        "PJSIP/",
        "PJSIP/a b",
        "PJSIP/a&PJSIP/b",
    ]
    assert proposed_trunks(devices, [], [], Rules()) == []


def test_what_is_configured_is_not_proposed_again() -> None:
    rules = Rules(trunks=(TrunkRule("megafon", ("PJSIP/mega*",)),))
    channels = [("PJSIP/megafon2-0000001a", "from-trunk")]
    assert proposed_trunks(["PJSIP/megafon"], channels, [], rules) == []


def test_a_channel_in_use_tells_by_its_context_and_a_name_alone_is_marked_as_a_guess() -> None:
    channels = [("PJSIP/mts-0000001a", "from-trunk"), ("PJSIP/boss-0000001b", "from-internal"), ("Local/1@x-1;1", "x")]
    lines = proposed_trunks(["PJSIP/mts", "PJSIP/boss", "PJSIP/beeline"], channels, [], Rules())
    assert names(lines) == ["mts", "beeline"]
    assert lines.index("# Outside lines in use now:") < lines.index('name = "mts"')
    assert lines.index('name = "mts"') < next(i for i, line in enumerate(lines) if line.startswith("# Neither"))


def test_a_channel_whose_context_says_nothing_stays_a_guess() -> None:
    lines = proposed_trunks(["PJSIP/mts"], [("PJSIP/mts-0000001a", "ivr")], [], Rules())
    assert lines[0].startswith("# Neither")
    assert names(lines) == ["mts"]


def test_two_that_would_be_one_topic_get_names_of_their_own(tmp_path: Path) -> None:
    lines = proposed_trunks(["PJSIP/mts", "SIP/mts", "IAX2/M.T.S"], [], [], Rules(trunks=(TrunkRule("Mts", ("X/y",)),)))
    assert len(names(lines)) == len({name.lower() for name in names(lines)} - {"mts"}) == 3
    settings = tmp_path / "ringtally.toml"
    settings.write_text("\n".join(lines))
    assert [trunk.name for trunk in load_settings(settings, {}).settings.trunks] == names(lines)


@given(st.lists(st.text(max_size=20), max_size=8))
def test_whatever_the_devices_names_the_proposal_is_toml_that_matches_them_and_no_terminal_obeys_it(
    endpoints: list[str],
) -> None:
    lines = proposed_trunks([f"PJSIP/{each}" for each in endpoints], [], [], Rules())
    assert all(line.isprintable() for line in lines)
    for trunk in tomllib.loads("\n".join(lines)).get("trunks", []):
        (pattern,) = trunk["channels"]
        assert [each for each in endpoints if fnmatchcase(f"PJSIP/{each}-0000001a", pattern)]


def test_a_pattern_matches_its_own_device_only() -> None:
    (trunk,) = tomllib.loads("\n".join(proposed_trunks(["PJSIP/a[bc]*"], [], [], Rules())))["trunks"]
    assert fnmatchcase("PJSIP/a[bc]*-0000001a", trunk["channels"][0])
    assert not fnmatchcase("PJSIP/abx-0000001a", trunk["channels"][0])


@given(st.text())
def test_a_text_comes_back_from_toml_as_it_was(text: str) -> None:
    assert tomllib.loads(f"x = {toml_text(text)}")["x"] == text
