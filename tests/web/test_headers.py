"""What every answer carries, and what no request may be."""
import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hasip.web import BodyLimit, SecureHeaders, is_from_another_site
from hasip.web.headers import HEADERS


async def echo(request: Request) -> Response:
    headers = {"Cache-Control": "public"} if request.url.path == "/static" else {}
    return PlainTextResponse(str(len(await request.body())), headers=headers)


PAGES = Starlette(routes=[Route(path, echo, methods=["GET", "POST"]) for path in ("/", "/static")])


def ask(app: object, method: str = "GET", path: str = "/", **options: object) -> httpx.Response:
    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hasip.test") as client:     # type: ignore[arg-type]
            return await client.request(method, path, **options)       # type: ignore[arg-type]
    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_every_answer_carries_them_errors_too(path: str) -> None:
    answer = ask(SecureHeaders(PAGES, is_by_tls=False), path=path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS and "Strict-Transport-Security" not in answer.headers


def test_an_answer_with_its_own_keeps_it_and_by_tls_the_browser_stays_with_tls() -> None:
    answer = ask(SecureHeaders(PAGES, is_by_tls=True), path="/static")
    assert answer.headers["Cache-Control"] == "public" and "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(("length", "status"), [(10, 200), (11, 413)])
def test_a_body_is_read_up_to_its_limit(length: int, status: int) -> None:
    async def parts() -> object:
        for _ in range(length):
            yield b"x"
    assert ask(BodyLimit(PAGES, 10), "POST", content=parts()).status_code == status


@pytest.mark.parametrize(("site", "is_foreign"), [(None, False), ("none", False), ("same-origin", False), ("same-site", True), ("cross-site", True)])
def test_another_sites_page_is_known_by_what_the_browser_says(site: str | None, is_foreign: bool) -> None:
    headers = [(b"sec-fetch-site", site.encode())] if site else []
    assert is_from_another_site(Request({"type": "http", "headers": headers})) is is_foreign
