"""The AMI account that ringtally needs and no more: which events, which variables, which rights.

The one place that says so: what is printed for a PBX, what is checked on one, and what tests replay through come from here.
"""

import re
from collections.abc import Sequence

USERNAME = "ringtally"
# Queues that refuse, phones out of reach and voicemail show in VarSet alone, hence `dialplan` (contract, section 2);
# `reporting` allows the snapshot after login and changes nothing.
READ = ("system", "call", "agent", "dialplan")
WRITE = ("reporting",)
# Asterisk's own default cuts off a reader after 100 ms.
WRITE_TIMEOUT_MS = 5_000

EVENTS = (
    *("FullyBooted", "Shutdown", "Reload"),
    *("Newchannel", "Newstate", "NewCallerid", "NewConnectedLine", "Hangup", "HangupRequest", "SoftHangupRequest"),
    *("DialBegin", "DialState", "DialEnd", "LocalBridge", "LocalOptimizationBegin", "LocalOptimizationEnd"),
    *("BridgeCreate", "BridgeEnter", "BridgeLeave", "BridgeMerge", "BridgeDestroy"),
    *("BlindTransfer", "AttendedTransfer", "Pickup", "Hold", "Unhold"),
    *("ParkedCall", "ParkedCallTimeOut", "ParkedCallGiveUp", "ParkedCallSwap", "UnParkedCall"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon"),
    *("AgentCalled", "AgentConnect", "AgentComplete", "AgentDump", "AgentRingNoAnswer", "AgentLogin", "AgentLogoff"),
    *("QueueMemberStatus", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause", "QueueMemberPenalty"),
    *("QueueMemberRinginuse", "ConfbridgeJoin", "ConfbridgeLeave", "OriginateResponse"),
)
# DeviceStateChange tells of queues, hints and mailboxes too; let through are phones alone, and agents' pools.
PHONES = ("PJSIP", "SIP", "IAX2", "SCCP", "DAHDI", "Agent")
VARIABLES = ("QUEUESTATUS", "DIALSTATUS", "VMSTATUS")

# Of the same classes, not wanted, and ending in text that a caller may have a hand in: they must not pass for a VarSet.
FORGEABLE = ("Newexten", "NewAccountCode", "CEL")

# Asterisk applies each to the whole text of an event as POSIX extended, without REG_NEWLINE: `^` and `$` are the event's
# ends, `.` is any character, line ends too; `!` takes out what another lets in. `..` stands for CR LF: POSIX has no escape
# for them, and a class such as [[:cntrl:]] costs 20 times as much in the UTF-8 locale of Asterisk 22. No `.*` from the name
# to the variable: in that locale `.` matches no stray byte, and a caller's number may hold one. So the first looks at the
# begin of an event and the second at its end, where VarSet has what the PBX set, escaped; a caller has no text in either.
# The form works in every Asterisk; the newer eventfilter(name(...)) is unknown to 16, which then sends everything.
EVENT_FILTERS = (
    f"^Event: ({'|'.join(EVENTS)})..Privilege:",
    f"^Event: DeviceStateChange..Privilege: [a-z,]*..(Timestamp: [0-9.]*..)?Device: ({'|'.join(PHONES)})[/:]",
    f"Variable: ({'|'.join(VARIABLES)})..Value: [A-Z]*....$",
    f"!^Event: ({'|'.join(FORGEABLE)})..Privilege:",
)

# Who may present a number of any length can write whole events into it, and nothing tells those from true ones. Asterisk alone knows
# where an event ends: this takes out each that has another begin in it, with what the PBX itself says of that caller. PJSIP takes 79
# bytes, which is not enough for one, so it is for chan_sip, IAX2, and dialplans that set numbers from headers.
NOTHING_FORGED = "![[:cntrl:]](Event|Response):"


def _compiled(pattern: str) -> re.Pattern[str]:
    # Python's `$` would match before a last line end too.
    return re.compile(pattern.replace("$", r"\Z"), re.DOTALL)


_INCLUDED = tuple(_compiled(each) for each in EVENT_FILTERS if not each.startswith("!"))
_EXCLUDED = tuple(_compiled(each[1:]) for each in EVENT_FILTERS if each.startswith("!"))
_SENT_BY_CLASS = re.compile(r"Event: (?!Status\r\n)[^\r\n]*\r\nPrivilege: ([^\r\n]*)\r\n")


def passes_filter(block: str) -> bool:
    """Would this account be sent this message? By the classes in its `Privilege` header, then by the filters.

    `block` is one whole event as Asterisk made it: one that a caller's number tore apart has to be mended first, for
    Asterisk filters before it tears. Answers to actions, the items of their lists too, are never filtered and pass; of
    these only `Status` bears a `Privilege` (`Call`, 00-idle-snapshot).
    """
    sent = _SENT_BY_CLASS.match(block)
    if sent is None:
        return True
    if not set(sent[1].split(",")) - {"all", "<none>"} <= set(READ):
        return False
    return any(each.search(block) for each in _INCLUDED) and not any(each.search(block) for each in _EXCLUDED)


def account_lines(secret: str, permit: str | Sequence[str]) -> list[str]:
    """The account as manager.conf wants it; `permit`: addresses with their masks. The caller answers for both being clean."""
    return [
        f"[{USERNAME}]",
        f"secret = {secret}",
        # Asterisk skips an IPv4 rule for an IPv6 client, and who meets no rule is let in.
        "deny = 0.0.0.0/0.0.0.0",
        "deny = ::/0",
        *(f"permit = {each}" for each in ([permit] if isinstance(permit, str) else permit)),
        f"read = {','.join(READ)}",
        f"write = {','.join(WRITE)}",
        f"writetimeout = {WRITE_TIMEOUT_MS}",
        *(f"eventfilter = {pattern}" for pattern in EVENT_FILTERS),
    ]
