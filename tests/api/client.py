"""The API of a scene, asked as a browser or a program asks: over ASGI, without a socket."""
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from hasip.api import API_PATH
from hasip.domain.node import Console
from hasip.domain.person import Person
from hasip.served import pages_of
from tests.portal.scene import PASSWORD, Scene, play

Result = TypeVar("Result")

SOURCE = "192.0.2.1"


class Asker(httpx.AsyncClient):
    """Who asks: nobody to begin with."""

    def __init__(self, scene: Scene, *, certificate: str = "") -> None:
        self.scene = scene
        pages = pages_of(scene.portal, Console("127.0.0.1", 8080, certificate))
        scheme = "https" if certificate else "http"
        super().__init__(transport=httpx.ASGITransport(pages, raise_app_exceptions=False, client=(SOURCE, 1)), base_url=f"{scheme}://hasip.test{API_PATH}")

    async def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Log in as a browser, and send the CSRF token from then on."""
        answer = await self.post("/session", json={"name": name, "password": password})
        if answer.is_success:
            self.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return answer

    async def as_program(self, person: Person) -> "Asker":
        """Send a token of somebody's from now on."""
        _, token = await self.scene.portal.users.make_token(person, f"test-{id(self)}")
        self.headers["Authorization"] = f"Bearer {token}"
        return self


def ask(url: str, work: Callable[[Asker], Awaitable[Result]], **options: Any) -> Result:
    """Return what some work with an API returns; every error it answers is a problem document."""
    async def run(scene: Scene) -> Result:
        async with Asker(scene, **options) as asker:
            asker.event_hooks["response"] = [look_at_problem]
            return await work(asker)
    return play(url, run)


async def look_at_problem(answer: httpx.Response) -> None:
    """Errors are problem documents, and no answer is without the headers."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "default-src 'self'" in answer.headers["Content-Security-Policy"]
    if answer.is_error:
        await answer.aread()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code and answer.json()["detail"]
