"""Answers that are not as the OpenAPI document says are faults, and so are streams."""

import json

import pytest

from tests.documents.validity import check_answer, check_message, check_stream, check_streamed

ACCESS = {"v": 1, "reads_all": False, "writes": False}


def body(said: object) -> bytes:
    return json.dumps(said).encode()


def test_an_answer_as_documented_passes() -> None:
    check_answer("GET", "/api/v1/access", 200, "application/json", body(ACCESS))
    check_answer("HEAD", "/api/v1/access", 200, "application/json", b"")
    check_answer("GET", "/api/v1/calls/1.2", 404, "application/json", body({"error": "no such call"}))
    check_answer("GET", "/wallboard/main.js", 200, "text/javascript", b"")
    check_answer("GET", "/wallboard", 308, "text/plain", b"")
    check_answer("GET", "/nothing", 404, "text/plain", b"no")
    check_answer("PUT", "/api/v1/access", 405, "application/json", body({"error": "no"}))


@pytest.mark.parametrize(
    ("method", "path", "status", "media", "said"),
    [
        ("GET", "/api/v1/access", 200, "application/json", ACCESS | {"more": 1}),
        ("GET", "/api/v1/access", 200, "application/json", {"v": 1}),
        ("GET", "/api/v1/access", 200, "text/html", ACCESS),
        ("GET", "/api/v1/access", 500, "application/json", {"error": "a bug"}),
        ("GET", "/api/v1/calls/1.2", 200, "application/json", {"id": "1.2"}),
        ("GET", "/api/v1/calls/1.2", 404, "application/json", {"error": ""}),
        ("GET", "/api/v1/other", 200, "application/json", {}),
        ("POST", "/api/v1/access", 200, "application/json", ACCESS),
    ],
)
def test_any_other_is_a_fault(method: str, path: str, status: int, media: str, said: object) -> None:
    with pytest.raises(AssertionError):
        check_answer(method, path, status, media, body(said))


def test_a_stream_is_read_event_by_event() -> None:
    check_stream(
        b"event: missed/count\ndata: 3\n\n: all told\n\nevent: agent/anna/state\ndata: \n\nevent: missed/count\ndata"
    )
    with pytest.raises(AssertionError, match="missed/count"):
        check_stream(b": all told\n\nevent: missed/count\ndata: -3\n\n")


@pytest.mark.parametrize("topic", ["bridge/state", "contact/in", "bridge/discovery/state"])
def test_what_is_for_the_broker_alone_is_a_fault_on_the_stream(topic: str) -> None:
    with pytest.raises(AssertionError, match="not for the stream"):
        check_streamed(topic, b"online")


@pytest.mark.parametrize("topic", ["missed/count", "event/call"])
def test_a_payload_that_is_no_json_is_a_fault(topic: str) -> None:
    with pytest.raises(AssertionError, match="not as documented"):
        check_message(topic, b"{", 1, False)
