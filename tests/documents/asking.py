"""A client of the daemon that holds each answer to the OpenAPI document."""

from typing import Any

import aiohttp

from tests.documents.validity import check_answer

_WITHOUT_END = "text/event-stream"


async def _check(_session: Any, _context: Any, ended: aiohttp.TraceRequestEndParams) -> None:
    answer = ended.response
    if answer.history or answer.content_type == _WITHOUT_END:
        return
    check_answer(ended.method, ended.url.raw_path, answer.status, answer.content_type, await answer.read())


def asking(url: str, **options: Any) -> aiohttp.ClientSession:
    """A session whose requests fail where the answer is not as documented. Answers are read to their end, but for streams."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_end.append(_check)
    return aiohttp.ClientSession(url, trace_configs=[tracing], **options)
