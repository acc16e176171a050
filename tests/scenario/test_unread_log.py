"""A node whose log nobody reads: it goes on."""
import fcntl
import os
from pathlib import Path

import pytest

from hasip.control.client import ask
from tests.patience import PATIENCE_S

from .edge import Edge, Trunk

PIPE_BYTES = 4096


class Unread(Edge):
    """Its log is a pipe."""

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    def log(self) -> str:
        return ""


def test_a_log_that_nobody_reads_stops_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    edge = Unread(tmp_path_factory.mktemp("edge"), [Trunk("acme")])
    os.mkfifo(edge.log_file)
    reading = os.open(edge.log_file, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        edge.start()
        for _ in range(PIPE_BYTES // 80):      # each has a line of its own
            ask(edge.state_dir, "reload")
        assert edge.answers(timeout=PATIENCE_S)
        edge.stop()
    finally:
        os.close(reading)
