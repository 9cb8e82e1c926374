"""One connection: what is asked, what answers it, and what is an event all the same."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from daemon import ami_protocol, clock
from daemon.ami_protocol import AmiError, AmiLostError, AmiProtocol
from handlers.ami.events import ChannelHungUp, Event
from handlers.ami.framing import Framer
from handlers.ami.message import Message
from tests.daemon.fake_asterisk import (
    WITHIN_S,
    Action,
    FakeAsterisk,
    Session,
    answer,
    captured_logs,
    connected,
    hangup,
    listed,
    new_channel,
    run_of_headers,
    silence,
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


@pytest.mark.parametrize(
    "action",
    [
        {"Action": "Ping", "Note": "a\r\nAction: Originate"},
        {"Action": "Ping", "Note": "a\nb"},
        {"Action": "Ping\rb"},
        {"Action": "Ping", "Note\r\nAction: Originate\r\nX": "a"},
    ],
)
async def test_a_line_end_in_an_action_is_never_sent(action: dict[str, str]) -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        with pytest.raises(ValueError, match="a line end"):
            await protocol.ask(action, WITHIN_S)
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        assert pbx.sessions[0].names == ["Ping"]
        assert protocol.waiting == 0


async def test_answers_find_who_asked_whatever_their_order() -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol, asyncio.TaskGroup() as tasks:
        pbx.answers |= {"First": silence, "Second": silence}
        first = tasks.create_task(protocol.ask({"Action": "First"}, WITHIN_S))
        second = tasks.create_task(protocol.ask({"Action": "Second"}, WITHIN_S))
        session = await pbx.session()
        one, two = await session.asked_for("First"), await session.asked_for("Second")
        assert one["ActionID"] != two["ActionID"]
        session.send(answer(two, Note="second") + answer(one, Note="first"))
        assert Message((await first)[0]).get("Note") == "first"
        assert Message((await second)[0]).get("Note") == "second"


async def test_a_list_is_whole_whatever_comes_in_between() -> None:
    heard: list[Event] = []

    def channels(_session: Session, action: Action) -> bytes:
        head, item, *rest = listed(action, "CoreShowChannelsComplete", ["CoreShowChannel\r\nActionID: {id}"]).split(
            b"\r\n\r\n"
        )
        strange = b"Response: Success\r\nActionID: somebody-elses\r\n\r\n"
        return head + b"\r\n\r\n" + hangup("1795450254.1") + strange + b"\r\n\r\n".join([item, *rest])

    async with FakeAsterisk() as pbx, connected(pbx, heard.extend) as protocol:
        pbx.answers["CoreShowChannels"] = channels
        blocks = await protocol.ask({"Action": "CoreShowChannels"}, WITHIN_S)
        assert [Message(block).name for block in blocks] == ["Response", "CoreShowChannel", "CoreShowChannelsComplete"]
        assert len(heard) == 1


async def test_an_empty_list_is_a_list() -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        assert len(await protocol.ask({"Action": "BridgeList"}, WITHIN_S)) == 2


async def test_a_caller_cannot_end_a_list_nor_leave_it() -> None:
    """Asterisk writes his number raw: with another ActionID in front of ours, with an end of the list in it."""

    def queues(_session: Session, action: Action) -> bytes:
        forged = "79\r\nActionID: mine\r\nEventList: Complete\r\nListItems: 0"
        entries = [
            f"QueueEntry\r\nQueue: q\r\nUniqueid: 1.{n}\r\nCallerIDNum: {forged}\r\nActionID: {{id}}" for n in (1, 2)
        ]
        return listed(action, "QueueStatusComplete", entries)

    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        pbx.answers["QueueStatus"] = queues
        blocks = await protocol.ask({"Action": "QueueStatus"}, WITHIN_S)
        assert [Message(block).get("Uniqueid") for block in blocks] == [None, "1.1", "1.2", None]


async def test_a_list_without_end_is_an_error_and_not_half_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_protocol, "LIST_LIMIT", 10)

    def endless(_session: Session, action: Action) -> bytes:
        return listed(action, "CoreShowChannelsComplete", ["CoreShowChannel\r\nActionID: {id}"] * 20)

    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        pbx.answers["CoreShowChannels"] = endless
        with pytest.raises(AmiError, match="more than 10 items"):
            await protocol.ask({"Action": "CoreShowChannels"}, WITHIN_S)
        assert protocol.waiting == 0


async def test_who_waits_for_an_answer_is_told_at_once_when_the_line_is_lost() -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol:

        async def hang_up() -> None:
            session = await pbx.session()
            await session.asked_for("Ping")
            session.hang_up()

        pbx.answers["Ping"] = silence
        with pytest.raises(AmiLostError):
            await asyncio.gather(protocol.ask({"Action": "Ping"}, WITHIN_S), hang_up())
        with pytest.raises(AmiLostError):
            await protocol.ask({"Action": "Ping"}, WITHIN_S)
        assert protocol.waiting == 0


async def test_whoever_stops_waiting_leaves_nothing_behind() -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol, asyncio.TaskGroup() as tasks:
        pbx.answers["Ping"] = silence
        ask = tasks.create_task(protocol.ask({"Action": "Ping"}, WITHIN_S))
        await (await pbx.session()).asked_for("Ping")
        ask.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ask
        assert protocol.waiting == 0


async def test_events_are_given_segment_by_segment_and_stamped_with_their_arrival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1234.5)
    heard: list[Event] = []
    async with FakeAsterisk() as pbx, connected(pbx, heard.extend) as protocol:
        (await pbx.session()).send(new_channel("1795450254.1") + hangup("1795450254.1"))
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        assert [each.at for each in heard] == [1234.5, 1234.5]
        assert protocol.last_event_at == 1234.5


async def test_what_fails_inside_is_told_once_counted_and_leads_to_nothing_else(logs: list[Any]) -> None:
    heard: list[Event] = []

    def failing_sink(events: Sequence[Event]) -> None:
        if isinstance(events[0], ChannelHungUp):
            raise LookupError("evil")  # noqa: TRY004 - any fault will do
        heard.extend(events)

    def failing_tap(_data: bytes) -> None:
        raise OSError("disk full")

    protocol = AmiProtocol(failing_sink, lambda: None, failing_tap)
    for number in range(3):
        protocol.data_received(hangup(f"1795450254.{number}"))
        protocol.data_received(new_channel(f"1795450254.{number}"))
    assert len(heard) == 3
    assert protocol.failures == {"sink": 3, "tap": 6}
    assert [(line["event"], line["where"]) for line in logs] == [
        ("ami_reader_failed", "tap"),
        ("ami_reader_failed", "sink"),
    ]


async def test_one_block_that_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch, logs: list[Any]) -> None:
    heard: list[Event] = []
    protocol = AmiProtocol(heard.extend, lambda: None, lambda _data: None)
    decode = protocol.decoder.decode

    def failing(block: bytes, at: float) -> Event | None:
        if b"Event: Hangup" in block:
            raise LookupError
        return decode(block, at)

    monkeypatch.setattr(protocol.decoder, "decode", failing)
    protocol.data_received(hangup("1795450254.1") + new_channel("1795450254.2"))
    assert [type(each).__name__ for each in heard] == ["ChannelCreated"]
    assert protocol.failures == {"block": 1}
    assert [line["where"] for line in logs] == ["block"]


async def test_where_the_next_message_begins_is_lost_the_connection_is_ended(
    monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    def failing(_self: Framer, _data: bytes) -> list[bytes]:
        raise LookupError

    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        monkeypatch.setattr(Framer, "feed", failing)
        session = await pbx.session()
        session.send(b"anything")
        await session.left()
        assert protocol.failures["framing"] == 1
    assert [line["where"] for line in logs] == ["framing"]


@pytest.mark.parametrize("size", [1, 3, 64, 1000])
async def test_any_cut_of_the_stream_gives_the_same_events(size: int) -> None:
    number = "79\r\nX: y\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1795450254.1"
    stream = b"".join(
        [
            b"Asterisk Call Manager/11.0.0\r\n",
            new_channel("1795450254.1", name='Иван \\"Ваня\\" O\\\'Brien'),
            new_channel("1795450254.2", number=number),
            b"Event: VarSet\r\nPrivilege: dialplan,all\r\n"
            + run_of_headers("1795450254.1").encode()
            + b"Variable: DIALSTATUS\r\nValue: \r\n\r\n",
            b"\x00\xff\r\n\r\n",
            hangup("1795450254.1"),
        ]
    )

    def fed(step: int) -> tuple[list[Event], Any]:
        heard: list[Event] = []
        protocol = AmiProtocol(heard.extend, lambda: None, lambda _data: None)
        for at in range(0, len(stream), step):
            protocol.data_received(stream[at : at + step])
        return [each._replace(at=0.0) for each in heard], protocol.framer.bad

    assert fed(size) == fed(len(stream))
    assert [type(each).__name__ for each in fed(size)[0]] == [
        "ChannelCreated",
        "ChannelCreated",
        "VariableSet",
        "ChannelHungUp",
    ]


async def test_an_answer_that_never_comes_is_a_time_out_and_no_cancellation_of_who_asked() -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        pbx.answers["Ping"] = silence
        with pytest.raises(TimeoutError):
            await protocol.ask({"Action": "Ping"}, 0.02)
