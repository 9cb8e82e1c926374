"""Faults of panoramisk 1.4, one test each: none is reachable, for its framing, dispatch, ping and reconnecting are not ours.

The numbers count them, in the order in which they were found.
"""

import asyncio
import copy
import pickle
import socket
from collections import Counter
from collections.abc import Sequence

import pytest

from daemon import ami_client
from daemon.ami_client import AmiClient
from daemon.ami_protocol import AmiLostError, AmiProtocol
from handlers.ami.events import ChannelCreated, ChannelHungUp, Event, VariableSet
from handlers.ami.message import Message
from tests.daemon.fake_asterisk import (
    WITHIN_S,
    Action,
    FakeAsterisk,
    Heard,
    Session,
    account,
    answer,
    connected,
    event,
    hangup,
    listening,
    new_channel,
    refused,
    run_of_headers,
    silence,
)


@pytest.fixture(autouse=True)
def quick_reconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)


async def answered(raw: str) -> Message:
    """Our view of an answer that goes `Response: …, ActionID: …`, then `raw`."""

    def made(_session: Session, action: Action) -> bytes:
        head, _, rest = raw.partition("\r\n")
        return f"{head}\r\nActionID: {action['ActionID']}\r\n{rest}\r\n\r\n".encode()

    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        pbx.answers["Anything"] = made
        (block,) = await protocol.ask({"Action": "Anything"}, WITHIN_S)
        return Message(block)


async def told(data: bytes) -> list[Event]:
    """The events of what a PBX sends after the login."""
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01)) as heard:
        await heard.ready()
        pbx.sessions[0].send(data)
        await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 2)
        assert heard.states == ["ready"]
        return heard.events[1:]


async def test_01_an_empty_last_header_is_kept() -> None:
    run = run_of_headers("1795450254.1")
    (cleared,) = await told(event("VarSet", run + "Variable: DIALSTATUS\r\nValue: \r\n"))
    assert isinstance(cleared, VariableSet)
    assert (cleared.variable, cleared.value) == ("DIALSTATUS", "")


async def test_02_a_character_cut_by_a_segment_is_whole() -> None:
    heard = Heard()
    whole = new_channel("1795450254.1", name="Иван Жуков")
    first, last = whole.index("И".encode()), whole.index("в\r\n".encode()) + 2
    async with FakeAsterisk() as pbx, listening(account(pbx.port), heard):
        await heard.ready()
        for cut in range(first, last + 1):
            before = heard.bytes
            pbx.sessions[0].send(whole[:cut])
            await heard.turn.until(lambda: heard.bytes == before + cut)  # noqa: B023 - awaited within the turn
            pbx.sessions[0].send(whole[cut:])
            await heard.turn.until(lambda: heard.bytes == before + len(whole))  # noqa: B023 - likewise
        names = [each.name for each in heard.events if isinstance(each, ChannelCreated)]
    assert names == ["Иван Жуков"] * (last + 1 - first)


async def test_02_bytes_that_are_not_utf_8_are_not_swallowed() -> None:
    raw = new_channel("1795450254.1", name="@").replace(b"@", "Иван".encode("cp1251"))
    (created,) = await told(raw)
    assert isinstance(created, ChannelCreated)
    assert created.name == "Иван"


async def test_03_a_header_without_a_space_and_spaces_at_the_end_are_kept() -> None:
    message = await answered("Response: Success\r\nKey:value\r\nEmpty:\r\nLast: value  ")
    assert message.get("Key") == "value"
    assert message.get("Empty") == ""
    assert message.get("Last") == "value  "


async def test_04_repeated_headers_are_all_there_and_one_is_no_other_type_than_two() -> None:
    message = await answered("Response: Success\r\nChanVariable: a=1\r\nchanvariable: b=2\r\nVariable: c=3")
    assert message.all("ChanVariable") == ("a=1", "b=2")
    assert message.all("Variable") == ("c=3",)
    assert message.all("Nothing") == ()


async def test_05_the_message_of_a_failure_is_not_swallowed() -> None:
    assert (await answered("Response: Fail\r\nMessage: because")).get("Message") == "because"


async def test_06_no_header_is_rewritten_because_of_its_name() -> None:
    message = await answered("Response: Success\r\nResult: 100%25+1\r\nContent: kept")
    assert (message.get("Result"), message.get("Content")) == ("100%25+1", "kept")


async def test_07_the_output_of_a_command_is_its_lines_always() -> None:
    two = await answered("Response: Success\r\nMessage: Command output follows\r\nOutput: a: b\r\nOutput:   c")
    one = await answered("Response: Success\r\nMessage: Command output follows\r\nOutput: a")
    assert two.all("Output") == ("a: b", "  c")
    assert one.all("Output") == ("a",)


async def test_08_a_failing_consumer_ends_neither_the_connection_nor_what_follows() -> None:
    heard: list[Event] = []

    def sink(events: Sequence[Event]) -> None:
        heard.extend(events)
        if isinstance(events[0], ChannelHungUp):
            raise LookupError  # noqa: TRY004 - any fault will do

    async with FakeAsterisk() as pbx, connected(pbx, sink) as protocol:
        (await pbx.session()).send(hangup("1795450254.1"))
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        pbx.sessions[0].send(new_channel("1795450254.2"))
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        assert [type(each).__name__ for each in heard] == ["ChannelHungUp", "ChannelCreated"]
        assert not protocol.is_lost


@pytest.mark.parametrize(
    "message", ["Originate successfully queued", "Added interface to queue"], ids=["09-queued", "11-queue-add"]
)
async def test_09_11_every_answer_that_begins_no_list_is_the_whole_answer(message: str) -> None:
    assert (await answered(f"Response: Success\r\nMessage: {message}")).get("Message") == message


async def test_10_a_repeated_event_header_ends_nothing() -> None:
    double = b"Event: Newstate\r\nEvent: Hangup\r\nPrivilege: call,all\r\n\r\n"
    events = await told(double + new_channel("1795450254.1"))
    assert [type(each).__name__ for each in events] == ["ChannelCreated"]


async def test_12_actions_that_ran_out_of_time_are_forgotten_and_their_late_answers_too() -> None:
    async with FakeAsterisk() as pbx, connected(pbx) as protocol:
        pbx.answers["Slow"] = silence
        asks = [protocol.ask({"Action": "Slow"}, 0.02) for _ in range(100)]
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(result) for result in results} == {TimeoutError}
        session = await pbx.session()
        await session.asked_for("Slow", 100)
        session.send(b"".join(answer(asked) for asked in session.asked))
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        assert protocol.waiting == 0
        assert not protocol.failures


async def test_13_a_dead_peer_is_noticed() -> None:
    async with FakeAsterisk() as pbx:
        async with listening(account(pbx.port, ping_interval_s=0.01, ping_timeout_s=0.02)) as heard:
            await heard.ready()
            pbx.answers["Ping"] = silence
            await heard.turn.until(lambda: "lost" in heard.states)
        assert pbx.sessions[0].names.count("Ping") < 10


async def test_14_a_refused_login_is_not_hammered(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    really = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await really(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with FakeAsterisk() as pbx:
        pbx.answers["Login"] = refused
        async with listening(account(pbx.port)) as heard:
            await pbx.session(4)
            assert set(heard.states) == {"refused"}
    assert min(waits) >= 30
    assert len(set(waits)) == len(waits)  # each by chance


async def test_15_who_is_stopped_while_waiting_does_not_connect_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "sleep", sleep)
    before = asyncio.all_tasks()
    async with FakeAsterisk() as pbx:
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            pbx.sessions[0].hang_up()
            await waiting.wait()
        assert len(pbx.sessions) == 1
    assert asyncio.all_tasks() == before  # and nothing is left that could


async def test_16_a_first_refusal_raises_nothing_and_there_is_one_retry_not_two() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    pbx = FakeAsterisk()
    async with listening(account(port, reconnect_most_s=0.05)) as heard:
        await heard.turn.until(lambda: heard.states.count("unreachable") >= 3)
        await pbx.listen(port)
        await heard.ready()
        await pbx.sessions[0].asked_for("QueueStatus")
        assert len(pbx.sessions) == 1
    await pbx.go_down()


async def hang_up_on(name: str, pbx: FakeAsterisk) -> None:
    session = await pbx.session()
    await session.asked_for(name)
    session.hang_up()


async def test_17_nothing_unanswered_is_sent_again_over_the_next_connection() -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers["Originate"] = silence
        async with connected(pbx) as protocol:
            with pytest.raises(AmiLostError):
                await asyncio.gather(protocol.ask({"Action": "Originate"}, WITHIN_S), hang_up_on("Originate", pbx))
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            assert "Originate" not in pbx.sessions[1].names


async def test_17_a_snapshot_cut_short_is_asked_anew_once() -> None:
    def cut(session: Session, _action: Action) -> bytes:
        session.hang_up()
        return b""

    async with FakeAsterisk() as pbx:
        usual = pbx.answers["BridgeList"]
        pbx.answers["BridgeList"] = cut
        async with listening(account(pbx.port)) as heard:
            await (await pbx.session()).left()
            pbx.answers["BridgeList"] = usual
            await heard.ready()
            last = pbx.sessions[-1]
            assert Counter(last.names).most_common(1)[0][1] == 1
            assert last.names[0] == "Login"


async def test_18_a_banner_cut_in_two_is_read() -> None:
    heard = Heard()
    async with FakeAsterisk(banner=b"Asterisk Call Man") as pbx, listening(account(pbx.port), heard):
        await heard.turn.until(lambda: heard.bytes == 17)
        assert pbx.sessions[0].asked == []
        pbx.sessions[0].send(b"ager/11.0.0\r\n")
        await heard.ready()
        assert heard.client.protocol is not None
        assert heard.client.protocol.framer.banner == "Asterisk Call Manager/11.0.0"


async def test_18_an_unknown_banner_is_not_accepted_silently() -> None:
    async with FakeAsterisk(banner=b"220 mail.example ESMTP\r\n") as pbx:
        async with listening(account(pbx.port)) as heard:
            await heard.turn.until(lambda: "unreachable" in heard.states)
        assert pbx.sessions[0].asked == []


async def test_19_events_keep_their_order_and_make_no_tasks() -> None:
    tasks_seen: set[int] = set()

    class Watching(Heard):
        def take(self, events: Sequence[Event]) -> None:
            tasks_seen.add(len(asyncio.all_tasks()))
            super().take(events)

    async with FakeAsterisk() as pbx, listening(account(pbx.port), Watching()) as heard:
        await heard.ready()
        stream = b"".join(new_channel(f"1795450254.{n}") for n in range(2000))
        for at in range(0, len(stream), 7919):
            pbx.sessions[0].send(stream[at : at + 7919])
        await heard.events_count(2001)
        numbers = [each.uniqueid for each in heard.events if isinstance(each, ChannelCreated)]
        assert numbers == [f"1795450254.{n}" for n in range(2000)]
        assert len(tasks_seen) == 1


async def test_20_an_event_with_an_action_id_is_an_event_all_the_same() -> None:
    heard: list[Event] = []
    async with FakeAsterisk() as pbx, connected(pbx, heard.extend) as protocol:
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        mine = pbx.sessions[0].asked[0]["ActionID"]
        for action_id in (mine, "somebody-elses"):
            pbx.sessions[0].send(
                hangup("1795450254.1").replace(b"\r\n\r\n", f"\r\nActionID: {action_id}\r\n\r\n".encode())
            )
        await protocol.ask({"Action": "Ping"}, WITHIN_S)
        assert [type(each).__name__ for each in heard] == ["ChannelHungUp"] * 2


async def test_21_a_header_that_is_not_there_is_none_and_messages_can_be_copied() -> None:
    message = await answered("Response: Success\r\nKey: value")
    assert message.get("Kye") is None
    with pytest.raises(AttributeError):
        _ = message.kye  # type: ignore[attr-defined]  # that is the point
    for twin in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert dict(twin.items()) == dict(message.items())


def test_22_everything_can_be_built_before_a_loop_runs() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
    client = AmiClient(account(5038), lambda _events: None)
    assert client.state == "connecting"
    assert AmiProtocol(lambda _events: None, lambda: None, lambda _data: None).waiting == 0
