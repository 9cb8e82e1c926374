"""The landing page: what there is, for people and for programs, and whether the PBX is heard."""

import html

from aiohttp import web

from daemon.web_pages import page_names

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGES = {
    "wallboard": ("Wallboard", "who waits, who is free, what the day was like: for a screen on the wall"),
    "callback": ("Call back", "clients who were missed and whom nobody has reached yet"),
    "reports": ("Reports", "missed calls, waits and the list of calls, with charts and files"),
}
_FOR_PROGRAMS = {
    "/metrics": "for Prometheus",
    "/-/healthy": "does the daemon run",
    "/-/ready": "is the PBX heard",
    "/api/v1/live": "the calls that live now",
    "/api/v1/calls": "finished calls",
    "/api/v1/stream": "server-sent events",
    "/api/v1/openapi.yaml": "the whole API as a document",
    "/api/v1/asyncapi.yaml": "the topics of MQTT and of the stream as a document",
}


def landing(version: str, trouble: str | None) -> web.Response:
    """The page; `trouble`: why the daemon is not ready, or None."""
    pages = "".join(_page(name) for name in sorted(page_names(), key=_place))
    programs = "".join(
        f'<li><a href="{path}">{path}</a> <span>{what}</span></li>' for path, what in _FOR_PROGRAMS.items()
    )
    state = "Connected to the PBX." if trouble is None else f"Not ready: {trouble}"
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>ringtally</title>'
        '<link rel="icon" href="common/icon.svg" type="image/svg+xml"><script src="common/theme.js"></script>'
        '<link rel="stylesheet" href="common/tokens.css"><link rel="stylesheet" href="common/base.css">'
        '<link rel="stylesheet" href="common/landing.css"></head>'
        f'<body data-link="{"live" if trouble is None else "no_pbx"}"><main>'
        f"<h1>ringtally {html.escape(version)}</h1>"
        f'<p class="link">{html.escape(state)}</p><ul class="pages">{pages}</ul>'
        f'<h2>For programs</h2><ul class="programs">{programs}</ul></main></body></html>'
    )
    return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": _POLICY})


def _place(name: str) -> tuple[int, str]:
    known = list(_PAGES)
    return (known.index(name) if name in known else len(known), name)


def _page(name: str) -> str:
    title, what = _PAGES.get(name, (name, ""))
    return f'<li><a href="/{name}/"><b>{html.escape(title)}</b> <span>{html.escape(what)}</span></a></li>'
