"""Processor time of a process, its threads and its children."""
import os
import subprocess
import sys
import threading
import time

import pytest

from hasip.cli.processor_time import ProcessorTime, Stopwatch, time_by_thread

BUSY = "import time\nwhile time.process_time() < 0.05: pass\nprint(flush=True)\ninput()"


def test_what_this_process_uses_is_counted():
    stopwatch = Stopwatch(os.getpid())
    used_before = time.thread_time_ns()
    while time.thread_time_ns() < used_before + 20_000_000:
        pass
    assert stopwatch.read().used >= 15_000_000


def test_children_are_counted():
    stopwatch = Stopwatch(os.getpid())
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        assert child.pid in time_by_thread(os.getpid())
        assert stopwatch.read().used >= 40_000_000
        child.communicate(b"\n")


def test_threads_are_counted():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert thread.native_id in time_by_thread(os.getpid())
    done.set()
    thread.join()


def test_a_process_that_has_ended_used_nothing_more():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        stopwatch = Stopwatch(child.pid)
        child.communicate(b"\n")
    assert stopwatch.read() == ProcessorTime()


def test_a_process_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        Stopwatch(2**22 + 1)
