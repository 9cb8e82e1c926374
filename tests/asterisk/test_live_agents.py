"""The daemon beside a real Asterisk, with the account that it ships: agents pause, ring, talk, hold, come, go, and lose their phone."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.sections import Ami, Department, Http, Queue, Settings, Storage
from daemon.app import App, Running
from handlers.facts import AgentChanged, AgentGone, AgentState, CallAnswered, CallEnded, CallRetracted, Fact, Membership
from tests.asterisk.lab.sip_phone import answer, reject
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.test_live_calls import until_ready

WITHIN_S = 60.0
WRAPUP_S = 1.0
ANNA, DINA, EGOR, GALINA = "PJSIP/101", "PJSIP/106", "PJSIP/105", "Agent:1001"
ALL_OF_ANNA = (ANNA, "Local/101@from-queue", "Local/101@from-queue/n")


class Watched:
    """A sink that knows what each agent does, and wakes who waits for it."""

    def __init__(self) -> None:
        self.agents: dict[str, AgentState] = {}
        self.story: list[tuple[str, str | None]] = []
        self._past: dict[str, list[AgentState]] = {}
        self._looked_at: dict[str, int] = {}
        self.facts: list[Fact] = []
        self._turn = asyncio.Event()

    def take(self, facts: Sequence[Fact]) -> None:
        self.facts += facts
        for fact in facts:
            if isinstance(fact, AgentChanged):
                known = self.agents.get(fact.agent.id)
                self.agents[fact.agent.id] = fact.agent
                self._past.setdefault(fact.agent.id, []).append(fact.agent)
                if known is None or known.state != fact.agent.state:
                    self.story.append((fact.agent.id, fact.agent.state))
            elif isinstance(fact, AgentGone):
                del self.agents[fact.id]
        self._turn.set()

    async def until(self, agent_id: str, state: str | None, **parts: object) -> AgentState:
        """The agent is in this state (None: nobody knows), and as these parts say; or was, since he was waited for last.

        Who waits may be late: a phone that rings for a third of a second may have been answered by then.
        """
        wanted = {"state": state, **parts}

        def found() -> list[int]:
            past = list(enumerate(self._past.get(agent_id, ())))[self._looked_at.get(agent_id, 0) :]
            return [number for number, agent in past if _is(agent, wanted)]

        await self._until(lambda: bool(found()), f"{agent_id} is never {wanted}")
        self._looked_at[agent_id] = found()[0]
        return self._past[agent_id][found()[0]]

    async def until_gone(self, agent_id: str) -> None:
        """There is no such agent any more."""
        await self._until(lambda: agent_id not in self.agents, f"{agent_id} never goes")

    async def until_told(self, condition: Callable[[], bool]) -> None:
        """The condition holds."""
        await self._until(condition, "it never comes")

    async def _until(self, condition: Callable[[], bool], otherwise: str) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                while not condition():
                    self._turn.clear()
                    await self._turn.wait()
        except TimeoutError:
            raise AssertionError(f"{otherwise}: {self.agents}") from None

    def of(self, agent_id: str) -> list[str | None]:
        """The states of one agent, in order."""
        return [state for each, state in self.story if each == agent_id]


def _is(agent: AgentState, wanted: dict[str, object]) -> bool:
    return all(getattr(agent, name) == value for name, value in wanted.items())


@asynccontextmanager
async def watched(pbx: Pbx, folder: Path) -> AsyncIterator[tuple[Watched, Running]]:
    """The daemon for the time of the block."""
    sink = Watched()
    settings = Settings(
        ami=Ami(host=pbx.ip, secret=SecretStr(SECRET), ping_interval=1.0, reconnect_max=0.2),
        http=Http(listen="127.0.0.1:0"),
        storage=Storage(path=str(folder / "calls.db")),
        queues={"support": Queue(wrapup=WRAPUP_S)},
        departments=(Department(name="help", queues=("support",), extensions=("106", "199")),),
    )
    async with asyncio.TaskGroup() as tasks:
        app = App(settings, [sink])
        running = tasks.create_task(app.run())
        daemon = await app.started
        await until_ready(daemon.port)
        yield sink, daemon
        app.stop.set()
        await running


async def pause(pbx: Pbx, interfaces: Sequence[str], reason: str | None) -> None:
    for interface in interfaces:
        more = {"Reason": reason} if reason else {}
        await pbx.ctl.act("QueuePause", Interface=interface, Paused="true" if reason else "false", **more)


@pytest.mark.parametrize("version", [22, 16])
async def test_who_is_there_and_rests_and_comes_and_goes(version: int, tmp_path: Path) -> None:
    async with running_pbx(version, 60) as pbx, watched(pbx, tmp_path) as (sink, _):
        await sink.until(ANNA, "available", name="Anna")
        await sink.until(DINA, "available", name=None, queues=())  # of a department; 199 is nobody's phone
        await sink.until(GALINA, "unavailable", name="Galina")
        assert not {"199", EGOR} & sink.agents.keys()

        await pbx.ctl.act("QueuePause", Queue="support", Interface=ANNA, Paused="true", Reason="lunch: long")
        rests = Membership("support", True, "lunch: long")
        await sink.until_told(lambda: rests in sink.agents[ANNA].queues and sink.agents[ANNA].state == "available")
        await pause(pbx, ALL_OF_ANNA, "lunch: long")
        agent = await sink.until(ANNA, "paused")
        assert agent.reason == "lunch: long"
        assert {each.queue for each in agent.queues} == {
            "keyed",
            "narrow",
            "supall",
            "suplocal",
            "suplocaln",
            "support",
        }
        await pause(pbx, ALL_OF_ANNA, None)
        await sink.until(ANNA, "available", reason=None)

        await pbx.ctl.act("QueueAdd", Queue="support", Interface=EGOR, MemberName="Egor")
        await sink.until(EGOR, "available", name="Egor")
        await pbx.ctl.act("QueueRemove", Queue="support", Interface=EGOR)
        await sink.until_gone(EGOR)


@pytest.mark.parametrize("version", [22, 16])
async def test_a_call_of_a_queue_from_its_first_ring_to_the_end_of_the_wrap_up(version: int, tmp_path: Path) -> None:
    async with running_pbx(version, 61) as pbx, watched(pbx, tmp_path) as (sink, _):
        pbx.p["101"].behave = reject()
        pbx.p["102"].behave = answer(0.5)
        caller = pbx.incoming("7003")
        await sink.until("PJSIP/102", "ringing")
        await pbx.up(caller)
        talking = await sink.until("PJSIP/102", "talking")
        leg = await pbx.reached("102")
        await leg.hold()
        assert (await sink.until("PJSIP/102", "held")).call_since == talking.call_since
        await leg.unhold()
        await sink.until("PJSIP/102", "talking", call_since=talking.call_since)
        await caller.bye()
        wrapup = await sink.until("PJSIP/102", "wrapup", call_since=None)
        free = await sink.until("PJSIP/102", "available")
        assert wrapup.since is not None
        assert free.since == pytest.approx(wrapup.since + WRAPUP_S, abs=1e-6)
        assert sink.of("PJSIP/102") == ["available", "ringing", "talking", "held", "talking", "wrapup", "available"]
        assert sink.of(ANNA) == ["available"], "who refuses at once has not rung"
        seen = next(each for each in pbx.truth if each["ua"] == "102" and each["ev"] == "answer")
        assert talking.since == pytest.approx(seen["t"], abs=0.2)


@pytest.mark.parametrize("version", [22, 16])
async def test_direct_calls_in_and_out_are_talk_without_wrap_up(version: int, tmp_path: Path) -> None:
    async with running_pbx(version, 62) as pbx, watched(pbx, tmp_path) as (sink, _):
        pbx.trunk.behave = answer(0.3)
        own = pbx.p["106"].call("989161234567")
        await sink.until(DINA, "talking")
        await pbx.up(own)
        await own.bye()
        await sink.until(DINA, "available")
        pbx.p["101"].behave = answer(0.3)
        caller = pbx.p["102"].call("101")
        await sink.until(ANNA, "ringing")
        await sink.until(ANNA, "talking")
        await sink.until("PJSIP/102", "talking")
        await caller.bye()
        await sink.until(ANNA, "available")
        await sink.until("PJSIP/102", "available")
        assert sink.of(ANNA) == ["available", "ringing", "talking", "available"]
        assert sink.of("PJSIP/102") == sink.of(DINA) == ["available", "talking", "available"]


@pytest.mark.parametrize("version", [22, 16])
async def test_a_phone_that_is_lost_and_found_and_queues_that_are_reloaded(version: int, tmp_path: Path) -> None:
    async with running_pbx(version, 63) as pbx, watched(pbx, tmp_path) as (sink, _):
        await sink.until(ANNA, "available")
        phones, queues = pbx.run / "etc/pjsip.conf", pbx.run / "etc/queues.conf"
        whole = phones.read_text()
        phones.write_text(re.sub(r"contact = sip:10[16]@.*\n", "", whole))
        await pbx.ctl.act("Command", Command="module reload res_pjsip.so")
        await sink.until(ANNA, "unavailable")
        await sink.until(DINA, "unavailable")
        phones.write_text(whole)
        await pbx.ctl.act("Command", Command="module reload res_pjsip.so")
        await sink.until(ANNA, "available")
        await sink.until(DINA, "available")

        text = queues.read_text().replace("PJSIP/103,0,Clara,PJSIP/103", "PJSIP/105,0,Fedor,PJSIP/105")
        queues.write_text(text)
        await pbx.ctl.act("Command", Command="module reload app_queue.so")  # says that it happened, and of no member
        await sink.until("PJSIP/105", "available", name="Fedor")
        await sink.until_gone("PJSIP/103")


@pytest.mark.parametrize("version", [22, 16])
async def test_a_shift_in_an_agents_pool_is_no_call_and_its_caller_is_one(version: int, tmp_path: Path) -> None:
    async with running_pbx(version, 64) as pbx, watched(pbx, tmp_path) as (sink, daemon):
        shift = pbx.p["106"].call("1001")
        await pbx.up(shift)
        await sink.until(GALINA, "available", device=DINA)
        assert sink.agents[DINA].state == "available"
        assert not list(daemon.core.live_calls())
        caller = pbx.incoming("7020")
        await sink.until(GALINA, "talking")
        await sink.until(DINA, "talking")
        # The agent's device is in use a moment before the two are connected.
        await sink.until_told(lambda: any(isinstance(fact, CallAnswered) for fact in sink.facts))
        await caller.bye()
        await sink.until(GALINA, "available")
        await sink.until(DINA, "available")
        await shift.bye()
        await sink.until(GALINA, "unavailable", device=GALINA)
        ended = [fact.call.result for fact in sink.facts if isinstance(fact, CallEnded)]
        assert ended == ["answered"]
        assert len([fact for fact in sink.facts if isinstance(fact, CallRetracted)]) == 1


async def test_a_pbx_that_dies_leaves_nobody_in_a_state_and_comes_back_with_what_is_true(tmp_path: Path) -> None:
    async with running_pbx(22, 60) as pbx, watched(pbx, tmp_path) as (sink, _):
        pbx.p["101"].behave = answer(0.1)
        pbx.incoming("7003")
        await sink.until(ANNA, "talking")
        await pbx.kill()
        agent = await sink.until(ANNA, None)
        assert (agent.since, agent.call_since) == (None, None)
        await pbx.boot()
        await sink.until(ANNA, "available")
