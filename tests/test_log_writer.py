"""The log's thread: everything is written in order while somebody reads, and nobody waits while nobody does."""
import contextlib
import os

from hasip import log_writer
from hasip.log_writer import LogWriter


def test_lines_are_written_in_order_and_all_of_them_before_the_end() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, LogWriter(stream) as log:
        for number in range(100):
            log.write(f"{number}\n")
    with os.fdopen(reading) as read:
        assert read.read().split() == [str(number) for number in range(100)]


def test_nobody_waits_for_a_reader_and_what_was_lost_is_counted() -> None:
    reading, writing = os.pipe()
    line = "x" * 999 + "\n"
    with os.fdopen(reading) as read, os.fdopen(writing, "w") as stream, LogWriter(stream, lines_max=10) as log:
        for _ in range(1000):                       # many times what the pipe and the queue hold
            log.write(line)
        lines = iter(read)
        told = next(each for each in lines if each != line)
        assert '"lost": ' in told
        log.write("last\n")
        assert "last\n" in lines


def test_the_end_does_not_wait_for_ever(monkeypatch) -> None:       # type: ignore[no-untyped-def]
    monkeypatch.setattr(log_writer, "CLOSE_S", 0.01)
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    with LogWriter(stream, lines_max=10) as log:
        for _ in range(1000):
            log.write("x" * 999 + "\n")
    os.close(reading)                               # who wrote then finds nobody there
    log._thread.join()
    with contextlib.suppress(BrokenPipeError):
        stream.close()
