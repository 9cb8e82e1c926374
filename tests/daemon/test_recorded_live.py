"""What our recorder keeps replays as the live client told it: breaks, snapshots, what lived at connect and at the end."""

import io
from pathlib import Path

import pytest

from daemon import ami_client, clock
from daemon.ami_client import AmiState
from daemon.recorder import Recording
from daemon.replay import calls_of, events_of, facts_of
from handlers.ami.anonymise import Anonymiser
from handlers.core import Core
from handlers.facts import Fact
from handlers.rules import Rules
from handlers.steady_time import SteadyTime
from tests.daemon.fake_asterisk import (
    BOOTED,
    Action,
    Answer,
    FakeAsterisk,
    Heard,
    Session,
    account,
    denied,
    hangup,
    listed,
    listening,
    new_channel,
    run_of_headers,
)
from tests.handlers.recorded import told

MET, NEXT, LAST = (f"1795450254.{n}" for n in (1, 2, 3))


class Both(Heard):
    """Hears what a client tells, and keeps its stream as a recording."""

    def __init__(self, anonymised: bool = False) -> None:
        super().__init__()
        self._file = io.BytesIO()
        self._recording = Recording(self._file, Anonymiser(b"a key").message if anonymised else bytes)

    def state(self, state: AmiState) -> None:
        self._recording.state(state)
        super().state(state)

    def tap(self, data: bytes) -> None:
        self._recording.data(data)
        super().tap(data)

    def asked(self, action: str) -> None:
        self._recording.asked(action)

    def kept(self, folder: Path) -> Path:
        """The recording as a file."""
        path = folder / "live.jsonl"
        path.write_bytes(self._file.getvalue())
        return path


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens at once, so that every moment can be compared."""
    monkeypatch.setattr(clock, "now", lambda: 1_795_450_300.0)
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)


def alive(*uniqueids: str) -> Answer:
    items = [
        f"CoreShowChannel\r\nActionID: {{id}}\r\n{run_of_headers(each)}Application: Dial\r\nApplicationData: \r\n"
        "Duration: 00:00:09\r\nBridgeId: "
        for each in uniqueids
    ]
    return lambda _session, action: listed(action, "CoreShowChannelsComplete", items)


def story(facts: list[Fact], core: Core) -> list[Fact]:
    return [*facts, *core.break_off(core.now)]


def live_story(heard: Heard) -> list[Fact]:
    core = Core(Rules())
    return story(told(heard.events, core), core)


def replayed_story(path: Path) -> list[Fact]:
    core = Core(Rules())
    return story([fact for facts in facts_of([path], core) for fact in facts], core)


async def eventful(heard: Heard) -> None:
    """A call met, a late FullyBooted, a break in which it ends, one that lives at the end."""

    def queues(session: Session, action: Action) -> bytes:
        # In the middle of a snapshot somebody calls.
        return new_channel(f"179545{len(session.asked):04}.{pbx.sessions.index(session)}") + listed(
            action, "QueueStatusComplete"
        )

    async with FakeAsterisk(booted=False) as pbx:
        pbx.answers |= {"CoreShowChannels": alive(MET), "QueueStatus": queues}
        port = pbx.port
        async with listening(account(port), heard):
            await heard.ready()
            pbx.answers["CoreShowChannels"] = alive(MET, NEXT)
            pbx.sessions[0].send(new_channel(NEXT) + BOOTED)
            await heard.turn.until(lambda: heard.kinds.count("StreamResumed") == 2)
            pbx.sessions[0].send(hangup(NEXT))
            await heard.turn.until(lambda: "ChannelHungUp" in heard.kinds)
            await pbx.go_down()
            await heard.turn.until(lambda: "lost" in heard.states)
            pbx.answers["CoreShowChannels"] = denied
            await pbx.listen(port)
            await heard.ready(2)
            count = len(heard.events)
            pbx.sessions[-1].send(new_channel(LAST))
            await heard.events_count(count + 1)


async def test_the_events_of_a_replay_are_those_that_were_heard(tmp_path: Path) -> None:
    heard = Both()
    await eventful(heard)
    assert heard.kinds.count("StreamResumed") == 3
    assert heard.kinds.count("StreamBroken") == 1
    assert heard.kinds.count("ChannelCreated") >= 4
    assert list(events_of(heard.kept(tmp_path), SteadyTime())) == heard.events


async def test_the_calls_of_a_replay_are_those_that_were_told(tmp_path: Path) -> None:
    heard = Both()
    await eventful(heard)
    assert replayed_story(heard.kept(tmp_path)) == live_story(heard)
    found = {
        each.call.id: (each.call.result, each.call.end_seen) for each in calls_of([heard.kept(tmp_path)], Core(Rules()))
    }
    assert (found[MET], found[NEXT], found[LAST]) == (("unknown", False), ("failed", True), ("unknown", False))


async def test_an_anonymised_recording_has_the_same_breaks_and_snapshots(tmp_path: Path) -> None:
    heard = Both(anonymised=True)
    await eventful(heard)
    path = heard.kept(tmp_path)
    assert "79001112233" not in path.read_text()
    assert [type(event).__name__ for event in events_of(path, SteadyTime())] == heard.kinds
    live = [(type(fact).__name__, fact.at) for fact in live_story(heard)]
    assert [(type(fact).__name__, fact.at) for fact in replayed_story(path)] == live


async def test_a_recording_without_what_was_asked_is_as_it_always_was(tmp_path: Path) -> None:
    """An older recorder kept none of it: then nothing is known of what lived, and no event is lost."""
    heard = Both()
    await eventful(heard)
    path = heard.kept(tmp_path)
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines() if '"sent":' not in line))
    kinds = [type(event).__name__ for event in events_of(path, SteadyTime())]
    assert kinds == [kind for kind in heard.kinds if kind != "StreamResumed"]
