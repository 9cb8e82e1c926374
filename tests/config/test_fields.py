"""Addresses and other values with rules of their own."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from config.fields import Host, TopicKey, TopicPrefix, host_and_port, is_loopback


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("127.0.0.1:9796", ("127.0.0.1", 9796)),
        ("[::1]:9796", ("::1", 9796)),
        ("[::]:0", ("::", 0)),
        ("localhost:80", ("localhost", 80)),
        ("pbx-1.example.com:65535", ("pbx-1.example.com", 65535)),
    ],
)
def test_an_address_parts_into_host_and_port(text: str, parts: tuple[str, int]) -> None:
    assert host_and_port(text) == parts


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("127.0.0.1", "names no port"),
        ("127.0.0.1:", "names no port"),
        ("127.0.0.1:http", "names no port"),
        ("127.0.0.1:٨٠", "names no port"),
        ("127.0.0.1:65536", "has a port above 65535"),
        (":9796", "names no host"),
        ("::1:9796", "has an IPv6 address without brackets"),
        ("[::1:9796", "has an IPv6 address without brackets"),
        ("[fe80::x]:9796", "is neither a host name nor an IP address"),
        ("1.2.3:9796", "is neither a host name nor an IP address"),
        ("a b:9796", "is neither a host name nor an IP address"),
    ],
)
def test_what_is_no_address_says_why(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        host_and_port(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.22.5.1", "::1", "localhost", "LOCALHOST", "ip6-localhost"])
def test_loopback_stays_on_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "::", "pbx", "127.example.com", "localhost.example.com", ""])
def test_anything_else_may_leave_it(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("kind", [Host, TopicKey, TopicPrefix])
@pytest.mark.parametrize("text", ["", " ", "a b", "a\n", "a\0", "+", "#", "a/+/b", "/a", "a/", "é"])
def test_no_host_or_topic_has_signs_that_mean_something_there(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("text", ["a", "a-b", "0", "x" * 63])
def test_a_topic_level_is_plain(text: str) -> None:
    assert TypeAdapter(TopicKey).validate_python(text) == text


@pytest.mark.parametrize("text", ["-a", "a-", "A", "a_b", "x" * 64, "ä"])
def test_a_topic_level_is_nothing_but_plain(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(TopicKey).validate_python(text)
