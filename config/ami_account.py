"""The AMI account that ringtally needs and no more: which events, which variables, which rights."""

import re

READ = "system,call,agent,dialplan"
WRITE = "reporting"
EVENTS = (
    "FullyBooted Shutdown Reload Newchannel Newstate NewCallerid NewConnectedLine Hangup HangupRequest SoftHangupRequest "
    "DialBegin DialState DialEnd LocalBridge LocalOptimizationBegin LocalOptimizationEnd BridgeCreate BridgeEnter BridgeLeave "
    "BridgeMerge BridgeDestroy BlindTransfer AttendedTransfer Pickup Hold Unhold ParkedCall ParkedCallTimeOut "
    "ParkedCallGiveUp ParkedCallSwap UnParkedCall QueueCallerJoin QueueCallerLeave QueueCallerAbandon AgentCalled AgentConnect "
    "AgentComplete AgentDump AgentRingNoAnswer AgentLogin AgentLogoff QueueMemberStatus QueueMemberAdded QueueMemberRemoved "
    "QueueMemberPause QueueMemberPenalty QueueMemberRinginuse ConfbridgeJoin ConfbridgeLeave OriginateResponse"
).split()
VARIABLES = ("QUEUESTATUS", "DIALSTATUS", "VMSTATUS")

# Asterisk matches the whole text of an event (POSIX extended, no REG_NEWLINE: `^` is its beginning), and an account with
# several filters gets what any of them lets through. This form works from 13 to 23; the newer one is unknown to 16.
FILTERS = (
    "^Event: (" + "|".join(EVENTS) + ").Privilege",
    "^Event: VarSet.*Variable: (" + "|".join(VARIABLES) + ")",
)
_CRLF_AWARE = (FILTERS[0].replace(").Privilege", ")[[:cntrl:]]+Privilege"), FILTERS[1])

_PRIVILEGE = re.compile(r"\r\nPrivilege: (\w+)")
_VARIABLE = re.compile(r"\r\nVariable: (\w+)\r\n")


def passes_filter(block: str) -> bool:
    """Would this account be sent this event? By the class in `Privilege` and by the filters; answers always pass."""
    if not block.startswith("Event: "):
        return True
    privilege = _PRIVILEGE.search(block)
    if privilege is None or privilege[1] not in READ.split(","):
        return privilege is None
    name = block[7:].split("\r\n", 1)[0]
    if name == "VarSet":
        variable = _VARIABLE.search(block)
        return variable is not None and variable[1] in VARIABLES
    return name in EVENTS


def account_lines(secret: str, permit: str) -> list[str]:
    """The account as manager.conf wants it."""
    return [
        "[ringtally]",
        f"secret = {secret}",
        "deny = 0.0.0.0/0.0.0.0",
        f"permit = {permit}",
        f"read = {READ}",
        f"write = {WRITE}",
        "writetimeout = 5000",
        *(f"eventfilter = {one}" for one in _CRLF_AWARE),
    ]
