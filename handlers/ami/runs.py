"""The run of one channel's headers in an event, which comes in one fixed order (Asterisk 13.5 to 23: manager_channels.c).

One pattern takes it whole and stands firm against what a caller wrote: a value ends only where the next header of the run begins.
"""

import re
from functools import partial
from typing import NamedTuple

# A run as it is nearly always, behind its `Channel: `: no value holds a CR. Where this fits, `_RUN` says the same at three times the price.
_PLAIN_RUN = (
    r"([^\r]*+)\r\n%(p)sChannelState: (\d++)\r\n%(p)sChannelStateDesc: [^\r]*+"
    r"\r\n%(p)sCallerIDNum: ([^\r]*+)\r\n%(p)sCallerIDName: ([^\r]*+)\r\n%(p)sConnectedLineNum: ([^\r]*+)"
    r"\r\n%(p)sConnectedLineName: [^\r]*+\r\n%(p)sLanguage: [^\r]*+\r\n%(p)sAccountCode: ([^\r]*+)"
    r"\r\n%(p)sContext: ([^\r]*+)\r\n%(p)sExten: ([^\r]*+)\r\n%(p)sPriority: -?\d++"
    r"\r\n%(p)sUniqueid: ((?:[\w.:-]+-)?+\d++\.\d++)\r\n%(p)sLinkedid: ([^\r\n]++)((?s:.*+))"
)
# Each value is atomic, `(?>...)`: the first end it can have is the one. Without, a forged message that repeats a run's headers
# and never ends it would cost minutes of trying all the others.
_RUN = (
    r"\r\n%(p)sChannel: (?>(.*?)\r\n%(p)sChannelState: (\d+)\r\n%(p)sChannelStateDesc: )(?>.*?\r\n%(p)sCallerIDNum: )"
    r"(?>(.*?)\r\n%(p)sCallerIDName: )(?>(.*?)\r\n%(p)sConnectedLineNum: )(?>(.*?)\r\n%(p)sConnectedLineName: )"
    r"(?>.*?\r\n%(p)sLanguage: )(?>.*?\r\n%(p)sAccountCode: )(?>(.*?)\r\n%(p)sContext: )(?>(.*?)\r\n%(p)sExten: )"
    r"(.*?)\r\n%(p)sPriority: -?\d+\r\n%(p)sUniqueid: ([^\r\n]+)\r\n%(p)sLinkedid: ([^\r\n]+)(.*+)"
)
_RUN_END = r"\r\n%(p)sPriority: -?\d+\r\n%(p)sUniqueid: ([^\r\n]+)\r\n%(p)sLinkedid: ([^\r\n]+)"
# No caller has room for as much (81 bytes): where the run of who is dialled begins, that of who dials has ended.
_DIALLED_BEGINS = re.compile(
    r"\r\nDestChannel: [^\r]*\r\nDestChannelState: \d+\r\nDestChannelStateDesc: [^\r]*\r\nDestCallerIDNum: ", re.ASCII
)
_UNIQUEID = re.compile(r"(?:[\w.:-]+-)?\d+\.\d+")


class ChannelRun(NamedTuple):
    """The run of one channel's headers in an event, as written, and what follows it."""

    channel: str
    state: str
    number: str
    name: str
    connected: str
    account: str
    context: str
    exten: str
    uniqueid: str
    linkedid: str
    rest: str


_channel_of = partial(tuple.__new__, ChannelRun)  # in half the time that `ChannelRun(*groups)` takes


class Run:
    """Finds the run of the channel whose headers have this prefix."""

    def __init__(self, prefix: str) -> None:
        self._is_diallers = not prefix
        self._start = f"\r\n{prefix}Channel: "
        self._context, self._exten = f"\r\n{prefix}Context: ", f"\r\n{prefix}Exten: "
        self._uniqueid = f"\r\n{prefix}Uniqueid: "
        self._plain = re.compile(_PLAIN_RUN % {"p": prefix}, re.ASCII)
        self._any = re.compile(_RUN % {"p": prefix}, re.DOTALL | re.ASCII)
        self._end = re.compile(_RUN_END % {"p": prefix}, re.ASCII)

    def find(self, text: str) -> ChannelRun:
        """The run; DecodeError where there is none."""
        match = self._plain.match(text.partition(self._start)[2])
        if match is not None:
            values = match.groups()
            if self._uniqueid not in values[-1]:
                found: ChannelRun = _channel_of(values)
                return found
        return self._find_any(text)

    def _find_any(self, text: str) -> ChannelRun:
        dialled = _DIALLED_BEGINS.search(text) if self._is_diallers else None
        own = text if dialled is None else text[: dialled.start()]
        match = self._any.match(own, own.find(self._start))
        if match is None and dialled is not None:  # begun by the caller himself, where there is room for it
            own, dialled = text, None
            match = self._any.match(own, own.find(self._start))
        if match is None:
            raise DecodeError("malformed")
        found = ChannelRun(*match.groups())
        if self._uniqueid in found.rest:
            found = self._take_last(found, own)
        if not _UNIQUEID.fullmatch(found.uniqueid):
            raise DecodeError("malformed")
        return found if dialled is None else found._replace(rest=found.rest + text[dialled.start() :])

    def _take_last(self, found: ChannelRun, text: str) -> ChannelRun:
        """A forged run stands before the true one: what a caller wrote always comes before the rest of his headers."""
        *_, last = self._end.finditer(text)
        exten = text.rfind(self._exten, 0, last.start())
        context = text.rfind(self._context, 0, exten)
        return found._replace(
            context=text[context + len(self._context) : exten],
            exten=text[exten + len(self._exten) : last.start()],
            uniqueid=last[1],
            linkedid=last[2],
            rest=text[last.end() :],
        )


class DecodeError(ValueError):
    """A block that is not the event it says; the message is the reason, for counting."""


channel_run = Run("").find
dest_run = Run("Dest").find
local_one_run = Run("LocalOne").find
local_two_run = Run("LocalTwo").find
_RUNS = {
    prefix: Run(prefix).find
    for prefix in (
        *("", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer", "TransferTarget"),
        *("Parkee", "Retriever", "Target"),
    )
}


def named(text: str, prefix: str) -> ChannelRun:
    """The run of the channel that plays this part; DecodeError where there is none.

    Where several channels are named, a caller's number stands in more than one run, and what it forges before or behind the true
    run of another: an event that names a part twice is believed by nobody.
    """
    if text.count(f"\r\n{prefix}Uniqueid: ") != 1:
        raise DecodeError("malformed")
    return _RUNS[prefix](text)


def named_if_there(text: str, prefix: str) -> ChannelRun | None:
    """The run of the channel that plays this part, or None."""
    return named(text, prefix) if f"\r\n{prefix}Channel: " in text else None
