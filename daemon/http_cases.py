"""Cases by HTTP: lists and one case, and what people say of them: claims, contacts, dismissals, notes (contract, sections 3, 4 and 6).

Reading is masked without the read token, as everywhere. Whatever writes needs the write token, and shows what came of it as far as
the request may read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from config.sections import Settings
from daemon import clock
from daemon.board.missed import RenderCase, render_case
from daemon.case_words import BadWordsError, case_contact_in, claim_in, dismissal_in, note_in
from daemon.http_access import may_read_all, may_write
from daemon.http_queries import case_filter
from daemon.http_server import BadQueryError, error_answer, json_answer
from daemon.http_turns import made_of_each, one_by_one
from daemon.requests import Requests
from handlers.case_facts import Case, RequestAnswered
from storage.case_history import case_history, step_json
from storage.cases import find_case, find_cases
from storage.reading import reading
from storage.requests import NOTES_MOST, Asked

ANSWER_WITHIN_S = 5.0
NO_CASE = "no such case"


@dataclass(frozen=True, slots=True)
class CaseRoutes:
    """Routes on one daemon's cases. `settings` is asked each time; `render` tells a case as the core has it."""

    database: Path
    requests: Requests
    settings: Callable[[], Settings]
    render: RenderCase

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        return [
            web.get("/api/v1/cases", self._cases),
            web.get("/api/v1/cases/{id}", self._case),
            web.get("/api/v1/cases/{id}/history", self._history),
            web.post("/api/v1/cases/{id}/claim", self._claim),
            web.post("/api/v1/cases/{id}/contact", self._contact),
            web.post("/api/v1/cases/{id}/dismiss", self._dismiss),
            web.post("/api/v1/cases/{id}/notes", self._note_on_case),
            web.post("/api/v1/calls/{id}/notes", self._note_on_call),
        ]

    async def _cases(self, request: web.Request) -> web.Response:
        settings, now = self.settings(), clock.now()
        try:
            waiting_since = now - settings.follow_up.list_for
            wanted = case_filter(request.query, settings.zone, waiting_since, full=may_read_all(request))
        except BadQueryError as error:
            return error_answer(400, str(error))
        if wanted.number is not None and not may_read_all(request):
            # The digits that a mask hides are few enough to be asked for one by one.
            return error_answer(403, "number may be asked for with the read token only")
        async with reading(self.database) as connection:
            found = await find_cases(connection, wanted)
        told = await made_of_each(one_by_one(found), lambda case: self._stored(case.as_of(now), request))
        return json_answer({"v": 1, "cases": told})

    async def _case(self, request: web.Request) -> web.Response:
        case = await self._find(request)
        return error_answer(404, NO_CASE) if case is None else json_answer(self._stored(case, request))

    async def _history(self, request: web.Request) -> web.Response:
        async with reading(self.database) as connection:
            steps = await case_history(connection, request.match_info["id"])
        if not steps:
            return error_answer(404, NO_CASE)
        full = may_read_all(request)
        return json_answer({"v": 1, "history": [step_json(step, full) for step in steps]})

    async def _claim(self, request: web.Request) -> web.Response:
        return await self._said(request, lambda body, case_id: claim_in(body, case_id, clock.now()))

    async def _dismiss(self, request: web.Request) -> web.Response:
        return await self._said(request, dismissal_in)

    async def _contact(self, request: web.Request) -> web.Response:
        """He was reached outside of the PBX: told of his case, whoever may not see his number can tell it too."""
        try:
            body = await self._body(request)
            case = await self._find(request)
            if case is None:
                return error_answer(404, NO_CASE)
            asked = case_contact_in(body, case.number, clock.now())
        except BadWordsError as error:
            return error_answer(400, str(error))
        answer = await self.requests.ask(asked, ANSWER_WITHIN_S)
        if answer is None:
            return json_answer({"v": 1, "outcome": "noted"}, 202)
        closed = next((each for each in answer.cases if each.id == case.id), None)
        if closed is not None:
            return json_answer({"v": 1, "outcome": "done", "case": self.render(closed, may_read_all(request))})
        stored = await self._find(request) or case
        told = self._stored(stored, request)
        if (stored.contact, stored.contact_by) == ("external", asked.by):  # said before: nothing is left to do
            return json_answer({"v": 1, "outcome": "done", "case": told})
        if stored.is_waiting:
            return json_answer({"error": "he was missed after that; at is when he was reached", "case": told}, 409)
        return json_answer({"error": f"the case waits no longer: it is {stored.state}", "case": told}, 409)

    async def _said(self, request: web.Request, understood: Callable[[Any, str], Asked]) -> web.Response:
        """Somebody says something of a case: to the core, and back with what came of it."""
        try:
            asked = understood(await self._body(request), request.match_info["id"])
        except BadWordsError as error:
            return error_answer(400, str(error))
        answer = await self.requests.ask(asked, ANSWER_WITHIN_S)
        if answer is None:
            return json_answer({"v": 1, "outcome": "noted"}, 202)
        return await self._outcome(request, asked, answer)

    async def _outcome(self, request: web.Request, asked: Asked, answer: RequestAnswered) -> web.Response:
        if answer.cases:
            (case,) = answer.cases
            told = self.render(case, may_read_all(request))
            if answer.outcome == "done":
                return json_answer({"v": 1, "outcome": "done", "case": told})
            error = "somebody else calls this one back; case says who, and until when"
            return json_answer({"error": error, "case": told}, 409)
        stored = await self._find(request)
        if stored is None:
            return error_answer(404, NO_CASE)
        told = self._stored(stored, request)
        if asked.kind == "dismiss" and stored.state == "dismissed":  # said before: nothing is left to do
            return json_answer({"v": 1, "outcome": "done", "case": told})
        return json_answer({"error": f"the case waits no longer: it is {stored.state}", "case": told}, 409)

    async def _note_on_case(self, request: web.Request) -> web.Response:
        # Its first call has its id, and any call has notes: but this asks for a case.
        return await self._note(
            request, NO_CASE, None if await self._find(request) is None else request.match_info["id"]
        )

    async def _note_on_call(self, request: web.Request) -> web.Response:
        return await self._note(request, "no such call", request.match_info["id"])

    async def _note(self, request: web.Request, missing: str, call_id: str | None) -> web.Response:
        try:
            by, text = note_in(await self._body(request))
        except BadWordsError as error:
            return error_answer(400, str(error))
        noted = None if call_id is None else await self.requests.note(call_id, by, text)
        if noted is None:
            return error_answer(404, missing)
        if noted == "full":
            return error_answer(409, f"it has {NOTES_MOST} notes, and takes no more")
        return json_answer({"v": 1, "outcome": noted}, 201 if noted == "noted" else 200)

    async def _body(self, request: web.Request) -> Any:
        """The JSON of somebody who may write; BadWordsError where it is none."""
        if not may_write(request):
            raise web.HTTPForbidden(reason="this is taken with the write token only")
        try:
            return orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            raise BadWordsError('the body is JSON, e.g. {"by": "Anna"}') from None

    async def _find(self, request: web.Request) -> Case | None:
        async with reading(self.database) as connection:
            found = await find_case(connection, request.match_info["id"])
        return None if found is None else found.as_of(clock.now())

    def _stored(self, case: Case, request: web.Request) -> dict[str, Any]:
        return render_case(case, may_read_all(request))
