"""A network namespace: a machine's network of its own, entered by a thread of this process or by a process."""
import ctypes
import functools
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

FOLDER = Path("/run/netns")

Result = TypeVar("Result")


class Namespace:
    """A namespace that exists until it is removed; its loopback is up. The name carries the process, so that runs do not meet."""

    def __init__(self, name: str) -> None:
        self.name = f"hasip-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        try:
            self.ip("link", "set", "lo", "up")
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove it with all its interfaces; processes that are still in it keep it alive, without a name."""
        run("ip", "netns", "delete", self.name)

    @property
    def entering(self) -> list[str]:
        """What makes a command run inside, when it stands before it."""
        return ["ip", "netns", "exec", self.name]

    def ip(self, *arguments: str) -> str:
        """Run `ip` inside. Errors: AssertionError with what it says."""
        return run("ip", "-n", self.name, *arguments)

    def run(self, *command: str) -> str:
        """Run a command inside. Errors: AssertionError with what it says."""
        return run(*self.entering, *command)

    def call(self, work: Callable[[], Result]) -> Result:
        """Do `work` inside, on a thread of its own; sockets made there stay inside."""
        with ThreadPoolExecutor(1, initializer=enter, initargs=(self.name,)) as thread:
            return thread.submit(work).result()

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket that is inside."""
        return self.call(lambda: socket.socket(family, kind, protocol))


def enter(name: str) -> None:
    """Let this thread be inside from now on. Errors: OSError."""
    with (FOLDER / name).open() as place:
        if hasattr(os, "setns"):            # from Python 3.12 on
            os.setns(place.fileno(), 0)
        elif ctypes.CDLL(None, use_errno=True).setns(place.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"namespace {name} can't be entered")


def run(*command: str) -> str:
    """Run a command and return what it prints. Errors: AssertionError with what it says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout


@functools.cache
def why_forbidden() -> str:
    """Return why namespaces can't be made here; nothing when they can."""
    missing = [tool for tool in ("ip", "nft") if shutil.which(tool) is None]
    if missing:
        return f"missing: {', '.join(missing)}"
    try:
        Namespace("probe").remove()
    except (AssertionError, OSError) as error:
        return f"no network namespaces here: {error}"
    return ""
