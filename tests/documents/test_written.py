"""The documents are those that the code's definitions give, and these say what is really told."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from daemon.schemas.alone import schemas
from daemon.schemas.topics import CHANNELS, Channel
from daemon.schemas.values import MOMENT, Schema
from tests.daemon.boards import LivePbx, a_board
from tests.documents import mqtt_page
from tests.documents.validity import SITE, channel_of, check_message
from tests.documents.written import SCHEMAS, documents, example_of


@pytest.mark.parametrize("path", [*documents(), mqtt_page.PAGE], ids=lambda path: path.name)
def test_a_document_is_as_the_code_says(path: Path) -> None:
    wanted = documents() | {mqtt_page.PAGE: mqtt_page.page()}
    assert path.read_text() == wanted[path], "make docs writes it anew"


def test_there_are_no_schemas_left_over() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == schemas().keys()


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_one_of_2020_12(name: str) -> None:
    jsonschema_rs.meta.validate(schemas()[name])


def parts(schema: Schema) -> Iterator[Schema]:
    """A schema and those inside it."""
    yield schema
    inside = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("oneOf", ())]
    inside += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for each in inside:
        yield from parts(each)


@pytest.mark.parametrize("name", schemas())
def test_every_field_says_what_it_is_and_an_object_takes_no_other(name: str) -> None:
    for part in parts(schemas()[name]):
        assert part.get("description") or "$ref" in part, part
        if "object" in part.get("type", ()):
            assert part["additionalProperties"] is False or "properties" not in part
        if part.get("pattern") == MOMENT:
            assert "UTC" in part["description"]
        if "number" in part.get("type", ()):
            assert re.search("[Ss]econds|ratio", part["description"]), part


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_an_example_is_valid_and_of_its_topic(channel: Channel) -> None:
    example = example_of(channel.name)
    root = channel.root.format(prefix="ringtally", site="office", homeAssistant="homeassistant")
    topic = example["topic"].removeprefix(f"{root}/")
    payload = example["payload"]
    body = payload.encode() if channel.content_type == "text/plain" else json.dumps(payload).encode()
    check_message(topic, body, channel.qos, channel.retained, channel.root)


def test_examples_show_nobody() -> None:
    told = [example_of(channel.name)["payload"] for channel in CHANNELS if channel.is_ours]
    assert not re.search(r"[^0-9.]\+?\d{10,}(?![0-9.])", json.dumps(told, ensure_ascii=False))


def test_every_state_topic_of_the_board_is_in_it() -> None:
    board = a_board(LivePbx())
    for topic, state in board.topics().items():
        channel = channel_of(topic).channel
        assert (channel.retained, channel.qos, channel.is_streamed) == (True, state.qos, True)
        assert (state.every_s == 30.0) == ("every 30 s" in channel.rate)
        assert ("once a second" if 1.0 in (state.apart_s, state.often_s) else "twice a second") in channel.rate


@pytest.mark.parametrize(
    "topic", ["queue/a/b/state", "queue//state", "event/other", "bridge", "queue/+/state", "agent/Anna/state"]
)
def test_an_unknown_topic_is_a_fault(topic: str) -> None:
    with pytest.raises(AssertionError, match="no topic"):
        channel_of(topic, SITE)


@pytest.mark.parametrize(
    "channel", [each for each in CHANNELS if each.payload.get("properties")], ids=lambda channel: channel.name
)
def test_a_field_too_many_and_a_field_too_few_is_a_fault(channel: Channel) -> None:
    payload = example_of(channel.name)["payload"]
    topic = example_of(channel.name)["topic"].removeprefix("ringtally/office/").removeprefix("homeassistant/")
    less = {key: each for key, each in payload.items() if key != channel.payload["required"][0]}
    mistakes: tuple[Any, ...] = (payload | {"more": 1}, less, [], None)
    for wrong in mistakes:
        with pytest.raises(AssertionError, match="not as documented"):
            check_message(topic, json.dumps(wrong).encode(), channel.qos, channel.retained, channel.root)


def test_how_it_is_told_is_held_to_too() -> None:
    for topic, qos, retained, why in (
        ("missed/count", 0, False, "QoS"),
        ("event/call", 1, True, "kept"),
    ):
        with pytest.raises(AssertionError, match=why):
            check_message(topic, b"0", qos, retained)
    with pytest.raises(AssertionError, match="cleared"):
        check_message("stats/today", b"", 1, False)
    check_message("agent/anna/state", b"", 1, False)
