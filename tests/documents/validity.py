"""Are messages, stream events and answers what their documents say? Each test that hears one asks here; a topic that is unknown is a fault.

Fast enough for every message of every test: the schemas are compiled once, a message takes some microseconds.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
import yaml

from daemon.http_document import DOCUMENT
from daemon.schemas.alone import alone
from daemon.schemas.topics import CHANNELS, Channel

SITE, HOME_ASSISTANT = "{prefix}/{site}", "{homeAssistant}"
_FAULTS_TOLD = 5
# What is no operation of the API gets one of these.
_REFUSED = frozenset({400, 401, 403, 404, 405, 421, 429})


@dataclass(frozen=True, slots=True)
class Known:
    """A channel with its topics and its validator."""

    channel: Channel
    topics: re.Pattern[str]
    payload: jsonschema_rs.Draft202012Validator


@cache
def _known() -> tuple[Known, ...]:
    found = []
    for channel in CHANNELS:
        pattern = re.sub(r"\\\{\w+\\\}", "[a-z0-9_-]+", re.escape(channel.address))
        validator = jsonschema_rs.Draft202012Validator(alone(channel.payload, channel.says))
        found.append(Known(channel, re.compile(pattern), validator))
    return tuple(found)


def channel_of(topic: str, root: str = SITE) -> Known:
    """What a topic, below its root, is by the AsyncAPI document; AssertionError where it is in none."""
    for known in _known():
        if known.channel.root == root and known.topics.fullmatch(topic):
            return known
    raise AssertionError(f"{topic} is no topic of the AsyncAPI document")


def check_message(topic: str, payload: bytes, qos: int, retained: bool, root: str = SITE) -> None:
    """A message as a subscriber with QoS 1 heard it; `retained`: handed out as one that was kept. AssertionError if it is not as documented."""
    known = channel_of(topic, root)
    channel = known.channel
    assert qos == channel.qos, f"{topic} came with QoS {qos}"
    assert channel.retained or not retained, f"{topic} is kept by the broker"
    if not payload:
        assert channel.is_cleared, f"{topic} was cleared"
        return
    _check(known.payload, _value(channel, payload), topic)


def check_streamed(topic: str, data: bytes) -> None:
    """An event of the stream; AssertionError if it is not as documented."""
    known = channel_of(topic)
    assert known.channel.is_streamed, f"{topic} is not for the stream"
    if not data:
        assert known.channel.is_cleared, f"{topic} was cleared"
        return
    _check(known.payload, _value(known.channel, data), topic)


def check_stream(raw: bytes) -> None:
    """All whole events in a part of the stream, from its beginning."""
    for frame in raw.split(b"\n\n")[:-1]:
        if not frame.startswith(b": "):
            first, second = frame.split(b"\n")
            check_streamed(first.removeprefix(b"event: ").decode(), second.removeprefix(b"data: "))


def _value(channel: Channel, payload: bytes) -> Any:
    if channel.content_type == "text/plain":
        return payload.decode()
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise AssertionError(f"{channel.address} is not as documented: no JSON") from None


def _check(validator: jsonschema_rs.Draft202012Validator, value: Any, what: str) -> None:
    if not validator.is_valid(value):
        faults = [f"{list(each.instance_path)}: {each.message}" for each in validator.iter_errors(value)]
        raise AssertionError(f"{what} is not as documented: " + "; ".join(faults[:_FAULTS_TOLD]))


@cache
def _api() -> Any:
    return yaml.safe_load(DOCUMENT.read_bytes())


@cache
def _paths() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The paths as patterns, those without parameters first."""
    paths = sorted(_api()["paths"], key=lambda path: path.count("{"))
    found = []
    for path in paths:
        pattern = (
            re.escape(path).replace(r"\{page\}", "(?:callback|common|reports|wallboard)").replace(r"\{path\}", ".*")
        )
        found.append((re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)), path))
    return tuple(found)


def _resolved(part: Any) -> Any:
    while "$ref" in part:
        found = _api()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


@cache
def _body_of(path: str, method: str, status: str, media: str) -> jsonschema_rs.Draft202012Validator:
    answer = _resolved(_api()["paths"][path][method]["responses"][status])
    return jsonschema_rs.Draft202012Validator(
        {"allOf": [answer["content"][media]["schema"]], "components": _api()["components"]}
    )


def check_answer(method: str, path: str, status: int, media: str, body: bytes) -> None:
    """An answer of the API, the daemon's own paths alone; AssertionError if it is not as documented."""
    template = next((template for pattern, template in _paths() if pattern.fullmatch(path)), None)
    if template is None:
        assert status in _REFUSED, f"{path} is no path of the OpenAPI document, and gave {status}"
        return
    operation = _api()["paths"][template].get("get" if method == "HEAD" else method.lower())
    if operation is None:
        assert status in _REFUSED, f"{method} {path} is not documented, and gave {status}"
        return
    what = f"{method} {path}: {status}"
    assert str(status) in operation["responses"], f"{what} is not documented"
    content = _resolved(operation["responses"][str(status)]).get("content", {})
    if method == "HEAD" or not body:
        return
    assert media in content, f"{what} is {media}, which is not documented"
    if media == "application/json":
        _check(
            _body_of(template, method.lower(), str(status), media),
            orjson.loads(body),
            what,
        )
