"""`POST /api/v1/contacts`: what other programs know of contacts outside of the PBX (contract, sections 3 and 6)."""

import orjson
from aiohttp import web

from daemon import clock
from daemon.case_words import BadWordsError, contact_in
from daemon.http_access import may_write
from daemon.http_server import error_answer, json_answer
from daemon.requests import Requests

ANSWER_WITHIN_S = 5.0


class ContactRoute:
    """Takes contacts from whoever shows the write token; without one in the settings, from nobody."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        return [web.post("/api/v1/contacts", self._contact)]

    async def _contact(self, request: web.Request) -> web.Response:
        if not may_write(request):
            return error_answer(403, "contacts are taken with the write token only")
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return error_answer(400, 'the body is JSON, e.g. {"number": "+79001112233", "by": "Anna"}')
        try:
            asked = contact_in(body, clock.now())
        except BadWordsError as error:
            return error_answer(400, str(error))
        answer = await self._requests.ask(asked, ANSWER_WITHIN_S)
        if answer is None:
            return json_answer({"v": 1, "outcome": "noted", "cases": []}, 202)
        return json_answer({"v": 1, "outcome": answer.outcome, "cases": [case.id for case in answer.cases]})
