"""What an AMI account may see, and what each missing right costs: figures are only as right as the account's rights."""

import asyncio
import re
from collections import Counter

from daemon.ami_client import AmiAccount, log_in
from daemon.ami_protocol import AmiError, AmiProtocol, Connection
from handlers.ami.message import Message
from handlers.calls.evidence import Evidence
from handlers.calls.names import parse_channel_name
from handlers.rules import Rules

WATCH_S = 5.0
_ACTIONS = {
    "CoreShowChannels": "calls that live when ringtally connects are not seen (write = reporting)",
    "QueueStatus": "queues and their members are not known before they tell of themselves",
    "BridgeList": "who talks when ringtally connects is not known",
    "CoreStatus": "a restart of the PBX cannot be told from a broken line (write = reporting)",
}
_TOO_MUCH = {
    "Originate": "start calls (and, CVE-2024-42365, programs)",
    "Command": "run any command of the PBX",
    "UpdateConfig": "rewrite the PBX's configuration",
    "Redirect": "redirect calls",
}
_DIALPLAN = (
    "without it a queue that refuses at once reads as ivr_only, and voicemail is never flagged (read = dialplan)"
)


async def inspect_ami(account: AmiAccount, rules: Rules) -> tuple[list[str], bool]:
    """Log in and look: lines for people, and whether nothing that matters is missing. Raises OSError, AmiError as OSError."""
    lost = asyncio.Event()
    seen: Counter[str] = Counter()
    protocol_made: list[AmiProtocol] = []

    def make() -> AmiProtocol:
        protocol_made.append(
            AmiProtocol(lambda events: seen.update(type(e).__name__ for e in events), lost.set, lambda _data: None)
        )
        return protocol_made[-1]

    protocol = await Connection(account.host, account.port, account.tls, make).open(account.timeout_s)
    try:
        await log_in(protocol, account)
        return await _look(protocol, account, rules)
    except (AmiError, TimeoutError) as error:
        raise OSError(
            f"{account.host}:{account.port}: {error or 'no answer in time'}; check the address, ami.username and ami.secret"
        ) from None
    finally:
        protocol.close()


async def _look(protocol: AmiProtocol, account: AmiAccount, rules: Rules) -> tuple[list[str], bool]:
    lines = [
        f"logged in to {account.host}:{account.port} as {account.username} ({protocol.framer.banner or 'no banner'})"
    ]
    good = True
    answers: dict[str, list[bytes]] = {}
    for action, cost in _ACTIONS.items():
        blocks = await protocol.ask({"Action": action}, account.timeout_s)
        allowed = Message(blocks[0]).get("Response") == "Success"
        good = good and allowed
        answers[action] = blocks if allowed else []
        lines.append(f"{'yes' if allowed else 'NO ':3} action {action}" + ("" if allowed else f": {cost}"))
    booted = protocol.booted.is_set()
    lines.append(
        f"{'yes' if booted else 'NO '} events of class system (FullyBooted)" + ("" if booted else ": read = system")
    )
    (listed, *_) = await protocol.ask({"Action": "ListCommands"}, account.timeout_s)
    may = {name for name, _ in Message(listed).items()}
    too_much = [
        f"WARNING: the account may {what} ({action}); ringtally never does"
        for action, what in _TOO_MUCH.items()
        if action.lower() in may
    ]
    lines += too_much
    lines += await _watch(protocol)
    lines += _proposed_trunks(answers, rules)
    return lines, good


async def _watch(protocol: AmiProtocol) -> list[str]:
    """Which classes of events come by themselves: listened for a moment, and told honestly when nothing came."""
    try:
        async with asyncio.timeout(WATCH_S):
            await asyncio.Event().wait()
    except TimeoutError:
        pass
    came = protocol.framer.events
    groups = {
        "call": ("Newchannel", "Hangup", "BridgeEnter", "Newstate"),
        "agent": ("QueueMemberStatus", "QueueCallerJoin", "AgentCalled"),
        "dialplan": ("VarSet", "Newexten"),
    }
    lines = []
    for group, names in groups.items():
        if any(came[name] for name in names):
            lines.append(f"yes events of class {group}")
        else:
            cost = f"; {_DIALPLAN}" if group == "dialplan" else ""
            lines.append(
                f"?   events of class {group}: none came in {WATCH_S:g} s; make a call while this runs to be sure{cost}"
            )
    return lines


def _proposed_trunks(answers: dict[str, list[bytes]], rules: Rules) -> list[str]:
    """`[[trunks]]` for the outside lines that can be seen now."""
    evidence = Evidence(rules)
    for block in answers.get("QueueStatus", []):
        message = Message(block)
        if message.name == "QueueMember" and message.get("Location"):
            evidence.add_member(message.get("Location") or "")
    found: dict[str, str] = {}
    for message in map(Message, answers.get("CoreShowChannels", [])):
        channel = message.get("Channel") or ""
        name = parse_channel_name(channel)
        side = evidence.side_of(channel, message.get("Context") or "") if name.is_device and channel else None
        if side is not None and side.trunk is not None:
            found[side.trunk] = name.device
    if not found:
        return ["no outside line is in use now; run this again during calls for proposals of [[trunks]]"]
    lines = ["", "# proposed for ringtally.toml:"]
    for trunk, device in sorted(found.items()):
        lines += ["[[trunks]]", f'name = "{re.sub(r"[^A-Za-z0-9_-]", "-", trunk)}"', f'channels = ["{device}-*"]', ""]
    return lines
