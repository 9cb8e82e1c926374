"""The AMI account to paste into a PBX, with where to paste it and how to make it known."""

import ipaddress
from pathlib import Path
from string import Template

from config.ami_account import EVENT_FILTERS, NOTHING_FORGED, READ, USERNAME, WRITE, account_lines
from config.problems import quoted

FLAVOURS = ("plain", "freepbx", "issabel", "mikopbx")
_TEXTS = Path(__file__).parent / "ami"
# `;` begins a comment in Asterisk's files, and a backslash before it takes that away.
_FORBIDDEN = frozenset(";\\")


class SnippetError(ValueError):
    """The account cannot be written with this address or secret; the message says what is wrong."""


def pbx_snippet(flavour: str, secret: str, permit: str = "127.0.0.1") -> str:
    """The text for one of `FLAVOURS`. `permit`: addresses or networks that may log in, parted by commas. SnippetError."""
    if flavour not in FLAVOURS:
        raise SnippetError(f"{quoted(flavour)} is no flavour of PBX; there are {', '.join(FLAVOURS)}")
    if not secret or not secret.isprintable() or secret != secret.strip() or _FORBIDDEN & set(secret):
        raise SnippetError(
            "the secret is empty or has characters that Asterisk's files do not carry: control, ; and \\"
        )
    permits = [_masked(each.strip()) for each in permit.split(",")]
    text = Template((_TEXTS / f"{flavour}.conf").read_text(encoding="utf-8"))
    return text.substitute(
        account="\n".join(account_lines(secret, permits)),
        username=USERNAME,
        secret=secret,
        permits=", ".join(permits),
        read=", ".join(READ),
        write=", ".join(WRITE),
        filters="\n".join(EVENT_FILTERS),
        unforgeable=NOTHING_FORGED,
    )


def _masked(permit: str) -> str:
    """The address or network as every Asterisk reads it: an IPv4 one with its mask written out."""
    try:
        network = ipaddress.ip_network(permit, strict=False)
    except ValueError:
        cure = "write e.g. 127.0.0.1, 192.168.1.20 or 192.168.1.0/24"
        raise SnippetError(f"{quoted(permit)} is neither an address nor a network; {cure}") from None
    return network.with_netmask if network.version == 4 else network.with_prefixlen  # noqa: PLR2004 - IPv4
