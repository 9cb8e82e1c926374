"""What a channel's name, a dial string and a number presented tell, by Asterisk's conventions."""

import re
from functools import lru_cache
from typing import NamedTuple

# Channels that are no device of anybody: halves of a pair, and the PBX's own helpers.
_NOT_A_DEVICE = frozenset(
    {
        "Local",
        "Message",
        "Surrogate",
        "Announcer",
        "Recorder",
        "CBAnn",
        "CBRec",
        "ConfBridgeRecorder",
        "Snoop",
        "AsyncGoto",
    }
)
_DIALLED = re.compile(r"\+?[\d*#(). -]+")
_CUT = re.compile("[\r\n\0]")
_SUFFIX = re.compile(r"<(?:ZOMBIE|MASQ)>$")


class ChannelName(NamedTuple):
    """The parts of `TECH/endpoint-suffix`. `half` is 1 or 2 for the halves of a Local channel, else 0."""

    technology: str
    endpoint: str
    half: int

    @property
    def device(self) -> str:
        """The name under which queues and device states know it: `PJSIP/101`."""
        return f"{self.technology}/{self.endpoint}"

    @property
    def is_device(self) -> bool:
        """Somebody's phone or line, as against a Local half or a helper of the PBX."""
        return self.technology not in _NOT_A_DEVICE and self.endpoint != "pseudo"


@lru_cache(maxsize=4096)
def parse_channel_name(name: str) -> ChannelName:
    """Split a channel's name. Never fails: what has no slash is its own endpoint.

    `PJSIP/my-trunk-0000001a`, `SIP/201-00000000`, `Local/101@from-queue-00000000;1`, `IAX2/office-1234`, `DAHDI/1-1`,
    `DAHDI/i1/79001112233-1f` (span or group first: the line), `PJSIP/101-00000001<ZOMBIE>` (a masqueraded one).
    """
    if name.endswith(">"):
        name = _SUFFIX.sub("", name)
    technology, _, rest = name.partition("/")
    half = 0
    if rest[-2:] in {";1", ";2"}:
        half = int(rest[-1])
        rest = rest[:-2]
    endpoint = rest.rpartition("-")[0] or rest
    if technology != "Local":
        endpoint = endpoint.partition("/")[0]
    return ChannelName(technology, endpoint, half)


def is_extension(text: str | None) -> bool:
    """Up to five digits: a number of our own plan."""
    return text is not None and text.isascii() and text.isdigit() and len(text) <= 5  # noqa: PLR2004 - the contract's five


@lru_cache(maxsize=4096)
def number_dialled(dial_string: str) -> str | None:
    """The number in a dial string, or None where it holds none.

    `89161234567@trunk`, `trunk/89161234567`, `101`, `PJSIP/101` (app_queue writes the technology, Dial does not),
    `trunk/sip:8916@10.0.0.1:5060`, `g1/8916`.
    """
    text = dial_string.rpartition("sip:")[2] if "sip:" in dial_string else dial_string.rpartition("/")[2]
    user = text.partition("@")[0].partition(";")[0].partition(":")[0]
    return user if _DIALLED.fullmatch(user) else None


def presented(number: str | None) -> str | None:
    """A number as presented, up to its first CR, LF or NUL; None where there is none.

    The contract, section 2: a SIP caller may put line ends into it (28b-injected-numbers).
    """
    if not number or number == "<unknown>":
        return None
    return number if number.isalnum() else _CUT.split(number, 1)[0] or None


def born_in(uniqueid: str) -> tuple[int, int] | None:
    """The PBX's own second in which a channel was created, and its serial number; None for an id that a program chose.

    `[system-]epoch.counter`, as Asterisk makes them.
    """
    epoch, _, counter = uniqueid.rpartition("-")[2].partition(".")
    return (int(epoch), int(counter)) if epoch.isdecimal() and counter.isdecimal() else None
