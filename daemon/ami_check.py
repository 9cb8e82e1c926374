"""What an AMI account may see, and what each missing right costs: figures are only as right as the account's rights.

What Asterisk does not tell outright is found out: it sends `FullyBooted` after a login that may read `system`; `Getvar` of
`SET(VMSTATUS=)` sets a variable on a channel that does not exist, which changes nothing and is told to those who may read
`dialplan`; and what has changed between two answers must have been told in between to those who may read `call` and `agent`.
"""

import asyncio
import os
import ssl
from dataclasses import dataclass, field

from daemon.ami_check_agents import events_of_agents, lines_of_agents
from daemon.ami_login import AmiAccount, LoginRefusedError, log_in
from daemon.ami_protocol import AmiError, AmiProtocol, Connection
from daemon.ami_rights import TOO_MUCH, beyond, commands_of
from daemon.log import harmless
from daemon.seen_events import NEEDED, SeenEvents
from daemon.trunk_proposals import proposed_trunks
from handlers.ami.framing import VARIABLES
from handlers.ami.gathered import is_success, is_unknown
from handlers.ami.message import Message
from handlers.rules import Rules

WATCH_S = 5.0
# An event follows what caused it at once; so long is waited for one that should have come.
TOLD_WITHIN_S = 1.0
_ACTIONS = {
    "CoreShowChannels": "calls that live when ringtally connects or reconnects are lost (write = reporting)",
    "CoreStatus": "a restart of the PBX cannot be told from a broken line (write = reporting)",
    "QueueStatus": "queues and their members are not known before they tell of themselves",
    "BridgeList": "who talks when ringtally connects is not known",
    "DeviceStateList": "phones of departments are not known before they call or ring, nor which are out of reach (write = reporting)",
}
_CLASSES = {
    "system": "a stop of the PBX is noticed by the lost connection alone (read = system)",
    "call": "there is no call to count at all (read = call)",
    "agent": "queues tell nothing: who waits, how long, who takes the calls (read = agent)",
    "dialplan": "a queue that refuses at once and a phone out of reach go unnoticed (the call reads as ivr_only or failed), and "
    "voicemail is never flagged (read = dialplan)",
}
# Lists of devices, by what may be asked for them; none of these answers holds a secret.
_DEVICE_LISTS = ("SIPpeers", "IAXpeers", "PJSIPShowEndpoints")


_STAMPS_CURE = "set timestampevents = yes in [general] of manager.conf, then: asterisk -rx 'manager reload'"
_UNSTAMPED = (
    "events bear no time of the PBX: of what comes late, from a network that stalls or while this machine stands still, durations "
    f"are unknown, and moments up to 4 s wrong; {_STAMPS_CURE}"
)


class AmiCheckError(Exception):
    """The PBX could not be asked; the message says why and what to do."""


@dataclass(slots=True)
class _Findings:
    """What was found out: lists of answers by action, the classes of events, and what may be called."""

    answers: dict[str, list[bytes]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    classes: dict[str, bool | None] = field(default_factory=dict)
    unheard: list[str] = field(default_factory=list)
    stamped: bool | None = None
    of_agents: dict[str, bool | None] = field(default_factory=dict)


async def inspect_ami(account: AmiAccount, rules: Rules, watch_s: float = WATCH_S) -> tuple[list[str], bool]:
    """Log in and look: lines for people, and whether nothing is missing for sure.

    Listens for up to `watch_s` seconds, less where every class of events was seen before. Raises AmiCheckError.
    """
    seen = SeenEvents()
    where = f"{account.host}:{account.port}"
    try:
        connection = Connection(
            account.host, account.port, account.tls, lambda: AmiProtocol(lambda _events: None, _nothing, seen.feed)
        )
        protocol = await connection.open(account.timeout_s)
    except (OSError, TimeoutError) as error:
        cure = "check ami.host and ami.port, and that Asterisk runs with its manager enabled"
        if isinstance(error, ssl.SSLError):
            cure = "check ami.tls, ami.ca_file and whom the certificate names"
        raise AmiCheckError(f"{where} is out of reach: {_reason(error, account.timeout_s)}; {cure}") from None
    try:
        await log_in(protocol, account)
        banner = harmless(protocol.framer.banner or "no greeting")
        found = await _look(protocol, seen, account.timeout_s, watch_s)
    except LoginRefusedError as error:
        cure = "check ami.username, ami.secret and the account's permit line (ringtally pbx-snippet prints one)"
        raise AmiCheckError(
            f"{where} refused the login of {harmless(account.username)}: {harmless(str(error))}; {cure}"
        ) from None
    except TimeoutError:
        raise AmiCheckError(f"{where} gave no answer within {account.timeout_s:g} s; is it the AMI port?") from None
    except AmiError as error:
        raise AmiCheckError(f"{where}: {harmless(str(error))}; check ami.host and ami.port, and try again") from None
    finally:
        protocol.close()
    told = (*found.classes.values(), *found.of_agents.values())
    is_too_wide = account.strict_rights and bool(beyond(found.commands))
    good = not is_too_wide and not found.missing and not found.unheard and False not in told
    return [
        f"logged in to {where} as {harmless(account.username)} ({banner})",
        *_told(found, rules, watch_s, account.strict_rights),
    ], good


def _reason(error: OSError | TimeoutError, timeout_s: float) -> str:
    # asyncio words a refused connection in its own way; the system's words are known to everybody.
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return harmless(error.strerror or str(error) or f"no answer within {timeout_s:g} s")


def _nothing() -> None:
    """The loss of the connection fails what is asked next."""


async def _look(protocol: AmiProtocol, seen: SeenEvents, timeout_s: float, watch_s: float) -> _Findings:
    found = _Findings()
    for action, cost in _ACTIONS.items():
        await _ask(protocol, action, found, timeout_s)
        if action not in found.answers and action not in found.unknown:
            found.missing[action] = cost
    found.commands = await commands_of(protocol, timeout_s)
    for action in _DEVICE_LISTS:
        if action.lower() in found.commands:
            await _ask(protocol, action, found, timeout_s)
    provoked = await _provoke(protocol, timeout_s)
    await _watch(seen, provoked, watch_s)
    # An event that a filter lets through proves its class; silence proves something only where there was something to tell.
    found.classes = {each: True if each in seen.classes else None for each in NEEDED}
    found.classes["system"] = "system" in seen.classes
    if provoked:
        found.classes["dialplan"] = "dialplan" in seen.classes
        found.unheard = [each for each in provoked if each not in seen.provoked]
    await _compare(protocol, seen, found, timeout_s)
    found.of_agents = await events_of_agents(protocol, seen, found.answers, timeout_s, TOLD_WITHIN_S)
    found.stamped = seen.stamped
    return found


async def _ask(protocol: AmiProtocol, action: str, found: _Findings, timeout_s: float) -> None:
    blocks = await protocol.ask({"Action": action}, timeout_s)
    if is_success(blocks):
        found.answers[action] = blocks
    elif is_unknown(blocks):
        found.unknown.add(action)


async def _provoke(protocol: AmiProtocol, timeout_s: float) -> list[str]:
    """Have the variables set that we must hear of; those that could be, none where the account may not ask."""
    provoked = []
    for variable in (name.decode() for name in VARIABLES):
        blocks = await protocol.ask({"Action": "Getvar", "Variable": f"SET({variable}=)"}, timeout_s)
        if is_success(blocks):
            provoked.append(variable)
    return provoked


async def _watch(seen: SeenEvents, provoked: list[str], watch_s: float) -> None:
    """Wait until everything was seen, at most `watch_s`, or as long as what was provoked may take."""
    try:
        async with asyncio.timeout(max(watch_s, TOLD_WITHIN_S if provoked else 0.0)):
            while not (seen.classes.issuperset(NEEDED) and seen.provoked.issuperset(provoked)):
                seen.changed.clear()
                await seen.changed.wait()
    except TimeoutError:
        pass


async def _compare(protocol: AmiProtocol, seen: SeenEvents, found: _Findings, timeout_s: float) -> None:
    """Did something change of which we were not told? Then the account may not read it."""
    for name, action, state in (("call", "CoreShowChannels", _channels), ("agent", "QueueStatus", _queues)):
        if found.classes[name] or action not in found.answers:
            continue
        blocks = await protocol.ask({"Action": action}, timeout_s)
        if is_success(blocks) and state(blocks) != state(found.answers[action]):
            await _within(seen, name)
            found.classes[name] = name in seen.classes


async def _within(seen: SeenEvents, name: str) -> None:
    try:
        async with asyncio.timeout(TOLD_WITHIN_S):
            while name not in seen.classes:
                seen.changed.clear()
                await seen.changed.wait()
    except TimeoutError:
        pass


def _channels(blocks: list[bytes]) -> set[str]:
    messages = [Message(block) for block in blocks]
    return {message.get("Uniqueid") or "" for message in messages if message.name == "CoreShowChannel"}


def _queues(blocks: list[bytes]) -> set[tuple[str | None, ...]]:
    """Members and callers of queues. Not their figures: a counter may change without an event."""
    shown = ("Queue", "Location", "Status", "Paused", "Uniqueid")
    messages = [Message(block) for block in blocks]
    return {
        tuple(message.get(header) for header in shown)
        for message in messages
        if message.name in {"QueueMember", "QueueEntry"}
    }


def _told(found: _Findings, rules: Rules, watch_s: float, strict: bool) -> list[str]:
    lines = []
    for action in _ACTIONS:
        if action in found.unknown:
            lines.append(f"?   action {action}: this PBX does not have it; is the module loaded?")
        else:
            lines.append(
                f"NO  action {action}: {found.missing[action]}" if action in found.missing else f"yes action {action}"
            )
    for name, cost in _CLASSES.items():
        lines.append(_class_line(name, found.classes[name], cost, watch_s))
    lines += lines_of_agents(found.of_agents, found.classes)
    if found.classes["dialplan"] and found.unheard:
        lines.append(
            f"NO  VarSet of {', '.join(found.unheard)}: the account's event filter takes it out; {_CLASSES['dialplan']}"
        )
    lines.append(_stamp_line(found.stamped))
    lines += [_too_much_line(*TOO_MUCH[action], strict) for action in beyond(found.commands)]
    proposed = _proposed(found, rules)
    return [*lines, "", *(proposed or ["# no outside line to propose: none is in use or known by its device"])]


def _too_much_line(right: str, what: str, strict: bool) -> str:
    if strict:
        return f"NO  write has {right}: the account may {what}, and ami.strict_rights is set: take the right away"
    return f"WARNING: the account may {what} (write has {right}); ringtally never does: take the right away"


def _stamp_line(is_stamped: bool | None) -> str:
    """Whether moments stay right however late an event comes; no right of the account, so nothing is missing without."""
    if is_stamped is None:
        return f"?   the PBX's time in events: none came that would bear it; to be sure of it, {_STAMPS_CURE}"
    return "yes the PBX's time in events" if is_stamped else f"WARNING: {_UNSTAMPED}"


def _class_line(name: str, is_seen: bool | None, cost: str, watch_s: float) -> str:
    if is_seen:
        return f"yes events of class {name}"
    if is_seen is None:
        return f"?   events of class {name}: none came within {watch_s:g} s; call while this runs to be sure. Without: {cost}"
    return f"NO  events of class {name}: {cost}"


def _proposed(found: _Findings, rules: Rules) -> list[str]:
    messages = {action: [Message(block) for block in blocks] for action, blocks in found.answers.items()}
    devices = {message.get("Device") or "" for message in messages.get("DeviceStateList", [])}
    for action, technology in (("SIPpeers", "SIP"), ("IAXpeers", "IAX2"), ("PJSIPShowEndpoints", "PJSIP")):
        devices |= {f"{technology}/{message.get('ObjectName') or ''}" for message in messages.get(action, [])}
    channels = [
        (message.get("Channel") or "", message.get("Context") or "") for message in messages.get("CoreShowChannels", [])
    ]
    members = [
        message.get(header) or ""
        for message in messages.get("QueueStatus", [])
        if message.name == "QueueMember"
        for header in ("Location", "StateInterface")
    ]
    return proposed_trunks(devices, channels, members, rules)
