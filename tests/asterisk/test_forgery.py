"""Callers who forge AMI messages through a real Asterisk, 22 and 16, beside somebody who only wants to talk.

What each phone saw is what is told, of him who is attacked and of the attacker's own calls.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.ami_account import NOTHING_FORGED
from daemon.app import App, Running
from handlers.facts import Call
from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import Phone, answer
from tests.asterisk.pbx import Pbx, running_pbx
from tests.asterisk.test_live_calls import settings_for, until_ready
from tests.daemon.app_service import Ledger
from tests.handlers.ami.wire import snapshot

ROOM = 79
"""What PJSIP takes of a number, and any channel driver of an extension."""
TOLERANCE_S = 0.5
NOT_FOUND = 404


@dataclass(slots=True)
class Scene:
    """A PBX, the daemon beside it, and a call from the town to 101 that goes on."""

    pbx: Pbx
    daemon: Running
    ledger: Ledger
    victim: CallerLeg
    uniqueid: str
    """Of the victim's own channel: a forger who knows the PBX's clock can guess it."""

    @property
    def told(self) -> Call:
        """The victim's call, as it is told while it lives."""
        return next(call for call in self.daemon.core.live_calls() if call.id == self.uniqueid)


def quoted(text: str) -> str:
    """As a SIP user: every byte that could end it is escaped."""
    return "".join(character if character.isalnum() else f"%{ord(character):02X}" for character in text)


def hangup(uniqueid: str, channel: str) -> str:
    """A whole one, as the PBX would say it."""
    run = snapshot("79001112233", uniqueid=uniqueid, channel=channel, state=6)
    return f"Event: Hangup\r\nPrivilege: call,all\r\n{run}Cause: 16\r\nCause-txt: Normal Clearing\r\n"


def forgeries(scene: Scene) -> list[str]:
    """What follows a number's first digit, each as long as there is room for."""
    end = "\r\n\r\n"
    victim = scene.uniqueid
    event = "Event: {}\r\nPrivilege: call,all\r\n"
    run = snapshot(uniqueid=victim, channel="PJSIP/trunk-00000000")
    wanted = [
        # A message behind the number: whole, or as far as there is room.
        f"{end}{hangup(victim, 'PJSIP/trunk-00000000')}\r\nEvent: Z",
        f"{end}{event.format('Hangup')}Uniqueid: {victim}\r\nCause: 16{end}Event: Z",
        f"{end}{event.format('Newchannel')}{run}",
        f"{end}{event.format('BridgeLeave')}Uniqueid: {victim}",
        f"{end}Event: QueueCallerJoin\r\nPrivilege: agent,all\r\nQueue: support",
        f"{end}Event: DialEnd\r\nPrivilege: call,all\r\nDialStatus: ANSWER",
        f"{end}Event: QueueMemberPause\r\nPrivilege: agent,all\r\nQueue: support",
        f"{end}Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: PJSIP/101\r\nState: BUSY",
        f"{end}Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False",
        f"{end}Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\nUptime: 1",
        f"{end}Response: Success\r\nActionID: 1\r\nEventList: start{end}Event: Z",
        # The end of the run that the number stands in, and a message behind that.
        f"\r\nLinkedid: {end}Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly",
        f"\r\nLinkedid: {victim}{end}Event: Reload\r\nPrivilege: system,all\r\nX: ",
        f"\r\nUniqueid: {victim}\r\nLinkedid: {victim}{end}Event: Z",
        # Nothing but headers of one's own.
        f"\r\nUniqueid: {victim}\r\nLinkedid: {victim}\r\nX: ",
        "\r\nEvent: Hangup\r\nX: ",
        f"{end}ChannelStateDesc: Up\r\nCallerIDNum: 1",
        end * 19,
    ]
    return [("7" + text)[:ROOM] for text in wanted]


def extensions(scene: Scene) -> list[str]:
    """What an extension has room for: the end of the run that it stands in, and the begin of something behind it."""
    end, victim = "\r\n\r\n", scene.uniqueid
    wanted = [
        f"\r\nPriority: 1\r\nUniqueid: {victim}\r\nLinkedid: 1\r\nCause: 16{end}",
        f"\r\nPriority: 1\r\nUniqueid: {victim}\r\nLinkedid: {victim}{end}Event: Z",
        f"\r\nPriority: 1\r\nUniqueid: 1.1\r\nLinkedid: {victim}{end}Event: Hangup\r\nX: ",
        f"\r\nPriority: 1\r\nUniqueid: 1.1\r\nLinkedid: 1{end}Event: Hold\r\nPrivilege: call,all",
        f"{end}{hangup(victim, 'PJSIP/trunk-00000000')}",
        f"{end}Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False",
    ]
    return [("97" + text)[:ROOM] for text in wanted]


@asynccontextmanager
async def talking(version: int, number: int, folder: Path, more: str = "") -> AsyncIterator[Scene]:
    """The scene; behind it the daemon has stopped, and everything that it told is in the ledger."""
    async with running_pbx(version, number, more) as pbx, asyncio.TaskGroup() as tasks:
        ledger = Ledger()
        app = App(settings_for(pbx, folder / "calls.db"), [ledger])
        running = tasks.create_task(app.run())
        daemon = await app.started
        await until_ready(daemon.port)
        pbx.p["101"].behave = answer(0.1)
        victim = pbx.incoming("7001")
        assert await pbx.up(victim) == 200
        await until(lambda: any(call.state == "talking" for call in daemon.core.live_calls()))
        (call,) = daemon.core.live_calls()
        yield Scene(pbx, daemon, ledger, victim, call.id)
        if victim.state == "up":
            await victim.bye()
        await until(lambda: not list(daemon.core.live_calls()))
        app.stop.set()
        await running


async def until(done: Callable[[], bool], what: str = "") -> None:
    """What Asterisk does next has no signal here."""
    try:
        async with asyncio.timeout(60):
            while not done():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came: {what!r}") from None


async def called(phone: Phone, number: str, **how: Any) -> bool:
    """One call, from its INVITE to the hangup of him who called, a moment after the answer. False: the PBX knows no such number."""
    leg = phone.call(number, **how)
    await asyncio.wait([leg.final], timeout=5)
    if leg.record.get("code") == NOT_FOUND:
        return False
    assert leg.state == "up", f"{how} was not answered: {leg.record}"
    await asyncio.sleep(0.1)
    await leg.bye()
    return True


async def attacked(scene: Scene, attack: Callable[[str], Coroutine[Any, Any, bool]], texts: list[str]) -> list[Call]:
    """Each text in its turn, and after each the victim talks on as before; the attacker's own calls as they were told."""
    before = scene.told
    calls: list[Call] = []
    for text in texts:
        ended = len(scene.ledger.calls)
        if not await attack(text):
            continue
        await until(lambda: len(scene.ledger.calls) > ended, text)  # noqa: B023 - awaited within the turn
        await until(lambda: scene.daemon.core.live_count == 1, text)
        calls += scene.ledger.calls[ended:]
        assert unchanged(scene.told, before), text
        assert list(scene.daemon.core.waiting()) == [], text
    assert len(calls) >= len(texts) / 2, [call.id for call in calls]
    return calls


def unchanged(now: Call, before: Call) -> bool:
    """Does he talk on with the same colleague, in a call of which all was seen?"""
    story = ("id", "state", "state_since", "answered_at", "answered_by", "caller", "incomplete", "queues", "transfers")
    return all(getattr(now, name) == getattr(before, name) for name in story)


def assert_told(scene: Scene, calls: list[Call], direction: str, answered_by: str | None) -> None:
    """The attacker's own calls, as his phone and the one he called saw them."""
    legs = [leg for leg in scene.pbx.recs if leg["kind"] == "caller" and "t_got_answer" in leg]
    legs.remove(scene.victim.record)
    assert len(calls) == len(legs)
    for call, leg in zip(calls, legs, strict=True):
        assert (call.result, call.direction, call.answered_by) == ("answered", direction, answered_by)
        assert call.total_s == pytest.approx(leg["t_end"] - leg["t_invite"], abs=TOLERANCE_S)
        assert call.talk_s == pytest.approx(leg["t_end"] - leg["t_got_answer"], abs=TOLERANCE_S)


def assert_victim_told(scene: Scene) -> None:
    """His one call, from beginning to end."""
    (call,) = [call for call in scene.ledger.calls if call.id == scene.uniqueid]
    leg = scene.victim.record
    assert (call.result, call.answered_by, call.incomplete, call.end_seen) == ("answered", "101", False, True)
    assert call.total_s == pytest.approx(leg["t_end"] - leg["t_invite"], abs=TOLERANCE_S)
    assert call.talk_s == pytest.approx(leg["t_end"] - leg["t_got_answer"], abs=TOLERANCE_S)


@pytest.mark.parametrize("version", [22, 16])
@pytest.mark.parametrize("way", ["number", "asserted", "name"])
async def test_a_forging_caller_changes_nothing_but_his_own_number(version: int, way: str, tmp_path: Path) -> None:
    async with talking(version, 70, tmp_path) as scene:
        pbx = scene.pbx
        pbx.p["103"].behave = answer(0.1)

        async def attack(text: str) -> bool:
            shown = {"number": "cid", "asserted": "asserted", "name": "name"}[way]
            return await called(pbx.trunk, "7009", **({"cid": "79"} | {shown: quoted(text)}))

        calls = await attacked(scene, attack, forgeries(scene))
    assert_told(scene, calls, "in", "103")
    assert_victim_told(scene)


@pytest.mark.parametrize("version", [22, 16])
async def test_a_forging_phone_that_is_called_changes_nothing(version: int, tmp_path: Path) -> None:
    async with talking(version, 71, tmp_path) as scene:
        pbx = scene.pbx

        async def attack(text: str) -> bool:
            async def manner(leg: CalledLeg) -> None:
                leg.asserted = quoted(text)
                leg.ring()
                if await leg.sleep(0.1):
                    leg.accept()

            pbx.p["103"].behave = manner
            return await called(pbx.trunk, "7009", cid="79")

        calls = await attacked(scene, attack, forgeries(scene))
    assert_told(scene, calls, "in", "103")
    assert_victim_told(scene)


@pytest.mark.parametrize("version", [22, 16])
async def test_a_forged_extension_changes_nothing(version: int, tmp_path: Path) -> None:
    """By a phone of our own: nobody else may dial what he likes. The extension stands in what is dialled too."""
    async with talking(version, 72, tmp_path) as scene:
        pbx = scene.pbx
        pbx.trunk.behave = answer(0.1)

        async def attack(text: str) -> bool:
            return await called(pbx.p["102"], quoted(text))

        calls = await attacked(scene, attack, extensions(scene))
    assert_told(scene, calls, "out", calls[0].answered_by)
    assert_victim_told(scene)


def whole_messages(scene: Scene) -> list[str]:
    """What there is room for in a number of any length: the end of one's own run, whole messages, and a run that takes up the rest."""
    own = snapshot("7", uniqueid="1795450254.99", channel="SIP/old-trunk-000000ff").partition("CallerIDNum: 7")[2]
    born = f"Event: Newchannel\r\nPrivilege: call,all\r\n{snapshot(uniqueid='1795450254.98', channel='PJSIP/trunk-000000fe')}"
    joined = (
        f"Event: QueueCallerJoin\r\nPrivilege: agent,all\r\n{snapshot(uniqueid=scene.uniqueid, channel='PJSIP/trunk-00000000')}"
        "Queue: support\r\nPosition: 1\r\nCount: 1\r\n"
    )
    behind = (
        f"\r\nEvent: NewConnectedLine\r\nPrivilege: call,all\r\n{snapshot('')}".partition("CallerIDNum: ")[0]
        + "CallerIDNum: 7"
    )
    ended = hangup(scene.uniqueid, "PJSIP/trunk-00000000")
    return [f"7{own}\r\n{message}{behind}" for message in (born, joined, ended)]


async def test_numbers_of_any_length_forge_nothing_past_the_filter_for_them(tmp_path: Path) -> None:
    """chan_sip takes them. What forges is not sent at all, so that nobody hears of the forger's own calls."""
    async with talking(16, 73, tmp_path, f"eventfilter = {NOTHING_FORGED}\n") as scene:
        before = scene.told
        old_trunk = scene.pbx.old_trunk
        assert old_trunk is not None
        scene.pbx.p["103"].behave = answer(0.1)
        for text in whole_messages(scene):
            assert await called(old_trunk, "7009", cid=quoted(text))
        assert await called(old_trunk, "7009", cid="79")
        await until(lambda: len(scene.ledger.calls) == 1)
        assert unchanged(scene.told, before)
        assert list(scene.daemon.core.waiting()) == []
        assert not scene.daemon.client.counters.bad
    assert_victim_told(scene)


async def test_without_it_what_is_forged_is_believed_until_the_pbx_is_asked_again(tmp_path: Path) -> None:
    """That is the limit: where numbers may be of any length, a forger is found out by what he contradicts alone."""
    async with talking(16, 74, tmp_path) as scene:
        old_trunk = scene.pbx.old_trunk
        assert old_trunk is not None
        scene.pbx.p["103"].behave = answer(0.1)
        *_, ended = whole_messages(scene)
        assert await called(old_trunk, "7009", cid=quoted(ended))
        bridge_of = scene.daemon.core.bridge_of
        await until(lambda: bridge_of(scene.uniqueid) is None, "the forged end")
        await until(lambda: bridge_of(scene.uniqueid) is not None, "the victim, again")
        (call,) = scene.daemon.core.live_calls()
        assert (call.id, call.incomplete) == (scene.uniqueid, True)
        assert scene.daemon.client.counters.bad["unknown_channel"] > 0
