"""What stands before a number that is called back, by the settings and by libphonenumber's own way of dialling."""

import re

import phonenumbers
import pytest

from config.sections import Callback
from daemon.dialling import dialling


def test_as_it_is_a_number_has_nothing_before_it() -> None:
    assert dialling(Callback(), "RU") is None


def test_a_prefix_takes_the_place_of_the_plus() -> None:
    nothing, nine = ({"prefix": each, "country": "", "home": each, "abroad": each} for each in ("", "9"))
    assert dialling(Callback(dial_as="digits"), "RU") == nothing
    assert dialling(Callback(dial_as="digits", dial_prefix="9"), "RU") == nine
    assert dialling(Callback(dial_prefix="9"), "RU") == nine


@pytest.mark.parametrize("region", ["RU", "DE", "US", "GB", "FR", "IT"])
@pytest.mark.parametrize("other", ["RU", "DE", "US", "GB", "FR", "IT"])
def test_as_national_it_is_what_libphonenumber_says_is_dialled_there(region: str, other: str) -> None:
    number = phonenumbers.example_number(other)
    told = dialling(Callback(dial_as="national", dial_prefix="9"), region)
    assert number is not None
    assert told is not None
    written = phonenumbers.format_out_of_country_calling_number(number, region)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    is_home = e164.startswith(f"+{told['country']}")
    ours = told["home"] + e164[1 + len(told["country"]) :] if is_home else told["abroad"] + e164[1:]
    assert ours == "9" + re.sub(r"\D", "", written)
