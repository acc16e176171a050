"""Every route there is, tried by who may not: a list made from the application, so that a new route is in it."""
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from hasip.api.application import application
from hasip.domain.node import Node
from hasip.portal import Portal
from hasip.store import CallStore, Store
from tests.portal.scene import ANNA, BERT, OPERATOR, FakeLive

from .client import Asker, ask

OPEN = {("POST", "/session")}                           # who logs in is nobody yet
OWN = {("GET", "/session"), ("DELETE", "/session"), ("GET", "/trunks"), ("GET", "/calls"), ("GET", "/zones"), ("GET", "/zone-events"), ("GET", "/news"),
       ("GET", "/tokens"), ("POST", "/tokens"), ("DELETE", "/tokens/{name}"), ("GET", "/audit"),
       ("GET", "/records"), ("GET", "/records/{call_id}"), ("GET", "/record-export"), ("PUT", "/users/{name}/password")}
OPERATORS = {("GET", "/nodes"), ("GET", "/users"), ("POST", "/users"), ("DELETE", "/users/{name}"), ("PUT", "/users/{name}/trunks")}
OPERATORS_BELOW = ("/cores",)                           # all routes that begin so
MAY_BE_REFUSED = {"DELETE /trunks/{name}", "PUT /trunks/{name}/zones/{zone}/drain", "DELETE /trunks/{name}/zones/{zone}/drain"}      # by role, before whose it is

BODIES = {"POST /session": {"name": "x", "password": "x"}, "PUT /trunks/{name}": {"name": "globex", "calls": 1, "numbers": []},
          "PATCH /trunks/{name}": {"mode": "only_primary"}, "POST /trunks/{name}/failover-test": {"seconds": 5}, "PUT /cores/{name}": {"name": "pstn", "allow": []},
          "POST /users": {"name": "eve", "role": "operator", "password": "x" * 12}, "PUT /users/{name}/trunks": {"trunks": ["acme"]},
          "PUT /users/{name}/password": {"password": "x" * 12, "old_password": "y" * 12}, "POST /tokens": {"name": "eve"}}


def routes() -> Iterator[tuple[str, str]]:
    """Yield every method and path of the API."""
    app = application(Portal(Store("sqlite:////nowhere/at.all"), CallStore("sqlite:////nowhere/at.all"), FakeLive(), Node("x", Path("/nowhere"), ())), is_by_tls=False)
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path
    assert {route.path for route in app.routes if isinstance(route, APIRoute)} <= set(app.openapi()["paths"])


ROUTES = sorted(routes())


def of_trunks(route: tuple[str, str]) -> bool:
    return route[1].startswith("/trunks/{name}")


async def send(asker: Asker, method: str, path: str, name: str, headers: dict[str, str] | None = None) -> int:
    filled = path.replace("{name}", name).replace("{zone}", "sg-a")
    body = BODIES.get(f"{method} {path}")
    return (await asker.request(method, filled, json=body, headers={"If-Match": "*", **(headers or {})})).status_code


def test_every_route_is_of_a_kind_that_is_tried_below() -> None:
    strange = [route for route in ROUTES if not (of_trunks(route) or route in OPEN | OWN | OPERATORS or route[1].startswith(OPERATORS_BELOW))]
    assert strange == []
    assert {f"{method} {path}" for method, path in ROUTES if method in ("POST", "PUT", "PATCH")} - set(BODIES) == {
        f"PUT /{owner}/{{name}}/zones/{{zone}}/drain" for owner in ("trunks", "cores")}


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in OPEN], ids=" ".join)
def test_nobody_gets_nothing(url: str, route: tuple[str, str]) -> None:
    assert ask(url, lambda asker: send(asker, *route, "acme")) == 401


@pytest.mark.parametrize("name", ["globex", "no-such-trunk"])
@pytest.mark.parametrize("route", [route for route in ROUTES if of_trunks(route)], ids=" ".join)
def test_a_foreign_trunk_is_not_found_by_any_route_nor_is_one_that_is_not_there(url: str, route: tuple[str, str], name: str) -> None:
    async def work(asker: Asker) -> int:
        before = await asker.scene.store.load(), asker.scene.live.trials.copy(), str(asker.scene.live.zones_now)
        await asker.as_program(ANNA)
        code = await send(asker, *route, name)
        assert (await asker.scene.store.load(), asker.scene.live.trials, str(asker.scene.live.zones_now)) == before
        return code
    allowed = {403} if " ".join(route) in MAY_BE_REFUSED else {404}
    assert ask(url, work) in allowed


@pytest.mark.parametrize("route", [route for route in ROUTES if route in OPERATORS or route[1].startswith(OPERATORS_BELOW)], ids=" ".join)
def test_what_is_for_operators_is_refused_to_customers(url: str, route: tuple[str, str]) -> None:
    async def work(asker: Asker) -> int:
        people, world = await asker.scene.portal.users.all(OPERATOR), await asker.scene.store.load()
        await asker.as_program(ANNA)
        code = await send(asker, *route, "pstn" if route[1].startswith("/cores") else "bert")
        assert (await asker.scene.portal.users.all(OPERATOR), await asker.scene.store.load()) == (people, world)
        return code
    assert ask(url, work) == 403


@pytest.mark.parametrize("route", [("PUT", "/users/{name}/password"), ("DELETE", "/tokens/{name}")], ids=" ".join)
def test_what_everybody_has_of_their_own_is_not_reached_from_another(url: str, route: tuple[str, str]) -> None:
    async def work(asker: Asker) -> int:
        await asker.scene.portal.users.make_token(BERT, "bert")
        await asker.as_program(ANNA)
        code = await send(asker, *route, "bert")
        assert [token.name for token in await asker.scene.portal.users.tokens(BERT)] == ["bert"]
        return code
    assert ask(url, work) in (403, 404)


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "GET" and (method, path) in OWN and path != "/news"])
def test_no_list_has_what_is_somebody_elses(url: str, path: str) -> None:
    async def work(asker: Asker) -> str:
        await asker.scene.portal.trunks.change(BERT, "globex", {"mode": "only_primary"})
        await asker.as_program(ANNA)
        return (await asker.get(path.replace("{call_id}", "acme@cases"))).text
    said = ask(url, work)
    assert said and "globex" not in said and "strange" not in said and "initech" not in said and "bert" not in said
