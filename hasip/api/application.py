"""The API as an application."""
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from hasip import __version__
from hasip.api import cores, live, news, people, records, sessions, trunks
from hasip.api.problems import MEDIA_TYPE, Problem, answer_problems
from hasip.portal import Portal
from hasip.web import BodyLimit, OpenStreams

API_PATH = "/api/v1"

PROBLEMS = {400: "It is no request as the API has them.", 401: "Nobody knows who asks.", 403: "This person may not do that.",
            404: "It is not there, or not yours.", 409: "It can't be done as things are.", 412: "It is not what was seen any more.",
            413: "The body is too long.", 422: "What was sent is not right: `problems` says where, and what would be.",
            428: "Say what is replaced: If-Match, or If-None-Match.", 429: "Too many tries: wait.", 503: "The store is away, or the node is starting."}

DESCRIPTION = """Trunks and cores as the trunks file has them, what happens to their calls, and what can be done about it.

Send a token (`Authorization: Bearer …`), or log in with POST /session. Customers reach their own trunks only; somebody else's is not found. Errors are
problem documents (RFC 9457)."""


def api(portal: Portal, *, is_by_tls: bool) -> ASGIApp:
    """Return the API over a portal."""
    return BodyLimit(application(portal, is_by_tls=is_by_tls))


def application(portal: Portal, *, is_by_tls: bool) -> FastAPI:
    """Return the bare application: routes, and how errors are answered."""
    app = FastAPI(title="hasip", version=__version__, description=DESCRIPTION, docs_url=None, redoc_url=None, servers=[{"url": API_PATH}],
                  generate_unique_id_function=name_of_route)       # no pages that load scripts from elsewhere
    app.state.portal, app.state.is_by_tls, app.state.streams = portal, is_by_tls, OpenStreams(news.STREAMS_MAX)
    for each in (sessions, trunks, cores, live, records, news, people):
        app.include_router(each.routes)
    answer_problems(app)
    made = app.openapi

    def openapi() -> dict[str, Any]:
        return app.openapi_schema or with_problems(made())

    app.openapi = openapi       # type: ignore[method-assign]
    return app


def name_of_route(route: APIRoute) -> str:
    """Return an operation's id."""
    return route.name


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document whose operations name every problem they may answer."""
    document.setdefault("components", {}).setdefault("schemas", {}).update(schemas_of_problem())
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].update({str(status): {"description": text, "content": content} for status, text in PROBLEMS.items()})
    return document


def schemas_of_problem() -> dict[str, Any]:
    """Return the schemas of a problem document."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}
