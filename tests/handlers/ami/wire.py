"""AMI as Asterisk writes it: messages made of the fixed run of a channel's headers."""

from handlers.ami.decode import WANTED
from handlers.ami.framing import Framer
from handlers.ami.privileges import privilege_of

UNIQUEID = "1795450254.0"


def snapshot(
    number: str = "79001112233",
    name: str = "<unknown>",
    uniqueid: str = UNIQUEID,
    state: int = 4,
    prefix: str = "",
    channel: str = "PJSIP/trunk-00000000",
    connected: str = "<unknown>",
) -> str:
    """The run of one channel's headers (Asterisk: manager_channels.c)."""
    return "".join(
        f"{prefix}{header}: {value}\r\n"
        for header, value in (
            ("Channel", channel),
            ("ChannelState", state),
            ("ChannelStateDesc", "Ring"),
            ("CallerIDNum", number),
            ("CallerIDName", name),
            ("ConnectedLineNum", connected),
            ("ConnectedLineName", "<unknown>"),
            ("Language", "en"),
            ("AccountCode", ""),
            ("Context", "from-trunk"),
            ("Exten", "7001"),
            ("Priority", 1),
            ("Uniqueid", uniqueid),
            ("Linkedid", uniqueid),
        )
    )


def bridge(uniqueid: str, prefix: str = "") -> str:
    """The run of one bridge's headers (Asterisk: manager_bridges.c)."""
    told = ("Type: basic", "Technology: simple_bridge", "Creator: <unknown>", "Name: <unknown>", "NumChannels: 0")
    return f"{prefix}BridgeUniqueid: {uniqueid}\r\n" + "".join(f"{prefix}Bridge{each}\r\n" for each in told)


def event(name: str, body: str, privilege: str = "") -> bytes:
    """One message with its end; of the class that events of its name have."""
    told = f"Privilege: {privilege}" if privilege else privilege_of(name.encode()).decode()
    return f"Event: {name}\r\n{told}\r\n{body}\r\n".encode()


def block(name: str, body: str, privilege: str = "") -> bytes:
    """One message as a framer gives it, without its end."""
    return event(name, body, privilege).removesuffix(b"\r\n\r\n")


def framed(data: bytes, banner: bool = False) -> list[bytes]:
    """The wanted blocks of a stream."""
    return Framer(WANTED, banner).feed(data)
