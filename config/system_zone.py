"""The time zone that this machine lives in."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")


class SystemZone(NamedTuple):
    """A zone's name, and whether the machine really said so; UTC where it says nothing that can be understood."""

    name: str
    certain: bool


def system_zone(
    environ: Mapping[str, str] | None = None, localtime: Path = LOCALTIME, timezone: Path = TIMEZONE
) -> SystemZone:
    """The zone of `TZ`, of the link /etc/localtime or of /etc/timezone, in this order. A machine without any is at UTC."""
    told = [(os.environ if environ is None else environ).get("TZ", "").removeprefix(":")]
    try:
        told.append(str(localtime.readlink()).rpartition("zoneinfo/")[2])
    except OSError:
        told.append("")
    try:
        told.append(timezone.read_text("ascii").strip())
    except (OSError, UnicodeDecodeError):
        told.append("")
    known = next((name for name in told if _is_zone(name)), None)
    if known is not None:
        return SystemZone(known, certain=not told[0] or known == told[0])
    return SystemZone("UTC", certain=not any(told) and not localtime.exists())


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
