"""The API against its own OpenAPI document: whatever is sent by it is answered by it, and nothing makes the server fail. (schemathesis)"""
import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hasip.api import API_PATH
from hasip.api.application import application
from hasip.domain.node import Console, Node
from hasip.domain.person import Person
from hasip.portal import Portal
from hasip.served import pages_of
from hasip.store import CallStore, Store
from hasip.web import serving
from tests.portal.scene import ANNA, OPERATOR, FakeLive, Scene, play

EXAMPLES = 12                       # of each operation, for each of the two
CALL_S = 30.0

DOCUMENT = application(Portal(Store("sqlite:////nowhere/at.all"), CallStore("sqlite:////nowhere/at.all"), FakeLive(), Node("x", Path("/nowhere"), ())), is_by_tls=False).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT).exclude(path_regex="/news$")      # they end never


class Server:
    """A scene's API on a port, in a thread with a loop of its own."""

    def __init__(self, url: str) -> None:
        self.tokens: dict[str, str] = {}
        self.port = 0
        self._is_there, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=play, args=(url, self._serve))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_there.wait(CALL_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    async def _serve(self, scene: Scene) -> None:
        for person in (OPERATOR, ANNA):
            self.tokens[person.name] = (await scene.portal.users.make_token(person, "schema"))[1]
        async with serving(pages_of(scene.portal, Console("127.0.0.1", 0)), "127.0.0.1", 0) as self.port:
            self._is_there.set()
            await asyncio.to_thread(self._is_over.wait)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(f"sqlite:///{tmp_path_factory.mktemp('store')}/hasip.db") as running:
        yield running


def call(server: Server, case: schemathesis.Case, person: Person) -> None:
    """Send what was made up, and look at the answer in every way but one: what fits the document may still break rules between fields."""
    case.call_and_validate(base_url=f"http://127.0.0.1:{server.port}{API_PATH}", headers={"Authorization": f"Bearer {server.tokens[person.name]}"},
                           excluded_checks=[positive_data_acceptance], timeout=CALL_S)


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_an_operator_is_answered_as_the_document_says(server: Server, case: schemathesis.Case) -> None:
    call(server, case, OPERATOR)


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_a_customer_is_answered_as_the_document_says(server: Server, case: schemathesis.Case) -> None:
    call(server, case, ANNA)
