"""One spelling of a number, so that 8 900..., +7 900... and 7900... are one caller."""

import re
from functools import lru_cache

import phonenumbers

USABLE_DIGITS = 5
_NOT_DIGITS = re.compile(r"\D")
# `anonymous`, `Restricted2` and `*8` present no number.
_A_NUMBER = re.compile(r"\s*+\+?[\d ().-]+")
_LOCAL_LENGTHS = (6, 7)
_NATIONAL_LENGTH = 10


def is_usable(normalised: str | None) -> bool:
    """Could a normalised number be called back? Who shows none is anonymous: he has no case, and is counted apart."""
    return normalised is not None and len(normalised.removeprefix("+")) >= USABLE_DIGITS


class NumberPlan:
    """Normalises numbers for one region and area code. Pure, and cached: a number costs its parsing once."""

    def __init__(self, region: str, area_code: str = "", strip_prefixes: tuple[str, ...] = ()) -> None:
        self._region = region
        self._area_code = area_code
        self._strip_prefixes = strip_prefixes
        self._country, self._international = _international_form(region)
        self.normalised = lru_cache(maxsize=20_000)(self._normalised)

    def _normalised(self, number: str | None, dialled: bool = False) -> str | None:
        """E.164 of a number; its bare digits where the numbering plan rejects it; None where it is none.

        `dialled` strips what is dialled for an outside line. Numbers of up to five digits are extensions and stay.
        Contract, sections 3 and 5.
        """
        if not number:
            return None
        if dialled:
            number = self._without_sign_prefix(number)
        digits = _NOT_DIGITS.sub("", number)
        if not digits or not _A_NUMBER.fullmatch(number):
            return None
        if len(digits) <= USABLE_DIGITS:
            return digits
        if dialled:
            digits = self._stripped(digits)
        digits = self._national(digits)
        return self._e164("+" + digits if number.lstrip().startswith("+") else digits) or digits

    def _without_sign_prefix(self, number: str) -> str:
        """A prefix that is told from a number by its signs (`*79`), or by what follows it (`9+7...`), is one for sure."""
        for prefix in self._strip_prefixes:
            rest = number.removeprefix(prefix)
            if rest != number and (rest.startswith("+") or not prefix.isdigit()):
                return rest
        return number

    def _stripped(self, digits: str) -> str:
        """Without a prefix, unless a number begins with it by chance."""
        for prefix in self._strip_prefixes:
            rest = digits.removeprefix(prefix)
            if rest != digits and (self._e164(self._national(rest)) or not self._e164(self._national(digits))):
                return rest
        return digits

    def _national(self, digits: str) -> str:
        """With the area code, where it makes a local number a national one."""
        if self._area_code and len(digits) in _LOCAL_LENGTHS and len(digits) + len(self._area_code) == _NATIONAL_LENGTH:
            return self._area_code + digits
        return digits

    def _e164(self, text: str) -> str | None:
        own = self._international.fullmatch(text)
        if own is not None:
            parsed = phonenumbers.PhoneNumber(self._country, int(own[1]))
        else:
            try:
                parsed = phonenumbers.parse(text, self._region)
            except phonenumbers.NumberParseException:
                return None
        if not phonenumbers.is_valid_number(parsed):
            return None
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _international_form(region: str) -> tuple[int, re.Pattern[str]]:
    """A region's country code, and the form in which lines present most numbers: that code, with or without a plus, and a number.

    Of such a text libphonenumber's `parse` says just that, at five times the price. Whatever it could read in another way is left
    to it: a national number that begins like the national prefix or with a zero, digits without a plus that are a national number
    as they stand or begin like a call abroad, a region that shares its code with a greater one.
    """
    plan, country = phonenumbers.PhoneMetadata.metadata_for_region(region), phonenumbers.country_code_for_region(region)
    if plan is None or plan.general_desc is None or phonenumbers.region_code_for_country_code(country) != region:
        return 0, re.compile("(?!)")
    national = f"(?:{plan.general_desc.national_number_pattern})"
    prefix, abroad = plan.national_prefix_for_parsing, plan.international_prefix
    is_no_prefix, is_not_abroad = (f"(?!{each})" if each else "" for each in (prefix, abroad))
    return country, re.compile(
        rf"(?:\+|{is_not_abroad}(?!{national}\Z)){country}((?!0){is_no_prefix}{national})", re.ASCII
    )
