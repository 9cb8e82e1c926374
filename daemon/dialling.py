"""How numbers are dialled by who calls back: what stands in the place of `+` and the country's own code (contract, section 5)."""

import re
from typing import TypedDict

import phonenumbers

from config.sections import Callback

_MOST_ABROAD = "00"
"""What most countries dial for a call abroad."""


class Dialling(TypedDict):
    """Digits: `prefix` before a number without a plus; `home` for `+` and `country`; `abroad` for the plus of any other."""

    prefix: str
    country: str
    home: str
    abroad: str


def dialling(callback: Callback, region: str) -> Dialling | None:
    """By the settings, within this region of the numbering plan; None: numbers are dialled as they are."""
    prefix = callback.dial_prefix or ""
    if callback.dial_as == "e164" and not prefix:
        return None
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if callback.dial_as != "national" or plan is None:
        return Dialling(prefix=prefix, country="", home=prefix, abroad=prefix)
    return Dialling(
        prefix=prefix,
        country=str(plan.country_code),
        home=prefix + (plan.national_prefix or ""),
        abroad=prefix + _abroad(plan),
    )


def _abroad(plan: phonenumbers.PhoneMetadata) -> str:
    # "8~10" has a tone to wait for; "00|0011" is a pattern, and no way to dial.
    told = re.sub("[^0-9]", "", plan.preferred_international_prefix or "")
    only = plan.international_prefix or ""
    return told or (only if only.isdigit() else _MOST_ABROAD)
