"""Addresses of websockets: what a page may name, and nothing that means more than an address there."""

import pytest
from pydantic import TypeAdapter, ValidationError

from config.websocket_address import WebsocketAddress, leads_home

ADDRESS: TypeAdapter[str] = TypeAdapter(WebsocketAddress)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ws://127.0.0.1:9001/",
        "ws://broker",
        "ws://[::1]/",
        "ws://[fd00::7]:9001/mqtt",
        "wss://board.example.com/a/b-c_d.e~f%20",
    ],
)
def test_an_address_of_a_websocket_stays_as_it_is_written(text: str) -> None:
    assert ADDRESS.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("broker", "//broker/", "http://broker/", "WS://broker/", " ws://broker/", "ws:broker", "ws://", "ws:///mqtt"),
        *(
            "ws://broker:",
            "ws://broker:0/",
            "ws://broker:x/",
            "ws://::1/",
            "ws://::1:9001/",
            "ws://1.2.3/",
            "ws://b b/",
        ),
        *(
            "ws://broker/a b",
            "ws://broker/;script-src *",
            'ws://broker/"',
            "ws://broker/'",
            "ws://broker/<",
            "ws://broker/%zz",
        ),
        *("ws://broker/\n", "ws://broker\n/", "ws://broker/ä", "ws://broker/" + "x" * 200),
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(text)


@pytest.mark.parametrize(
    "secret", ["u:hush@broker/", "u:hu/sh@broker/", "hush@broker/", "broker/?hush", "broker/#hush"]
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(secret: str) -> None:
    for scheme in ("ws://", "http://", ""):
        with pytest.raises(ValidationError) as caught:
            ADDRESS.validate_python(scheme + secret)
        assert "hush" not in str(caught.value.errors(include_input=False))


@pytest.mark.parametrize("text", ["ws://127.0.0.1:9001/", "ws://localhost", "wss://[::1]:9001/mqtt", "ws://[::1]"])
def test_a_loopback_address_leads_each_browser_to_its_own_machine(text: str) -> None:
    assert leads_home(text)


@pytest.mark.parametrize("text", ["", "ws://broker:9001/", "ws://[fd00::7]/", "ws://10.0.0.1:9001/127.0.0.1"])
def test_any_other_leads_to_a_broker(text: str) -> None:
    assert not leads_home(text)
