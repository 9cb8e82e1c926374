"""When a live channel was answered, by its CDR, and what was dialled to get in: what is asked for it, and what the answers say."""

from collections.abc import Sequence

from handlers.ami.events import AnswerTold
from handlers.ami.message import Message
from handlers.ami.pbx_clock import PbxClock

GETVAR = "Getvar"
DIALLED = "CALLERID(dnid)"
NO_CHANNEL = "No such channel"
VARIABLES = ("CDR(start,u)", "CDR(answer,u)", DIALLED)
"""Asked one after the other. Each needs `write = reporting` (or call). CDRs answer in epoch seconds with microseconds.

The number dialled stays what it was wherever the dialplan has gone since (16 and 22), unlike the extension that a snapshot tells.
"""


def actions_of(uniqueid: str) -> list[dict[str, str]]:
    """What to ask of one channel. Asterisk takes a Uniqueid for a name (16 and 22), and no later channel ever has the same."""
    return [{"Action": GETVAR, "Channel": uniqueid, "Variable": variable} for variable in VARIABLES]


def answer_told(uniqueid: str, blocks: Sequence[bytes], clock: PbxClock, at: float) -> AnswerTold:
    """What the answers to `actions_of` say, complete at `at`. A channel that is gone, or was never answered, says None."""
    is_gone = any((Message(block).get("Message") or "") == NO_CHANNEL for block in blocks)
    begun, answered = (_moment(block, clock, at) for block in blocks[:2])
    dialled = Message(blocks[2]).get("Value") if len(blocks) == len(VARIABLES) else None
    return AnswerTold(at, uniqueid, begun, answered, dialled or None, is_gone)


def _moment(block: bytes, clock: PbxClock, at: float) -> float | None:
    try:
        moment = float(Message(block).get("Value") or "")
    except ValueError:
        return None
    return clock.ours_of_long_ago(moment, at) if 0 < moment < float("inf") else None
