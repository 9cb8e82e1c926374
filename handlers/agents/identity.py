"""Whose phone is it? Interfaces of members, devices and channels to one key for each agent."""

from functools import lru_cache

from handlers.calls.names import is_extension

POOL = "Agent:"
_DEVICE_STATES_OF_OTHERS = ("Custom:", "Queue:", "confbridge:", "park:", "MWI:", "meetme:", "Calendar:")


@lru_cache(maxsize=20_000)  # of all phones that live: of less, who asks for each in turn finds none
def key_of(interface: str, extensions: frozenset[str] = frozenset()) -> str:
    """One key for all spellings of a phone.

    The extension where the interface is one's (`101` of `PJSIP/101`, `Local/101@from-queue/n`, `hint:101@ext-local`), else the
    device (`PJSIP/anna`, `Agent:1001`), else the interface as it stands (`Local/79001112233@outgoing`).
    """
    kind, slash, rest = interface.partition("/")
    if not slash or ":" in kind:
        kind, _, rest = interface.partition(":")
        exten = rest.partition("@")[0]
        return exten if kind.lower() == "hint" and _is_ours(exten, extensions) else interface
    if kind == "Agent":
        return POOL + rest
    if kind == "Local":
        exten = rest.partition("@")[0]
        return exten if _is_ours(exten, extensions) else interface
    if "@" in rest:
        return interface
    endpoint = rest.partition("/")[0]
    return endpoint if _is_ours(endpoint, extensions) else f"{kind}/{endpoint}"


def member_key(interface: str, state_interface: str, extensions: frozenset[str] = frozenset()) -> str:
    """The agent behind a member: by its StateInterface, unless that is no phone."""
    if state_interface and state_interface != interface and not state_interface.startswith(_DEVICE_STATES_OF_OTHERS):
        return key_of(state_interface, extensions)
    return key_of(interface, extensions)


def endpoint_of(key: str) -> str:
    """How a channel's endpoint reads where the channel is that of a phone with this key: `101`; `anna` of `PJSIP/anna`."""
    return key.removeprefix(POOL).rpartition("/")[2]


def is_phone(interface: str) -> bool:
    """Is it a device itself (`PJSIP/101`), as against what only stands for one (`Local/101@x`, `hint:101@x`, `Custom:x`)?"""
    kind, slash, rest = interface.partition("/")
    return interface.startswith(POOL) or (bool(slash) and ":" not in kind and kind != "Local" and "@" not in rest)


def _is_ours(exten: str, extensions: frozenset[str]) -> bool:
    return is_extension(exten) or exten in extensions
