"""AMI as Asterisk writes it: messages made of the fixed run of a channel's headers."""

from handlers.ami.decode import WANTED
from handlers.ami.framing import Framer

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


def event(name: str, body: str, privilege: str = "call,all") -> bytes:
    """One message with its end."""
    return f"Event: {name}\r\nPrivilege: {privilege}\r\n{body}\r\n".encode()


def block(name: str, body: str, privilege: str = "call,all") -> bytes:
    """One message as a framer gives it, without its end."""
    return event(name, body, privilege).removesuffix(b"\r\n\r\n")


def framed(data: bytes, banner: bool = False) -> list[bytes]:
    """The wanted blocks of a stream."""
    return Framer(WANTED, banner).feed(data)
