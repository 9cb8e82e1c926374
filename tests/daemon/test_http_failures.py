"""Wrong words by address: forgiven in time, forgotten in number, and known again without being kept."""

import gc
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import clock
from daemon.http_failures import (
    ADDRESSES_MOST,
    FAILURES_AT_ONCE,
    FORGIVEN_EVERY_S,
    WORDS_MOST,
    Failures,
    Fingerprints,
    shared_address,
)


class Now:
    """A clock that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1000.0
        monkeypatch.setattr(clock, "monotonic", lambda: self.at)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    return Now(monkeypatch)


def noted(failures: Failures, address: str, count: int, first: int = 0) -> list[bool]:
    return [failures.note(address, b"%d" % number) for number in range(first, first + count)]


def test_ten_are_forgiven_at_once_and_then_one_in_six_seconds(now: Now) -> None:
    failures = Failures()
    assert noted(failures, "192.0.2.1", FAILURES_AT_ONCE) == [False] * 9 + [True]
    assert failures.wait_s("192.0.2.1") == pytest.approx(FORGIVEN_EVERY_S)
    assert failures.wait_s("192.0.2.2") == 0
    now.at += FORGIVEN_EVERY_S
    assert failures.wait_s("192.0.2.1") == 0
    assert failures.note("192.0.2.1", b"next")
    now.at += 1e6
    assert noted(failures, "192.0.2.1", FAILURES_AT_ONCE, 100) == [False] * 9 + [True]


def test_as_many_guesses_in_an_hour_as_that_makes_and_no_more(now: Now) -> None:
    failures, guesses = Failures(), 0
    for second in range(3600):
        now.at = 1000.0 + second
        while not failures.wait_s("192.0.2.1"):
            failures.note("192.0.2.1", b"%d" % guesses)
            guesses += 1
    assert guesses <= FAILURES_AT_ONCE + 3600 / FORGIVEN_EVERY_S


def test_memory_is_bounded_however_many_guess(now: Now) -> None:
    failures = Failures()
    for number in range(20 * ADDRESSES_MOST):
        failures.note(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", b"%d" % number)
    assert len(failures) == ADDRESSES_MOST
    assert len(failures._wrong) == WORDS_MOST
    assert failures.is_known_wrong(b"%d" % (20 * ADDRESSES_MOST - 1))
    assert not failures.is_known_wrong(b"0")


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_of_ipv6_a_guesser_has_a_whole_network(address: str, shared: str) -> None:
    assert shared_address(address) == shared


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_only_the_same_parts_have_the_same_fingerprint(some: list[str], others: list[str]) -> None:
    fingerprints = Fingerprints()
    assert (fingerprints.of(*some) == fingerprints.of(*others)) == (some == others)
    assert Fingerprints().of(*some) != fingerprints.of(*some)


def test_a_wrong_word_is_nowhere_in_what_is_remembered(now: Now) -> None:
    failures, fingerprints = Failures(), Fingerprints()
    failures.note("192.0.2.1", fingerprints.of("token", "hush-hush"))
    gc.collect()
    assert b"hush" not in pickle.dumps((failures._wrong._things, failures._full_until))
    assert failures.is_known_wrong(fingerprints.of("token", "hush-hush"))
