"""A PBX in words: each method is what somebody does, told to a core as the events that Asterisk would send.

The orders of events are those of the recordings (tests/recordings); times are seconds from the start of the play.
"""

from collections.abc import Iterator
from itertools import count

from handlers.ami import events as ev
from handlers.core import Core
from handlers.facts import CallEnded, Fact
from handlers.rules import Rules

START = 1_800_000_000.0


class Play:
    """One PBX and the core that hears it. `facts` is all that the core said, in order."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.core = Core(rules or Rules())
        self.facts: list[Fact] = []
        self._now = START
        self._serial = count()
        self._suffix = count()
        self._bridge_serial = count()
        self.names: dict[str, str] = {}
        self._bridge_of: dict[str, str] = {}
        self._linkedid: dict[str, str] = {}

    # ---- time and truth

    def wait(self, seconds: float) -> None:
        """Nothing happens for a while."""
        self._now += seconds

    def tick(self) -> None:
        """Time alone passes, and the core is told so."""
        self.say(ev.Tick(self._now))

    @property
    def now(self) -> float:
        """The moment of the next event."""
        return self._now

    def say(self, event: ev.Event) -> None:
        """One event reaches the core."""
        self.facts.extend(self.core.handle(event))

    @property
    def ended(self) -> list[CallEnded]:
        """The calls that ended so far."""
        return [fact for fact in self.facts if isinstance(fact, CallEnded)]

    @property
    def only_call(self) -> CallEnded:
        """The one call that ended."""
        (call,) = self.ended
        return call

    def told(self, kind: type[Fact]) -> Iterator[Fact]:
        """The facts of one kind."""
        return (fact for fact in self.facts if isinstance(fact, kind))

    # ---- channels

    def channel(
        self,
        endpoint: str,
        *,
        state: int = ev.ChannelState.DOWN,
        number: str | None = None,
        exten: str = "s",
        context: str = "from-internal",
        linkedid: str | None = None,
        name: str | None = None,
    ) -> str:
        """`Newchannel`; gives the uniqueid."""
        uniqueid = f"{int(self._now)}.{next(self._serial)}"
        self.names[uniqueid] = endpoint if ";" in endpoint else f"{endpoint}-{next(self._suffix):08x}"
        self._linkedid[uniqueid] = linkedid or uniqueid
        self.say(
            ev.ChannelCreated(
                self._now, uniqueid, linkedid or uniqueid, self.names[uniqueid], state, number, name, context, exten, ""
            )
        )
        return uniqueid

    def was_there_before(self, uniqueid: str, name: str, linkedid: str, bridge: str) -> None:
        """A channel of which the core hears from a snapshot first."""
        self.names[uniqueid] = name
        self._linkedid[uniqueid] = linkedid
        self._bridge_of[uniqueid] = bridge

    def incoming(self, number: str | None = "79001112233", did: str = "7001", trunk: str = "PJSIP/trunk") -> str:
        """The town calls."""
        return self.channel(trunk, state=ev.ChannelState.RING, number=number, exten=did, context="from-trunk")

    def dialling(self, extension: str, dialled: str) -> str:
        """One of our phones picks up and dials."""
        return self.channel(f"PJSIP/{extension}", state=ev.ChannelState.RING, number=extension, exten=dialled)

    def state(self, uniqueid: str, state: int) -> None:
        """`Newstate`."""
        self.say(ev.ChannelStateChanged(self._now, uniqueid, self.names[uniqueid], state, "", None))

    def up(self, uniqueid: str) -> None:
        """The channel is answered (by whatever)."""
        self.state(uniqueid, ev.ChannelState.UP)

    def local(self, exten: str, linkedid: str, context: str = "from-queue") -> tuple[str, str]:
        """A Local channel's two halves, linked."""
        name = f"Local/{exten}@{context}-{next(self._suffix):08x}"
        one = self.channel(f"{name};1", exten=exten, context=context, linkedid=linkedid)
        two = self.channel(f"{name};2", state=ev.ChannelState.RING, exten=exten, context=context, linkedid=linkedid)
        self.say(ev.LocalBridged(self._now, one, two, True))
        return one, two

    # ---- dials

    def dial(self, source: str, endpoint: str, dial_string: str | None = None, context: str = "from-internal") -> str:
        """Dial() rings a device; gives the leg."""
        leg = self.channel(
            endpoint, number=endpoint.partition("/")[2], context=context, linkedid=self._linkedid[source]
        )
        self.begin_dial(source, leg, dial_string or endpoint.partition("/")[2])
        return leg

    def begin_dial(self, source: str | None, leg: str, dial_string: str) -> None:
        """`DialBegin`."""
        self.say(ev.DialBegun(self._now, source, leg, self.names[leg], None, None, dial_string))

    def ring(self, leg: str) -> None:
        """The device rings."""
        self.state(leg, ev.ChannelState.RINGING)
        self.say(ev.DialProgressed(self._now, leg, "RINGING"))

    def end_dial(self, source: str, leg: str, status: str, forward: str | None = None) -> None:
        """`DialEnd`."""
        self.say(ev.DialEnded(self._now, source, leg, self.names[leg], status, forward))

    def answer(self, source: str, leg: str) -> None:
        """A rung device answers and is bridged with its dialler."""
        self.up(leg)
        self.end_dial(source, leg, "ANSWER")
        self.up(source)
        self.bridge(leg, source)

    def refuse(self, source: str, leg: str, cause: int = 17, status: str = "BUSY") -> None:
        """A dialled device refuses."""
        self.request_hangup(leg, cause)
        self.end_dial(source, leg, status)
        self.hang_up(leg, cause)

    def time_out(self, source: str, leg: str) -> None:
        """Dial() gives up on a device."""
        self.end_dial(source, leg, "NOANSWER")
        self.hang_up(leg, 0)

    # ---- bridges

    def bridge(self, *channels: str, technology: str = "simple_bridge") -> str:
        """The channels enter one new bridge, in this order."""
        name = f"bridge-{next(self._bridge_serial)}"
        for channel in channels:
            self.enter(name, channel, technology)
        return name

    def enter(self, bridge: str, channel: str, technology: str = "simple_bridge", swap: str | None = None) -> None:
        """`BridgeEnter`."""
        self._bridge_of[channel] = bridge
        self.say(
            ev.BridgeEntered(self._now, bridge, technology, channel, self._linkedid[channel], self.names[channel], swap)
        )

    def leave(self, channel: str) -> None:
        """`BridgeLeave`."""
        self.say(ev.BridgeLeft(self._now, self._bridge_of.pop(channel, "none"), channel, self.names[channel]))

    def hold(self, channel: str) -> None:
        """`Hold`."""
        self.say(ev.HoldStarted(self._now, channel, self.names[channel]))

    def unhold(self, channel: str) -> None:
        """`Unhold`."""
        self.say(ev.HoldEnded(self._now, channel, self.names[channel]))

    # ---- passing on

    def blind_transfer(self, transferer: str, transferee: str | None, exten: str, result: str = "Success") -> None:
        """`BlindTransfer`, and both leave their bridge (12-blind-transfer-answered)."""
        self.say(ev.BlindTransferred(self._now, transferer, transferee, result, "from-internal", exten))
        if result == "Success":
            for channel in (transferer, transferee):
                if channel is not None:
                    self.leave(channel)

    def attended_transfer(
        self,
        transferer: str,
        second: str,
        transferee: str | None,
        target: str | None,
        dest_type: str = "Bridge",
        result: str = "Success",
    ) -> None:
        """`AttendedTransfer`, after the bridges have changed."""
        self.say(ev.AttendedTransferred(self._now, transferer, second, transferee, target, result, dest_type))

    def park(self, channel: str, space: str = "701") -> None:
        """`ParkedCall`, and into the lot's bridge (16-park-and-retrieve)."""
        self.leave(channel)
        self.say(ev.Parked(self._now, "ParkedCall", channel, "default", space, None))
        self.bridge(channel, technology="holding_bridge")

    def unpark(self, channel: str, what: str = "UnParkedCall", retriever: str | None = None) -> None:
        """`UnParkedCall`, `ParkedCallTimeOut` or `ParkedCallGiveUp`, and out of the lot's bridge."""
        self.say(ev.Parked(self._now, what, channel, "default", "701", retriever))
        self.leave(channel)

    # ---- ends

    def request_hangup(self, channel: str, cause: int = 16) -> None:
        """`HangupRequest`: the far end of the channel hangs up."""
        self.say(ev.HangupRequested(self._now, channel, self.names[channel], cause, False))

    def hang_up(self, channel: str, cause: int = 16) -> None:
        """`Hangup`, after leaving the bridge."""
        if channel in self._bridge_of:
            self.leave(channel)
        self.say(ev.HangupRequested(self._now, channel, self.names[channel], cause, True))
        self.say(ev.ChannelHungUp(self._now, channel, self.names[channel], cause, None))

    def far_end_hangs_up(self, channel: str, *others: str) -> None:
        """Somebody puts the phone down, and the PBX ends the other channels."""
        self.request_hangup(channel)
        for each in (channel, *others):
            self.hang_up(each)

    def caller_cancels(self, caller: str, *legs: str) -> None:
        """The caller gives up while legs ring (05-direct-caller-abandons)."""
        self.request_hangup(caller, 127)
        for leg in legs:
            self.end_dial(caller, leg, "CANCEL")
        for each in (caller, *legs):
            self.hang_up(each, 127)

    # ---- queues

    def join(self, caller: str, queue: str = "support") -> None:
        """`QueueCallerJoin`."""
        self.say(ev.QueueJoined(self._now, caller, self.names[caller], queue, 1))

    def leave_queue(self, caller: str, queue: str = "support", *, abandoned: bool = False) -> None:
        """`QueueCallerLeave`, with `QueueCallerAbandon` before it for whatever ends without an agent."""
        if abandoned:
            self.say(ev.QueueAbandoned(self._now, caller, self.names[caller], queue))
        self.say(ev.QueueLeft(self._now, caller, self.names[caller], queue))

    def call_agent(self, caller: str, interface: str, member: str, queue: str = "support") -> str:
        """A queue rings a member's device."""
        leg = self.channel(interface, number=interface.partition("/")[2], linkedid=self._linkedid[caller])
        self.say(ev.AgentCalled(self._now, caller, leg, queue, interface, member))
        self.begin_dial(caller, leg, interface)
        self.ring(leg)
        return leg

    def connect_agent(self, caller: str, leg: str, interface: str, member: str, queue: str = "support") -> None:
        """A member answers a queue's caller."""
        self.up(leg)
        self.end_dial(caller, leg, "ANSWER")
        self.leave_queue(caller, queue)
        self.say(ev.AgentConnected(self._now, caller, leg, queue, interface, member))
        self.bridge(leg, caller)

    def variable(self, channel: str, name: str, value: str) -> None:
        """`VarSet`."""
        self.say(ev.VariableSet(self._now, channel, self.names[channel], name, value))
