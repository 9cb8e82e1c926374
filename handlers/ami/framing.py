"""Bytes to blocks: where one AMI message ends and the next begins, and which are worth parsing.

Rules, each with what taught it (the numbers are recordings):

1.  Messages end at CR LF CR LF, lines at CR LF; a bare LF stays inside its value (28b-injected-numbers).
2.  Nothing is decoded here: a character cut by a segment is whole again before anybody looks at it.
3.  An unwanted event is counted by its first line and dropped; none of its headers is parsed.
4.  Asterisk writes a caller's number raw, so a SIP caller can put line ends and whole forged messages into it
    (28b-injected-numbers). One event is contiguous in the stream and its channel's headers always run from `Channel` to
    `Linkedid`: an event that breaks off in between is held, and what follows is part of it until the run is complete.
    What stands free in there was forged, and never seen as a message.
5.  A message begins with its name and, behind it, the class that an event of this name has (`privileges`), or it answers
    what we asked, with an ActionID that nobody can guess. What begins otherwise is the rest of the event before it, which a
    caller has ended too early by writing the end of the run himself.
6.  Lines, blocks and what is held are bounded. What is too long is dropped in constant memory, and counted. A torn event
    whose end does not come is dropped alone: what was held after it are messages like others, else a caller could make
    the calls of others unseen.

How much a caller can write decides how far he comes. PJSIP takes 79 bytes of a number, and of an extension (16 and 22, each way in:
From, P-Asserted-Identity, Remote-Party-ID, of who is called too, request URI, 302). From a number on the end of a run takes 149,
from a connected number 113: it cannot be completed. From an extension on it takes 45; what is left is too short for a name
and a class, so that rule 5 holds. chan_sip takes numbers of any length, IAX2 of 255 bytes, and so may a dialplan that sets
them from headers: there a forger completes the run and whole messages behind it. Nothing in the stream tells those from
true ones; what they contradict is settled by the PBX's snapshot, and a filter on its side keeps all of it out
(`config.ami_account.NOTHING_FORGED`).

What remains for 79 bytes: behind an event that is not wanted, `Reload` and `FullyBooted` without any header, which have the
members or the snapshot asked for; and where a dialplan dials what a phone of ours has dialled (`DialString` ends its event), the
state of a device whose name has two characters, until the next snapshot.
"""

from collections import Counter

from handlers.ami.event_names import VARIABLE, EventName, begin_of, names_of
from handlers.ami.torn import EVENT_LEAST, RUN_LEAST, breaks_off, is_whole

END = b"\r\n\r\n"
LINE_LIMIT = 65_536
BLOCK_LIMIT = 1_048_576
HELD_BLOCKS = 96  # an event of two channels bears a number four times, and 79 bytes are nineteen empty lines
HELD_BYTES = 262_144
REST_BLOCKS = 8
ACTION_ID = b"\r\nActionID: "

# `VarSet` is wanted for the sake of these.
VARIABLES = (b"QUEUESTATUS", b"DIALSTATUS", b"VMSTATUS")
_STATUS = b"STATUS\r\nValue: "
_BEFORE_STATUS = tuple(b"\r\nVariable: " + name.removesuffix(b"STATUS") for name in VARIABLES)
_OTHER = "other"
# An item of `QueueStatus`: bears its ActionID last, behind a caller's number.
_ENTRY = b"Event: QueueEntry\r\nQueue: "


class Framer:
    """One connection's stream. `feed` takes bytes as they come and gives the blocks worth parsing, without their end.

    `wanted` are the names of events to give; answers (`Response:`, and events with our ActionID) are always given. `events`
    counts by name (known ones and `other`), `bad` by reason; `banner` is the first line, once it came.

    `token` is what each of our ActionIDs begins with; empty: whatever bears one is an answer. `is_asked`: does anybody wait for one?
    """

    def __init__(self, wanted: frozenset[bytes], banner: bool = True, token: bytes = b"") -> None:
        self._wanted = wanted
        self._names = names_of(wanted)
        self._first_lines = frozenset(begin.partition(b"\r\n")[0] for begin in self._names)
        self._variable = self._names[begin_of(VARIABLE)]
        self._others = 0
        self.is_asked = False
        self.token = token
        self._tail = b""
        self._before = b""
        self._mended = b""
        self._rests = 0
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
        counts = Counter({each.name: each.seen for each in set(self._names.values()) if each.seen})
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
        block = self._before
        for following in blocks:
            before, block = block, following
            if self._held:
                block = self._continue(block, given)
                continue
            name = names.get(block.partition(b",all\r\n")[0])
            if name is None:
                block = self._unknown(block, before, given)
                continue
            name.seen += 1
            if not name.bears_channel:
                if name.is_wanted:
                    given.append(block)
                continue
            run, _, rest = block.rpartition(b"Linkedid: ")
            if (
                len(run) < EVENT_LEAST
                or b"CallerIDNum: " in rest
                or (
                    name.is_wanted and b"Num: " in run[-RUN_LEAST:]
                )  # behind noise there is room for no event that counts
            ):
                if self._is_part(name, block):
                    block = self._part(name, block, before, given)
                    continue
                rest = block
            if name.is_wanted:
                given.append(block)
            elif name is variable:
                variable_line, is_status, _ = rest.partition(_STATUS)
                if is_status and variable_line.endswith(_BEFORE_STATUS):
                    given.append(block)
        self._before = block
        return given

    @staticmethod
    def _is_part(name: EventName, block: bytes) -> bool:
        """Is this event torn, or none at all?"""
        return breaks_off(block) if b"CallerIDNum: " in block else name.must_bear_channel

    def _part(self, name: EventName, block: bytes, before: bytes, given: list[bytes]) -> bytes:
        if b"CallerIDNum: " in block:
            self._hold(block)
            return block
        name.seen -= 1
        return self._rest(block, before, given)

    def _unknown(self, block: bytes, before: bytes, given: list[bytes]) -> bytes:
        """An answer, an event that nobody knows, or none; gives what a rest that follows is the rest of."""
        if block.startswith(b"\r\n"):
            # TestEvent ends with an empty line too many (07-ivr-queue-second-agent): the next message is a true one.
            block = block.lstrip(b"\r\n")
            if self._is_event(block):
                self._before = before
                given += self._select([block])
                return self._before
        if not block:
            return before
        if self._is_answer(block):
            if breaks_off(block) or self._lacks_its_end(block):
                self._hold(block)
            else:
                given.append(block)
        elif block.startswith(b"Event: ") and block.partition(b"\r\n")[2].startswith(b"Privilege: "):
            self._others += 1
            if block.partition(b"\r\n")[0] in self._first_lines:
                self.bad["unprivileged"] += 1
            elif breaks_off(block):
                self._hold(block)
        else:
            return self._rest(block, before, given)
        return block

    @property
    def _ours(self) -> bytes:
        """What stands in each block of an answer to us."""
        return ACTION_ID + self.token

    def _is_event(self, block: bytes) -> bool:
        return block.partition(b",all\r\n")[0] in self._names

    def _is_answer(self, block: bytes) -> bool:
        """Does it bear our ActionID, or is it the beginning of an item that bears it behind a caller's number?"""
        if block.startswith(b"Response: "):
            return not self.token or self._ours in block
        return block.startswith(b"Event: ") and (self._ours in block or self._lacks_its_end(block))

    def _lacks_its_end(self, block: bytes) -> bool:
        return self.is_asked and block.startswith(_ENTRY) and self._ours not in block

    def _rest(self, block: bytes, before: bytes, given: list[bytes]) -> bytes:
        """Neither event nor answer: the rest of the event before it, which its caller has ended too early."""
        self.bad["orphan"] += 1
        self._rests = self._rests + 1 if before is self._mended else 1
        if not before.startswith(b"Event: ") or self._rests > REST_BLOCKS or len(before) > HELD_BYTES:
            return b""
        whole = self._mended = before + END + block
        is_given = bool(given) and given[-1] is before
        if is_given:
            del given[-1]
        if breaks_off(whole):
            self._hold(whole)
        elif is_given:
            given.append(whole)
        return whole

    def _give_mended(self, whole: bytes, given: list[bytes]) -> None:
        name = whole[7 : whole.find(b"\r\n", 7)]
        if name in self._wanted or self._ours in whole or (name == VARIABLE and _STATUS in whole):
            given.append(whole)

    def _hold(self, block: bytes) -> None:
        self.bad["torn"] += 1
        self._held = [block]
        self._held_bytes = len(block)

    def _continue(self, block: bytes, given: list[bytes]) -> bytes:
        """A block within a torn event: the rest of it, or what was forged into it; gives what a rest that follows is the rest of."""
        self._held.append(block)
        self._held_bytes += len(block)
        whole = END.join(self._held)
        is_answer = bool(self.token) and block.startswith(b"Response: ") and self._ours in block
        if not is_answer and self._is_mended(whole):
            self.bad["forged"] += len(self._held) - 2
            self._held = []
            self._give_mended(whole, given)
            return whole
        if is_answer or len(self._held) > HELD_BLOCKS or self._held_bytes > HELD_BYTES:
            self.bad["torn_lost"] += 1
            _, *others = self._held
            self._held, self._before = [], b""
            given += self._select(others)
            return self._before
        return block

    def _is_mended(self, whole: bytes) -> bool:
        return not self._lacks_its_end(whole) and is_whole(whole)
