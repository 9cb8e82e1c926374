"""What the operator reads: guesses and gaps at once, doubts by their number, calls never."""

from dataclasses import dataclass

import pytest

from daemon import clock
from daemon.sinks import journal
from daemon.sinks.journal import DOUBTS_EVERY_S, JournalSink
from handlers.calls.ghosts import GHOST, UNSEEN
from handlers.calls.reaper import REASON
from handlers.facts import EventDoubted, GapEnded, TrunkGuessed
from tests.daemon.http_service import logged
from tests.storage.sample_calls import START, a_call, ended


@dataclass
class Watch:
    now: float = 1000.0


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clock, "monotonic", lambda: watch.now)
    return watch


def test_a_guess_and_a_gap_are_told_at_once_and_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch, journal) as lines:
        JournalSink().take([TrunkGuessed(START, "74951234567"), GapEnded(START + 90.5, START)])
    guess, gap = lines
    assert (guess["event"], guess["endpoint"], guess["log_level"]) == ("trunk_guessed", "74951234567", "warning")
    assert "[[trunks]]" in guess["cure"]
    assert (gap["event"], gap["seconds"]) == ("gap_ended", 90.5)


def test_a_call_is_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch, journal) as lines:
        JournalSink().take([ended(a_call())])
    assert lines == []


def test_doubts_are_told_once_a_minute_with_their_number(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = JournalSink()
    doubt = EventDoubted(START, "unknown_channel")
    with logged(monkeypatch, journal) as lines:
        sink.take([doubt])
        for _ in range(500):
            sink.take([doubt, doubt])
        watch.now += DOUBTS_EVERY_S
        sink.take([EventDoubted(START, "misnamed_channel")])
        watch.now += DOUBTS_EVERY_S
        sink.take([ended(a_call())])
    first, second = lines
    assert (first["event"], first["unknown_channel"]) == ("events_doubted", 1)
    assert (second["unknown_channel"], second["misnamed_channel"]) == (1000, 1)
    assert "are left out: usual after a gap" in first["meaning"]
    assert "Local channel" not in first["meaning"]
    assert "Local channel" in second["meaning"]
    assert "ringtally record" in first["cure"]
    assert sink.doubts == {"unknown_channel": 1001, "misnamed_channel": 1}


@pytest.mark.parametrize("reason", ["unknown_channel", "misnamed_channel", REASON, GHOST, UNSEEN])
def test_each_doubt_is_told_with_what_it_means(reason: str, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch, journal) as lines:
        JournalSink().take([EventDoubted(START, reason)])
    assert lines[0]["meaning"]
