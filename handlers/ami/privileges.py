"""Which class of events each event is of: Asterisk says so in the second line, always in the same words (manager.c, 13 to 23).

What a caller forges has to say it too, and of the right class; what does not was never an event.
"""

_SYSTEM = frozenset({b"FullyBooted", b"Reload", b"Shutdown"})
_DIALPLAN = frozenset({b"VarSet", b"Newexten"})
_AGENT = (b"Queue", b"Agent")


def privilege_of(name: bytes) -> bytes:
    """The second line of a wanted event of this name, without its end."""
    if name in _SYSTEM:
        return b"Privilege: system,all"
    if name in _DIALPLAN:
        return b"Privilege: dialplan,all"
    return b"Privilege: agent,all" if name.startswith(_AGENT) else b"Privilege: call,all"
