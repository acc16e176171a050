"""Tells the log of far ends that cannot be reached, without a line for every call that tries."""
from collections import OrderedDict

import structlog

from hasip.transport.connecting import ConnectError
from hasip.transport.connection import Connection
from hasip.transport.reasons import Reason
from hasip.transport.settings import Place

REPEAT_S = 60.0
REMEMBERED_COUNT = 4096

log = structlog.get_logger("hasip", area="transport")


class FailureLog:
    """One line when a place fails, when the reason changes, every minute it goes on, and when it is over."""

    def __init__(self) -> None:
        self._told: OrderedDict[Place, tuple[Reason, float]] = OrderedDict()

    def failed(self, connection: Connection, error: ConnectError, now_s: float) -> None:
        """Note that a connection did not come about."""
        reason, told_s = self._told.get(connection.place, (None, 0.0))
        if reason is error.reason and now_s - told_s < REPEAT_S:
            return
        self._told[connection.place] = (error.reason, now_s)
        if len(self._told) > REMEMBERED_COUNT:
            self._told.popitem(last=False)
        log.warning("cannot connect", **described(connection), reason=str(error.reason), detail=str(error))

    def succeeded(self, connection: Connection) -> None:
        """Note that a connection is open."""
        if self._told.pop(connection.place, None):
            log.info("connected again", **described(connection))


def described(connection: Connection) -> dict[str, str | int]:
    """Return what a log line says of a connection."""
    named = {"host_name": connection.host_name} if connection.host_name else {}
    return {"transport": connection.seat.transport, "address": connection.address, "port": connection.port, **named}
