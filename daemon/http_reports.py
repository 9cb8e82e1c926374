"""Reports by HTTP (contract, sections 4 and 6): the figures of the command line, as JSON and as files.

Without the read token numbers and names are masked in every form. They are made in a process of their own, one at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web

from config.sections import Ami, Http, Settings
from daemon import clock
from daemon.http_access import may_read_all
from daemon.http_queries import LIMIT_MOST, ReportRequest, report_request
from daemon.http_server import BadQueryError, error_answer
from daemon.report_process import ReportBusyError, ReportProcess, ReportTooLargeError, ReportTooSlowError
from daemon.report_question import REPORT_NAMES, ReportName, ReportQuestion
from daemon.report_worker import ReportTask
from daemon.reports.files import FILE_FORMS
from daemon.words import Language

FILE_CALLS_MOST = 100_000
"""So many calls a file lists at most."""
_AGAIN_IN_S = "2"
_HEADERS = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class ReportRoutes:
    """Routes on one daemon's reports. `settings` is asked each time: they may change while it runs."""

    database: Path
    settings: Callable[[], Settings]
    process: ReportProcess

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        reports = [web.get(f"/api/v1/reports/{name}", partial(self._report, name)) for name in REPORT_NAMES]
        return [web.get("/api/v1/reports", self._choices), *reports]

    async def _choices(self, request: web.Request) -> web.Response:
        if request.query:
            return error_answer(400, "it takes no parameters; /api/v1/reports/NAME does")
        settings = self.settings()
        return await self._answer(self._task(None, settings, settings.site.language, "json", LIMIT_MOST))

    async def _report(self, name: ReportName, request: web.Request) -> web.Response:
        settings = self.settings()
        try:
            asked = report_request(name, request.query, settings.zone, not may_read_all(request))
        except BadQueryError as error:
            return error_answer(400, str(error))
        if asked.question.number is not None and not may_read_all(request):
            # The digits that a mask hides are few enough to be asked for one by one.
            return error_answer(403, "number may be asked for with the read token only")
        language = asked.language or settings.site.language
        task = self._task(asked.question, settings, language, asked.form, asked.listed)
        return await self._answer(task, asked)

    def _task(
        self, question: ReportQuestion | None, settings: Settings, language: Language, form: str, listed: int
    ) -> ReportTask:
        public = settings.model_copy(update={"ami": Ami(), "mqtt": None, "http": Http(), "clients": None})
        return ReportTask(
            question,
            self.database,
            public,
            language,
            form,
            clock.now(),
            listed,
            FILE_CALLS_MOST,
            self.process.within_s,
        )

    async def _answer(self, task: ReportTask, asked: ReportRequest | None = None) -> web.Response:
        try:
            body = await self.process.make(task)
        except ReportBusyError:
            busy = error_answer(503, "other reports are being made; ask again in a moment")
            busy.headers["Retry-After"] = _AGAIN_IN_S
            return busy
        except ReportTooSlowError:
            return error_answer(504, f"it takes longer than {self.process.within_s:.0f} s: ask for a shorter period")
        except ReportTooLargeError as error:
            return error_answer(400, str(error))
        if asked is None or asked.form == "json":
            return web.Response(body=body, content_type="application/json", headers=_HEADERS)
        form = FILE_FORMS[asked.form]
        named = f'attachment; filename="ringtally-{asked.question.name}.{form.suffix}"'
        return web.Response(
            body=body, headers=_HEADERS | {"Content-Type": form.content_type, "Content-Disposition": named}
        )
