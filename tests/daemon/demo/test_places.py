"""Where to look at the demo, as its terminal says it: whole in eighty columns, in both languages."""

import re

import pytest
from rich.console import Console, Group

from daemon.demo.broker import DemoBroker, NoBroker
from daemon.demo.places import Places, heading
from daemon.words import Language

BROKER = DemoBroker(60_001, 60_002, "hush")


def drawn(broker: DemoBroker | NoBroker, language: Language, width: int) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(Group(heading(Places("http://127.0.0.1:60000", "ringtally/demo", broker, "a-token"), language)))
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_wallboard_comes_first_and_every_address_is_whole(language: Language, width: int) -> None:
    board, callback, reports, token, metrics, broker = drawn(BROKER, language, width)
    assert board.split()[1:] == ["http://127.0.0.1:60000/wallboard/", "Ctrl-C"]
    assert callback.split()[-1] == "http://127.0.0.1:60000/callback/"
    assert reports.split()[1:] == ["http://127.0.0.1:60000/reports/"]
    assert token.split()[1:] == ["a-token"]
    assert metrics.split()[1:] == ["http://127.0.0.1:60000/metrics"]
    assert broker.split()[1:] == ["mqtt://127.0.0.1:60001", "ws://127.0.0.1:60002/", "ringtally/demo/#"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_is_missing_for_a_broker_is_said_whole_in_eighty_columns(language: Language) -> None:
    told = drawn(NoBroker(), language, 80)[-1]
    assert "ringtally[demo]" in told
    assert "…" not in told


def test_a_broker_that_did_not_start_says_why_on_one_harmless_line() -> None:
    told = drawn(NoBroker("no\x1b[2J such [bold]thing " + "x" * 300), "en", 80)
    assert len(told) == 6
    assert "[bold]thing" in told[-1]
    assert "\x1b" not in told[-1]
    assert len(told[-1]) <= 80


def test_the_password_is_shown_nowhere() -> None:
    assert not re.search("hush", "".join(drawn(BROKER, "en", 200)))
