"""A recording that begins in mid-call asks for the answer as the daemon does, and a replay is told it, anonymised or not."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon import clock, recorder
from daemon.recorder import record_to
from daemon.replay import entries, replay
from handlers.ami.anonymise import Anonymiser
from handlers.ami.cdr_times import DIALLED
from handlers.rules import Rules
from tests.daemon.fake_asterisk import Action, FakeAsterisk, Session, account, answer, event, listed, run_of_headers
from tests.handlers.calls.test_ghosts import item

CALLER, AGENT = "1795450254.1", "1795450254.2"


def as_listed(uniqueid: str, name: str, application: str, data: str) -> str:
    raw = item(uniqueid, name, linkedid=CALLER, application=application, data=data, bridge="b", age_s=30).decode()
    return raw.replace("ActionID: 1\r\n", "ActionID: {id}\r\n").removeprefix("Event: ").removesuffix("\r\n\r\n")


def channels(_session: Session, action: Action) -> bytes:
    items = [
        as_listed(CALLER, "PJSIP/trunk-00000001", "Dial", "PJSIP/101,30"),
        as_listed(AGENT, "PJSIP/101-00000002", "AppDial", "(Outgoing Line)"),
    ]
    return listed(action, "CoreShowChannelsComplete", items)


def ended(uniqueid: str, name: str) -> bytes:
    headers = run_of_headers(uniqueid, state=6).replace(f"PJSIP/trunk-{uniqueid}", name)
    return event("Hangup", headers + "Cause: 16\r\nCause-txt: Normal Clearing\r\n")


@pytest.mark.parametrize("change", [bytes, Anonymiser(b"k" * 32).message], ids=["as it came", "anonymised"])
async def test_the_replay_of_a_recording_that_began_in_mid_call_knows_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(recorder, "FLUSH_EVERY_S", 0.02)
    path = tmp_path / "trouble.jsonl"
    answered_at = round(clock.now() - 20, 6)

    def cdr(_session: Session, action: Action) -> bytes:
        if action["Variable"] == DIALLED:
            return answer(action, Variable=DIALLED, Value="7001")
        moment = answered_at if "answer" in action["Variable"] else answered_at - 9.5
        return answer(action, Variable=action["Variable"], Value=f"{moment:.6f}")

    async with FakeAsterisk() as pbx, asyncio.TaskGroup() as tasks:
        pbx.answers |= {"CoreShowChannels": channels, "Getvar": cdr}
        recording = tasks.create_task(record_to(account(pbx.port), path, change))
        session = await pbx.session()
        await session.asked_for("Getvar", 6)
        session.send(ended(CALLER, "PJSIP/trunk-00000001") + ended(AGENT, "PJSIP/101-00000002"))
        async with asyncio.timeout(60):
            while path.read_bytes().count(b"Event: Hangup") < 2:
                await asyncio.sleep(0.02)  # a file that grows tells nobody
        os.kill(os.getpid(), signal.SIGTERM)
        await recording
    assert sum("Getvar" in (entry.sent or "") for entry in entries(path)) == 6
    (call,) = await replay([path], Rules(), tmp_path / "calls.db", 0.0)
    assert (call.call.result, call.call.did) == ("answered", "7001")
    assert call.call.answered_at == pytest.approx(answered_at, abs=0.001)
    assert call.call.wait_s is not None
    assert call.call.talk_s == pytest.approx(20, abs=2)
