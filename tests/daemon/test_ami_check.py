"""check-ami against a scripted PBX: what is told of rights, and how soon."""

import asyncio
import socket
import ssl
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from daemon import ami_check
from daemon.ami_check import AmiCheckError, inspect_ami
from handlers.ami.framing import END, VARIABLES
from handlers.rules import Rules, TrunkRule
from tests.daemon.certificates import make_certificates
from tests.daemon.fake_asterisk import (
    SECRET,
    Action,
    FakeAsterisk,
    Session,
    account,
    answer,
    denied,
    event,
    listed,
    listening,
    new_channel,
    refused,
    run_of_headers,
    silence,
)

LONG_S = 60.0
"""A watch that no test sits out."""
CALL = new_channel("1795450254.0")
AGENT = event("QueueCallerJoin", run_of_headers("1795450254.0") + "Queue: support\r\nPosition: 1\r\nCount: 1\r\n")
PHONE = event("DeviceStateChange", "Device: PJSIP/101\r\nState: INUSE\r\n")
MEMBER = event(
    "QueueMemberStatus", "Queue: support\r\nMemberName: Anna\r\nInterface: PJSIP/101\r\nStatus: 2\r\nPaused: 0\r\n"
)
OBSERVER = ("CoreShowChannels", "CoreStatus", "QueueStatus", "BridgeList", "DeviceStateList", "Getvar", "Ping")


@pytest.fixture(autouse=True)
def _told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted PBX tells without delay, so nobody waits long for what will not come."""
    monkeypatch.setattr(ami_check, "TOLD_WITHIN_S", 0.1)


def commands(names: Iterable[str] = OBSERVER) -> Callable[[Session, Action], bytes]:
    return lambda _session, action: answer(action, **{name: "Does it.  (Priv: reporting,all)" for name in names})


def told_of_variables(
    names: Iterable[str] = ("QUEUESTATUS", "DIALSTATUS", "VMSTATUS"),
) -> Callable[[Session, Action], bytes]:
    """Asterisk 16 and 22: the answer, and then the event, for those who may read `dialplan`."""

    def getvar(_session: Session, action: Action) -> bytes:
        name = action["Variable"].removeprefix("SET(").removesuffix("=)")
        heard = f"Event: VarSet\r\nPrivilege: dialplan,all\r\nChannel: none\r\nUniqueid: none\r\nVariable: {name}\r\nValue: \r\n\r\n"
        return answer(action, Variable=action["Variable"], Value="") + (heard.encode() if name in names else b"")

    return getvar


def stamped(block: bytes) -> bytes:
    """As a PBX with `timestampevents` sends it."""
    return block.replace(b",all\r\n", b",all\r\nTimestamp: 1795450254.500000\r\n", 1)


def devices(*names: str) -> Callable[[Session, Action], bytes]:
    items = [f"DeviceStateChange\r\nActionID: {{id}}\r\nDevice: {name}\r\nState: NOT_INUSE" for name in names]
    return lambda _session, action: listed(action, "DeviceStateListComplete", items)


def a_pbx(booted: bool = True) -> FakeAsterisk:
    """One with the shipped account's rights."""
    pbx = FakeAsterisk(booted=booted)
    pbx.answers |= {"ListCommands": commands(), "Getvar": told_of_variables(), "DeviceStateList": devices()}
    return pbx


def busy(pbx: FakeAsterisk, *events: bytes) -> None:
    """Events come by themselves, right after the login."""
    log_in = pbx.answers["CoreShowChannels"]
    pbx.answers["CoreShowChannels"] = lambda session, action: b"".join(events) + log_in(session, action)


async def looked_at(pbx: FakeAsterisk, rules: Rules | None = None, watch_s: float = LONG_S) -> tuple[list[str], bool]:
    async with pbx, asyncio.timeout(60):
        return await inspect_ami(account(pbx.port), rules or Rules(), watch_s)


async def test_an_account_with_everything_is_told_so_as_soon_as_every_class_was_seen() -> None:
    pbx = a_pbx()
    told = pbx.answers["Getvar"]
    pbx.answers["Getvar"] = lambda session, action: stamped(told(session, action))
    busy(pbx, *map(stamped, (CALL, AGENT, PHONE, MEMBER)))
    lines, good = await looked_at(pbx)
    assert good
    assert [line for line in lines if line.startswith("yes")] == [
        *(
            f"yes action {name}"
            for name in ("CoreShowChannels", "CoreStatus", "QueueStatus", "BridgeList", "DeviceStateList")
        ),
        *(f"yes events of class {name}" for name in ("system", "call", "agent", "dialplan")),
        "yes the PBX's time in events",
    ]
    assert not [line for line in lines if line.startswith(("NO", "?", "WARNING"))]


async def test_silence_leaves_a_class_open_and_is_no_failure() -> None:
    lines, good = await looked_at(a_pbx(), watch_s=0)
    assert good
    open_ones = [line for line in lines if line.startswith("?")]
    assert [line.split(":")[0] for line in open_ones] == [
        "?   events of class call",
        "?   events of class agent",
        "?   events QueueMember*",
        "?   events DeviceStateChange",
    ]
    assert all("(read = " in line for line in open_ones[:2])


async def test_without_dialplan_it_is_known_at_once_and_the_cost_is_named() -> None:
    pbx = a_pbx()
    pbx.answers["Getvar"] = told_of_variables(())
    busy(pbx, CALL, AGENT)
    lines, good = await looked_at(pbx, watch_s=0)
    assert not good
    (line,) = [line for line in lines if line.startswith("NO")]
    assert line.startswith("NO  events of class dialplan")
    assert "voicemail is never flagged" in line


async def test_a_filter_that_takes_out_one_variable_is_noticed() -> None:
    pbx = a_pbx()
    pbx.answers["Getvar"] = told_of_variables(("QUEUESTATUS", "DIALSTATUS"))
    busy(pbx, CALL, AGENT)
    lines, good = await looked_at(pbx, watch_s=0)
    assert not good
    assert [line.split(":")[0] for line in lines if line.startswith("NO")] == ["NO  VarSet of VMSTATUS"]


async def test_without_system_no_greeting_comes() -> None:
    pbx = a_pbx(booted=False)
    busy(pbx, CALL, AGENT)
    lines, good = await looked_at(pbx, watch_s=0)
    assert not good
    assert [line.split(":")[0] for line in lines if line.startswith("NO")] == ["NO  events of class system"]


async def test_without_reporting_each_action_names_its_cost_and_dialplan_stays_open() -> None:
    pbx = a_pbx()
    pbx.answers |= dict.fromkeys(("CoreShowChannels", "CoreStatus", "Getvar"), denied)
    lines, good = await looked_at(pbx, watch_s=0)
    assert not good
    refused_ones = [line for line in lines if line.startswith("NO")]
    assert [line.split(":")[0] for line in refused_ones] == ["NO  action CoreShowChannels", "NO  action CoreStatus"]
    assert all("write = reporting" in line for line in refused_ones)
    assert any(line.startswith("?   events of class dialplan") for line in lines)


async def test_a_pbx_without_queues_is_no_missing_right() -> None:
    pbx = a_pbx()
    del pbx.answers["QueueStatus"]
    busy(pbx, CALL)
    lines, good = await looked_at(pbx, watch_s=0)
    assert good
    assert "?   action QueueStatus: this PBX does not have it; is the module loaded?" in lines


@pytest.mark.parametrize(
    ("action", "complete", "item", "name"),
    [
        ("CoreShowChannels", "CoreShowChannelsComplete", "CoreShowChannel\r\nActionID: {id}\r\nUniqueid: 1.1", "call"),
        (
            "QueueStatus",
            "QueueStatusComplete",
            "QueueMember\r\nQueue: support\r\nLocation: PJSIP/101\r\nStatus: 6\r\nPaused: 0\r\nActionID: {id}",
            "agent",
        ),
    ],
)
async def test_what_changed_and_was_not_told_proves_that_a_class_may_not_be_read(
    action: str, complete: str, item: str, name: str
) -> None:
    pbx = a_pbx()

    def changing(session: Session, asked: Action) -> bytes:
        return listed(asked, complete, [item] if session.names.count(action) > 1 else [])

    pbx.answers[action] = changing
    lines, good = await looked_at(pbx, watch_s=0)
    assert not good
    assert [line.split(":")[0] for line in lines if line.startswith("NO")] == [f"NO  events of class {name}"]


@pytest.mark.parametrize(
    ("action", "complete", "item", "name"),
    [
        (
            "DeviceStateList",
            "DeviceStateListComplete",
            "DeviceStateChange\r\nActionID: {id}\r\nDevice: PJSIP/101\r\nState: INUSE",
            "DeviceStateChange",
        ),
        (
            "QueueStatus",
            "QueueStatusComplete",
            "QueueMember\r\nQueue: support\r\nLocation: PJSIP/101\r\nStatus: 6\r\nPaused: 0\r\nActionID: {id}",
            "QueueMember*",
        ),
    ],
)
async def test_a_filter_that_takes_out_what_tells_of_agents_is_noticed_when_one_changes(
    action: str, complete: str, item: str, name: str
) -> None:
    pbx = a_pbx()
    busy(pbx, CALL, AGENT)
    pbx.answers[action] = lambda session, asked: listed(
        asked, complete, [item] if session.names.count(action) > 1 else []
    )
    lines, good = await looked_at(pbx, watch_s=0)
    assert not good
    assert [line.split(":")[0] for line in lines if line.startswith("NO")] == [f"NO  events {name}"]


async def test_an_account_that_may_too_much_is_warned_about() -> None:
    pbx = a_pbx()
    dangerous = ("Originate", "Command", "UpdateConfig", "ModuleLoad", "Redirect", "QueueAdd")
    pbx.answers["ListCommands"] = commands((*OBSERVER, *dangerous))
    lines, good = await looked_at(pbx, watch_s=0)
    assert good
    warned = [line for line in lines if line.startswith("WARNING")]
    for right in ("originate", "command", "config", "system", "call", "agent"):
        assert [line for line in warned if f"write has {right})" in line], right


async def test_outside_lines_are_proposed_from_devices_and_channels_and_can_be_pasted() -> None:
    pbx = a_pbx()
    pbx.answers["DeviceStateList"] = devices(
        "PJSIP/megafon",
        "PJSIP/101",
        "PJSIP/manager",
        "Queue:support_pause_PJSIP/manager",
        "SIP/known",
        "MWI:100@default",
    )
    member = "QueueMember\r\nQueue: support\r\nLocation: PJSIP/manager\r\nStatus: 1\r\nPaused: 0\r\nActionID: {id}"
    pbx.answers["QueueStatus"] = lambda _session, action: listed(action, "QueueStatusComplete", [member])
    channel = "CoreShowChannel\r\nActionID: {id}\r\nChannel: PJSIP/mts-0000001a\r\nContext: from-trunk\r\nUniqueid: 1.1"
    pbx.answers["CoreShowChannels"] = lambda _session, action: listed(action, "CoreShowChannelsComplete", [channel])
    lines, _ = await looked_at(pbx, Rules(trunks=(TrunkRule("known", ("SIP/known-*",)),)), watch_s=0)
    pasted = tomllib.loads("\n".join(lines[lines.index("") :]))
    assert pasted == {
        "trunks": [{"name": "mts", "channels": ["PJSIP/mts-*"]}, {"name": "megafon", "channels": ["PJSIP/megafon-*"]}]
    }


async def test_what_it_provokes_is_nothing_to_a_daemon_beside_it() -> None:
    pbx = a_pbx()
    async with pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        session = await pbx.session()
        for name in VARIABLES:
            action = {"ActionID": "of another", "Variable": f"SET({name.decode()}=)"}
            _, _, heard_by_all = told_of_variables()(session, action).partition(END)
            session.send(heard_by_all)
        session.send(new_channel("1795450254.0"))
        await heard.events_count(2)
        assert heard.kinds == ["StreamResumed", "ChannelCreated"]
        assert not heard.client.counters.bad


async def test_a_refused_login_says_what_to_do_and_never_the_secret() -> None:
    pbx = a_pbx()
    pbx.answers["Login"] = refused
    with pytest.raises(
        AmiCheckError, match=r"refused the login of ringtally: Authentication failed; check ami\.username"
    ) as error:
        await looked_at(pbx)
    assert SECRET not in str(error.value)


async def test_nobody_there_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        with pytest.raises(AmiCheckError, match=r"out of reach: .*refused.*; check ami\.host and ami\.port"):
            await inspect_ami(account(taken.getsockname()[1]), Rules())


async def test_a_certificate_that_nobody_vouches_for_says_what_to_look_at(tmp_path: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(make_certificates(tmp_path, "IP:127.0.0.1").server)
    async with FakeAsterisk(tls=server) as pbx:
        with pytest.raises(AmiCheckError, match=r"certificate verify failed.*; check ami\.tls, ami\.ca_file"):
            await inspect_ami(account(pbx.port, tls=ssl.create_default_context()), Rules())


async def test_no_answer_says_so() -> None:
    pbx = a_pbx()
    pbx.answers["Login"] = silence
    async with pbx:
        with pytest.raises(AmiCheckError, match=r"gave no answer within 0\.2 s; is it the AMI port\?"):
            await inspect_ami(account(pbx.port, timeout_s=0.2), Rules())


async def test_a_line_that_breaks_off_says_so() -> None:
    pbx = a_pbx()

    def hang_up(session: Session, _action: Action) -> bytes:
        session.hang_up()
        return b""

    pbx.answers["QueueStatus"] = hang_up
    with pytest.raises(AmiCheckError, match="the connection to the PBX was lost"):
        await looked_at(pbx)


async def test_something_else_on_the_port_is_shown_harmlessly() -> None:
    async with FakeAsterisk(banner=b"SSH-2.0-\x1b[31mOpenSSH\r\n") as pbx:
        with pytest.raises(AmiCheckError, match="no Asterisk listens there") as error:
            await inspect_ami(account(pbx.port), Rules())
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize(
    ("events", "begins"),
    [
        ((), "?   the PBX's time in events"),
        ((CALL,), "WARNING: events bear no time of the PBX"),
        ((stamped(CALL),), "yes the PBX's time in events"),
    ],
    ids=["none came", "unstamped", "stamped"],
)
async def test_whether_events_bear_their_time_is_told_with_the_cure_and_nothing_is_missing_without(
    events: tuple[bytes, ...], begins: str
) -> None:
    pbx = a_pbx()
    pbx.answers["Getvar"] = denied
    busy(pbx, *events)
    lines, good = await looked_at(pbx, watch_s=0)
    assert good
    (line,) = [line for line in lines if "time" in line and "event" in line and not line.startswith("?   events of")]
    assert line.startswith(begins)
    assert line.startswith("yes") or "timestampevents = yes in [general] of manager.conf" in line
