"""Bytes to blocks: where one AMI message ends and the next begins, and which are worth parsing.

Rules, each with what taught it (the numbers are recordings):

1.  Messages end at CR LF CR LF, lines at CR LF; a bare LF stays inside its value (28b-injected-numbers).
2.  Nothing is decoded here: a character cut by a segment is whole again before anybody looks at it.
3.  An unwanted event is counted by its first line and dropped; none of its headers is parsed.
4.  Asterisk writes a caller's number raw, so a SIP caller can put line ends and whole forged messages into it
    (28b-injected-numbers). One event is contiguous in the stream and its channel's headers always run from `Channel` to
    `Linkedid`: an event that breaks off in between is held, and what follows is part of it until the run is complete.
    What stands free in there was forged, and never seen as a message.
5.  Lines, blocks and what is held are bounded. What is too long is dropped in constant memory, and counted. A torn event
    whose end does not come is dropped alone: what was held after it are messages like others, else a caller could make
    the calls of others unseen.

What a forger can still do: complete the run himself, so that the event seems whole, and add whole messages after it. Those are
believed as far as the core finds them plausible; only asking the PBX settles it.
"""

import re
from collections import Counter

END = b"\r\n\r\n"
LINE_LIMIT = 65_536
BLOCK_LIMIT = 1_048_576
HELD_BLOCKS = 32
HELD_BYTES = 262_144

# Bear a channel's headers, and are not wanted: cut in two, their halves must not be taken for messages of their own.
NOISE_WITH_CHANNEL = frozenset(
    {
        b"VarSet",
        b"Newexten",
        b"NewConnectedLine",
        b"NewAccountCode",
        b"MusicOnHoldStart",
        b"MusicOnHoldStop",
        b"DTMFBegin",
        b"DTMFEnd",
        b"RTCPSent",
        b"RTCPReceived",
        b"MessageWaiting",
        b"UserEvent",
        b"ChanSpyStart",
        b"ChanSpyStop",
        b"LocalOptimizationBegin",
        b"LocalOptimizationEnd",
        b"ConfbridgeJoin",
        b"ConfbridgeLeave",
        b"ConfbridgeTalking",
        b"CEL",
    }
)
NOISE = frozenset(
    {
        b"TestEvent",
        b"BridgeCreate",
        b"Cdr",
        b"SuccessfulAuth",
        b"ChallengeSent",
        b"InvalidAccountID",
        b"ExtensionStatus",
        b"PeerStatus",
        b"ContactStatus",
        b"Registry",
        b"PresenceStatus",
        b"BridgeVideoSourceUpdate",
        b"BridgeInfoComplete",
    }
)
# Wanted, and told of no channel: nothing in them can break off.
WITHOUT_CHANNEL = frozenset(
    {
        b"BridgeDestroy",
        b"DeviceStateChange",
        b"QueueMemberAdded",
        b"QueueMemberPause",
        b"QueueMemberPenalty",
        b"QueueMemberRemoved",
        b"QueueMemberRinginuse",
        b"QueueMemberStatus",
    }
)
# Bears a channel, and is wanted for the sake of three variables.
_VARIABLE = b"VarSet"
VARIABLES = (b"QUEUESTATUS", b"DIALSTATUS", b"VMSTATUS")
_STATUS = b"STATUS\r\nValue: "
_BEFORE_STATUS = tuple(b"\r\nVariable: " + name.removesuffix(b"STATUS") for name in VARIABLES)
_OTHER = "other"
_RUN_BEGINS = re.compile(rb"\r\n\w*ChannelStateDesc: [^\r\n]*\r\n\w*CallerIDNum: ")
_RUN_ENDS = re.compile(rb"\r\n\w*Linkedid: ")


class _Name:
    """One name of an event: what is to be done with those of it, and how many came."""

    __slots__ = ("bears_channel", "is_wanted", "name", "seen")

    def __init__(self, name: bytes, is_wanted: bool, bears_channel: bool) -> None:
        self.name = name.decode()
        self.is_wanted = is_wanted
        self.bears_channel = bears_channel
        """May it bear a channel's headers, so that it can break off?"""
        self.seen = 0


def _names(wanted: frozenset[bytes]) -> dict[bytes, _Name]:
    """By an event's first line."""
    without_channel = NOISE | WITHOUT_CHANNEL
    unwanted = NOISE | NOISE_WITH_CHANNEL | {_VARIABLE}
    return {
        b"Event: " + name: _Name(name, name not in unwanted, name not in without_channel) for name in wanted | unwanted
    }


class Framer:
    """One connection's stream. `feed` takes bytes as they come and gives the blocks worth parsing, without their end.

    `wanted` are the names of events to give; answers (`Response:`, and events with our ActionID) are always given. `events`
    counts by name (known ones and `other`), `bad` by reason; `banner` is the first line, once it came.
    """

    def __init__(self, wanted: frozenset[bytes], banner: bool = True) -> None:
        self._wanted = wanted
        self._names = _names(wanted)
        self._variable = self._names[b"Event: " + _VARIABLE]
        self._others = 0
        self._tail = b""
        self._expects_banner = banner
        self._skipping = False
        self._held: list[bytes] = []
        self._held_bytes = 0
        self.banner: str | None = None
        self.bad: Counter[str] = Counter()
        self.bytes = 0

    @property
    def events(self) -> Counter[str]:
        """How many events came, by name."""
        counts = Counter({each.name: each.seen for each in self._names.values() if each.seen})
        if self._others:
            counts[_OTHER] = self._others
        return counts

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; give the wanted blocks they complete, in order."""
        self.bytes += len(data)
        data = self._tail + data if self._tail else data
        if self._expects_banner:
            data = self._take_banner(data)
        blocks = data.split(END)
        self._tail = blocks.pop()
        if self._skipping and blocks:
            del blocks[0]
            self._skipping = False
        if len(self._tail) > BLOCK_LIMIT + len(END) - 1:  # all of the end but its last byte may stand in it
            self._drop_tail()
        if not blocks:
            return []
        if len(data) > LINE_LIMIT and max(map(len, blocks)) > LINE_LIMIT:
            blocks = [block for block in blocks if self._fits(block)]
        return self._select(blocks)

    def _fits(self, block: bytes) -> bool:
        if len(block) > BLOCK_LIMIT:
            self.bad["oversized_block"] += 1
            return False
        if len(block) > LINE_LIMIT and max(map(len, block.split(b"\r\n"))) > LINE_LIMIT:
            self.bad["oversized_line"] += 1
            return False
        return True

    def _take_banner(self, data: bytes) -> bytes:
        """`Asterisk Call Manager/11.0.0`, one line; a proxy may send none."""
        if data.startswith((b"Event: ", b"Response: ")):
            self._expects_banner = False
            return data
        line, end, rest = data.partition(b"\r\n")
        if not end:
            if len(line) > LINE_LIMIT:
                self.bad["oversized_line"] += 1
                self._expects_banner = False
                return b""
            return data
        self._expects_banner = False
        self.banner = line.decode("ascii", "replace")
        return rest

    def _drop_tail(self) -> None:
        """An endless block: forget it but for what could be the beginning of its end."""
        if not self._skipping:
            self.bad["oversized_block"] += 1
        self._skipping = True
        self._tail = self._tail[-3:]

    def _select(self, blocks: list[bytes]) -> list[bytes]:
        # The hot path. `partition` and `in` take their argument as it is; `find` spends more on unpacking its own than on searching.
        names = self._names
        variable = self._variable
        given: list[bytes] = []
        for block in blocks:
            if self._held:
                self._continue(block, given)
                continue
            name = names.get(block.partition(b"\r\n")[0])
            if name is None:
                self._unknown(block, given)
                continue
            name.seen += 1
            if not name.bears_channel:
                if name.is_wanted or b"\r\nActionID: " in block:
                    given.append(block)
                continue
            _, run_ends, rest = block.rpartition(b"Linkedid: ")
            if not run_ends or b"CallerIDNum: " in rest:
                if breaks_off(block):
                    self._hold(block)
                    continue
                rest = block
            if name.is_wanted:
                given.append(block)
            elif name is variable:
                variable_line, is_status, _ = rest.partition(_STATUS)
                if is_status and variable_line.endswith(_BEFORE_STATUS):
                    given.append(block)
        return given

    def _unknown(self, block: bytes, given: list[bytes]) -> None:
        if block.startswith(b"\r\n"):
            # TestEvent ends with an empty line too many (07-ivr-queue-second-agent): the next message is a true one.
            given += self._select([block.lstrip(b"\r\n")])
            return
        name = block[7 : block.find(b"\r\n", 7)] if block.startswith(b"Event: ") else b""
        if block.startswith(b"Response: ") or (name and b"\r\nActionID: " in block):
            given.append(block)
        elif name:
            self._others += 1
        elif block:
            self.bad["orphan"] += 1

    def _hold(self, block: bytes) -> None:
        self.bad["torn"] += 1
        self._held = [block]
        self._held_bytes = len(block)

    def _continue(self, block: bytes, given: list[bytes]) -> None:
        """A block within a torn event: the rest of it, or what was forged into it."""
        self._held.append(block)
        self._held_bytes += len(block)
        whole = END.join(self._held)
        head = self._held[0]
        if is_whole(whole):
            self.bad["forged"] += len(self._held) - 2
            self._held = []
            if head[7 : head.find(b"\r\n", 7)] in self._wanted or _STATUS in block:
                given.append(whole)
        elif len(self._held) > HELD_BLOCKS or self._held_bytes > HELD_BYTES:
            self.bad["torn_lost"] += 1
            _, *others = self._held
            self._held = []
            given += self._select(others)


def breaks_off(block: bytes) -> bool:
    """Does this block end within a run of a channel's headers, from `...CallerIDNum` to `...Linkedid`?

    Only the last run tells: a name or number that reads `CallerIDNum: ` must not hold up the messages of others, nor may an
    event with a number and no run (OriginateResponse).
    """
    begun = block.rfind(b"CallerIDNum: ")
    if begun < 0 or block.find(b"Linkedid: ", begun) >= 0:
        return False
    runs = list(_RUN_BEGINS.finditer(block))
    return bool(runs) and _RUN_ENDS.search(block, runs[-1].end()) is None


def is_whole(event: bytes) -> bool:
    """Does every run of a channel's headers that begins in these blocks of a torn event reach its end?

    One run per channel that the event tells of, and one per complete message that was forged into it.
    """
    return not breaks_off(event) and len(_RUN_ENDS.findall(event)) >= len(_RUN_BEGINS.findall(event))
