"""The API as a document: valid, of every route and no other, and in the words of the code."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from openapi_spec_validator import validate

from daemon import http_queries
from daemon.board.call_events import render_call
from daemon.case_words import CLAIM_LONGEST_S, CLAIMED_FOR, NAME_LONGEST, TEXT_LONGEST
from daemon.http_access import TOKEN_HEADER
from daemon.http_document import DOCUMENT, TOPICS
from daemon.http_queries import LIMIT_DEFAULT, LIMIT_MOST
from daemon.http_server import HttpServer
from daemon.periods import PERIODS
from handlers.ami.events import GapReason
from handlers.case_facts import CONTACT_KINDS, CaseState, Outcome
from handlers.facts import CALL_STATES, DIRECTIONS, RESULTS, EndedBy, Hold, Leg, LegResult, QueueStay, StayOutcome
from storage.call_json import call_json, time_line_json
from storage.case_history import Step, step_json
from storage.case_json import case_json
from storage.requests import NOTES_MOST
from tests.daemon.app_service import running, settings_for
from tests.daemon.free_port import closed_port
from tests.storage.sample_calls import a_call, ended
from tests.storage.sample_cases import a_case


@cache
def document() -> Any:
    return yaml.safe_load(DOCUMENT.read_bytes())


def schema(name: str) -> Any:
    return document()["components"]["schemas"][name]


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, item in document()["paths"].items():
        for method in item.keys() - {"parameters"}:
            yield method.upper(), path, item[method]


def test_it_is_an_openapi_document() -> None:
    validate(document())


async def test_every_route_is_in_it_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers: list[HttpServer] = []
    start = HttpServer.start

    async def started(self: HttpServer, listen: str) -> int:
        servers.append(self)
        return await start(self, listen)

    monkeypatch.setattr(HttpServer, "start", started)
    async with running(settings_for(tmp_path, closed_port())) as (_, client):
        (server,) = servers
        assert server._runner is not None
        routes = {
            (route.method, route.resource.canonical)
            for route in server._runner.app.router.routes()
            if route.resource is not None and route.method != "HEAD"
        }
        assert routes == {(method, path) for method, path, _ in operations()}
        for document in (DOCUMENT, TOPICS):
            async with client.get(f"/api/v1/{document.name}") as answer:
                assert (answer.status, answer.content_type) == (200, "application/yaml")
                assert await answer.read() == document.read_bytes()


@pytest.mark.parametrize("document", [DOCUMENT, TOPICS], ids=lambda path: path.name)
def test_it_lies_among_the_documents_too(document: Path) -> None:
    beside = Path(__file__).parents[2] / "docs" / document.name
    assert beside.read_bytes() == document.read_bytes()


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/api/v1/calls", http_queries._OF_CALLS),
        ("/api/v1/cases", http_queries._OF_CASES),
        ("/api/v1/gaps", dict.fromkeys(http_queries._PERIOD)),
    ],
)
def test_lists_take_the_parameters_that_it_names(path: str, taken: dict[str, Any]) -> None:
    named = {each["name"]: each["schema"] for each in document()["paths"][path]["get"]["parameters"]}
    assert named.keys() == taken.keys()
    for name, words in taken.items():
        if words is not None:
            assert _words(named[name]) == set(words)
    assert set(named["period"]["enum"]) == set(PERIODS)
    limit = named["limit"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, LIMIT_MOST, LIMIT_DEFAULT)


def _words(given: Any) -> set[Any]:
    named = given.get("$ref", "").rpartition("/")[2]
    return set((schema(named) if named else given)["enum"])


def test_bodies_are_bounded_as_it_says() -> None:
    assert schema("Who")["maxLength"] == NAME_LONGEST
    assert schema("Text")["maxLength"] == schema("MaybeText")["maxLength"] == TEXT_LONGEST
    claim = document()["paths"]["/api/v1/cases/{id}/claim"]["post"]["requestBody"]["content"]["application/json"]
    duration = claim["schema"]["properties"]["for"]
    assert duration["default"] == CLAIMED_FOR
    assert duration["oneOf"][1]["maximum"] == CLAIM_LONGEST_S
    full = document()["paths"]["/api/v1/calls/{id}/notes"]["post"]["responses"]["409"]["description"]
    assert str(NOTES_MOST) in full


def test_answers_have_the_fields_and_words_that_it_names() -> None:
    told = ended(a_call())
    for name, said in (
        ("FinishedCall", call_json(told.call)),
        ("LiveCall", render_call(a_call(state="talking"), full=True)),
        ("CallWithTimeLine", time_line_json(told)),
        ("Case", case_json(a_case())),
        ("Step", step_json(Step(0.0, "missed", None, None, None), full=True)),
    ):
        assert schema(name)["required"] == list(said) == list(schema(name)["properties"])
    call, case = schema("FinishedCall")["properties"], schema("Case")["properties"]
    parts = {
        name: schema("CallWithTimeLine")["properties"][name]["items"]["properties"]
        for name in ("legs", "stays", "holds")
    }
    assert set(parts["legs"]) == {field.name for field in fields(Leg)}
    assert set(parts["stays"]) == {field.name for field in fields(QueueStay)}
    assert set(parts["holds"]) == {field.name for field in fields(Hold)}
    for named, words in (
        (schema("Direction"), DIRECTIONS),
        (schema("Result"), {result for each in RESULTS.values() for result in each}),
        (schema("CaseState"), get_args(CaseState)),
        (schema("LiveCall")["properties"]["state"], CALL_STATES),
        (schema("Step")["properties"]["kind"], {"missed", "attempt", "claimed", *get_args(CaseState)} - {"open"}),
        (schema("Gap")["properties"]["reason"], get_args(GapReason)),
        (call["ended_by"], {*get_args(EndedBy), None}),
        (case["contact"], {*CONTACT_KINDS, None}),
        (parts["legs"]["result"], {*get_args(LegResult), None}),
        (parts["stays"]["outcome"], {*get_args(StayOutcome), None}),
    ):
        assert set(named["enum"]) == set(words)
    assert set(schema("ContactTaken")["properties"]["outcome"]["enum"]) <= {*get_args(Outcome), "noted"}


def test_who_writes_shows_the_write_token_and_who_reads_may_show_none() -> None:
    schemes = document()["components"]["securitySchemes"]
    assert schemes["writeTokenHeader"]["name"] == schemes["readTokenHeader"]["name"] == TOKEN_HEADER
    for method, _, operation in operations():
        ways = operation.get("security", document()["security"])
        if method == "POST":
            assert all(way.keys() & {"writeToken", "writeTokenHeader"} for way in ways)
        else:
            assert {} in ways


def objects(part: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        if "object" in part.get("type", ()):
            yield where, part
        for key, each in part.items():
            yield from objects(each, f"{where}/{key}")
    elif isinstance(part, list):
        for number, each in enumerate(part):
            yield from objects(each, f"{where}/{number}")


def test_no_object_takes_fields_that_it_does_not_name() -> None:
    loose = [where for where, each in objects(document()) if "additionalProperties" not in each]
    assert [where for where in loose if "/application/yaml/" not in where] == []


def test_every_operation_may_refuse_whom_the_gate_refuses() -> None:
    for method, path, operation in operations():
        assert operation["responses"].keys() >= {"401", "421", "429"}, (method, path)
        if path.startswith("/api/") or method == "POST":
            assert "400" in operation["responses"], (method, path)
        if method == "POST":
            assert operation["responses"].keys() >= {"403", "408", "413", "503"}, (method, path)
