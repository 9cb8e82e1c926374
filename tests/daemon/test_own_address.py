"""The address that can be opened."""

import pytest

from daemon.own_address import own_address


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:9796", "http://127.0.0.1:9796"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:9796", "http://[::1]:9796"),
        ("[::1]:9796", "http://[::1]:9796"),
        ("pbx.example.com:9796", "http://pbx.example.com:9796"),
    ],
)
def test_who_listens_everywhere_is_reached_on_this_machine(listen: str, address: str) -> None:
    assert own_address(listen) == address


def test_the_port_that_was_given_stands_for_any_port() -> None:
    assert own_address("[::]:0", 8080, "https") == "https://[::1]:8080"
