"""What strangers may see of a call: numbers and names cut down to what tells two of them apart (contract, section 8).

Kept: the site's own extensions (up to five digits), devices, lines, and the numbers dialled to reach it. Cut: all other
numbers, wherever they stand, and the names of people. Left out: notes.
"""

import re
from typing import Any

EXTENSION_DIGITS = 5
_DOTS = "•••"
_SHOWN_BEFORE = 4
_SHOWN_AFTER = 4
_HIDDEN_AT_LEAST = 3
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_SHORT_CODE = re.compile(r"[+*#\d]+")
_LONG_RUN = re.compile(r"\+?\d{6,}")
# As people write one: with signs between its digits.
_WRITTEN_NUMBER = re.compile(r"\+?\d(?:[^\w+,;]{0,3}\d){5,}")
# A channel's name ends in a number of its own, which is nobody's: `PJSIP/101-0000001a`.
_CHANNEL_SUFFIX = re.compile(r"-[0-9a-f]{4,8}(;[12])?(<\w+>)?$")


def masked(call: dict[str, Any]) -> dict[str, Any]:
    """A call of `call_json`, `time_line_json` or the same shape, fit for strangers; what is given stays as it is."""
    direction = call["direction"]
    caller = mask_number if direction == "in" else mask_device
    hidden = call | {
        "caller": caller(call["caller"]),
        "caller_e164": caller(call["caller_e164"]),
        "caller_name": mask_name(call["caller_name"]),
        "client": mask_name(call["client"]),
        "responsible": mask_name(call["responsible"]),
        "answered_by": mask_device(call["answered_by"]),
        "agents": [_masked_person(agent) for agent in call["agents"]],
        "transfers": [
            passed | {"by": mask_device(passed["by"]), "to": mask_device(passed["to"])} for passed in call["transfers"]
        ],
        "notes": [],
    }
    if direction != "in":  # of an incoming call it is the site's own number
        called = mask_number if direction == "out" else mask_device
        hidden |= {"called": called(call["called"]), "called_e164": called(call["called_e164"])}
    if "legs" in call:
        hidden |= {
            "legs": [_masked_leg(leg) for leg in call["legs"]],
            "stays": [stay | {"member": _mask_member(stay["member"])} for stay in call["stays"]],
            "talks": [_masked_person(talk) for talk in call["talks"]],
        }
    return hidden


def mask_number(number: str | None) -> str | None:
    """`+79001112233` as `+7900•••2233`; of a shorter number less is shown: three digits at least are hidden.

    Up to five digits stay: an extension, a feature code. What has letters is somebody's name.
    """
    if not number:
        return number
    digits = "".join(_DIGIT.findall(number))
    if len(digits) <= EXTENSION_DIGITS and _SHORT_CODE.fullmatch(number):
        return number
    if _LETTER.search(number):
        return mask_name(number)
    shown = max(len(digits) - _HIDDEN_AT_LEAST, 0)
    after = min(_SHOWN_AFTER, shown)
    before = min(_SHOWN_BEFORE, shown - after)
    plus = "+" if number.lstrip().startswith("+") else ""
    return f"{plus}{digits[:before]}{_DOTS}{digits[len(digits) - after :]}"


def mask_name(name: str | None) -> str | None:
    """`Иван Петров` as `И•••`: the first letter or digit, and not how many follow."""
    if not name:
        return name
    first = next((character for character in name if character.isalnum()), "")
    return first + _DOTS


def mask_device(device: str | None) -> str | None:
    """A device or extension stays (`PJSIP/101`), but for a long number in it (a mobile's, a line named by its own)."""
    if not device:
        return device
    if not _LETTER.search(device):
        return mask_number(device)
    return _LONG_RUN.sub(lambda run: mask_number(run[0]) or "", device)


def mask_person(person: str | None) -> str | None:
    """Who did something stays, as he said it himself, but for a telephone number in it, however it is written: six digits and more."""
    if not person:
        return person
    if not _LETTER.search(person):
        return mask_number(person)
    return _WRITTEN_NUMBER.sub(lambda number: mask_number(number[0]) or "", person)


def _masked_person(part: dict[str, Any]) -> dict[str, Any]:
    return part | {"device": mask_device(part["device"]), "name": mask_name(part["name"])}


def _mask_member(member: str | None) -> str | None:
    """A queue knows its members by device or by name."""
    return mask_device(member) if member and "/" in member else mask_name(member)


def _masked_leg(leg: dict[str, Any]) -> dict[str, Any]:
    channel = leg["channel"]
    suffix = _CHANNEL_SUFFIX.search(channel)
    end = suffix.start() if suffix else len(channel)
    number = mask_number if leg["side"] == "outside" else mask_device
    return _masked_person(leg) | {
        "number": number(leg["number"]),
        "channel": f"{mask_device(channel[:end])}{channel[end:]}",
    }
