"""Events that a caller tears apart: he has an empty line in his number, and what he wrote behind it looks like messages.

A channel's headers come in one fixed order, from `Channel` to `Linkedid`, and the whole event is contiguous in the stream. So an
event is whole when behind each `CallerIDNum` all that follow it have come, each in its turn.
"""

import re

_END = b"\r\n\r\n"
_FOLLOWING = (
    *(b"CallerIDName", b"ConnectedLineNum", b"ConnectedLineName", b"Language", b"AccountCode"),
    *(b"Context", b"Exten", b"Priority", b"Uniqueid", b"Linkedid"),
)
_RUN_BEGINS = re.compile(rb"\r\n\w*ChannelStateDesc: [^\r\n]*\r\n\w*CallerIDNum: ")
_FOLLOWS = re.compile(b"".join(rb"(?>.*?\r\n\w*%b: )" % each for each in _FOLLOWING), re.DOTALL | re.ASCII).match
_MESSAGE = re.compile(
    rb"Event: [^\r]*+\r\nPrivilege: .*?\r\n\w*Channel: [^\r]*+\r\n\w*ChannelState: \d++\r\n\w*ChannelStateDesc: [^\r]*+"
    rb"\r\n\w*CallerIDNum: ",
    re.DOTALL,
).match

RUN_LEAST = len(
    "\r\nConnectedLineName: \r\nLanguage: \r\nAccountCode: \r\nContext: \r\nExten: \r\nPriority: 1\r\nUniqueid: 1.1\r\n"
)
"""So many bytes at least stand in a run between `ConnectedLineNum: ` and `Linkedid: `: more than PJSIP lets a caller write.

Where no number begins in so many before its end, an event needs no closer look.
"""
EVENT_LEAST = 200
"""And so many from the begin of an event; what is shorter bears no run."""


def breaks_off(block: bytes) -> bool:
    """Does this block end within a run of a channel's headers?

    What a caller wrote within a run, a begin of another too, is a part of it: it must not hold up the messages of others, nor may
    an event with a number and no run (OriginateResponse).
    """
    if b"CallerIDNum: " not in block:
        return False
    begun = _RUN_BEGINS.search(block)
    while begun is not None:
        rest = _FOLLOWS(block, begun.end())
        if rest is None:
            return True
        begun = _RUN_BEGINS.search(block, rest.end())
    return False


def is_whole(event: bytes) -> bool:
    """Have these blocks of a torn event reached its end?

    It has when its last run is complete, unless the last block is a whole message by itself: that was forged into it. Without room
    for one, a caller who opens a run of his own there keeps nobody waiting for its end.
    """
    *_, last = event.removesuffix(_END).rpartition(_END)
    return not breaks_off(event) and _MESSAGE(last) is None
