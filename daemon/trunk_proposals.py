"""`[[trunks]]` to paste: which devices of a PBX look like lines to the world, and are not named in the settings yet."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from handlers.calls.evidence import OTHER, Evidence
from handlers.calls.names import parse_channel_name
from handlers.rules import Rules

_DEVICE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}/[^\s/&,;|@]{1,80}")
# Stands for any channel of a device; patterns end with `-*`.
_SUFFIX = "-00000000"


def proposed_trunks(
    devices: Iterable[str], channels: Iterable[tuple[str, str]], members: Iterable[str], rules: Rules
) -> list[str]:
    """Lines of TOML with comments; none where nothing is to be proposed.

    `devices`: all that the PBX knows (`PJSIP/megafon`), `channels`: those in use with their contexts, `members`: queues' devices.
    What is a queue's member, an extension (up to five digits, or of a department), a guest or configured is left out; a channel
    in use tells by its context, where a device's name alone is a guess.
    """
    evidence = Evidence(rules)
    for member in members:
        evidence.add_member(member)
    sure, inside = _in_use(channels, evidence, rules)
    guessed = set()
    for device in devices:
        name = parse_channel_name(device + _SUFFIX)
        if not _DEVICE.fullmatch(device) or not name.is_device or device in sure | inside:
            continue
        side = evidence.side_of(device + _SUFFIX, "")
        # The PBX's own list: a number there is nobody's whim, and may be proposed though a guess does not show it.
        if (side.guessed or side.trunk not in {None, OTHER}) and not _configured(device + _SUFFIX, rules):
            guessed.add(device)
    lines = []
    names = {trunk.name for trunk in rules.trunks}
    if sure:
        lines += ["# Outside lines in use now:", *_tables(sorted(sure), names)]
    if guessed:
        lines += [
            "# Neither queue members nor short extensions: keep those that are outside lines,",
            "# and name the others' extensions in a [[departments]] section.",
            *_tables(sorted(guessed), names),
        ]
    return lines


def _in_use(channels: Iterable[tuple[str, str]], evidence: Evidence, rules: Rules) -> tuple[set[str], set[str]]:
    """The devices of channels that are outside for sure, and of those that are inside."""
    sure, inside = set(), set()
    for channel, context in channels:
        name = parse_channel_name(channel)
        if not name.is_device or not _DEVICE.fullmatch(name.device):
            continue
        side = evidence.side_of(channel, context)
        if side.trunk is None:
            inside.add(name.device)
        elif side.trunk != OTHER and not side.guessed and not _configured(channel, rules):
            sure.add(name.device)
    return sure, inside


def _configured(channel: str, rules: Rules) -> bool:
    return any(fnmatchcase(channel, pattern) for trunk in rules.trunks for pattern in trunk.channels)


def _tables(devices: Sequence[str], names: set[str]) -> list[str]:
    lines = []
    for device in devices:
        wanted = name = parse_channel_name(device + _SUFFIX).endpoint
        number = 1
        while _key(name) in {_key(each) for each in names}:
            number += 1
            name = f"{wanted}-{number}"
        names.add(name)
        pattern = re.sub(r"([*?[])", r"[\1]", device) + "-*"
        lines += ["[[trunks]]", f"name = {toml_text(name)}", f"channels = [{toml_text(pattern)}]", ""]
    return lines


def _key(name: str) -> str:
    """What a topic makes of a name, nearly: two of the same would be refused in the settings."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def toml_text(text: str) -> str:
    """A text as TOML's basic string; whatever is not printable is escaped, for it goes to a terminal first."""
    out = []
    for character in text:
        if character in '"\\':
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            out.append(f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}")  # noqa: PLR2004 - \u has four digits
    return f'"{"".join(out)}"'
