"""The log: levels by area, secrets and numbers kept out, and another set-up at once."""
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from hasip.domain.node import Log
from hasip.logs import set_up_logs


@pytest.fixture(autouse=True)
def defaults_again() -> Iterator[None]:
    yield
    structlog.reset_defaults()


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
