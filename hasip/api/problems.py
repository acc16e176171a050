"""Every error is a problem document: what went wrong, where, and what would be right. (RFC 9457)"""
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from hasip.config.problems import place_of, sentence_of
from hasip.config.trunks_file import KNOWN_KEYS
from hasip.portal import NotAllowed, NotFit, NotFound, NotKnown, NotPossible, TooManyTries
from hasip.store import StoreAway, StoreBusy, StoreChanged, StoreError

MEDIA_TYPE = "application/problem+json"

STATUS_OF: dict[type[Exception], int] = {
    NotKnown: 401, NotAllowed: 403, NotFound: 404, NotPossible: 409, StoreChanged: 412, NotFit: 422, TooManyTries: 429, StoreAway: 503, StoreBusy: 503,
    StoreError: 409}

log = structlog.get_logger("hasip")


class Finding(BaseModel):
    """One thing that is not right."""

    place: str              # "secondary.allow"; empty: the whole
    sentence: str


class Problem(BaseModel):
    """Why a request was refused."""

    type: str = "about:blank"
    title: str              # what the status means
    status: int
    detail: str             # what was wrong, for people
    problems: list[Finding] = []


def answer(status: int, detail: str, problems: list[Finding] | None = None, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a problem document."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, problems=problems or [])
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Let an application answer its errors so."""
    for kind in STATUS_OF:
        app.add_exception_handler(kind, answer_refusal)
    app.add_exception_handler(RequestValidationError, answer_unfit)
    app.add_exception_handler(HTTPException, answer_plain)
    app.add_exception_handler(Exception, answer_fault)


def answer_refusal(_: Request, error: Exception) -> JSONResponse:
    """Say what the portal or the store refuses."""
    status = next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    problems = [Finding(place=place, sentence=sentence) for place, sentence in error.problems] if isinstance(error, NotFit) else []
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, NotKnown) else {}
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.wait_s)
    return answer(status, str(error), problems, headers)


def answer_unfit(_: Request, error: Exception) -> JSONResponse:
    """Say what of a request is not as the document has it, with each place."""
    assert isinstance(error, RequestValidationError)
    problems = [Finding(place=place_of(tuple(entry["loc"][1:]), as_table(error.body)), sentence=sentence_of(entry, KNOWN_KEYS)) for entry in error.errors()]
    return answer(422, "; ".join(f"{each.place}: {each.sentence}" if each.place else each.sentence for each in problems), problems)


def as_table(body: Any) -> dict[str, Any]:
    """Return a body to find names in; nothing where it is none."""
    return body if isinstance(body, dict) else {}


def answer_plain(request: Request, error: Exception) -> JSONResponse:
    """Say what HTTP refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    headers = {"Allow": ", ".join(methods_of(request))} if error.status_code == 405 else dict(error.headers or {})
    return answer(error.status_code, str(error.detail), headers=headers)


def methods_of(request: Request) -> list[str]:
    """Return what a path can be asked with: several routes may have it."""
    routes = [route for route in request.app.routes if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in routes for method in route.methods or ()})


def answer_fault(request: Request, error: Exception) -> JSONResponse:
    """Say that the fault is ours; what it is, the log tells."""
    log.error("a request failed", method=request.method, path=request.url.path, error=f"{type(error).__name__}: {error}")
    return answer(500, "hasip has failed: its log says how")
