"""The log: levels by area, secrets and numbers kept out, and another set-up at once."""
import asyncio
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hasip.domain.node import Log
from hasip.logs import LIBRARIES, set_up_logs
from hasip.web import serving


@pytest.fixture(autouse=True)
def defaults_again() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.getLogger().removeHandler(LIBRARIES)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_area_has_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Log(level="warning", areas={"health": "debug", "store": "error"}), sys.stderr)
    for area in ("health", "store", "transport"):
        log = structlog.get_logger("hasip", area=area)
        log.debug("quietly")
        log.info("said")
        log.warning("warned")
        log.error("failed")
    found = [(line["area"], line["event"]) for line in lines(capsys)]
    assert found == [*(("health", said) for said in ("quietly", "said", "warned", "failed")), ("store", "failed"),
                     ("transport", "warned"), ("transport", "failed")]


def test_another_set_up_holds_for_loggers_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("hasip", area="health")
    set_up_logs(Log(level="error"), sys.stderr)
    log.info("not yet")
    set_up_logs(Log(level="info"))
    log.info("now")
    assert [line["event"] for line in lines(capsys)] == ["now"]


def test_no_secret_and_no_number_gets_into_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Log(), sys.stderr)
    structlog.get_logger("hasip", area="store").info(
        "called +6561234567", password="s3cret", places=["sip:+6561234567@edge", {"token": "s3cret"}], url="postgresql://a:s3cret@db/x", call_id="6561234567@b")
    [line] = lines(capsys)
    assert "s3cret" not in json.dumps(line) and line["event"] == "called +*******567"
    assert line["places"] == ["sip:+*******567@edge", {"token": "***"}] and line["call_id"] == "6561234567@b"


def test_whole_numbers_are_logged_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Log(numbers="full"), sys.stderr)
    structlog.get_logger("hasip").warning("called +6561234567", password="s3cret")
    [line] = lines(capsys)
    assert (line["event"], line["password"], line["area"]) == ("called +6561234567", "***", "node")


def test_people_get_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Log(format="console"), sys.stderr)
    structlog.get_logger("hasip").warning("ready")
    assert "ready" in (said := capsys.readouterr().err) and not said.startswith("{")


@pytest.mark.parametrize("form", ["console", "json"])
def test_what_others_wrote_steers_no_terminal(capsys: pytest.CaptureFixture[str], form: str) -> None:
    set_up_logs(Log(format=form), sys.stderr)               # type: ignore[arg-type]
    structlog.get_logger("hasip").error("failed \x1b[2J", path="/calls/\x9b31m\r\nforged", places=["\x1b[2J"])
    [line, rest] = capsys.readouterr().err.split("\n")
    assert "forged" in line and line.isprintable() and not rest


def fail() -> None:
    raise ValueError("of +6561234567")


def test_an_error_nobody_expected_is_logged_with_where_it_was_raised(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Log(), sys.stderr)
    try:
        fail()
    except ValueError:
        structlog.get_logger("hasip").exception("failed")
    [line] = lines(capsys)
    assert "in fail\n" in str(line["exception"]) and str(line["exception"]).endswith("ValueError: of +*******567")


def test_what_libraries_log_is_a_line_like_all_others(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Log(), sys.stderr)
    set_up_logs(Log())                                  # again, as at a reload
    logging.getLogger("asyncio").error("Task exception was never retrieved: %s", "+6561234567")
    logging.getLogger("asyncio").debug("Using selector")
    [line] = lines(capsys)
    assert (line["level"], line["event"], line["library"]) == ("error", "Task exception was never retrieved: +*******567", "asyncio")


def test_a_stranger_who_speaks_no_http_is_no_line_of_the_log_and_an_application_that_fails_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(_: Request) -> Response:
        fail()
        return Response()

    async def said(port: int, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def work() -> list[bytes]:
        async with serving(Starlette(routes=[Route("/", broken)]), "127.0.0.1", 0) as port:
            return [await said(port, b"\x16\x03\x01\r\n\r\n"), await said(port, b"GET / HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n")]

    set_up_logs(Log(), sys.stderr)
    assert [answer.split()[1] for answer in asyncio.run(work())] == [b"400", b"500"]
    [line] = lines(capsys)
    assert line["library"] == "uvicorn.error" and "in fail\n" in str(line["exception"])
