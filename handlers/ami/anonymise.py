"""Takes the people out of recorded messages: numbers and names become others, the same ones each time; the calls stay.

What a header may hold decides what is done with it, and only what is known to be harmless stays: the PBX's own words, ids and
moments, extensions of up to five digits, the names of trunks, queues and contexts. A header that is not known is hidden whole,
with its name, for a caller can forge both (28b-injected-numbers).
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import lru_cache

from handlers.ami import cdr_times
from handlers.ami.decode import WANTED
from handlers.ami.event_names import NOISE, NOISE_WITH_CHANNEL
from handlers.ami.framing import END, VARIABLES
from handlers.ami.message import text_of, unescaped

HIDDEN = "hidden"
_REPLACED = 6
"""So many last digits of a number change: country and operator stay, so that it is as valid as before in any spelling."""
_ROUNDS = 4

_ANSWERS = (
    *("QueueParams", "QueueMember", "QueueEntry", "QueueStatusComplete", "CoreShowChannel", "CoreShowChannelsComplete"),
    *("BridgeListItem", "BridgeListComplete", "Status", "StatusComplete", "DeviceStateListComplete"),
    "OriginateResponse",
)
_EVENTS = frozenset(name.decode() for name in WANTED | NOISE | NOISE_WITH_CHANNEL) | frozenset(_ANSWERS)
_NO_NUMBER = frozenset({"", "<unknown>", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld"})
_NUMBER = re.compile(r"[+\d ().*#-]+")
_LONG = re.compile(r"\d{6,}")
_ID = re.compile(
    r"(?:[A-Za-z][A-Za-z_]*(?:-?\d{1,5})?-)?[12]\d{9}\.\d{1,9}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|none|"
    # What we ask by; without it a replay cannot tell an answer from an event.
    r"action/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/\d{1,5}/\d{1,5}|[a-z]{20}-\d{1,9}"
)
_MOMENT = re.compile(r"[12]\d{9}(?:\.\d{1,9})?|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|-?\d{1,5}|")
_AMOUNT = re.compile(r"-?\d{0,6}(?:\.\d{1,6})?")
_WORD = re.compile(r"[A-Za-z_]{0,24}(?: [A-Za-z]{1,16})?|<none>|<unknown>|\d{1,3}")
_PRIVILEGES = re.compile(r"[a-z]{2,12}(?:,[a-z]{2,12})*|Call|<none>")
_CHANNEL_END = re.compile(r"-[0-9a-f]{1,16}(?:;[12])?(?:<(?:ZOMBIE|MASQ)>)?$")
_TECHNOLOGY = re.compile(r"[A-Z][A-Za-z0-9]{1,15}/")
_DEVICE = re.compile(r"[A-Z][A-Za-z0-9]{1,15}/[\w@.+-]+(?:/n)?", re.ASCII)

# Headers of a channel stand behind the part it plays in an event: `DestChannel`, `TransfereeCallerIDNum`.
_PARTS = (
    *("dest", "localone", "localtwo", "source", "target", "spyer", "spyee", "parkee", "parker", "retriever", "moved"),
    *("origtransferer", "secondtransferer", "transferer", "transferee", "transfertarget", "orig", "second", "swap"),
    *("from", "to", "destsecond"),
)
_CHANNEL_VARIABLES = frozenset(
    {"BRIDGEPEER", "DIALEDPEERNAME", "BLINDTRANSFER", "ATTENDEDTRANSFER", "FORWARDERNAME", "MEMBERINTERFACE"}
)
_AMOUNT_VARIABLES = frozenset(
    {"ANSWEREDTIME", "DIALEDTIME", "RINGTIME", "PROGRESSTIME", "QUEUEWAIT", "QUEUEPOSITION", "HANGUPCAUSE"}
)
_STATUS_VARIABLES = frozenset(name.decode() for name in VARIABLES)
_MOMENT_VARIABLES = frozenset(cdr_times.VARIABLES) - {cdr_times.DIALLED}


class Anonymiser:
    """Replaces numbers and names, consistently for one `key` (random bytes, forgotten afterwards).

    A number's last six digits change by a keyed permutation: two numbers stay two, and 8 900…, +7 900… and 7900… stay one.
    A name becomes `Name` and a code of its own. Pure, and without memory of what it has replaced but for a bounded cache.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tail = lru_cache(maxsize=20_000)(self._permuted)
        self.name = lru_cache(maxsize=20_000)(self._name)
        words, amount, moment, config = _kept(_WORD), _kept(_AMOUNT), _kept(_MOMENT), self._config
        self._rules: dict[str, Callable[[str], str]] = {
            "event": lambda value: value if value in _EVENTS else "Other",
            "privilege": _kept(_PRIVILEGES),
            "channel": self._channel,
            **dict.fromkeys(("calleridnum", "connectedlinenum"), self.number),
            **dict.fromkeys(("calleridname", "connectedlinename"), self.name),
            **dict.fromkeys(("membername", "name"), self._member),
            **dict.fromkeys(("exten", "extension", "parkingspace", "agent", "accountcode", "mailbox"), self._dialled),
            **dict.fromkeys(
                ("interface", "location", "stateinterface", "device", "dialstring", "forward"), self._device
            ),
            **dict.fromkeys(("uniqueid", "linkedid", "bridgeuniqueid", "bridgeid", "actionid"), _kept(_ID)),
            **dict.fromkeys(("queue", "context", "parkinglot", "application"), config),
            **dict.fromkeys(("timestamp", "logintime", "lastcall", "lastpause"), moment),
            **dict.fromkeys(("corestartupdate", "corestartuptime", "corereloaddate", "corereloadtime"), moment),
            **dict.fromkeys(("duration", "connectedtime"), moment),
            **dict.fromkeys(("channelstate", "priority", "cause", "techcause", "position", "originalposition"), amount),
            **dict.fromkeys(("count", "ringtime", "holdtime", "talktime", "penalty", "callstaken", "incall"), amount),
            **dict.fromkeys(("paused", "ringinuse", "wrapuptime", "bridgenumchannels", "numchannels", "wait"), amount),
            **dict.fromkeys(("parkingtimeout", "parkingduration", "uptime", "lastreload", "listitems"), amount),
            **dict.fromkeys(("max", "calls", "holdtime", "completed", "abandoned", "servicelevel", "weight"), amount),
            **dict.fromkeys(("channelstatedesc", "language", "bridgetype", "bridgetechnology", "dialstatus"), words),
            **dict.fromkeys(("membership", "status", "reason", "result", "desttype", "isexternal", "state"), words),
            **dict.fromkeys(("localoptimization", "success", "shutdown", "restart", "response", "eventlist"), words),
            **dict.fromkeys(("cause-txt", "pausedreason", "appdata", "applicationdata", "message"), _hide),
        }
        self._rule_of = lru_cache(maxsize=2_000)(self._find_rule)

    def message(self, raw: bytes) -> bytes:
        """One message, with or without its end, as if others had called. Never raises, whatever the bytes."""
        body = raw.removesuffix(END)
        text = body.decode("utf-8", "surrogateescape")
        variable = ""
        lines: list[str] = []
        for line in text.split("\r\n"):
            header, colon, value = line.partition(":")
            value = value.removeprefix(" ")
            rule = self._rule_of(header.lower()) if colon else None
            if not line:
                lines.append(line)
            elif colon and header.lower() == "variable":
                variable = value if value.removesuffix("_MS") in _KNOWN_VARIABLES else HIDDEN
                lines.append(f"{header}: {variable}")
            elif colon and header.lower() == "value":
                lines.append(f"{header}: {self._value(variable, value)}")
            elif rule is None:
                lines.append(f"Hidden: {HIDDEN}" if colon else HIDDEN)
            else:
                lines.append(f"{header}: {rule(value)}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + raw[len(body) :]

    def number(self, number: str) -> str:
        """A number as presented: another one in the same spelling. Up to five digits stay; a SIP user's name does not."""
        number = re.split("[\r\n\0]", number, maxsplit=1)[0]
        if number.lower() in _NO_NUMBER:
            return number
        if not _NUMBER.fullmatch(number):
            return "user-" + self._code(number)
        places = [place for place, character in enumerate(number) if character.isdigit()]
        if len(places) < _REPLACED or not number.isascii():
            return number if number.isascii() else HIDDEN
        changed = list(number)
        last = places[-_REPLACED:]
        for place, digit in zip(last, self._tail("".join(number[place] for place in last)), strict=True):
            changed[place] = digit
        return "".join(changed)

    def _name(self, name: str) -> str:
        """A name: another one. What PBXes write for nobody stays, and a number in a name's place is treated as a number."""
        plain = unescaped(text_of(name.encode("utf-8", "surrogateescape")))
        if plain.lower() in _NO_NUMBER:
            return name
        if plain.isascii() and _NUMBER.fullmatch(plain):
            return self.number(plain)
        return "Name " + self._code(plain)

    def _member(self, name: str) -> str:
        """A queue's member; one without a name of its own is called after its device."""
        return self._device(name) if _DEVICE.fullmatch(name) else self.name(name)

    def _code(self, text: str) -> str:
        digest = hmac.digest(self._key, b"text" + text.encode("utf-8", "surrogateescape"), hashlib.sha256)
        return digest[:4].hex()

    def _permuted(self, digits: str) -> str:
        """Six digits by a Feistel network on its halves of three: no two become the same."""
        left, right = int(digits[:3]), int(digits[3:])
        for turn in range(_ROUNDS):
            mixed = hmac.digest(self._key, b"%d %d" % (turn, right), hashlib.sha256)
            left, right = right, (left + int.from_bytes(mixed[:8], "big")) % 1000
        return f"{left:03}{right:03}"

    def _digits(self, text: str) -> str:
        """Text in which every run of six digits and more is a number."""
        return _LONG.sub(lambda run: run[0][:-_REPLACED] + self._tail(run[0][-_REPLACED:]), text)

    def _dialled(self, exten: str) -> str:
        """What was dialled, or an extension: digits as a number, the dialplan's own words as they are."""
        exten = re.split("[\r\n\0]", exten, maxsplit=1)[0]
        return self._digits(exten) if re.fullmatch(r"[\w*#+.@-]*", exten, re.ASCII) else "user-" + self._code(exten)

    def _config(self, text: str) -> str:
        """A name from the PBX's configuration."""
        return self._digits(text) if text.isprintable() else HIDDEN

    def _channel(self, channel: str) -> str:
        """`PJSIP/79001112233-0000001a` is a trunk; `Local/89001112233@x-0000001a;1` and `DAHDI/i1/89001112233-1f` a number."""
        end = _CHANNEL_END.search(channel)
        start = end.start() if end else len(channel)
        return self._device(channel[:start]) + channel[start:]

    def _device(self, device: str) -> str:
        """A device or what was dialled: `PJSIP/101`, `Local/8900…@x/n`, `8900…@trunk`, `trunk/8900…`, `trunk/sip:8900…@host`."""
        if not device.isprintable():
            return HIDDEN
        technology = _TECHNOLOGY.match(device)
        if technology is None or technology[0] == "Local/":
            head, rest = "", device
        else:
            head, rest = technology[0], device[technology.end() :]
        if head and not re.search("[/@]", rest):
            return device
        user, at, host = rest.partition("@")
        if at:
            return head + self._digits(user) + at + (self._digits(host) if "/" in host else host)
        line, slash, dialled = rest.partition("/")
        return head + line + slash + self._digits(dialled) if slash and line != "Local" else head + self._digits(rest)

    def _value(self, variable: str, value: str) -> str:
        """The value of a variable: hidden, unless it is known that it can only hold what is harmless."""
        if variable in _STATUS_VARIABLES:
            return _kept(_WORD)(value)
        if variable in _CHANNEL_VARIABLES:
            return self._channel(value)
        if variable == cdr_times.DIALLED:
            return self._dialled(value)
        if variable in _MOMENT_VARIABLES:
            return _kept(_MOMENT)(value)
        return _kept(_AMOUNT)(value) if variable.removesuffix("_MS") in _AMOUNT_VARIABLES else HIDDEN

    def _find_rule(self, header: str) -> Callable[[str], str] | None:
        rule = self._rules.get(header)
        for part in _PARTS if rule is None else ():
            if header.startswith(part) and header.removeprefix(part) in self._rules:
                return self._rules[header.removeprefix(part)]
        return rule


_KNOWN_VARIABLES = {cdr_times.DIALLED} | _MOMENT_VARIABLES | _STATUS_VARIABLES | _CHANNEL_VARIABLES | _AMOUNT_VARIABLES


def _hide(value: str) -> str:
    return HIDDEN if value else ""


def _kept(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """Keep what looks as it should; a caller may have forged anything."""
    return lambda value: value if pattern.fullmatch(value) else HIDDEN
