"""The log: JSON or for people, a level for each area, no secrets, and no whole telephone numbers unless they are asked for.

Every line comes through the processors here. Set up again at a reload, it holds for all loggers there are.
"""
import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from hasip.domain.node import Log
from hasip.masking import MASK, mask_numbers, mask_secrets

DEFAULT_AREA = "node"
SECRET_KEY = re.compile(r"(?i)password|passwd|secret|token|authorization|ha1|private_key")
AS_THEY_ARE = ("timestamp", "level", "area", "call_id")


def set_up_logs(log: Log) -> None:
    """Let every line be as `log` says, from now on."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, choose_by_area(log), structlog.processors.TimeStamper(fmt="iso"), mask(log.numbers == "full"),
                    renderer_of(log.format)],
        wrapper_class=structlog.make_filtering_bound_logger(min(map(level_number, (log.level, *log.areas.values())))),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))


def renderer_of(form: str) -> Processor:
    """Return what writes a line: for people on a terminal, one JSON object a line elsewhere, unless one of them is wanted."""
    if form == "console" or (form == "auto" and sys.stderr.isatty()):
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer()


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
