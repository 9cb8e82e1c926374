"""A person is found by his number in every spelling, alone and within texts; others' numbers are left alone."""

import time

import pytest

from handlers.numbers import NumberPlan
from handlers.person import NobodyError, Person

PLAN = NumberPlan("RU", "495", ("9",))
IVAN = Person("8 900 111-22-33", PLAN)


@pytest.mark.parametrize(
    "spelling",
    [
        "+79001112233",
        "89001112233",
        "79001112233",
        "9001112233",
        "8 (900) 111-22-33",
        "979001112233",
        "+7 900 111 22 33",
    ],
)
def test_every_spelling_of_his_number_is_his(spelling: str) -> None:
    assert IVAN.is_theirs(spelling)
    assert IVAN.is_in(f"call {spelling} back")
    assert IVAN.without(f"call {spelling}, soon", "X") == "call X, soon"
    assert IVAN.without(f"PJSIP/{spelling}-0000001a", "X") == "PJSIP/X-0000001a"


@pytest.mark.parametrize(
    "spelling",
    [
        *(f"8{sign}900{sign}111{sign}22{sign}33" for sign in "\u00a0\u202f\u2009\u2007\u200b\u2060\u00ad\t"),
        *(f"8 900 111{sign}22{sign}33" for sign in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"),
        "8/900/111/22/33",
        "8 – 900 – 111 – 22 – 33",
        "+7\u00a0(900)\u00a0111\u201122\u201133",
        "８９００１１１２２３３",
        "＋７（９００）１１１－２２－３３",
        "٨٩٠٠١١١٢٢٣٣",
    ],
)
def test_what_people_paste_is_his_number_too(spelling: str) -> None:
    assert IVAN.is_theirs(spelling)
    assert Person(spelling, PLAN).number == IVAN.number
    assert IVAN.is_in(f"№ 5: «{spelling}»")
    assert IVAN.without(f"№\u00a05 – «{spelling}»", "X") == "№\u00a05 – «X»"


@pytest.mark.parametrize("other", ["+79001112234", "790011122335", "101", "", None, "anonymous", "+48900111223"])
def test_what_is_not_his_stays(other: str | None) -> None:
    assert not IVAN.is_theirs(other)
    if other:
        assert IVAN.without(f"call {other}, soon", "X") == f"call {other}, soon"


def test_a_local_number_is_one_with_its_area_code() -> None:
    person = Person("123-45-67", PLAN)
    assert person.number == "+74951234567"
    assert person.is_theirs("1234567")
    assert person.is_theirs("84951234567")


def test_by_the_last_nine_digits_numbers_of_two_countries_are_one_if_the_site_matches_so() -> None:
    other = "+998901112233"
    ours = Person("+79901112233", PLAN)
    assert not ours.is_theirs(other)
    assert Person("+79901112233", PLAN, "last9").is_theirs(other)


def test_a_number_that_the_plan_rejects_is_matched_by_its_digits() -> None:
    person = Person("55511122233", PLAN)
    assert person.number == "55511122233"
    assert person.is_theirs("555-111-22233")
    assert not person.is_theirs("111-22233")


@pytest.mark.parametrize("number", ["101", "12345", "", "Иван", "*8"])
def test_extensions_and_what_is_no_number_are_nobody(number: str) -> None:
    with pytest.raises(NobodyError):
        Person(number, PLAN)


def test_other_numbers_in_the_same_text_stay() -> None:
    assert IVAN.without("101 89001112233 +79161234567", "X") == "101 X +79161234567"


def test_a_long_text_takes_no_time() -> None:
    assert not IVAN.is_in("9001" * 16_000 + "-")
    assert IVAN.without("1" * 64_000, "X") == "1" * 64_000


@pytest.mark.parametrize("repeated", ["9", "9 ", "9\u00a0- ", "900", "9/0", "９", "7900111223", "+7 ", "\u2011"])
def test_no_text_takes_more_time_than_it_is_long(repeated: str) -> None:
    used = []
    for length in (20_000, 160_000):
        text = repeated * (length // len(repeated)) + "x"
        begun = time.thread_time()
        assert IVAN.without(text, "X") == text
        used.append(time.thread_time() - begun)
    assert used[1] < 24 * used[0] + 0.1  # by the square it is 64 times as long
