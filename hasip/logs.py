"""The log: JSON or for people, a level for each area, no secrets, and no whole telephone numbers unless they are asked for.

Every line comes through the processors here. Set up again at a reload, it holds for all loggers there are.
"""
import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from hasip.domain.node import Log
from hasip.log_writer import LogWriter
from hasip.masking import MASK, mask_numbers, mask_secrets
from hasip.printable import printable

DEFAULT_AREA = "node"
EXCEPTION = "exception"
SECRET_KEY = re.compile(r"(?i)password|passwd|secret|token|authorization|ha1|private_key")
AS_THEY_ARE = ("timestamp", "level", "area", "call_id")


def set_up_logs(log: Log, file: TextIO | LogWriter | None = None) -> None:
    """Let every line be as `log` says, from now on, and go to this file; without one, to where lines went before."""
    factory = structlog.get_config()["logger_factory"] if file is None else structlog.PrintLoggerFactory(file=file)      # type: ignore[arg-type]
    structlog.configure(
        processors=[structlog.processors.add_log_level, choose_by_area(log), structlog.processors.TimeStamper(fmt="iso"), structlog.processors.format_exc_info,
                    mask(log.numbers == "full"), renderer_of(log.format)],
        wrapper_class=structlog.make_filtering_bound_logger(min(map(level_number, (log.level, *log.areas.values())))),
        logger_factory=factory)
    logging.getLogger().addHandler(LIBRARIES)


class LibraryLines(logging.Handler):
    """Lets what uvicorn, asyncio and other libraries say be lines like all others: by their own way out it would be no JSON, and the node would wait for its reader."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a line."""
        log = structlog.get_logger("hasip", library=record.name)
        (log.error if record.levelno >= logging.ERROR else log.warning)(record.getMessage(), exc_info=record.exc_info)


LIBRARIES = LibraryLines(logging.WARNING)


def renderer_of(form: str) -> Processor:
    """Return what writes a line: for people on a terminal, one JSON object a line elsewhere, unless one of them is wanted."""
    if form == "console" or (form == "auto" and sys.stderr.isatty()):
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        return lambda log, name, line: render(log, name, {key: shown(key, value) if isinstance(value, str) else value for key, value in line.items()})
    return structlog.processors.JSONRenderer()


def shown(key: str, text: str) -> str:
    """Return a text as a terminal may print it; a traceback keeps its lines."""
    return "\n".join(map(printable, text.split("\n"))) if key == EXCEPTION else printable(text)


def choose_by_area(log: Log) -> Processor:
    """Return what drops lines below the level of their area."""
    everywhere, areas = level_number(log.level), {area: level_number(level) for area, level in log.areas.items()}

    def choose(_: WrappedLogger, name: str, line: EventDict) -> EventDict:
        area = line.setdefault("area", DEFAULT_AREA)
        if level_number(name) < areas.get(area, everywhere):
            raise structlog.DropEvent
        return line

    return choose


def mask(with_numbers: bool) -> Processor:
    """Return what keeps secrets out of a line, and numbers."""
    def mask_line(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        return {key: value if key in AS_THEY_ARE else masked(key, value, with_numbers) for key, value in line.items()}

    return mask_line


def masked(key: str, value: Any, with_numbers: bool) -> Any:
    """Return a value as it may be logged."""
    if SECRET_KEY.search(key):
        return MASK
    if isinstance(value, str):
        return mask_secrets(value) if with_numbers else mask_numbers(mask_secrets(value))
    if isinstance(value, dict):
        return {name: masked(str(name), each, with_numbers) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(key, each, with_numbers) for each in value]
    return value


def level_number(name: str) -> int:
    """Return the number of a level by its name."""
    return logging.getLevelNamesMapping()[name.upper()]
