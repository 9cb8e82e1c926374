"""The landing page: what there is, for people and for programs, and whether the PBX is heard; in the language of whoever looks."""

import html
import re
from typing import get_args

from aiohttp import web

from daemon.web_pages import page_names
from daemon.words import Language, mark, word

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGES = {
    "wallboard": mark("Wallboard", "who waits, who is free, what the day was like: for a screen on the wall"),
    "callback": mark("Call back", "clients who were missed and whom nobody has reached yet"),
    "reports": mark("Reports", "missed calls, waits and the list of calls, with charts and files"),
}
_FOR_PROGRAMS = dict(
    zip(
        (
            "/metrics",
            "/-/healthy",
            "/-/ready",
            "/api/v1/live",
            "/api/v1/calls",
            "/api/v1/stream",
            "/api/v1/openapi.yaml",
            "/api/v1/asyncapi.yaml",
        ),
        mark(
            "for Prometheus",
            "does the daemon run",
            "is the PBX heard",
            "the calls that live now",
            "finished calls",
            "server-sent events",
            "the whole API as a document",
            "the topics of MQTT and of the stream as a document",
        ),
        strict=True,
    )
)
mark(
    "the PBX is not connected (connecting)",
    "the PBX is not connected (unreachable)",
    "the PBX is not connected (refused)",
    "the PBX is not connected (lost)",
)
_WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")
_LANGUAGES: dict[Language, str] = {"en": "English", "ru": "Русский"}


def landing(request: web.Request, version: str, trouble: str | None, site: Language = "en") -> web.Response:
    """The page; `trouble`: why the daemon is not ready, or None. `site`: the language of who asks for none that we have."""
    asked = request.query.get("lang", "")
    language = _known(asked) or accepted(request.headers.get("Accept-Language", "")) or site
    kept = f"?lang={language}" if _known(asked) else ""
    pages = "".join(_page(name, kept, language) for name in sorted(page_names(), key=_place))
    programs = "".join(
        f'<li><a href="{path}">{path}</a> <span>{html.escape(word(what, language))}</span></li>'
        for path, what in _FOR_PROGRAMS.items()
    )
    not_ready = word("Not ready: {}", language)
    state = word("Connected to the PBX.", language) if trouble is None else not_ready.format(word(trouble, language))
    others = "".join(
        f'<li><a lang="{each}" hreflang="{each}" href="?lang={each}">{name}</a></li>'
        for each, name in _LANGUAGES.items()
        if each != language
    )
    body = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>ringtally</title>'
        '<link rel="icon" href="common/icon.svg" type="image/svg+xml"><script src="common/theme.js"></script>'
        '<link rel="stylesheet" href="common/tokens.css"><link rel="stylesheet" href="common/base.css">'
        '<link rel="stylesheet" href="common/landing.css"></head>'
        f'<body data-link="{"live" if trouble is None else "no_pbx"}"><main>'
        f"<h1>ringtally {html.escape(version)}</h1>"
        f'<p class="link">{html.escape(state)}</p><ul class="pages">{pages}</ul>'
        f'<h2>{html.escape(word("For programs", language))}</h2><ul class="programs">{programs}</ul>'
        f'<ul class="languages">{others}</ul></main></body></html>'
    )
    headers = {"Content-Security-Policy": _POLICY, "Content-Language": language, "Vary": "Accept-Language"}
    return web.Response(text=body, content_type="text/html", headers=headers)


def accepted(header: str) -> Language | None:
    """The language of ours that a browser likes best (RFC 9110, section 12.5.4), the first of those it likes as much; None: none."""
    liked: dict[Language, float] = {}
    for part in header.split(","):
        tag, *parameters = (each.strip().lower() for each in part.split(";"))
        language = _known(tag.partition("-")[0])
        if language is not None:
            liked[language] = max(liked.get(language, 0.0), _weight(parameters))
    best = max(liked, key=lambda each: liked[each], default=None)
    return best if best is not None and liked[best] > 0 else None


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            return float(value) if _WEIGHT.fullmatch(value) else 0.0
    return 1.0


def _known(language: str) -> Language | None:
    return next((each for each in get_args(Language) if each == language), None)


def _place(name: str) -> tuple[int, str]:
    known = list(_PAGES)
    return (known.index(name) if name in known else len(known), name)


def _page(name: str, kept: str, language: Language) -> str:
    title, what = (word(each, language) for each in _PAGES.get(name, (name, "")))
    return f'<li><a href="/{name}/{kept}"><b>{html.escape(title)}</b> <span>{html.escape(what)}</span></a></li>'
