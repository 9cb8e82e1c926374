"""Events that a caller tears apart: he has an empty line in his number, and what he wrote behind it looks like messages.

A channel's headers come in one fixed order, from `Channel` to `Linkedid`, and the whole event is contiguous in the stream. So an
event is whole when behind each `CallerIDNum` all that follow it have come, each in its turn.
"""

import re

_FOLLOWING = (
    *(b"CallerIDName", b"ConnectedLineNum", b"ConnectedLineName", b"Language", b"AccountCode"),
    *(b"Context", b"Exten", b"Priority", b"Uniqueid", b"Linkedid"),
)
_RUN_BEGINS = re.compile(rb"\r\n\w*ChannelStateDesc: [^\r\n]*\r\n\w*CallerIDNum: ")
_RUN_ENDS = re.compile(rb"\r\n\w*Linkedid: ")
_FOLLOWS = re.compile(b"".join(rb"(?>.*?\r\n\w*%b: )" % each for each in _FOLLOWING), re.DOTALL | re.ASCII).match

plain_run = re.compile(b"CallerIDNum: " + b"".join(rb"[^\r]*+\r\n(?:Dest)?+%b: " % each for each in _FOLLOWING)).search
"""Finds the first run, of a channel or of the one it dials, in which no value holds a line end: as nearly all are."""


def breaks_off(block: bytes) -> bool:
    """Does this block end within a run of a channel's headers?

    Only the last run tells: a name or number that reads `CallerIDNum: ` must not hold up the messages of others, nor may an
    event with a number and no run (OriginateResponse).
    """
    if b"CallerIDNum: " not in block:
        return False
    runs = list(_RUN_BEGINS.finditer(block))
    return bool(runs) and _FOLLOWS(block, runs[-1].end()) is None


def is_whole(event: bytes) -> bool:
    """Does every run of a channel's headers that begins in these blocks of a torn event reach its end?

    One run per channel that the event tells of, and one per complete message that was forged into it.
    """
    return not breaks_off(event) and len(_RUN_ENDS.findall(event)) >= len(_RUN_BEGINS.findall(event))
