"""The landing page: links that lead somewhere, what is wrong escaped, the language of whoever looks."""

import pytest

from config.sections import Settings
from daemon.http_document import DocumentRoute
from daemon.http_landing import accepted
from daemon.web_pages import WebPages, page_names
from tests.daemon.http_service import Service, serving


async def test_the_landing_page_links_what_there_is_and_escapes_what_it_says() -> None:
    service = Service(reason='<img src=x onerror="alert(1)">')
    async with serving(
        service, more_routes=[*WebPages(Settings, "1.2.3").routes(), *DocumentRoute().routes()]
    ) as client:
        async with client.get("/") as answer:
            page = await answer.text()
        assert "<img" not in page
        assert "Not ready: &lt;img" in page
        links = [part.partition('"')[0] for part in page.split('<a href="')[1:]]
        assert {
            *(f"/{name}/" for name in page_names()),
            "/api/v1/openapi.yaml",
            "/api/v1/asyncapi.yaml",
            "/metrics",
            "/api/v1/calls",
            "/api/v1/live",
            "/api/v1/stream",
            "/-/ready",
            "/-/healthy",
        } == set(links)
        for link in links:
            async with client.get(link) as answer:
                assert answer.status in {200, 503}


async def test_the_landing_page_speaks_the_language_of_who_looks() -> None:
    service = Service(reason="the PBX is not connected (refused)")
    async with serving(service) as client:

        async def page(header: str, query: str = "") -> str:
            async with client.get(f"/{query}", headers={"Accept-Language": header}) as answer:
                assert answer.headers["Vary"] == "Accept-Language"
                text = await answer.text()
                assert f'<html lang="{answer.headers["Content-Language"]}">' in text
                return text

        russian = await page("de, ru-RU;q=0.9, en;q=0.8")
        assert "Табло" in russian
        assert "Не готово: АТС не подключена (отказала во входе)" in russian
        assert 'href="/callback/"' in russian
        # What is asked for by the address goes on with who follows a link.
        assert 'href="/callback/?lang=en"' in await page("ru", "?lang=en")
        for header, query, word in (
            ("ru", "?lang=en", "Wallboard"),
            ("en", "?lang=ru", "Табло"),
            ("de", "?lang=de", "Wallboard"),
        ):
            assert word in await page(header, query)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("en-GB, ru", "en"),
        ("en;q=0.3, RU ; q=0.5", "ru"),
        ("ru;q=0, *", None),
        ("ru;q=x, ru;q=nan, ru;q=-1", None),
        ("de, fr", None),
        ("", None),
        (",;,=;q", None),
    ],
)
def test_of_the_languages_that_a_browser_likes_the_best_is_taken(header: str, language: str | None) -> None:
    assert accepted(header) == language
