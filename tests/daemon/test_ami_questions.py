"""What the client asks the PBX beside its events: when somebody was answered, and which channels there are."""

from collections.abc import Iterator
from typing import Any

import pytest

from daemon import ami_questions
from handlers.ami.events import AnswerTold, ChannelsListed, StreamResumed
from tests.daemon.fake_asterisk import (
    Action,
    FakeAsterisk,
    Heard,
    Session,
    account,
    answer,
    captured_logs,
    denied,
    hangup,
    listed,
    listening,
    new_channel,
)

FIRST, SECOND = "1795450254.1", "1795450254.2"
CDRS = {
    (FIRST, "CDR(start,u)"): "1795450254.100000",
    (FIRST, "CDR(answer,u)"): "1795450259.200000",
    (FIRST, "CALLERID(dnid)"): "7001",
}


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


def cdr(_session: Session, action: Action) -> bytes:
    value = CDRS.get((action["Channel"], action["Variable"]))
    if value is None:
        return answer(action, "Error", Message="No such channel")
    return answer(action, Variable=action["Variable"], Value=value)


def told(heard: Heard, kind: type) -> list[Any]:
    return [event for event in heard.events if isinstance(event, kind)]


async def test_each_channel_is_asked_by_its_uniqueid_and_told_once_though_it_is_gone() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        pbx.answers["Getvar"] = cdr
        await heard.ready()
        heard.client.ask_for_answers([FIRST, SECOND])
        await heard.events_count(3)
        assert [event[1:] for event in told(heard, AnswerTold)] == [
            (FIRST, 1795450254.1, 1795450259.2, "7001", False),
            (SECOND, None, None, None, True),
        ]
        assert not heard.client.is_asking


async def test_many_channels_are_asked_for_in_turns() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        pbx.answers["Getvar"] = cdr
        await heard.ready()
        heard.client.ask_for_answers([f"1795450254.{number}" for number in range(120)])
        await heard.turn.until(lambda: len(told(heard, AnswerTold)) == 120)
        assert pbx.sessions[0].names.count("Getvar") == 360


async def test_a_clock_that_is_ahead_is_taken_out_of_what_cdrs_say() -> None:
    async with FakeAsterisk() as pbx:
        pbx.ahead_s = 3600.0
        async with listening(account(pbx.port)) as heard:
            pbx.answers["Getvar"] = cdr
            await heard.ready()
            heard.client.ask_for_answers([FIRST])
            await heard.events_count(2)
            (event,) = told(heard, AnswerTold)
            assert abs(event.answered_at - (1795450259.2 - 3600)) < 1


async def test_an_account_without_the_right_is_told_so_once_and_asks_no_more(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.05)) as heard:
        pbx.answers["Getvar"] = denied
        await heard.ready()
        heard.client.ask_for_answers([f"1795450254.{number}" for number in range(120)])
        await heard.turn.until(lambda: [line for line in logs if line["event"] == "ami_answers_not_told"])
        await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 2)
        assert pbx.sessions[0].names.count("Getvar") == 150
        assert told(heard, AnswerTold) == []
        assert heard.states == ["ready"]
    (line,) = [line for line in logs if line["event"] == "ami_answers_not_told"]
    assert "write = reporting" in line["cure"]


async def test_the_list_of_channels_is_asked_for_now_and_then_and_holds_no_event_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(_session: Session, action: Action) -> bytes:
        whole = listed(
            action, "CoreShowChannelsComplete", [f"CoreShowChannel\r\nActionID: {{id}}\r\nUniqueid: {FIRST}"]
        )
        head, tail = whole[: len(whole) // 2], whole[len(whole) // 2 :]
        middle = head.rfind(b"\r\n\r\n") + 4
        return head[:middle] + new_channel(SECOND) + hangup(SECOND) + head[middle:] + tail

    async with FakeAsterisk() as pbx:
        monkeypatch.setattr(ami_questions, "CHANNELS_EVERY_S", 0.02)
        async with listening(account(pbx.port, ping_interval_s=0.01)) as heard:
            await heard.ready()
            pbx.answers["CoreShowChannels"] = busy
            await heard.turn.until(lambda: len(told(heard, ChannelsListed)) >= 3)
            kinds = heard.kinds[heard.kinds.index("ChannelCreated") :][:3]
            assert kinds == ["ChannelCreated", "ChannelHungUp", "ChannelsListed"]
            (event, *_) = [each for each in told(heard, ChannelsListed) if len(each.blocks) == 3]
            assert event.asked_at <= event.at


async def test_a_long_list_is_asked_for_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a channel of it costs is a hundredth of the time that it buys."""
    monkeypatch.setattr(ami_questions, "CHANNELS_EVERY_S", 0.02)
    monkeypatch.setattr(ami_questions, "LISTED_CHANNEL_S", 60.0)
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01)) as heard:
        await heard.ready()
        await heard.turn.until(lambda: told(heard, ChannelsListed))
        await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 5)
        assert pbx.sessions[0].names.count("CoreShowChannels") == 2  # the snapshot's, and this one


async def test_who_may_not_see_channels_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_questions, "CHANNELS_EVERY_S", 0.02)
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01)) as heard:
        pbx.answers["CoreShowChannels"] = denied
        await heard.ready()
        await pbx.sessions[0].asked_for("Ping", 8)
        assert pbx.sessions[0].names.count("CoreShowChannels") == 1
        assert [type(event) for event in heard.events] == [StreamResumed]
