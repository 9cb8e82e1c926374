"""A play with people in it: what queues and devices tell of them, and what the core makes of each."""

from handlers.ami import events as ev
from handlers.facts import AgentChanged, AgentGone, AgentState
from handlers.rules import Rules
from tests.handlers.playbook import START, Play

ANNA, BORIS = "PJSIP/101", "PJSIP/102"
FREE, IN_USE, BUSY, INVALID, UNREACHABLE, RINGING, ON_HOLD = 1, 2, 3, 4, 5, 6, 8


class Office(Play):
    """A PBX with agents."""

    def member(
        self,
        interface: str,
        name: str | None = None,
        queue: str = "support",
        *,
        state_interface: str | None = None,
        status: int = FREE,
        paused: str | bool = False,
    ) -> None:
        """`QueueMemberStatus` or one of its kin; `paused`: the reason, or whether."""
        reason = paused if isinstance(paused, str) else None
        self.say(
            ev.MemberSeen(
                self.now, queue, interface, state_interface or interface, name, status, bool(paused), reason, None
            )
        )

    def remove(self, interface: str, queue: str = "support") -> None:
        """`QueueMemberRemoved`."""
        self.say(ev.MemberRemoved(self.now, queue, interface))

    def device(self, device: str, state: int) -> None:
        """`DeviceStateChange`."""
        self.say(ev.DeviceStateTold(self.now, device, state))

    def resume(self, **parts: object) -> None:
        """Logged in, with this snapshot; what is not given is empty."""
        usual: dict[str, object] = dict.fromkeys(("channels", "bridges", "entries", "members", "queues", "devices"), ())
        self.say(ev.StreamResumed(self.now, ev.Snapshot(boot="", system={}, **(usual | parts))))  # type: ignore[arg-type]  # as a test says

    def lose(self) -> None:
        """The connection breaks."""
        self.say(ev.StreamBroken(self.now))

    def agent(self, agent_id: str = ANNA) -> AgentState:
        """The agent as he was last told."""
        return next(
            fact.agent for fact in reversed(self.facts) if isinstance(fact, AgentChanged) and fact.agent.id == agent_id
        )

    def states(self, agent_id: str = ANNA) -> list[tuple[str | None, float]]:
        """Each state that was told, with the second of the play at which it began; no state twice in a row."""
        found: list[tuple[str | None, float]] = []
        for fact in self.facts:
            if isinstance(fact, AgentChanged) and fact.agent.id == agent_id:
                since = round(fact.at if fact.agent.since is None else fact.agent.since, 3) - START
                if not found or found[-1] != (fact.agent.state, round(since, 3)):
                    found.append((fact.agent.state, round(since, 3)))
        return found

    @property
    def gone(self) -> list[str]:
        """Who was told to be gone."""
        return [fact.id for fact in self.facts if isinstance(fact, AgentGone)]

    def served(self, name: str = "Anna", interface: str = ANNA, queue: str = "support") -> tuple[str, str]:
        """A caller joins, the agent is rung for a second and answers; the caller's and the agent's channel."""
        caller = self.incoming()
        self.up(caller)
        self.join(caller, queue)
        leg = self.call_agent(caller, interface, name, queue)
        self.wait(1)
        self.connect_agent(caller, leg, interface, name, queue)
        return caller, leg


def an_office(**rules: object) -> Office:
    """Anna is in the queue `support`, which has 30 s of wrap-up unless told otherwise."""
    office = Office(Rules(**({"queue_wrapup_s": {"support": 30.0}} | rules)))  # type: ignore[arg-type]  # as a test says
    office.member(ANNA, "Anna")
    return office
